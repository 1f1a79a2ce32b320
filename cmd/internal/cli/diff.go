package cli

import (
	"fmt"

	"github.com/spf13/cobra"
)

func (a *App) diffCommand() *cobra.Command {
	return &cobra.Command{
		Use:   "diff CONTAINER",
		Short: "Inspect changes to files or directories on a container's filesystem",
		Long: `Inspect changes to files or directories on a container's filesystem:
A was added, C changed, D deleted.`,
		Args: exactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			eng, err := a.engine(cmd.Context())
			if err != nil {
				return err
			}
			changes, err := eng.DiffContainer(cmd.Context(), args[0])
			if err != nil {
				return err
			}
			for _, c := range changes {
				if _, err := fmt.Fprintf(a.out, "%c %s\n", c.Kind, c.Path); err != nil {
					return err
				}
			}
			return nil
		},
		ValidArgsFunction: a.completeContainers(nil),
	}
}
