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

// A deck is the sessions of one container.
type deck struct {
	container string
	all       []*session
	cur       int
	split     *session // the other one, side by side with the current
	right     bool     // the current one stands at the right
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

func (d *deck) choose(s *session) {
	if i := slices.Index(d.all, s); i >= 0 {
		d.cur = i
	}
	if d.split == s {
		d.split = nil
	}
}

func (d *deck) remove(s *session) {
	if d.split == s {
		d.split = nil
	}
	i := slices.Index(d.all, s)
	if i < 0 {
		return
	}
	d.all = slices.Delete(d.all, i, i+1)
	if d.cur > i || d.cur == len(d.all) {
		d.cur = max(0, d.cur-1)
	}
	if d.split != nil && d.split == d.current() {
		d.split = nil
	}
}
