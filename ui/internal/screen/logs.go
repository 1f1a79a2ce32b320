package screen

import (
	"context"
	"errors"
	"io"
	"strings"
	"sync"
	"time"

	"berth/engine"
	"berth/ui/internal/display"
	"berth/ui/internal/keymap"
	"berth/ui/internal/match"
	"berth/ui/internal/style"
	"berth/ui/internal/widget/logview"

	tea "charm.land/bubbletea/v2"
)

const (
	logBudget = 8 << 20               // bytes of log that a tab keeps, with what each line costs
	logAhead  = 2 << 20               // bytes that may wait to be taken in
	logEach   = 96                    // what a line costs while it waits, beside its text
	logTail   = 20_000                // lines that are read at first
	logFrame  = 40 * time.Millisecond // between two batches
)

// A logEntry is a copy of an engine.LogEntry, whose bytes are lent only.
type logEntry struct {
	at     time.Time
	stderr bool
	line   []byte
}

// A logReader follows a log in a goroutine and hands out what came, at most once in a
// frame. What nobody took in time is bounded: the oldest goes.
type logReader struct {
	mu      sync.Mutex
	pending []logEntry
	bytes   int
	skipped int
	done    bool
	err     error
	ready   chan struct{} // capacity 1
}

func (r *logReader) follow(ctx context.Context, eng ContainerReader, id string, opts engine.LogOptions) {
	err := eng.Logs(ctx, id, opts, func(e engine.LogEntry) error {
		r.add(logEntry{e.Time, e.Stderr, append([]byte(nil), e.Line...)})
		return ctx.Err()
	})
	r.mu.Lock()
	r.done, r.err = true, err
	r.mu.Unlock()
	r.wake()
}

func (r *logReader) add(e logEntry) {
	r.mu.Lock()
	r.pending = append(r.pending, e)
	r.bytes += len(e.line) + logEach
	if r.bytes > logAhead && len(r.pending) > 1 {
		half := len(r.pending) / 2 // many at once, so that dropping costs little
		for _, old := range r.pending[:half] {
			r.bytes -= len(old.line) + logEach
		}
		r.skipped += half
		n := copy(r.pending, r.pending[half:])
		clear(r.pending[n:])
		r.pending = r.pending[:n]
	}
	r.mu.Unlock()
	r.wake()
}

func (r *logReader) wake() {
	select {
	case r.ready <- struct{}{}:
	default:
	}
}

// A logBatch is what one frame brings.
type logBatch struct {
	from    *logReader
	entries []logEntry
	skipped int
	done    bool
	err     error
}

// next waits for entries; the first ones come at once.
func (r *logReader) next(ctx context.Context, gen int, first bool) tea.Cmd {
	return func() tea.Msg {
		if !first {
			select {
			case <-time.After(logFrame):
			case <-ctx.Done():
				return nil
			}
		}
		select {
		case <-r.ready:
		case <-ctx.Done():
			return nil
		}
		r.mu.Lock()
		defer r.mu.Unlock()
		b := logBatch{r, r.pending, r.skipped, r.done, r.err}
		r.pending, r.bytes, r.skipped = nil, 0, 0
		return Loaded{gen, b}
	}
}

// sinces are the ages that a log can be limited to; 0 is none.
var sinces = []time.Duration{0, 10 * time.Minute, time.Hour, 24 * time.Hour}

// A Logs tab shows what a container writes.
type Logs struct {
	eng     ContainerReader
	gen     int
	id      string
	now     func() time.Time
	fault   func() string // why the container did not start, "" if it did
	view    *logview.View
	pattern match.Pattern
	times   bool
	since   int
	skipped int
	ended   bool
	err     error

	ctx    context.Context
	cancel context.CancelFunc
	reader *logReader
}

