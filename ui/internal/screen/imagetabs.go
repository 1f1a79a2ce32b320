package screen

import (
	"context"
	"strings"

	"berth/engine"
	"berth/ui/internal/display"
	"berth/ui/internal/style"

	tea "charm.land/bubbletea/v2"
)

// ImageReader is what the tabs of an image read.
type ImageReader interface {
	InspectImage(ctx context.Context, ref string) (engine.ImageDetail, error)
	ImageHistory(ctx context.Context, ref string) ([]engine.HistoryEntry, error)
}

// An overview tells the facts of an image and its layers.
type overview struct {
	sheet
	eng    ImageReader
	gen    int
	ref    string
	detail *engine.ImageDetail
	err    error
}

// NewOverview returns the tab of an image.
func NewOverview(eng ImageReader, gen int, ref string) Tab {
	return &overview{eng: eng, gen: gen, ref: ref}
}

func (o *overview) Name() string { return "Overview" }

func (o *overview) Open(ctx context.Context) tea.Cmd {
	return inspectImage(ctx, o.eng, o.gen, o.ref)
}

func inspectImage(ctx context.Context, eng ImageReader, gen int, ref string) tea.Cmd {
	return func() tea.Msg {
		d, err := eng.InspectImage(ctx, ref)
		if err != nil {
			return Loaded{gen, Failure{err}}
		}
		return Loaded{gen, d}
	}
}

func (o *overview) Receive(data any) tea.Cmd {
	switch d := data.(type) {
	case engine.ImageDetail:
		o.detail = &d
	case Failure:
		o.err = d.Err
	}
	return nil
}

func (o *overview) Draw(env Env, w, h int, _ bool) []string {
	st := env.Style
	if o.detail == nil {
		return waiting(st, w, h, o.err)
	}
	d := o.detail
	o.clear()
	o.heading(st, "Image")
	o.fact(st, w, "Names", strings.Join(d.RepoTags, "  "))
	o.fact(st, w, "ID", d.ID.Hex())
	o.fact(st, w, "Digest", strings.Join(d.RepoDigests, "  "))
	o.fact(st, w, "Platform", d.Platform.String())
	created := st.Icons.None // many builders leave the time out, for the same bytes each time
	if age, _ := display.Age(env.Now, d.Created); age != "" {
		created = d.Created.Format("2006-01-02 15:04") + ", " + age + " ago"
	}
	o.fact(st, w, "Created", created)
	if pulled, _ := display.Age(env.Now, d.Pulled); pulled != "" {
		o.fact(st, w, "Pulled", pulled+" ago")
	}
	if used, _ := display.Age(env.Now, d.LastUsed); used != "" {
		o.fact(st, w, "Last used", used+" ago")
	}
	size := display.Bytes(d.Size)
	if d.Shared > 0 {
		size += ", of which " + display.Bytes(d.Unique) + " are its own"
	}
	o.fact(st, w, "Size", size)
	use := "no container"
	if d.Containers > 0 {
		use = display.Count(d.Containers, "container") + ", " + display.Number(d.Running) + " up"
	}
	o.fact(st, w, "Used by", use)
	if d.Pinned {
		o.fact(st, w, "Pinned", "no prune removes it")
	}
	o.fact(st, w, "Runs", CommandLine(append(append([]string(nil), d.Config.Entrypoint...), d.Config.Cmd...)))

	o.heading(st, display.Count(len(d.LayerDetail), "layer")+", the lowest first")
	var biggest int64
	for _, l := range d.LayerDetail {
		biggest = max(biggest, l.Size)
	}
	for i, l := range d.LayerDetail {
		share := 0.0
		if biggest > 0 {
			share = float64(l.Size) / float64(biggest)
		}
		o.add(span{display.Right(display.Number(i+1), 4, "") + "  ", &st.Muted}, span{engine.Digest(l.DiffID).Short() + "  ", &st.Text},
			span{display.Right(display.Bytes(l.Size), 8, "") + "  ", &st.Text}, span{strings.TrimRight(bar(st, share, 16), st.Icons.BarEmpty), &st.Accent})
	}
	return o.draw(st, w, h)
}

// waiting is what a tab shows before it has something, or why it has nothing.
func waiting(st *style.Styles, w, h int, err error) []string {
	if err == nil {
		return nil // it takes a few milliseconds: a word would only flash
	}
	return failure(st, w, h, err)
}

