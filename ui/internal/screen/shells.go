package screen

import (
	"context"
	"errors"
	"slices"
	"strings"
	"time"

	"berth/engine"
	"berth/pty/vt"
	"berth/ui/internal/display"
	"berth/ui/internal/keymap"
	"berth/ui/internal/terminal"

	tea "charm.land/bubbletea/v2"
)

// shellFrame is the least time between two pictures of what programs write.
const shellFrame = 12 * time.Millisecond

// shellCommands are tried in this order: the best shell that an image has.
var shellCommands = []string{"bash", "zsh", "fish", "ash", "sh"}

// shellEnv is what a program in a pane needs to know of its terminal.
var shellEnv = []string{"TERM=xterm-256color", "COLORTERM=truecolor"}

// ShellEngine is what shells are opened with.
type ShellEngine interface {
	Attach(ctx context.Context, id string, opts engine.AttachOptions) (engine.Attachment, error)
	Exec(ctx context.Context, id string, cfg engine.ExecConfig, attach *engine.AttachOptions) (string, engine.Attachment, error)
	AttachExec(ctx context.Context, id, execID string, opts engine.AttachOptions) (engine.Attachment, error)
	Execs(ctx context.Context, id string) ([]engine.ExecInfo, error)
	StartContainer(ctx context.Context, id string, attach *engine.AttachOptions) (engine.Attachment, error)
}

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

// Shells keeps the sessions of all containers that are open in this window. They live
// on while other things are looked at.
type Shells struct {
	Keys func() *keymap.Map

	eng    ShellEngine
	ctx    context.Context
	decks  map[string]*deck
	size   engine.Size
	fg, bg vt.Color
	wake   chan struct{} // capacity 1
	last   time.Time     // of the last wake-up that was passed on
	focus  *terminal.Terminal
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
		open      bool // one was asked for
	}
)

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

// Rings reports whether a program in a container has rung while nobody looked.
func (s *Shells) Rings(container string) bool {
	d := s.decks[container]
	return d != nil && slices.ContainsFunc(d.all, func(one *session) bool { return one.term != nil && one.term.Bells() > one.bells })
}

func (s *Shells) deck(container string) *deck {
	d := s.decks[container]
	if d == nil {
		d = &deck{container: container}
		s.decks[container] = d
	}
	return d
}

// blank gives a session that is being opened a new terminal at once: what is typed
// until the program is there waits for it.
func (s *Shells) blank(d *deck, one *session) (term *terminal.Terminal, res ShellOpened) {
	res = ShellOpened{container: d.container, session: one, id: one.id, cmd: one.cmd, before: one.term}
	term = terminal.New(terminal.Options{Size: s.size, Foreground: s.fg, Background: s.bg, Wake: s.poke})
	one.term, one.opening, one.err = term, true, nil
	return term, res
}

func attachOptions(t *terminal.Terminal, size engine.Size) engine.AttachOptions {
	return engine.AttachOptions{Stdout: t, Stdin: true, Size: size}
}

// Open shows a shell of a container: the one that was used last, one that was left
// running, or else a new one.
func (s *Shells) Open(container string) tea.Cmd {
	d := s.deck(container)
	for i := len(d.all) - 1; i >= 0; i-- {
		if one := d.all[i]; one.opening || one.live() && one.id != mainProcess {
			if cur := d.current(); cur.opening || cur.live() && cur.id != mainProcess {
				return nil
			}
			d.choose(one)
			return nil
		}
	}
	return s.list(container, true)
}

// list asks the engine which sessions run in a container.
func (s *Shells) list(container string, open bool) tea.Cmd {
	ctx, eng := s.ctx, s.eng
	return func() tea.Msg {
		execs, err := eng.Execs(ctx, container)
		return ShellsFound{container, execs, err, open}
	}
}

// Found takes the sessions that run in a container.
func (s *Shells) Found(f ShellsFound) tea.Cmd {
	d := s.deck(f.container)
	if f.err == nil {
		d.all = slices.DeleteFunc(d.all, func(one *session) bool { // those that ended while nobody was attached
			return one.term == nil && !one.opening && one.id != "" && one.id != mainProcess &&
				!slices.ContainsFunc(f.execs, func(e engine.ExecInfo) bool { return e.ID == one.id })
		})
		for _, e := range f.execs {
			if e.TTY && d.find(e.ID) == nil {
				d.all = append(d.all, &session{id: e.ID, name: commandName(e), since: e.Started, cmd: e.Cmd, user: e.User})
			}
		}
	}
	if !f.open {
		return nil
	}
	for _, one := range slices.Backward(d.all) {
		if one.id != mainProcess && one.term == nil && one.err == nil && !one.opening {
			d.choose(one)
			return s.attach(d, one)
		}
	}
	return s.start(d, nil)
}

