package screen

import (
	"context"
	"errors"
	"slices"
	"time"

	"berth/engine"
	"berth/pty/vt"
	"berth/ui/internal/keymap"
	"berth/ui/internal/terminal"

	tea "charm.land/bubbletea/v2"
)

// afterEcho is how long a terminal that answers a key needs to bring that to the screen.
const afterEcho = 150 * time.Microsecond

// shellFrame is the least time between two pictures of what programs write.
const shellFrame = 12 * time.Millisecond

// ShellEngine is what shells are opened with.
type ShellEngine interface {
	Attach(ctx context.Context, id string, opts engine.AttachOptions) (engine.Attachment, error)
	Exec(ctx context.Context, id string, cfg engine.ExecConfig, attach *engine.AttachOptions) (string, engine.Attachment, error)
	AttachExec(ctx context.Context, id, execID string, opts engine.AttachOptions) (engine.Attachment, error)
	Execs(ctx context.Context, id string) ([]engine.ExecInfo, error)
	StartContainer(ctx context.Context, id string, attach *engine.AttachOptions) (engine.Attachment, error)
}

// Shells keeps the sessions of all containers that are open in this window. They live
// on while other things are looked at.
type Shells struct {
	Keys func() *keymap.Map
	// Wrote is called, from other goroutines, when a terminal has something new, before the
	// message that says so; nil for nothing. If it returns true, it has drawn that. Set it
	// before the first shell is opened.
	Wrote func(*terminal.Terminal) bool

	eng    ShellEngine
	ctx    context.Context
	decks  map[string]*deck
	size   engine.Size
	fg, bg vt.Color
	wake   chan struct{} // capacity 1
	last   time.Time     // of the last wake-up that was passed on
	focus  *terminal.Terminal
	// clusters says that the outer terminal draws a grapheme cluster in one place.
	clusters bool
}

// NewShells returns an empty collection whose programs are attached until ctx ends.
func NewShells(ctx context.Context, eng ShellEngine, keys func() *keymap.Map) *Shells {
	return &Shells{Keys: keys, eng: eng, ctx: ctx, decks: make(map[string]*deck), size: engine.Size{Cols: 80, Rows: 24}, wake: make(chan struct{}, 1)}
}

type (
	// ShellOutput says that a program has written, or ended.
	ShellOutput struct{}
	// ShellOpened brings what came of opening a session.
	ShellOpened struct {
		container string
		session   *session
		id        string
		cmd       []string
		before    *terminal.Terminal // what the session showed until now
		att       engine.Attachment
		err       error
	}
	// ShellsFound brings the sessions that run in a container.
	ShellsFound struct {
		container string
		execs     []engine.ExecInfo
		err       error
		open      *session // the place of one that was asked for, nil if none was
	}
)

// Failed returns the container in which no session was opened.
func (o ShellOpened) Failed() (container string, failed bool) { return o.container, o.err != nil }

// Listen waits for output of any program. Output after a while comes at once, so that
// an echo is not delayed; a flood comes once in a frame.
func (s *Shells) Listen() tea.Cmd {
	last := s.last
	return func() tea.Msg {
		select {
		case <-s.wake:
		case <-s.ctx.Done():
			return nil
		}
		if wait := shellFrame - time.Since(last); wait > 0 {
			select {
			case <-time.After(wait):
			case <-s.ctx.Done():
				return nil
			}
		}
		return ShellOutput{}
	}
}

// Woken takes a ShellOutput: it tells what the user should know.
func (s *Shells) Woken() tea.Cmd {
	s.last = time.Now()
	cmds := []tea.Cmd{s.Listen()}
	for _, d := range s.decks {
		for _, one := range d.all {
			if one.term == nil {
				continue
			}
			if one.term.AskedClipboard() {
				cmds = append(cmds, say(one.title()+" wanted to use the clipboard; it may not. Select the text and copy it yourself."))
			}
			if end := one.term.End(); end != nil && !one.told {
				one.told = true
				if end.Err != nil && !errors.Is(end.Err, context.Canceled) {
					cmds = append(cmds, func() tea.Msg { return Say{Err: end.Err} })
				}
			}
		}
	}
	return tea.Batch(cmds...)
}

func (s *Shells) poke() {
	select {
	case s.wake <- struct{}{}:
	default:
	}
}

// SetSize says how large a session that is opened next will be.
func (s *Shells) SetSize(w, h int) {
	if w > 0 && h > 0 {
		s.size = engine.Size{Cols: w, Rows: h}
	}
}

// SetColors says which colours programs are told when they ask.
func (s *Shells) SetColors(fg, bg vt.Color) {
	if fg == s.fg && bg == s.bg {
		return
	}
	s.fg, s.bg = fg, bg
	for _, d := range s.decks {
		for _, one := range d.all {
			if one.term != nil {
				one.term.SetColors(fg, bg)
			}
		}
	}
}

// SetClusters says whether the outer terminal draws a grapheme cluster in one place.
func (s *Shells) SetClusters(on bool) { s.clusters = on }

// SetFocus says which terminal has the keyboard, nil for none.
func (s *Shells) SetFocus(t *terminal.Terminal) {
	if t == s.focus {
		return
	}
	if s.focus != nil {
		s.focus.Focus(false)
	}
	if s.focus = t; t != nil {
		t.Focus(true)
	}
}

// Keep forgets the sessions of containers that are gone.
func (s *Shells) Keep(exists func(container string) bool) {
	for id, d := range s.decks {
		if exists(id) {
			continue
		}
		for _, one := range d.all {
			if one.term != nil {
				one.term.Close()
			}
		}
		delete(s.decks, id)
	}
}

// Rang returns the containers in which a program has rung since its terminal had the
// keyboard, in order.
func (s *Shells) Rang() (ids []string) {
	for id, d := range s.decks {
		if slices.ContainsFunc(d.all, func(one *session) bool { return one.term != nil && one.term != s.focus && one.term.Bells() > one.bells }) {
			ids = append(ids, id)
		}
	}
	slices.Sort(ids)
	return ids
}

// Running returns how many programs are attached.
func (s *Shells) Running() (n int) {
	for _, d := range s.decks {
		for _, one := range d.all {
			if one.live() {
				n++
			}
		}
	}
	return n
}

func (s *Shells) deck(container string) *deck {
	d := s.decks[container]
	if d == nil {
		d = &deck{container: container}
		s.decks[container] = d
	}
	return d
}
