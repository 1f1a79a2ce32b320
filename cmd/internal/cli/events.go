package cli

import (
	"context"
	"fmt"
	"io"
	"strings"
	"text/template"
	"time"

	"berth/cmd/internal/cli/dockerjson"
	"berth/cmd/internal/cli/output"
	"berth/engine"

	"github.com/spf13/cobra"
)

type eventsFlags struct {
	filter               filterFlag
	format, since, until string
	steps, verbose       bool
}

func (a *App) eventsCommand() *cobra.Command {
	var f eventsFlags
	c := &cobra.Command{
		Use:   "events [OPTIONS]",
		Short: "Get real time events",
		Long: `Get real time events of every berth on this state directory, in Docker's form.

With --steps, the steps by which Berth carries out its work instead: resolve, fetch,
verify, unpack, mount, clone, pivot root, exec and so on, with their durations; -v
shows the data that each worked on.

Filters: type=image|container, event=ACTION, container=NAME|ID, image=NAME,
label=KEY[=VALUE], scope=local; with --steps also op=run|pull|exec|..., step=NAME.`,
		Example: `  berth events --since 10m --until 0s
  berth events --filter event=die --format '{{.Actor.Attributes.name}}: {{.Actor.Attributes.exitCode}}'
  berth events --steps --filter op=run`,
		Args:              noArgs,
		RunE:              func(cmd *cobra.Command, _ []string) error { return a.events(cmd.Context(), &f) },
		ValidArgsFunction: cobra.NoFileCompletions,
	}
	fs := c.Flags()
	fs.VarP(&f.filter, "filter", "f", "Filter output based on conditions provided")
	fs.StringVar(&f.format, "format", "", documentHelp)
	fs.StringVar(&f.since, "since", "", "Show all events created since timestamp")
	fs.StringVar(&f.until, "until", "", "Stream events until this timestamp")
	fs.BoolVar(&f.steps, "steps", false, "Show the steps of Berth's work")
	fs.BoolVarP(&f.verbose, "verbose", "v", false, "With --steps, show their data too")
	return c
}

func (a *App) events(ctx context.Context, f *eventsFlags) error {
	show, err := a.eventPrinter(f)
	if err != nil {
		return err
	}
	match, err := newEventMatch(f)
	if err != nil {
		return err
	}
	opts := engine.WatchOptions{Kinds: []engine.EventKind{engine.KindImage, engine.KindContainer}}
	if f.steps {
		opts.Kinds = []engine.EventKind{engine.KindStep}
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
	each := func(e engine.Event) error {
		// That an image is used by one container more is news to a list, not to Docker's readers,
		// and neither does Docker tell of starts that fail.
		if e.Kind == engine.KindImage && e.Action == "update" || e.Kind == engine.KindContainer && e.Action == "fail" || !match.fits(e) {
			return nil
		}
		return show(e)
	}
	if !opts.Until.IsZero() && !opts.Until.After(a.now()) {
		past, err := eng.History(ctx, opts)
		if err != nil {
			return err
		}
		for _, e := range past {
			if err := each(e); err != nil {
				return err
			}
		}
		return nil
	}
	return follow(ctx, eng, opts, each)
}

// follow streams events until opts.Until, or for ever.
func follow(ctx context.Context, eng engine.Watcher, opts engine.WatchOptions, each func(engine.Event) error) error {
	watch, cancel := context.WithCancel(ctx)
	defer cancel()
	var end <-chan time.Time
	if !opts.Until.IsZero() {
		timer := time.NewTimer(time.Until(opts.Until))
		defer timer.Stop()
		end = timer.C
	}
	sub, err := eng.Watch(watch, opts)
	if err != nil {
		return err
	}
	for {
		select {
		case <-end:
			return nil
		case e, ok := <-sub.Events:
			if !ok {
				if ctx.Err() != nil {
					return followEnded(ctx)
				}
				return sub.Err()
			}
			if !opts.Until.IsZero() && e.Time.After(opts.Until) {
				return nil
			}
			if err := each(e); err != nil {
				return err
			}
		}
	}
}

// eventPrinter returns what prints one event in the format that was asked for.
func (a *App) eventPrinter(f *eventsFlags) (func(engine.Event) error, error) {
	var tmpl *template.Template
	if f.format != "" && f.format != "json" {
		var err error
		if tmpl, err = parseFormat(f.format); err != nil {
			return nil, err
		}
	}
	return func(e engine.Event) error {
		var doc any = dockerjson.FromEvent(e)
		if f.steps {
			if e.Step == nil {
				return nil
			}
			doc = stepDocument{Time: e.Time, Step: *e.Step}
		}
		switch {
		case tmpl != nil:
			return output.Document(a.out, tmpl, doc)
		case f.format == "json":
			return compactJSON(a.out, doc)
		case f.steps:
			return printStep(a.out, e.Time, *e.Step, f.verbose)
		}
		return printEvent(a.out, e)
	}, nil
}

// eventTime is Docker's form of an event's time.
const eventTime = "2006-01-02T15:04:05.000000000Z07:00"

func printEvent(w io.Writer, e engine.Event) error {
	doc := dockerjson.FromEvent(e)
	attrs := make([]string, 0, len(doc.Actor.Attributes))
	for _, k := range doc.AttributeNames() {
		attrs = append(attrs, output.Escape(k+"="+doc.Actor.Attributes[k]))
	}
	line := fmt.Sprintf("%s %s %s %s", e.Time.Local().Format(eventTime), e.Kind, output.Escape(doc.Action), output.Escape(e.ID))
	if len(attrs) > 0 {
		line += " (" + strings.Join(attrs, ", ") + ")"
	}
	_, err := fmt.Fprintln(w, line)
	return err
}