func commandName(e engine.ExecInfo) string {
	if e.Title != "" {
		return e.Title
	}
	return strings.Join(e.Cmd, " ")
}

// New starts another shell in a container.
func (s *Shells) New(container string) tea.Cmd { return s.start(s.deck(container), nil) }

// start starts a command in a new session, the best shell if it is nil.
func (s *Shells) start(d *deck, cmd []string) tea.Cmd {
	one := &session{name: "shell", opening: true}
	if cmd != nil {
		one.name = strings.Join(cmd, " ")
	}
	d.all = append(d.all, one)
	d.choose(one)
	return s.exec(d, one, cmd)
}

func (s *Shells) exec(d *deck, one *session, cmd []string) tea.Cmd {
	ctx, eng, size, container := s.ctx, s.eng, s.size, d.container
	term, res := s.blank(d, one)
	try := [][]string{cmd}
	if cmd == nil {
		try = nil
		for _, name := range shellCommands {
			try = append(try, []string{name})
		}
	}
	return func() tea.Msg {
		for _, res.cmd = range try {
			opts := attachOptions(term, size)
			res.id, res.att, res.err = eng.Exec(ctx, container, engine.ExecConfig{Cmd: res.cmd, TTY: true, Stdin: true, Env: shellEnv}, &opts)
			if engine.ClassOf(res.err) != engine.ClassCommandNotFound {
				return res
			}
		}
		if cmd == nil {
			res.err = engine.Errorf(engine.ClassCommandNotFound, "open a shell in %q: the image has none", container).
				WithHint("Its program can be attached to with a.")
		}
		return res
	}
}

// AttachMain shows the container's own program.
func (s *Shells) AttachMain(container, name string, cmd []string) tea.Cmd {
	d := s.deck(container)
	one := d.find(mainProcess)
	if one == nil {
		one = &session{id: mainProcess, name: name, cmd: cmd}
		d.all = slices.Insert(d.all, 0, one)
		d.cur++
	}
	d.choose(one)
	if one.live() || one.opening {
		return nil
	}
	return s.attach(d, one)
}

// attach connects to a session that runs. Its screen comes back as it was.
func (s *Shells) attach(d *deck, one *session) tea.Cmd {
	ctx, eng, size, container, id := s.ctx, s.eng, s.size, d.container, one.id
	term, res := s.blank(d, one)
	return func() tea.Msg {
		if id == mainProcess {
			res.att, res.err = eng.Attach(ctx, container, attachOptions(term, size))
		} else {
			res.att, res.err = eng.AttachExec(ctx, container, id, attachOptions(term, size))
		}
		return res
	}
}

// Start starts a container that was just made, with its program in a pane from the
// first byte on.
func (s *Shells) Start(container, name string) tea.Cmd {
	d := s.deck(container)
	one := d.find(mainProcess)
	if one == nil {
		one = &session{id: mainProcess, name: name}
		d.all = append(d.all, one)
	}
	d.choose(one)
	ctx, eng, size := s.ctx, s.eng, s.size
	term, res := s.blank(d, one)
	return func() tea.Msg {
		opts := attachOptions(term, size)
		res.att, res.err = eng.StartContainer(ctx, container, &opts)
		return res
	}
}

// Opened takes what came of opening a session.
func (s *Shells) Opened(o ShellOpened) tea.Cmd {
	one, d := o.session, s.decks[o.container]
	one.opening = false
	if o.err != nil {
		one.err = o.err
		if one.term != nil {
			one.term.Close()
		}
		one.term = o.before
		if d != nil && one.term == nil && (one.id == "" || one.id == mainProcess || engine.ClassOf(o.err) == engine.ClassNotFound) {
			d.remove(one)
		}
		return func() tea.Msg { return Say{Err: o.err} }
	}
	if one.term == nil { // it was left in the meantime
		go o.att.Close()
		one.id, one.cmd = o.id, o.cmd
		return nil
	}
	if o.before != nil {
		o.before.Close()
	}
	one.id, one.cmd, one.told, one.bells = o.id, o.cmd, false, 0
	if one.name == "shell" && len(o.cmd) > 0 {
		one.name = strings.Join(o.cmd, " ")
	}
	one.term.Connect(o.att)
	if d == nil || !slices.Contains(d.all, one) { // it was closed, or the container went, in the meantime
		one.term.Close()
	}
	return nil
}
