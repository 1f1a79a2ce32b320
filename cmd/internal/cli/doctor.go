package cli

import (
	"context"
	"fmt"
	"strings"

	"berth/cmd/internal/cli/output"
	"berth/engine"

	"github.com/spf13/cobra"
)

// marks are a check's outcomes; the second is for terminals without UTF-8.
var marks = map[engine.CheckStatus][2]string{
	engine.CheckOK:   {"✓", "[ ok ]"},
	engine.CheckWarn: {"!", "[warn]"},
	engine.CheckFail: {"✗", "[FAIL]"},
}

func (a *App) doctorCommand() *cobra.Command {
	var format string
	c := &cobra.Command{
		Use:   "doctor [OPTIONS]",
		Short: "Check the host and name the remedy for what is missing",
		Long: `Check what Berth needs of the host: kernel, namespaces, overlay, cgroups, ids, seccomp.

Each is tried, not guessed, and each lack comes with its remedy. The exit code is 1 if
something essential does not work.`,
		Args: noArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			checks, err := a.examine(cmd.Context())
			if err != nil {
				return err
			}
			if format != "" {
				err = doctorList.Print(a.out, format, doctorRows(checks))
			} else {
				a.printChecks(checks)
			}
			if err != nil {
				return err
			}
			for _, check := range checks {
				if check.Status == engine.CheckFail {
					return exitWith(exitFailure)
				}
			}
			return nil
		},
		ValidArgsFunction: cobra.NoFileCompletions,
	}
	c.Flags().StringVar(&format, "format", "", formatHelp)
	return c
}

// examine asks the engine, or the host itself if there can be no engine.
func (a *App) examine(ctx context.Context) ([]engine.Check, error) {
	settings, err := a.loadSettings()
	if err != nil {
		return nil, err
	}
	eng, err := a.engine(ctx)
	switch {
	case err == nil:
		return eng.Doctor(ctx)
	case a.Examine == nil:
		return nil, err
	}
	return a.Examine(ctx, settings)
}

var doctorList = output.List{
	Fields: []output.Field{
		{Name: "Name", Heading: "CHECK"}, {Name: "Status", Heading: "STATUS"},
		{Name: "Detail", Heading: "DETAIL"}, {Name: "Remedy", Heading: "REMEDY"},
	},
	Default: []string{"Name", "Status", "Detail", "Remedy"},
}

func doctorRows(checks []engine.Check) []output.Row {
	rows := make([]output.Row, len(checks))
	for i, c := range checks {
		rows[i] = output.Row{"Name": c.Name, "Status": string(c.Status), "Detail": c.Detail, "Remedy": c.Remedy}
	}
	return rows
}

func (a *App) printChecks(checks []engine.Check) {
	width, ascii := 0, 0
	if !a.utf8() {
		ascii = 1
	}
	for _, c := range checks {
		width = max(width, len(c.Name))
	}
	for _, c := range checks {
		mark := marks[c.Status][ascii]
		fmt.Fprintf(a.out, "%s %-*s  %s\n", mark, width, c.Name, c.Detail)
		if c.Remedy != "" {
			fmt.Fprintf(a.out, "%s %s\n", strings.Repeat(" ", len([]rune(mark))+width+2), c.Remedy)
		}
	}
}

// utf8 reports whether the locale can show more than ASCII: POSIX, section 8.2.
func (a *App) utf8() bool {
	for _, name := range []string{"LC_ALL", "LC_CTYPE", "LANG"} {
		if v := strings.ToLower(a.Getenv(name)); v != "" {
			return strings.Contains(v, "utf-8") || strings.Contains(v, "utf8")
		}
	}
	return false
}
