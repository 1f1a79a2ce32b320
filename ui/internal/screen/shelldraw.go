package screen

import (
	"cmp"
	"strconv"
	"strings"
	"syscall"
	"unicode/utf8"

	"berth/engine"
	"berth/pty/vt"
	"berth/themes"
	"berth/ui/internal/display"
	"berth/ui/internal/keymap"
	"berth/ui/internal/style"
	"berth/ui/internal/terminal"

	tea "charm.land/bubbletea/v2"
	"golang.org/x/sys/unix"
)

// A place is where a session stands in the drawing.
type place struct {
	s          *session
	x, y, w, h int
}

// A Live is the part of a drawing that one terminal fills with what its program writes.
type Live struct {
	Terminal   *terminal.Terminal
	Look       terminal.Look
	X, Y, W, H int
	Rows       []string
	Gen        uint64 // of the terminal, when they were drawn at the latest
}

// Live returns the part of the last drawing that belongs to the session with the keys;
// nil if it has none.
func (t *Shell) Live() *Live { return t.live }

func (p place) contains(x, y int) bool { return x >= p.x && x < p.x+p.w && y >= p.y && y < p.y+p.h }

// arrange divides w by h cells between the sessions that show.
func (t *Shell) arrange(w, h int) {
	d := t.deck()
	t.w, t.h, t.places = w, h, t.places[:0]
	s := d.current()
	if s == nil {
		return
	}
	y := 0
	if len(d.all) > 1 && h > 2 {
		y = 1
	}
	if d.tiles.has(s) {
		t.places = d.tiles.arrange(0, y, w, h-y)
	}
	if len(t.places) == 0 {
		t.places = []place{{s, 0, y, w, h - y}}
	}
}

// Draw implements Tab.
func (t *Shell) Draw(env Env, w, h int, focused bool) []string {
	st, d := env.Style, t.deck()
	if w <= 0 || h <= 0 {
		return nil
	}
	t.live = nil
	t.arrange(w, h)
	s := d.current()
	if s == nil {
		return t.empty(st, w, h)
	}
	var lines []string
	if t.places[0].y > 0 {
		lines = append(lines, t.drawStrip(st, d, w))
	}
	if len(t.places) == 1 {
		return append(lines, t.drawSession(env, t.places[0], focused)...)
	}
	return append(lines, t.drawTiles(env, s, h-len(lines), focused)...)
}

// drawTiles draws the sessions of a split with rules between them. What borders on the
// one that has the keys is set off.
func (t *Shell) drawTiles(env Env, current *session, h int, focused bool) []string {
	st := env.Style
	out := make([]string, h)
	top := t.places[0].y
	var mine place
	for _, p := range t.places {
		if p.s == current {
			mine = p
		}
	}
	rule := func(text string, near bool) string {
		if near && focused {
			return st.Accent.Render(text)
		}
		return st.Faint.Render(text)
	}
	for i, p := range t.places {
		if p.y > top { // below another one
			near := p.x == mine.x && (p.y == mine.y || p.y == mine.y+mine.h+1)
			out[p.y-top-1] += rule(strings.Repeat(st.Frame.Top, p.w), near)
		}
		part := t.drawSession(env, p, focused && p.s == current)
		for row := range p.h {
			out[p.y-top+row] += line(part, row, p.w)
		}
		if i+1 < len(t.places) && t.places[i+1].x > p.x { // the column is complete
			near := p.x == mine.x || t.places[i+1].x == mine.x
			for row := range out {
				out[row] += rule(st.Frame.Left, near)
			}
		}
	}
	return out
}

// line is a line of a part, exactly w cells wide.
func line(part []string, i, w int) string {
	if i >= len(part) {
		return display.Spaces(w)
	}
	return part[i] + display.Spaces(w-display.Width(part[i]))
}

func (t *Shell) drawSession(env Env, p place, focused bool) []string {
	st, s := env.Style, p.s
	switch {
	case s.opening:
		if s.term != nil {
			s.term.Resize(engine.Size{Cols: p.w, Rows: p.h})
		}
		return note(st, p.w, p.h, "Connecting to "+s.title()+st.Icons.More, "")
	case s.term != nil:
		s.term.Resize(engine.Size{Cols: p.w, Rows: p.h})
		if focused {
			s.bells = s.term.Bells()
		}
		look := shellLook(st)
		look.Clusters = t.shells.clusters
		gen := s.term.Generation()
		rows := s.term.Draw(look, p.w, p.h)
		if focused {
			t.live = &Live{s.term, look, p.x, p.y, p.w, p.h, rows, gen}
		}
		return rows
	case s.err != nil:
		return failure(st, p.w, p.h, s.err)
	}
	if c, ok := t.info(); !ok || !c.State.Alive() {
		return t.empty(st, p.w, p.h)
	}
	age := ""
	if !s.since.IsZero() {
		a, _ := display.Age(env.Now, s.since)
		age = " for " + a
	}
	return note(st, p.w, p.h, s.title()+" runs"+age+"; nobody here is attached.", t.key(keymap.ShellList, keymap.Open)+" attaches")
}

func (t *Shell) empty(st *style.Styles, w, h int) []string {
	if c, ok := t.info(); !ok || !c.State.Alive() {
		return note(st, w, h, "The container does not run.", t.key(keymap.Containers, keymap.Start)+" in the list starts it")
	}
	return note(st, w, h, "No shell is open here.",
		t.key(keymap.ShellList, keymap.Shell)+" opens one "+st.Icons.Dot+" "+t.key(keymap.ShellList, keymap.Attach)+" attaches to the container's own program")
}

func (t *Shell) key(scope keymap.Scope, id keymap.ID) string { return t.shells.Keys().Key(scope, id) }

