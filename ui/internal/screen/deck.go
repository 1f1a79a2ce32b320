package screen

import (
	"slices"
	"time"

	"berth/ui/internal/display"
	"berth/ui/internal/terminal"
)

// mainProcess is the session key of a container's own program; exec sessions have their
// engine's ID.
const mainProcess = "main"

// A session is one program on a terminal in a container.
type session struct {
	id      string // mainProcess, an exec's ID, or "" while it is being started
	name    string
	since   time.Time
	cmd     []string // what run again starts
	user    string
	term    *terminal.Terminal // nil while detached
	opening bool
	err     error  // why it could not be opened
	bells   uint64 // that the user has seen
	told    bool   // its end was noticed
}

// title is what the program calls itself, else its command.
func (s *session) title() string {
	if s.term != nil {
		if t := s.term.Title(); t != "" {
			return display.Clean(t)
		}
	}
	return display.Clean(s.name)
}

// live reports whether keys reach a program.
func (s *session) live() bool { return s.term != nil && s.term.End() == nil }

// rang reports whether the program has rung since its terminal had the keyboard, which the
// session cur has now.
func (s *session) rang(cur *session) bool {
	return s.term != nil && s != cur && s.term.Bells() > s.bells
}

// A deck is the sessions of one container.
type deck struct {
	container string
	all       []*session
	cur       int
	tiles     tiles
}

// current returns the session that has the keys, nil if there is none.
func (d *deck) current() *session {
	if len(d.all) == 0 {
		return nil
	}
	d.cur = min(max(d.cur, 0), len(d.all)-1)
	return d.all[d.cur]
}

func (d *deck) find(id string) *session {
	for _, s := range d.all {
		if s.id == id && id != "" {
			return s
		}
	}
	return nil
}

// left returns the newest session that runs and that nobody here is attached to, nil if
// there is none.
func (d *deck) left() *session {
	for _, s := range slices.Backward(d.all) {
		if s.id != "" && s.id != mainProcess && s.term == nil && s.err == nil && !s.opening {
			return s
		}
	}
	return nil
}

// choose gives the keys to a session. One that does not show yet takes the place of the
// one that had them.
func (d *deck) choose(s *session) {
	i := slices.Index(d.all, s)
	if i < 0 {
		return
	}
	if !d.tiles.has(s) {
		d.tiles.replace(d.current(), s)
	}
	d.cur = i
}

// remove takes a session out. In a split its neighbour gets the keys.
func (d *deck) remove(s *session) {
	i := slices.Index(d.all, s)
	if i < 0 {
		return
	}
	current := d.current()
	if current == s {
		if next := d.tiles.next(s); next != nil {
			current = next
		}
	}
	d.tiles.remove(s)
	d.all = slices.Delete(d.all, i, i+1)
	if at := slices.Index(d.all, current); at >= 0 {
		d.cur = at
	} else {
		d.cur = max(0, min(d.cur, len(d.all)-1))
	}
}

// keep drops the sessions that are not wanted any more.
func (d *deck) keep(wanted func(*session) bool) {
	for _, s := range slices.Clone(d.all) {
		if !wanted(s) {
			d.remove(s)
		}
	}
}
