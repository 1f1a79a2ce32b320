package cli

import (
	"context"
	"fmt"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"
)

// engineFailure marks commands whose exit code for the engine's errors is 125.
const engineFailure = "engine-failure-125"

// groups head the lists of commands in the help.
var groups = []*cobra.Group{
	{ID: "containers", Title: "Containers:"},
	{ID: "images", Title: "Images:"},
	{ID: "host", Title: "Berth and its host:"},
}

func (a *App) execute(ctx context.Context, args []string) (*cobra.Command, error) {
	root := a.rootCommand()
	root.SetArgs(args)
	return root.ExecuteContextC(ctx)
}

func (a *App) rootCommand() *cobra.Command {
	root := &cobra.Command{
		Use:   "berth [OPTIONS] [COMMAND]",
		Short: "A container workstation in the terminal",
		Long: `Berth pulls images, runs containers and shows both in the terminal.

Without a command it opens the workstation: image cache, containers and pulls side
by side, with live shells. With one it is a command line that reads like Docker's.
No daemon is involved; both work on the same state directory, at the same time.

Environment:
  BERTH_ROOT   state directory, as --root
  BERTH_DEMO   1 serves the built-in images, as --demo

Settings are read from $XDG_CONFIG_HOME/berth/config.toml (~/.config/berth/config.toml):
  root, demo, mirrors, insecure-registries, detach-keys, log.max-size, log.max-file`,
		Args:          cobra.ArbitraryArgs,
		Version:       versionLine(),
		SilenceErrors: true,
		SilenceUsage:  true,
		RunE: func(cmd *cobra.Command, args []string) error {
			if len(args) > 0 {
				return unknownCommand(cmd, args[0])
			}
			return a.openUI(cmd.Context())
		},
	}
	root.SetOut(a.out)
	root.SetErr(a.err)
	root.SetVersionTemplate("{{.Version}}\n")
	pf := root.PersistentFlags()
	pf.StringVar(&a.global.root, "root", "", "State directory")
	pf.BoolVar(&a.global.demo, "demo", false, "Serve the built-in images instead of Docker Hub")
	root.SetFlagErrorFunc(func(_ *cobra.Command, err error) error {
		if err == pflag.ErrHelp {
			return err
		}
		return &usageError{code: exitEngine, msg: err.Error()}
	})
	root.SetHelpFunc(a.help)
	root.AddGroup(groups...)
	root.AddCommand(a.topCommands()...)
	root.AddCommand(a.managementCommands()...)
	addHelpFlags(root)
	return root
}

// addHelpFlags gives every command --help, and -h where no other flag has it.
func addHelpFlags(cmd *cobra.Command) {
	short := "h"
	if cmd.Flags().ShorthandLookup(short) != nil {
		short = ""
	}
	cmd.Flags().BoolP("help", short, false, "Print usage")
	for _, c := range cmd.Commands() {
		addHelpFlags(c)
	}
}

// topCommands are those that Docker has directly under its name.
func (a *App) topCommands() []*cobra.Command {
	containers := a.containerCommands()
	images := []*cobra.Command{
		a.pullCommand(), a.imagesCommand(), a.rmiCommand(), a.tagCommand(), a.historyCommand(),
		a.loginCommand(), a.logoutCommand(),
	}
	host := []*cobra.Command{
		a.inspectCommand(), a.eventsCommand(), a.infoCommand(), a.versionCommand(), a.doctorCommand(),
	}
	var all []*cobra.Command
	for i, list := range [][]*cobra.Command{containers, images, host} {
		for _, c := range list {
			c.GroupID = groups[i].ID
			all = append(all, c)
		}
	}
	return all
}

// containerCommands exist under `berth` and under `berth container`.
func (a *App) containerCommands() []*cobra.Command {
	return []*cobra.Command{
		a.runCommand(), a.createCommand(), a.startCommand(), a.stopCommand(), a.restartCommand(),
		a.killCommand(), a.pauseCommand(), a.unpauseCommand(), a.removeCommand(), a.waitCommand(),
		a.renameCommand(), a.updateCommand(), a.psCommand(), a.logsCommand(), a.attachCommand(),
		a.execCommand(), a.topCommand(), a.statsCommand(), a.diffCommand(), a.portCommand(), a.copyCommand(),
	}
}

func unknownCommand(cmd *cobra.Command, name string) error {
	msg := fmt.Sprintf("unknown command %q", strings.TrimPrefix(cmd.CommandPath()+" "+name, "berth "))
	cmd.SuggestionsMinimumDistance = 2
	if near := cmd.SuggestionsFor(name); len(near) > 0 {
		msg += fmt.Sprintf(", did you mean %q?", near[0])
	}
	return &usageError{code: exitFailure, msg: msg}
}

// renamed returns c under another name, as management commands need it.
func renamed(c *cobra.Command, name string, aliases ...string) *cobra.Command {
	_, rest, ok := strings.Cut(c.Use, " ")
	c.Use, c.Aliases = name, aliases
	if ok {
		c.Use += " " + rest
	}
	return c
}
