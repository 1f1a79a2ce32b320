package cli

import (
	"context"
	"strings"

	"github.com/spf13/cobra"
)

// engineFailure marks commands whose exit code for the engine's errors is 125.
const engineFailure = "engine-failure-125"

func (a *App) execute(ctx context.Context, args []string) (*cobra.Command, error) {
	root := a.rootCommand(args)
	if cmd, name := missing(root, args); name != "" {
		return cmd, unknownCommand(cmd, name)
	}
	root.SetArgs(args)
	return root.ExecuteContextC(ctx)
}

// missing returns the name in args that should be a command and is none, with the
// command that should have it. Cobra would complain about its flags first.
func missing(root *cobra.Command, args []string) (parent *cobra.Command, name string) {
	cmd, rest, err := root.Find(args)
	if err != nil || !cmd.HasSubCommands() {
		return nil, ""
	}
	if cmd == root {
		name = firstCommand(args)
	} else if len(rest) > 0 && !strings.HasPrefix(rest[0], "-") {
		name = rest[0]
	}
	switch name {
	case "help", cobra.ShellCompRequestCmd, cobra.ShellCompNoDescRequestCmd: // cobra adds them late
		return nil, ""
	}
	return cmd, name
}

// rootCommand makes the tree of commands, or the one branch of it that args need.
func (a *App) rootCommand(args []string) *cobra.Command {
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
  root, demo, mirrors, insecure-registries, detach-keys, log.max-size, log.max-file,
  ui.theme, ui.ascii, ui.no-mouse`,
		Args:          cobra.ArbitraryArgs,
		Version:       versionLine(),
		SilenceErrors: true,
		SilenceUsage:  true,
		RunE: func(cmd *cobra.Command, args []string) error {
			if len(args) > 0 { // behind a flag
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
	root.Flags().StringVar(&a.global.theme, "theme", "", "Theme of the workstation, by name")
	root.SetFlagErrorFunc(flagError)
	root.SetHelpFunc(a.help)
	a.addCommands(root, args)
	addHelpFlags(root)
	switch firstCommand(args) {
	case cobra.ShellCompRequestCmd, cobra.ShellCompNoDescRequestCmd:
		a.completeFlags(root)
	}
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

// renamed returns c under another name, as management commands need it.
func renamed(c *cobra.Command, name string, aliases ...string) *cobra.Command {
	_, rest, ok := strings.Cut(c.Use, " ")
	c.Use, c.Aliases = name, aliases
	if ok {
		c.Use += " " + rest
	}
	return c
}
