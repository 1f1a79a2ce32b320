package screen

import (
	"slices"
	"strings"
	"time"

	"berth/engine"
	"berth/pty/quickio"
	"berth/ui/internal/keymap"
	"berth/ui/internal/terminal"

	tea "charm.land/bubbletea/v2"
)

// shellCommands are tried in this order: the best shell that an image has.
var shellCommands = []string{"bash", "zsh", "fish", "ash", "sh"}

// shellEnv is what a program in a pane needs to know of its terminal.
var shellEnv = []string{"TERM=xterm-256color", "COLORTERM=truecolor"}

// blank gives a session that is being opened a new terminal at once, unless it has that
// already: what is typed until the program is there waits for it.
func (s *Shells) blank(d *deck, one *session) (term *terminal.Terminal, res ShellOpened) {
	res = ShellOpened{container: d.container, session: one, id: one.id, cmd: one.cmd}
	if one.opening && one.term != nil {
		return one.term, res
	}
	res.before = one.term
	wake := s.poke
	if s.Wrote != nil {
		wake = func() {
			if s.Wrote(term) {
				// The message sets more work going than all that the key did: on the processor on
				// which the answer is on its way it would hold that up.
				quickio.Sleep(afterEcho)
			}
			s.poke()
		}
	}
	term = terminal.New(terminal.Options{Size: s.size, Foreground: s.fg, Background: s.bg, Wake: wake})
	one.term, one.opening, one.err = term, true, nil
	return term, res
}

func attachOptions(t *terminal.Terminal, size engine.Size) engine.AttachOptions {
	return engine.AttachOptions{Stdout: t, Stdin: true, Size: size, OnSize: t.Sized}
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
	// Which it will be is only known when the engine has told what runs. It gets a terminal
	// before: the next key is meant for it, not for a list.
	one := d.left()
	if one == nil {
		one = &session{name: "shell"}
		d.all = append(d.all, one)
	}
	d.choose(one)
	s.blank(d, one)
	return s.list(container, one)
}

// list asks the engine which sessions run in a container, to open one in that place; nil for none.
func (s *Shells) list(container string, open *session) tea.Cmd {
	ctx, eng := s.ctx, s.eng
	return func() tea.Msg {
		execs, err := eng.Execs(ctx, container)
		return ShellsFound{container, execs, err, open}
	}
}

// Found takes the sessions that run in a container.
func (s *Shells) Found(f ShellsFound) tea.Cmd {
	d := s.deck(f.container)
	if f.err == nil || engine.ClassOf(f.err) == engine.ClassConflict { // which it is for a container that does not run
		d.keep(func(one *session) bool { // not those that ended while nobody was attached
			return one.term != nil || one.opening || one.id == "" || one.id == mainProcess ||
				slices.ContainsFunc(f.execs, func(e engine.ExecInfo) bool { return e.ID == one.id })
		})
		for _, e := range f.execs {
			if e.TTY && d.find(e.ID) == nil {
				d.all = append(d.all, &session{id: e.ID, name: commandName(e), since: e.Started, cmd: e.Cmd, user: e.User})
			}
		}
	}
	one := f.open
	if one == nil {
		return nil
	}
	if one.term == nil || !slices.Contains(d.all, one) { // it was left in the meantime
		one.opening = false
		if one.id == "" {
			d.remove(one)
		}
		return nil
	}
	if one.id != "" && !slices.ContainsFunc(f.execs, func(e engine.ExecInfo) bool { return e.ID == one.id }) && f.err == nil {
		one.id, one.name, one.cmd, one.user, one.since = "", "shell", nil, "", time.Time{} // it has ended
	}
	if one.id != "" {
		return s.attach(d, one)
	}
	if found := d.left(); found != nil {
		found.term, found.opening = one.term, true
		d.choose(found)
		d.remove(one)
		return s.attach(d, found)
	}
	return s.exec(d, one, nil)
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
	attach := s.Keys().Key(keymap.Containers, keymap.Attach)
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
			none := engine.Errorf(engine.ClassCommandNotFound, "open a shell: the image has none of %s", strings.Join(shellCommands, ", ")).
				WithHint("The container's own program can be attached to with %s.", attach)
			res.err = engine.AtStep(none, engine.OpOf(res.err), engine.StepOf(res.err))
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