// NewLogs returns the tab of a container's log.
func NewLogs(eng ContainerReader, gen int, id string, now func() time.Time, fault func() string) *Logs {
	return &Logs{eng: eng, gen: gen, id: id, now: now, fault: fault, view: logview.New(logBudget)}
}

// Name implements Tab.
func (t *Logs) Name() string { return "Logs" }

// Scope implements Tab.
func (t *Logs) Scope() keymap.Scope { return keymap.LogView }

// Open implements Tab.
func (t *Logs) Open(ctx context.Context) tea.Cmd {
	t.ctx = ctx
	return t.begin()
}

// begin reads the log from the start, or from a time.
func (t *Logs) begin() tea.Cmd {
	if t.cancel != nil {
		t.cancel()
	}
	ctx, cancel := context.WithCancel(t.ctx)
	t.cancel, t.ended, t.err, t.skipped = cancel, false, nil, 0
	t.view.Reset()
	t.reader = &logReader{ready: make(chan struct{}, 1)}
	opts := engine.LogOptions{Follow: true, Tail: logTail, Stdout: true, Stderr: true}
	if d := sinces[t.since]; d > 0 {
		opts.Since, opts.Tail = t.now().Add(-d), -1
	}
	go t.reader.follow(ctx, t.eng, t.id, opts)
	return t.reader.next(ctx, t.gen, true)
}

// Receive implements Tab.
func (t *Logs) Receive(data any) tea.Cmd {
	b, ok := data.(logBatch)
	if !ok || b.from != t.reader {
		return nil
	}
	for _, e := range b.entries {
		t.view.Add(e.at, e.stderr, e.line)
	}
	t.skipped += b.skipped
	if b.done {
		t.ended, t.err = true, b.err
		return nil
	}
	return t.reader.next(t.ctx, t.gen, false)
}

// Do implements Tab.
func (t *Logs) Do(id keymap.ID) (tea.Cmd, bool) {
	switch id {
	case keymap.Up:
		t.view.Scroll(-1)
	case keymap.Down:
		t.view.Scroll(1)
	case keymap.PageUp:
		t.view.Scroll(-pageLines)
	case keymap.PageDown:
		t.view.Scroll(pageLines)
	case keymap.Top:
		t.view.Home()
	case keymap.Bottom:
		t.view.SetFollow(true)
	case keymap.Follow:
		t.view.SetFollow(!t.view.Follow())
	case keymap.Wrap:
		t.view.SetWrap(!t.view.Wrap())
	case keymap.Times:
		t.times = !t.times
	case keymap.ScrollLeft:
		t.view.ScrollSide(-8)
	case keymap.ScrollRight:
		t.view.ScrollSide(8)
	case keymap.NextMatch:
		t.view.Search(false)
	case keymap.PrevMatch:
		t.view.Search(true)
	case keymap.Since:
		t.since = (t.since + 1) % len(sinces)
		return t.begin(), true
	default:
		return nil, false
	}
	return nil, true
}

// pageLines is how far a page key goes in a log; the view itself knows where it ends.
const pageLines = 20

// Search implements Tab: the newest match is what people look for in a log.
func (t *Logs) Search(p match.Pattern) {
	t.pattern = p
	if p.Empty() {
		t.view.SetMatch(nil)
		return
	}
	t.view.SetMatch(func(s string) [][]int {
		if p.Invert {
			if p.Match(s) {
				return [][]int{{0, len(s)}}
			}
			return nil
		}
		return p.Spans(s)
	})
	t.view.Search(true)
}

// Click implements Tab.
func (t *Logs) Click(int, int) {}

// Hold stops following, so that text can be marked.
func (t *Logs) Hold() { t.view.SetFollow(false) }

// Scroll implements Tab.
func (t *Logs) Scroll(n int) { t.view.Scroll(n) }

// Copy implements Tab: the line that the search stands on, else what shows.
func (t *Logs) Copy() string {
	var b strings.Builder
	for _, r := range t.view.Visible() {
		if r.OnHit {
			return r.Text
		}
		b.WriteString(r.Text)
		b.WriteByte('\n')
	}
	return b.String()
}

