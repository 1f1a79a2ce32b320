package cli

import (
	"context"
	"strconv"
	"time"

	"berth/engine"

	"github.com/spf13/cobra"
)

type logsFlags struct {
	details, follow, timestamps bool
	since, until, tail          string
}

func (a *App) logsCommand() *cobra.Command {
	var f logsFlags
	c := &cobra.Command{
		Use:   "logs [OPTIONS] CONTAINER",
		Short: "Fetch the logs of a container",
		Long: `Fetch the logs of a container.

What the program wrote is printed as it is, to the stream that it wrote to.
With --follow the command ends when the container does.`,
		Example: `  berth logs --tail 20 -f web
  berth logs --since 10m -t web`,
		Args: exactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			return a.logs(cmd.Context(), args[0], &f)
		},
		ValidArgsFunction: a.completeContainers(nil),
	}
	fs := c.Flags()
	fs.BoolVar(&f.details, "details", false, "Show extra details provided to logs (a blank: no log options, no details)")
	fs.BoolVarP(&f.follow, "follow", "f", false, "Follow log output")
	fs.StringVar(&f.since, "since", "", "Show logs since timestamp (e.g. \"2013-01-02T13:23:37Z\") or relative (e.g. \"42m\" for 42 minutes)")
	fs.StringVarP(&f.tail, "tail", "n", "all", "Number of lines to show from the end of the logs")
	fs.BoolVarP(&f.timestamps, "timestamps", "t", false, "Show timestamps")
	fs.StringVar(&f.until, "until", "", "Show logs before a timestamp (e.g. \"2013-01-02T13:23:37Z\") or relative (e.g. \"42m\" for 42 minutes)")
	return c
}

// logTime is RFC 3339 with nine decimals always, so that lines align.
const logTime = "2006-01-02T15:04:05.000000000Z07:00"

func (a *App) logs(ctx context.Context, id string, f *logsFlags) error {
	opts := engine.LogOptions{Follow: f.follow, Stdout: true, Stderr: true, Tail: -1}
	var err error
	if f.tail != "all" && f.tail != "" {
		if opts.Tail, err = strconv.Atoi(f.tail); err != nil {
			return engine.Errorf(engine.ClassInvalid, "--tail %q is not a number of lines", f.tail).
				WithHint("Give a number, or all.")
		}
		opts.Tail = max(opts.Tail, -1)
	}
	if opts.Since, err = a.parseTime("since", f.since); err != nil {
		return err
	}
	if opts.Until, err = a.parseTime("until", f.until); err != nil {
		return err
	}
	eng, err := a.engine(ctx)
	if err != nil {
		return err
	}
	buf := make([]byte, 0, 4096)
	partial := false // the line before had no end, so this one carries no time
	err = eng.Logs(ctx, id, opts, func(e engine.LogEntry) error {
		buf = buf[:0]
		if f.timestamps && !partial {
			buf = append(e.Time.In(time.UTC).AppendFormat(buf, logTime), ' ')
		}
		if f.details && !partial {
			buf = append(buf, ' ') // behind the attributes, of which there are none
		}
		buf = append(buf, e.Line...)
		partial = len(e.Line) > 0 && e.Line[len(e.Line)-1] != '\n'
		w := a.Out
		if e.Stderr {
			w = a.Err
		}
		_, err := w.Write(buf)
		return err
	})
	if ctx.Err() != nil && f.follow {
		return followEnded(ctx)
	}
	return err
}
