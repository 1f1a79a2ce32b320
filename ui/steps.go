package ui

import (
	"strings"
	"time"

	"berth/engine"
	"berth/ui/internal/display"
	"berth/ui/internal/keymap"
	"berth/ui/internal/screen"

	"charm.land/bubbles/v2/key"
	tea "charm.land/bubbletea/v2"
)

// A complaint is the operation that this window complained about last.
type complaint struct {
	op    string
	shown bool // it was still being said when the last key came
}

// recalled is an operation that was looked up in the engine's log.
type recalled struct {
	op  screen.Operation
	ok  bool
	err error
}

// recent is how far back a failure counts that nothing on the screen points to.
const recent = 24 * time.Hour

// showFailed shows the steps of what failed: what is being said, else the selected thing
// if it failed, else what was said last, else whatever failed last in any process.
func (m *Model) showFailed() tea.Cmd {
	here, _ := m.failedHere()
	op := ""
	if m.complaint.shown || here == "" {
		op = m.complaint.op
	}
	opts := engine.WatchOptions{Kinds: []engine.EventKind{engine.KindStep}, Object: here}
	if op != "" {
		opts.Object = op
	}
	if opts.Object == "" {
		opts.Since = m.now().Add(-recent)
	}
	ctx, eng := m.ctx, m.eng
	return func() tea.Msg {
		events, err := eng.History(ctx, opts)
		if err != nil {
			return recalled{err: err}
		}
		found, ok := screen.ReadOperation(events, op)
		return recalled{op: found, ok: ok}
	}
}

// failedHere names what is selected, if it failed, and says why: by its ID the log has its steps.
func (m *Model) failedHere() (id, why string) {
	switch s := m.subject(); s.Kind {
	case screen.AContainer:
		if c, ok := m.state.Container(s.ID); ok && c.Error != "" {
			return c.ID, c.Error
		}
	case screen.APull:
		if p, ok := m.state.Pull(s.ID); ok && p.State == engine.PullFailed {
			return p.ID, p.Error
		}
	}
	return "", ""
}

// recall shows the operation that was looked up.
func (m *Model) recall(r recalled) tea.Cmd {
	_, why := m.failedHere()
	switch {
	case r.err != nil:
		return m.complain(r.err, "")
	case !r.ok && why != "": // at a step long ago, or at none: its shim was killed
		return m.tell(display.Clean(display.Sentence(why)))
	case !r.ok && m.complaint.op != "":
		return m.tell("The log no longer has the steps of it.")
	case !r.ok:
		return m.tell("Nothing has failed.")
	case m.overlay != nil: // someone went on in the meantime
		return nil
	}
	return m.show(&stepsView{screen.NewSteps(r.op)})
}

// subjectName is what people call the subject of an operation.
func (m *Model) subjectName(id string) string {
	if c, ok := m.state.Container(id); ok {
		return c.Name
	}
	if len(id) == 64 { // a container that is gone, or never came to be
		return engine.ShortID(id)
	}
	return id
}

// A stepsView is the overlay with the steps of an operation.
type stepsView struct{ *screen.Steps }

func (o *stepsView) key(m *Model, k tea.KeyPressMsg) tea.Cmd {
	switch m.look.keys.Lookup(keymap.Global, k.String()) {
	case keymap.Up:
		o.Move(-1)
	case keymap.Down:
		o.Move(1)
	case keymap.Top:
		o.Move(-len(o.Operation().Steps))
	case keymap.Bottom:
		o.Move(len(o.Operation().Steps))
	case keymap.PageUp:
		o.Page(-1)
	case keymap.PageDown:
		o.Page(1)
	case keymap.Copy:
		m.hide()
		return tea.Batch(tea.SetClipboard(o.Copy()), m.report("Copied the step."))
	case keymap.Back, keymap.Quit, keymap.FailedStep:
		m.hide()
	case keymap.Palette:
		return m.show(newPalette(m))
	}
	return nil
}

func (o *stepsView) wheel(n int) { o.Scroll(n) }

func (o *stepsView) click(_ *Model, x, y int) tea.Cmd {
	o.Click(x-2, y-1)
	return nil
}

func (o *stepsView) draw(m *Model, w, h int) ([]string, int, int) {
	st, env := m.look.style, m.env()
	if w < 12 {
		return nil, -1, 0 // no word of it could be read
	}
	w = min(w, 132)
	inner, rows := w-4, max(1, h-2)
	if h > 24 { // what lies behind stays in sight
		rows -= 2
	}
	hints := rows > 8
	if hints {
		rows -= 2
	}
	rows = min(rows, o.Height(env, inner))
	lines := o.Draw(env, inner, rows)
	if hints {
		for len(lines) < rows {
			lines = append(lines, "")
		}
		lines = append(lines, st.Faint.Render(strings.Repeat(st.Icons.Rule, inner)), display.Cut(m.stepHints(inner, o.More()), inner, ""))
	}
	op := o.Operation()
	return box(st, "Steps "+st.Icons.Dot+" "+display.Clean(strings.TrimSpace(op.Name+" "+m.subjectName(op.Subject))), lines, w), -1, 0
}

// stepHints are the keys that count in the overlay.
func (m *Model) stepHints(w int, more bool) string {
	name := func(id keymap.ID, word string) key.Binding {
		return key.NewBinding(key.WithKeys("x"), key.WithHelp(m.look.keys.Key(keymap.Global, id), word))
	}
	list := []key.Binding{name(keymap.Up, "step before"), name(keymap.Down, "step after")}
	if more {
		list = append(list, name(keymap.PageDown, "more"))
	}
	list = append(list, name(keymap.Copy, "copy"), name(keymap.Back, "leave"))
	m.look.hints.SetWidth(w)
	return m.look.hints.ShortHelpView(list)
}
