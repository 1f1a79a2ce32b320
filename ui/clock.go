package ui

import (
	"time"

	"berth/ui/internal/display"
	"berth/ui/internal/layout"
	"berth/ui/internal/screen"

	tea "charm.land/bubbletea/v2"
)

// A ticker wakes the model when a text that shows a time would change, and not before:
// an idle screen costs nothing.
type ticker struct {
	gen int
	at  time.Time // when the next wake-up comes; zero for none

	polling bool // a measurement is under way or due
}

type timePassed struct{ gen int }

// tick makes sure that the next wake-up is due in time.
func (m *Model) tick() tea.Cmd {
	now := m.now()
	next := m.nextChange(now)
	if next <= 0 {
		return nil
	}
	at := now.Add(next)
	if !m.clock.at.IsZero() && !m.clock.at.After(at) && m.clock.at.After(now) {
		return nil // one is due, and early enough
	}
	m.clock.gen++
	m.clock.at = at
	gen := m.clock.gen
	return tea.Tick(next, func(time.Time) tea.Msg { return timePassed{gen} })
}

// nextChange says how long all texts that show a time stay true, 0 for ever.
func (m *Model) nextChange(now time.Time) time.Duration {
	const slack = 20 * time.Millisecond // so that the text has changed when the tick comes
	next := time.Duration(0)
	sooner := func(d time.Duration) {
		if d += slack; d > 0 && d < 30*24*time.Hour && (next == 0 || d < next) {
			next = d
		}
	}
	for _, c := range m.containers.Visible() {
		_, d := screen.Status(c, now)
		sooner(d)
	}
	for _, i := range m.images.Visible() {
		_, d := display.Age(now, i.Created)
		sooner(d)
	}
	for _, p := range m.pulls.Visible() {
		if !p.Progress.Ended.IsZero() {
			_, d := display.Age(now, p.Progress.Ended)
			sooner(d)
		}
	}
	for _, p := range m.pending {
		left := p.due.Sub(now)
		sooner(max(0, left-left.Truncate(time.Second)))
	}
	if !m.notice.until.IsZero() {
		sooner(max(0, m.notice.until.Sub(now)))
	}
	return next
}

// timed draws the times anew, and does what has become due.
func (m *Model) timed(msg timePassed) tea.Cmd {
	if msg.gen != m.clock.gen {
		return nil
	}
	m.clock.at = time.Time{}
	m.drawn.mark(layout.Images)
	m.drawn.mark(layout.Containers)
	m.drawn.mark(layout.Pulls)
	m.drawn.mark(layout.Main)
	if now := m.now(); !m.notice.until.IsZero() && !now.Before(m.notice.until) {
		m.notice = notice{}
		m.drawn.footer = true
	}
	return m.expire()
}
