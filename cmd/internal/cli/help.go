package cli

import (
	"fmt"
	"io"
	"strings"

	"berth/cmd/internal/cli/tty"

	"github.com/spf13/cobra"
)

// help prints a command's help in Docker's layout. It is written by hand since
// cobra's own goes through text/template.
func (a *App) help(cmd *cobra.Command, _ []string) { _ = a.helpTo(a.out, cmd) }

// helpTo prints it to w.
func (a *App) helpTo(w io.Writer, cmd *cobra.Command) error {
	fmt.Fprintf(w, "Usage:  %s\n\n", usageLine(cmd))
	text := cmd.Long
	if text == "" {
		text = cmd.Short
	}
	fmt.Fprintln(w, text)
	if aliases := otherForms(cmd); len(aliases) > 1 {
		fmt.Fprintf(w, "\nAliases:\n  %s\n", strings.Join(aliases, ", "))
	}
	if cmd.Example != "" {
		fmt.Fprintf(w, "\nExamples:\n%s\n", cmd.Example)
	}
	helpCommands(w, cmd)
	width := 80
	if a.OutTerm != nil {
		if s := tty.Size(a.OutTerm); s.Cols > 0 {
			width = s.Cols
		}
	}
	if flags := cmd.LocalFlags().FlagUsagesWrapped(width); flags != "" {
		fmt.Fprintf(w, "\nOptions:\n%s", flags)
	}
	if cmd.HasParent() && cmd.InheritedFlags().HasAvailableFlags() {
		fmt.Fprintf(w, "\nGlobal options:\n%s", cmd.InheritedFlags().FlagUsagesWrapped(width))
	}
	if cmd.HasAvailableSubCommands() {
		fmt.Fprintf(w, "\nRun '%s COMMAND --help' for more information on a command.\n", cmd.CommandPath())
	}
	return nil
}

func usageLine(cmd *cobra.Command) string {
	if cmd.HasParent() {
		return cmd.Parent().CommandPath() + " " + cmd.Use
	}
	return cmd.Use
}

// otherForms lists every way to write the command.
func otherForms(cmd *cobra.Command) []string {
	forms := []string{cmd.CommandPath()}
	for _, alias := range cmd.Aliases {
		forms = append(forms, cmd.Parent().CommandPath()+" "+alias)
	}
	return forms
}

func helpCommands(w io.Writer, cmd *cobra.Command) {
	if !cmd.HasAvailableSubCommands() {
		return
	}
	print := func(title, group string) {
		head := false
		for _, c := range cmd.Commands() {
			if !c.IsAvailableCommand() || len(cmd.Groups()) > 0 && c.GroupID != group {
				continue
			}
			if !head {
				fmt.Fprintf(w, "\n%s\n", title)
				head = true
			}
			fmt.Fprintf(w, "  %-11s %s\n", c.Name(), c.Short)
		}
	}
	if len(cmd.Groups()) == 0 {
		print("Commands:", "")
		return
	}
	for _, g := range cmd.Groups() {
		print(g.Title, g.ID)
	}
	print("More:", "")
}
