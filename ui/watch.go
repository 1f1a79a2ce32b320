package ui

import (
	"slices"
	"time"

	"berth/engine"
	"berth/ui/internal/feed"
	"berth/ui/internal/layout"
	"berth/ui/internal/screen"
	"berth/ui/internal/store"

	tea "charm.land/bubbletea/v2"
)

// frameTime is the least time between two batches of events.
const frameTime = 33 * time.Millisecond

type (
	watching struct {
		sub *engine.Subscription
	}
	batch      struct{ events []engine.Event }
	lost       struct{ err error }
	retryWatch struct{}
	sized      struct{ images []engine.Image }
)

// watch subscribes to the engine.
func (m *Model) watch() tea.Cmd {
	ctx, eng := m.ctx, m.eng
	return func() tea.Msg {
		sub, err := eng.Watch(ctx, engine.WatchOptions{Snapshot: true, Kinds: []engine.EventKind{engine.KindImage, engine.KindContainer, engine.KindPull}})
		if err != nil {
			return lost{err}
		}
		return watching{sub}
	}
}

// next waits for events.
func (m *Model) next() tea.Cmd {
	ctx, f := m.ctx, m.feed
	return func() tea.Msg {
		events, ok, err := f.Next(ctx)
		if !ok {
			if ctx.Err() != nil {
				return nil
			}
			return lost{err}
		}
		return batch{events}
	}
}

// heard takes what the engine tells.
func (m *Model) heard(msg tea.Msg) tea.Cmd {
	switch msg := msg.(type) {
	case watching:
		m.feed = feed.New(msg.sub, frameTime)
		m.state = store.Reduce(m.state, store.Snapshot{Snapshot: msg.sub.Snapshot})
		m.drawn.header = true
		return m.next()
	case batch:
		before := m.state
		m.state = store.Reduce(m.state, store.Batch{Events: msg.events})
		m.drawn.header = true
		return tea.Batch(m.next(), m.reacted(before), m.measureImages(msg.events))
	case sized:
		m.state = store.Reduce(m.state, store.Sizes{Images: msg.images})
		return nil
	case lost:
		reason := "the engine stopped telling what happens"
		if msg.err != nil {
			reason = msg.err.Error()
		}
		m.state = store.Reduce(m.state, store.Lost{Reason: reason})
		m.drawn.header = true
		return tea.Batch(m.complain(msg.err, "The engine's events ended; trying again."), tea.Tick(2*time.Second, func(time.Time) tea.Msg { return retryWatch{} }))
	case retryWatch:
		return m.watch()
	}
	return nil
}

// measureImages asks for the images' sizes when one came or went: what others share with
// it is theirs alone now, or no longer, and no event tells that of them.
func (m *Model) measureImages(events []engine.Event) tea.Cmd {
	if !slices.ContainsFunc(events, func(e engine.Event) bool {
		return e.Kind == engine.KindImage && (e.Action == "delete" || e.Action == "pull")
	}) {
		return nil
	}
	ctx, eng := m.ctx, m.eng
	return func() tea.Msg {
		images, err := eng.ListImages(ctx, engine.ImageListOptions{})
		if err != nil {
			return nil // the sizes stay as they were, until the next event
		}
		return sized{images}
	}
}

// reacted lets the main area load again what a change made stale: a container that
// started has another log, processes and counters.
func (m *Model) reacted(before store.State) tea.Cmd {
	s := m.main.Subject()
	if s.Kind != screen.AContainer {
		return nil
	}
	old, had := before.Container(s.ID)
	now, has := m.state.Container(s.ID)
	if !had || !has || old.State == now.State && old.Started.Equal(now.Started) {
		return nil
	}
	m.drawn.mark(layout.Main)
	if name := m.main.Tab().Name(); name == "Logs" && !now.State.Alive() {
		return nil // the log ends by itself, and what it holds stays
	}
	return m.main.Reopen()
}
