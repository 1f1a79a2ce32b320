package cli

import (
	"strings"

	"berth/engine"

	"github.com/spf13/cobra"
)

func (a *App) portCommand() *cobra.Command {
	return &cobra.Command{
		Use:   "port CONTAINER [PRIVATE_PORT[/PROTO]]",
		Short: "List port mappings or a specific mapping for the container",
		Long: `List port mappings or a specific mapping for the container.

Ports can't be published yet, so the list is empty; with --network host the program's
own ports are the host's.`,
		Args: func(cmd *cobra.Command, args []string) error {
			if err := minArgs(1)(cmd, args); err != nil {
				return err
			}
			return maxArgs(2)(cmd, args)
		},
		RunE: func(cmd *cobra.Command, args []string) error {
			eng, err := a.engine(cmd.Context())
			if err != nil {
				return err
			}
			if _, err := eng.InspectContainer(cmd.Context(), args[0], engine.InspectOptions{}); err != nil {
				return err
			}
			if len(args) == 1 {
				return nil
			}
			port := args[1]
			if !strings.Contains(port, "/") {
				port += "/tcp"
			}
			return engine.Errorf(engine.ClassNotFound, "no public port %q published for %q", port, args[0])
		},
		ValidArgsFunction: a.completeContainers(isRunning),
	}
}
