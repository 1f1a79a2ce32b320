package cli

import (
	"fmt"

	"berth/cmd/internal/cli/refuse"
	"berth/engine"

	"github.com/spf13/cobra"
)

func (a *App) removeCommand() *cobra.Command {
	var opts engine.RemoveContainerOptions
	c := &cobra.Command{
		Use:   "rm [OPTIONS] CONTAINER [CONTAINER...]",
		Short: "Remove one or more containers",
		Args:  minArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			ctx := cmd.Context()
			eng, err := a.engine(ctx)
			if err != nil {
				return err
			}
			return a.each(ctx, args, func(id string) error {
				err := eng.RemoveContainer(ctx, id, opts)
				// Docker's rm -f of what is not there succeeds: scripts clean up with it.
				if opts.Force && engine.ClassOf(err) == engine.ClassNotFound {
					a.report(err)
					return nil
				}
				if err == nil {
					fmt.Fprintln(a.out, id)
				}
				return err
			})
		},
		ValidArgsFunction: a.completeContainers(nil),
	}
	c.Flags().BoolVarP(&opts.Force, "force", "f", false, "Force the removal of a running container (uses SIGKILL)")
	c.Flags().BoolVarP(&opts.Volumes, "volumes", "v", false, "Remove anonymous volumes associated with the container")
	refuseFlags(c, refuse.Flag{Name: "link", Short: "l", Bool: true, Harmless: []string{"false"},
		Remedy: "Containers have no links; leave the flag out."})
	return c
}