// Foot implements Tab: the keys behind the prefix, or how the program ended.
func (t *Shell) Foot(env Env) string {
	st := env.Style
	s := t.deck().current()
	if s == nil || s.term == nil {
		return ""
	}
	dot := st.Muted.Render(" " + st.Icons.Dot + " ")
	key := func(scope keymap.Scope, id keymap.ID, what string) string {
		return st.Key.Render(t.key(scope, id)) + st.Muted.Render(" "+what)
	}
	var parts []string
	switch end := s.term.End(); {
	case s.term.Copying():
		rows, of := s.term.Scrolled()
		parts = append(parts, st.Accent.Render("copy")+st.Muted.Render(" "+display.Number(rows)+"/"+display.Number(of)),
			key(keymap.CopyMode, keymap.Select, "select"), key(keymap.CopyMode, keymap.Copy, "copy"), key(keymap.CopyMode, keymap.LeaveCopy, "leave"))
	case end != nil:
		parts = append(parts, ended(st, end), key(keymap.ShellEnded, keymap.RunAgain, "run again"), key(keymap.ShellEnded, keymap.CloseShell, "close"))
	default:
		switch c, _ := t.info(); {
		case c.State == engine.StatePaused:
			parts = append(parts, st.Warn.Render("the container is paused"))
		case s.term.Stuck():
			parts = append(parts, st.Warn.Render("the program does not read"))
		}
		if size, ok := s.term.Foreign(); ok {
			parts = append(parts, st.Warn.Render("drawn for another window, "+strconv.Itoa(size.Cols)+"x"+strconv.Itoa(size.Rows)), st.Muted.Render("type to have it here"))
		}
		if rows, of := s.term.Scrolled(); rows > 0 {
			parts = append(parts, st.Warn.Render(display.Number(rows)+"/"+display.Number(of)))
		}
		lead := st.Key.Render(t.prefixName()) + " "
		parts = append(parts, lead+key(keymap.ShellKeys, keymap.Detach, "detach"), key(keymap.ShellKeys, keymap.Zoom, "zoom"), key(keymap.ShellKeys, keymap.Copying, "scroll"))
	}
	out := strings.Join(parts, dot)
	room := max(t.w-6, 0)
	for len(parts) > 1 && display.Width(out) > room {
		parts = parts[:len(parts)-1]
		out = strings.Join(parts, dot)
	}
	return display.Cut(out, room, st.Icons.More)
}

func (t *Shell) prefixName() string {
	for _, a := range t.shells.Keys().Actions() {
		if a.Scope == keymap.ShellView && a.ID == keymap.ShellPrefix && len(a.Keys) > 0 {
			return strings.Replace(a.Keys[0], "ctrl+", "ctrl-", 1)
		}
	}
	return ""
}

// ended says how a program ended.
func ended(st *style.Styles, end *terminal.End) string {
	switch s := end.Status; {
	case end.Err != nil:
		return st.Error.Render(st.Icons.Failed + " connection lost")
	case s.Error != "": // what kept it was killed, say
		return st.Error.Render(st.Icons.Failed + " " + display.Clean(s.Error))
	case s.OOMKilled:
		return st.Error.Render(st.Icons.Failed + " out of memory")
	case s.Signal != 0:
		return st.Warn.Render(st.Icons.Failed + " killed by " + signalName(s.Signal))
	case s.Code != 0:
		return st.Warn.Render(st.Icons.Failed + " exit " + strconv.Itoa(s.Code))
	}
	return st.Muted.Render(st.Icons.Exited + " exit 0")
}

func signalName(n int) string {
	return cmp.Or(unix.SignalName(syscall.Signal(n)), "signal "+strconv.Itoa(n))
}

// Title is what the program calls itself, where no strip of sessions says it, with a
// badge when it has rung; "" if nothing.
func (t *Shell) Title(st *style.Styles) string {
	d := t.deck()
	s := d.current()
	if s == nil || s.term == nil || len(d.all) != 1 {
		return ""
	}
	title := display.Clean(s.term.Title())
	if s.term.Bells() > s.bells {
		title = strings.TrimSpace(st.Icons.Bell + " " + title)
	}
	return title
}

// shellLook is how the theme draws what the program leaves open.
func shellLook(st *style.Styles) terminal.Look {
	filler, _ := utf8.DecodeRuneInString(st.Icons.Dot)
	if st.Plain {
		return terminal.Look{Selection: vt.Style{Attrs: vt.Inverse}, Match: vt.Style{Attrs: vt.Bold, Underline: vt.UnderlineSingle}, Filler: filler}
	}
	r := st.Theme.Roles
	return terminal.Look{
		Filler: filler, Outside: vt.Style{Fg: ShellColor(r.Muted), Attrs: vt.Faint},
		Foreground: ShellColor(r.Text),
		Selection:  vt.Style{Fg: ShellColor(r.SelectionText), Bg: ShellColor(r.Selection)},
		Match:      vt.Style{Fg: ShellColor(r.AccentText), Bg: ShellColor(r.Warn)},
	}
}

// ShellColor is a theme's colour as terminals know it.
func ShellColor(c themes.Color) vt.Color { return vt.RGB(c.R, c.G, c.B) }

// Cursor implements KeyTaker.
func (t *Shell) Cursor() *tea.Cursor {
	s := t.deck().current()
	for _, p := range t.places {
		if p.s != s || s.term == nil {
			continue
		}
		c := s.term.Cursor()
		if c == nil || c.X >= p.w || c.Y < 0 || c.Y >= p.h {
			return nil
		}
		c.X, c.Y = c.X+p.x, c.Y+p.y
		return c
	}
	return nil
}
