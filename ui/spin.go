package ui

import (
	"berth/engine"
	"berth/ui/internal/layout"

	"charm.land/bubbles/v2/spinner"
	tea "charm.land/bubbletea/v2"
)

// A spin is the one turning sign of the window. It turns only while something is under
// way of which nothing else moves: a container that takes its time to stop, a pull whose
// size nobody knows yet.
type spin struct {
	spinner spinner.Model
	on      bool
}

func newSpin(ascii bool) spin {
	s := spinner.New(spinner.WithSpinner(spinner.MiniDot))
	if ascii {
		s.Spinner = spinner.Line
	}
	return spin{spinner: s}
}

// sign is the present frame, without a colour.
func (s *spin) sign() string { return s.spinner.View() }

// waiting reports whether something is under way that shows no progress of its own.
func (m *Model) waiting() bool {
	if m.containers.Busy() {
		return true
	}
	for _, p := range m.state.Pulls {
		if p.State == engine.PullResolving {
			return true
		}
	}
	return false
}

// spinning sets the sign going when there is something to wait for; by itself it goes on
// until there is not.
func (m *Model) spinning() tea.Cmd {
	if m.spin.on || !m.waiting() {
		return nil
	}
	m.spin.on = true
	return m.spin.spinner.Tick
}

func (m *Model) spun(msg spinner.TickMsg) tea.Cmd {
	if !m.waiting() {
		m.spin.on = false
		return nil
	}
	var next tea.Cmd
	m.spin.spinner, next = m.spin.spinner.Update(msg)
	m.drawn.mark(layout.Containers)
	m.drawn.mark(layout.Pulls)
	return next
}
