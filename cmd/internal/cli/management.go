package cli

import "github.com/spf13/cobra"

// managementCommands are the forms with a noun first: `berth container ls`.
// They are made only when the help or the noun asks for them, since a second copy of
// every command costs time that `berth ps` does not have.
func (a *App) managementCommands() []*cobra.Command {
	return []*cobra.Command{
		a.noun("container", "Manage containers", func() []*cobra.Command {
			list := a.containerCommands()
			for _, c := range list {
				if c.Name() == "ps" {
					renamed(c, "ls", "ps", "list")
				}
			}
			return append(list, a.containerInspectCommand(), a.containerPruneCommand())
		}),
		a.noun("image", "Manage images", func() []*cobra.Command {
			return []*cobra.Command{
				renamed(a.imagesCommand(), "ls", "list"), a.pullCommand(), renamed(a.rmiCommand(), "rm", "remove"),
				a.tagCommand(), a.historyCommand(), a.imageInspectCommand(), a.imagePruneCommand(),
			}
		}),
		a.noun("system", "Manage Berth", func() []*cobra.Command {
			return []*cobra.Command{a.dfCommand(), a.eventsCommand(), a.infoCommand(), a.systemPruneCommand()}
		}),
	}
}

// noun returns a command that only holds others.
func (a *App) noun(name, short string, children func() []*cobra.Command) *cobra.Command {
	c := &cobra.Command{
		Use:     name + " COMMAND",
		Short:   short,
		Args:    cobra.ArbitraryArgs,
		GroupID: "host",
		RunE: func(cmd *cobra.Command, args []string) error {
			if len(args) > 0 {
				return unknownCommand(cmd, args[0])
			}
			return cmd.Help()
		},
	}
	c.AddCommand(children()...)
	return c
}
