package ui

import (
	"time"

	"berth/engine"
	"berth/ui/internal/layout"
	"berth/ui/internal/screen"

	tea "charm.land/bubbletea/v2"
)

const (
	pollEvery = 2 * time.Second
	pollMost  = 24 // containers that are measured at once
)

type (
	pollNow  struct{}
	measured struct{ stats map[string]engine.Stats }
)

// poll measures what shows and runs, in a moment and then again and again, as long as
// there is something to measure and someone may look.
func (m *Model) poll() tea.Cmd {
	if m.clock.polling || m.window.blurred || len(m.polled()) == 0 {
		return nil
	}
	m.clock.polling = true
	return func() tea.Msg { return pollNow{} }
}

// polled returns the running containers that show.
func (m *Model) polled() []string {
	var ids []string
	subject := m.main.Subject()
	if subject.Kind == screen.AContainer {
		if c, ok := m.state.Container(subject.ID); ok && c.State == engine.StateRunning {
			ids = append(ids, c.ID)
		}
	}
	if !m.window.lay.Pane[layout.Containers].Empty() {
		for _, c := range m.containers.Visible() {
			if c.State == engine.StateRunning && c.ID != subject.ID && len(ids) < pollMost {
				ids = append(ids, c.ID)
			}
		}
	}
	return ids
}

func (m *Model) metered(msg tea.Msg) tea.Cmd {
	switch msg := msg.(type) {
	case pollNow:
		ids := m.polled()
		if len(ids) == 0 || m.window.blurred {
			m.clock.polling = false
			return nil
		}
		ctx, eng := m.ctx, m.eng
		return func() tea.Msg {
			out := make(map[string]engine.Stats, len(ids))
			for _, id := range ids {
				if st, err := eng.Stats(ctx, id); err == nil { // one that just ended is told by its event
					out[id] = st
				}
			}
			return measured{out}
		}
	case measured:
		for id, st := range msg.stats {
			meter := m.containers.Meters[id]
			if meter == nil {
				meter = screen.NewMeter()
				m.containers.Meters[id] = meter
			}
			meter.Add(st)
		}
		m.containers.Measured()
		m.drawn.mark(layout.Containers)
		if tab := m.main.Tab(); tab != nil && tab.Name() == "Stats" {
			m.drawn.mark(layout.Main)
		}
		return tea.Tick(pollEvery, func(time.Time) tea.Msg { return pollNow{} })
	}
	return nil
}

// forgetMeters drops what was measured of containers that are gone.
func (m *Model) forgetMeters() {
	for id := range m.containers.Meters {
		if _, ok := m.state.Container(id); !ok {
			delete(m.containers.Meters, id)
		}
	}
}
