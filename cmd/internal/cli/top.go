package cli

import (
	"context"
	"fmt"
	"strings"
	"text/tabwriter"

	"berth/cmd/internal/cli/output"

	"github.com/spf13/cobra"
)

func (a *App) topCommand() *cobra.Command {
	c := &cobra.Command{
		Use:   "top CONTAINER [ps OPTIONS]",
		Short: "Display the running processes of a container",
		Long: `Display the running processes of a container, with the PIDs that the host sees.

Options of ps that are understood: those that choose processes (-e -A ax, which change
nothing here), -f, u, w, and -o with any of uid user pid ppid cpid c %cpu %mem rss vsz s
stat nlwp stime start etime tty time comm cmd args. cpid is the PID inside the container.`,
		Example: "  berth top web -o pid,cpid,user,args",
		Args:    minArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			return a.top(cmd.Context(), args[0], args[1:])
		},
		ValidArgsFunction: a.completeContainers(isRunning),
	}
	stopAtFirstArgument(c.Flags())
	return c
}

func (a *App) top(ctx context.Context, id string, options []string) error {
	columns, err := chooseColumns(options)
	if err != nil {
		return err
	}
	eng, err := a.engine(ctx)
	if err != nil {
		return err
	}
	processes, err := eng.Processes(ctx, id)
	if err != nil {
		return err
	}
	w := tabwriter.NewWriter(a.out, 20, 1, 3, ' ', 0)
	line := make([]string, len(columns))
	for i, c := range columns {
		line[i] = c.heading
	}
	fmt.Fprintln(w, strings.Join(line, "\t"))
	for _, p := range processes {
		for i, c := range columns {
			line[i] = output.Escape(c.value(p, a.now()))
		}
		fmt.Fprintln(w, strings.Join(line, "\t"))
	}
	return w.Flush()
}
