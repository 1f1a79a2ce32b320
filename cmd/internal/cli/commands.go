package cli

import (
	"slices"
	"strings"

	"github.com/spf13/cobra"
)

// groups head the lists of commands in the help.
var groups = []*cobra.Group{
	{ID: "containers", Title: "Containers:"},
	{ID: "images", Title: "Images:"},
	{ID: "host", Title: "Berth and its host:"},
}

// An entry is one command that can be made.
type entry struct {
	name string
	make func(*App) *cobra.Command
}

// containerEntries exist under `berth` and under `berth container`.
func containerEntries() []entry {
	return []entry{
		{"run", (*App).runCommand}, {"create", (*App).createCommand}, {"start", (*App).startCommand},
		{"stop", (*App).stopCommand}, {"restart", (*App).restartCommand}, {"kill", (*App).killCommand},
		{"pause", (*App).pauseCommand}, {"unpause", (*App).unpauseCommand}, {"rm", (*App).removeCommand},
		{"wait", (*App).waitCommand}, {"rename", (*App).renameCommand}, {"update", (*App).updateCommand},
		{"ps", (*App).psCommand}, {"logs", (*App).logsCommand}, {"attach", (*App).attachCommand},
		{"exec", (*App).execCommand}, {"top", (*App).topCommand}, {"stats", (*App).statsCommand},
		{"diff", (*App).diffCommand}, {"port", (*App).portCommand}, {"cp", (*App).copyCommand},
	}
}

// topEntries are all that stand directly behind `berth`, by group.
func topEntries() map[string][]entry {
	return map[string][]entry{
		"containers": containerEntries(),
		"images": {
			{"pull", (*App).pullCommand}, {"images", (*App).imagesCommand}, {"rmi", (*App).rmiCommand}, {"tag", (*App).tagCommand},
			{"history", (*App).historyCommand}, {"login", (*App).loginCommand}, {"logout", (*App).logoutCommand},
		},
		"host": {
			{"inspect", (*App).inspectCommand}, {"events", (*App).eventsCommand}, {"info", (*App).infoCommand},
			{"version", (*App).versionCommand}, {"doctor", (*App).doctorCommand}, {"container", (*App).containerCommand},
			{"image", (*App).imageCommand}, {"system", (*App).systemCommand}, {"completion", (*App).completionCommand},
		},
	}
}

// addCommands gives root the one command that args name, or all of them when the
// help, a completion or a suggestion needs the whole list. Making all costs a
// millisecond, which is a sixth of what `berth ps` takes.
func (a *App) addCommands(root *cobra.Command, args []string) {
	top := topEntries()
	wanted := firstCommand(args)
	known := slices.ContainsFunc(groups, func(g *cobra.Group) bool {
		return slices.ContainsFunc(top[g.ID], func(e entry) bool { return e.name == wanted })
	})
	root.CompletionOptions.DisableDefaultCmd = true // ours is completionCommand
	if known {
		root.SetHelpCommand(&cobra.Command{Use: "no-help", Hidden: true})
	}
	for _, g := range groups {
		root.AddGroup(g)
		for _, e := range top[g.ID] {
			if !known || e.name == wanted {
				c := e.make(a)
				c.GroupID = g.ID
				root.AddCommand(c)
			}
		}
	}
}

// firstCommand returns the name of the command that args begin with, behind the
// global flags; "" if that can't be told without parsing.
func firstCommand(args []string) string {
	for len(args) > 0 {
		switch arg := args[0]; {
		case arg == "--root" && len(args) > 1:
			args = args[2:]
		case arg == "--demo", strings.HasPrefix(arg, "--root="), strings.HasPrefix(arg, "--demo="):
			args = args[1:]
		case strings.HasPrefix(arg, "-"):
			return ""
		default:
			return arg
		}
	}
	return ""
}

// containerCommand holds the container commands once more, as Docker does.
func (a *App) containerCommand() *cobra.Command {
	c := a.noun("container", "Manage containers")
	for _, e := range containerEntries() {
		child := e.make(a)
		switch e.name {
		case "ps":
			renamed(child, "ls", "ps", "list")
		case "rm":
			child.Aliases = []string{"remove"}
		}
		c.AddCommand(child)
	}
	c.AddCommand(a.containerInspectCommand(), a.containerPruneCommand())
	return c
}

func (a *App) imageCommand() *cobra.Command {
	c := a.noun("image", "Manage images")
	c.AddCommand(renamed(a.imagesCommand(), "ls", "list"), a.pullCommand(), renamed(a.rmiCommand(), "rm", "remove"),
		a.tagCommand(), a.historyCommand(), a.imageInspectCommand(), a.imagePruneCommand())
	return c
}

func (a *App) systemCommand() *cobra.Command {
	c := a.noun("system", "Manage Berth")
	c.AddCommand(a.dfCommand(), a.eventsCommand(), a.infoCommand(), a.systemPruneCommand())
	return c
}

// noun returns a command that only holds others.
func (a *App) noun(name, short string) *cobra.Command {
	return &cobra.Command{
		Use:   name + " COMMAND",
		Short: short,
		Args:  cobra.ArbitraryArgs,
		RunE: func(cmd *cobra.Command, args []string) error {
			if len(args) > 0 {
				return unknownCommand(cmd, args[0])
			}
			return a.helpTo(a.err, cmd) // as Docker: asked for nothing, so it is no output
		},
	}
}
