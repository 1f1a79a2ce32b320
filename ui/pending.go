package ui

import (
	"context"
	"slices"
	"strings"
	"time"

	"berth/engine"
	"berth/ui/internal/display"
	"berth/ui/internal/layout"

	tea "charm.land/bubbletea/v2"
)

// grace is how long a deletion waits, so that it can be taken back.
const grace = 30 * time.Second

// A pending deletion has been asked for and not begun. Nothing has happened yet, so
// taking it back needs no restoring.
type pending struct {
	what string // "3 images"
	pane layout.Pane
	keys []string // of the rows in that pane
	due  time.Time
	run  func(ctx context.Context, key string) error
}

// later deletes rows after the grace.
func (m *Model) later(p pending) tea.Cmd {
	p.due = m.now().Add(grace)
	m.pending = append(m.pending, p)
	m.notice = notice{} // it would hide how to take this back
	m.doom()
	return nil
}

// doomed reports whether the deletion of a row waits already.
func (m *Model) doomed(key string) bool {
	return slices.ContainsFunc(m.pending, func(p pending) bool { return slices.Contains(p.keys, key) })
}

// doom tells the panes which rows wait for their end.
func (m *Model) doom() {
	images, containers := make(map[string]bool), make(map[string]bool)
	for _, p := range m.pending {
		for _, k := range p.keys {
			if p.pane == layout.Images {
				images[k] = true
			} else {
				containers[k] = true
			}
		}
	}
	m.images.SetDoomed(images)
	m.containers.SetDoomed(containers)
	m.drawn.mark(layout.Images)
	m.drawn.mark(layout.Containers)
	m.drawn.footer = true
}

// undo takes the newest deletion back.
func (m *Model) undo() tea.Cmd {
	n := len(m.pending)
	if n == 0 {
		return m.tell("There is nothing to undo.")
	}
	p := m.pending[n-1]
	m.pending = m.pending[:n-1]
	m.doom()
	return m.report("Kept " + p.what + ".")
}

// expire carries out the deletions that are due.
func (m *Model) expire() tea.Cmd {
	var cmds []tea.Cmd
	for len(m.pending) > 0 && !m.now().Before(m.pending[0].due) {
		cmds = append(cmds, m.execute(m.pending[0]))
		m.pending = m.pending[1:]
	}
	if cmds != nil {
		m.doom()
	}
	return tea.Batch(cmds...)
}

// flush carries out all deletions that wait.
func (m *Model) flush() tea.Cmd {
	var cmds []tea.Cmd
	for _, p := range m.pending {
		cmds = append(cmds, m.execute(p))
	}
	m.pending = nil
	return tea.Sequence(cmds...)
}

func (m *Model) execute(p pending) tea.Cmd {
	ctx := m.ctx
	return func() tea.Msg {
		a := acted{verb: "Deleted", what: p.what}
		for _, k := range p.keys {
			if err := p.run(ctx, k); err != nil && engine.ClassOf(err) != engine.ClassNotFound {
				a.errs = append(a.errs, err)
			}
		}
		return a
	}
}

// waitingLine is what the footer says while deletions wait.
func (m *Model) waitingLine() string {
	if len(m.pending) == 0 {
		return ""
	}
	var what []string
	for _, p := range m.pending {
		what = append(what, p.what)
	}
	left := m.pending[0].due.Sub(m.now())
	return "Deleting " + display.Clean(strings.Join(what, ", ")) + " in " + display.Number(max(1, int((left+time.Second-1)/time.Second))) + " s"
}