// failure is an error with its remedy in the place where the user looks.
func failure(st *style.Styles, w, h int, err error) []string {
	var s sheet
	s.add()
	for i, part := range display.Wrap(display.Clean(display.Sentence(err.Error())), max(4, w-4)) {
		icon := "  "
		if i == 0 {
			icon = st.Icons.Failed + " "
		}
		s.add(span{icon, &st.Error}, span{part, &st.Text})
	}
	if hint := engine.HintOf(err); hint != "" {
		for _, part := range display.Wrap(display.Clean(hint), max(4, w-4)) {
			s.add(span{"  " + part, &st.Muted})
		}
	}
	return s.draw(st, w, h)
}

// CommandLine writes arguments as a shell would read them.
func CommandLine(args []string) string {
	out := make([]string, len(args))
	for i, a := range args {
		if a == "" || strings.ContainsAny(a, " \t\n'\"\\$&|;<>()*?") {
			a = "'" + strings.ReplaceAll(a, "'", `'\''`) + "'"
		}
		out[i] = a
	}
	return strings.Join(out, " ")
}

// A history tells how an image came to be.
type history struct {
	sheet
	eng     ImageReader
	gen     int
	ref     string
	entries []engine.HistoryEntry
	err     error
}

// NewHistory returns the tab of an image's making.
func NewHistory(eng ImageReader, gen int, ref string) Tab {
	return &history{eng: eng, gen: gen, ref: ref}
}

func (t *history) Name() string { return "History" }

func (t *history) Open(ctx context.Context) tea.Cmd {
	return func() tea.Msg {
		h, err := t.eng.ImageHistory(ctx, t.ref)
		if err != nil {
			return Loaded{t.gen, Failure{err}}
		}
		return Loaded{t.gen, h}
	}
}

func (t *history) Receive(data any) tea.Cmd {
	switch d := data.(type) {
	case []engine.HistoryEntry:
		t.entries = d
	case Failure:
		t.err = d.Err
	}
	return nil
}

func (t *history) Draw(env Env, w, h int, _ bool) []string {
	st := env.Style
	if t.entries == nil {
		return waiting(st, w, h, t.err)
	}
	t.clear()
	t.add(span{"    AGE      SIZE  STEP", &st.Muted})
	for _, e := range t.entries {
		age, _ := display.Age(env.Now, e.Created)
		if age == "" {
			age = st.Icons.None
		}
		size := display.Bytes(e.Size)
		tone := &st.Text
		if e.Empty || e.Size == 0 {
			size, tone = st.Icons.Dot, &st.Muted
		}
		step := display.Clean(strings.TrimSpace(strings.TrimPrefix(e.CreatedBy, "/bin/sh -c #(nop) ")))
		room := max(8, w-21)
		for first := true; step != ""; first = false {
			part := display.Cut(step, room, "")
			if part == "" {
				break
			}
			step = step[len(part):]
			if first {
				t.add(span{display.Right(age, 7, "") + "  ", &st.Muted}, span{display.Right(size, 8, "") + "  ", tone}, span{part, tone})
			} else {
				t.add(span{display.Spaces(19), tone}, span{part, tone})
			}
		}
	}
	return t.draw(st, w, h)
}

// A defaults tab tells an image's configuration.
type defaults struct {
	overview
}

// NewDefaults returns the tab of an image's configuration.
func NewDefaults(eng ImageReader, gen int, ref string) Tab {
	return &defaults{overview{eng: eng, gen: gen, ref: ref}}
}

func (t *defaults) Name() string { return "Config" }

func (t *defaults) Draw(env Env, w, h int, _ bool) []string {
	st := env.Style
	if t.detail == nil {
		return waiting(st, w, h, t.err)
	}
	t.clear()
	c := t.detail.Config
	t.heading(st, "What containers get")
	t.fact(st, w, "Entrypoint", CommandLine(c.Entrypoint))
	t.fact(st, w, "Command", CommandLine(c.Cmd))
	t.fact(st, w, "User", or(c.User, "root"))
	t.fact(st, w, "Directory", or(c.WorkingDir, "/"))
	t.fact(st, w, "Stop signal", or(c.StopSignal, "SIGTERM"))
	t.fact(st, w, "Ports", strings.Join(c.ExposedPorts, "  "))
	t.fact(st, w, "Volumes", strings.Join(c.Volumes, "  "))
	environment(&t.sheet, st, w, c.Env)
	labels(&t.sheet, st, w, c.Labels)
	return t.draw(st, w, h)
}

func or(s, otherwise string) string {
	if s == "" {
		return otherwise
	}
	return s
}