// Save returns what writes the log as it is chosen now, with or without times, to a
// file: all of it from the engine, not only the lines that are kept here.
func (t *Logs) Save() func(ctx context.Context, w io.Writer) error {
	eng, id, times, opts := t.eng, t.id, t.times, engine.LogOptions{Tail: -1, Stdout: true, Stderr: true}
	if d := sinces[t.since]; d > 0 {
		opts.Since = t.now().Add(-d)
	}
	return func(ctx context.Context, w io.Writer) error {
		return eng.Logs(ctx, id, opts, func(e engine.LogEntry) error {
			if times {
				if _, err := io.WriteString(w, e.Time.Format(time.RFC3339Nano)+" "); err != nil {
					return err
				}
			}
			_, err := w.Write(e.Line)
			return err
		})
	}
}

// Foot implements Tab.
func (t *Logs) Foot(env Env) string {
	st := env.Style
	var parts []string
	if d := sinces[t.since]; d > 0 {
		parts = append(parts, "since "+display.Duration(d))
	}
	lines := display.Count(t.view.Len(), "line")
	if n := t.view.Dropped() + t.skipped; n > 0 || t.since == 0 && t.view.Len() >= logTail {
		lines = "the last " + lines // S saves all of them
	}
	if t.view.Len() > 0 {
		parts = append(parts, lines)
	}
	if !t.view.Wrap() {
		parts = append(parts, "not wrapped")
	}
	state := st.Muted.Render("ended")
	switch {
	case !t.view.Follow():
		state = st.Warn.Render(st.Icons.Paused + " held, f follows")
	case !t.ended:
		state = st.OK.Render(st.Icons.Running + " following")
	}
	return st.Muted.Render(strings.Join(append(parts, ""), " "+st.Icons.Dot+" ")) + state
}

// Draw implements Tab.
func (t *Logs) Draw(env Env, w, h int, _ bool) []string {
	st := env.Style
	if t.view.Len() == 0 {
		switch {
		case t.err != nil:
			return failure(st, w, h, t.err)
		case t.ended && t.fault() != "":
			return failure(st, w, h, errors.New(t.fault()))
		case t.ended:
			return note(st, w, h, "The container wrote nothing.", "")
		}
		return nil
	}
	gutter := 2
	if t.times {
		gutter += len("15:04:05.000 ")
	}
	t.view.SetSize(max(1, w-gutter), h)
	out := make([]string, 0, h)
	for _, r := range t.view.Visible() {
		out = append(out, t.drawRow(st, r, w-gutter))
	}
	return out
}

func (t *Logs) drawRow(st *style.Styles, r logview.Row, w int) string {
	var b strings.Builder
	switch {
	case r.OnHit:
		b.WriteString(st.Accent.Render(st.Icons.Cursor) + " ")
	case r.Err:
		b.WriteString(st.Warn.Render(st.Frame.Left) + " ") // a line of the standard error, not by colour alone
	default:
		b.WriteString("  ")
	}
	if t.times {
		at := display.Spaces(len("15:04:05.000 "))
		if r.First && !r.Time.IsZero() {
			at = r.Time.Local().Format("15:04:05.000 ")
		}
		b.WriteString(st.Muted.Render(at))
	}
	text := logview.Cut(r.Text, w)
	at := 0
	for _, hit := range r.Hits {
		from, to := max(at, hit[0]), min(hit[1], len(text))
		if from >= to {
			continue
		}
		b.WriteString(plain(st.Text, text[at:from]))
		b.WriteString(st.Match.Render(text[from:to]))
		at = to
	}
	b.WriteString(plain(st.Text, text[at:]))
	return b.String()
}

func plain(s style.Style, text string) string {
	if text == "" {
		return ""
	}
	return s.Render(text)
}
