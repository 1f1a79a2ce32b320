package shell

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/signal"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"

	"golang.org/x/sys/unix"
	"mvdan.cc/sh/v3/interp"
	"mvdan.cc/sh/v3/syntax"
)

// A session is what an interactive shell has beside the shell.
type session struct {
	*shell
	editor *editor
	code   int  // the last line's exit status
	left   bool // by exit, or because of set -e
	warned bool // of stopped jobs, by the line before

	mu      sync.Mutex
	current context.CancelFunc // ends the statement that runs, if one does
	broken  bool               // the line was interrupted, perhaps between two statements
}

// runInteractive reads lines from the terminal until the shell is left.
func (s *shell) runInteractive() int {
	t, control, err := openTerminal()
	if err != nil {
		fmt.Fprintf(os.Stderr, "%s: %v\n", s.name, err)
		return 1
	}
	if !control {
		fmt.Fprintf(os.Stderr, "%s: the terminal is not this session's: no job control\n", s.name)
	} else {
		s.terminal = t
	}
	home := s.runner.Env.Get("HOME").String()
	file := s.runner.Env.Get("HISTFILE").String()
	if file == "" && home != "" {
		file = filepath.Join(home, ".sh_history")
	}
	s.history = openHistory(file)
	i := &session{shell: s}
	i.editor = &editor{terminal: t, history: s.history, complete: s.complete}
	signals := make(chan os.Signal, 4)
	signal.Notify(signals, unix.SIGINT, unix.SIGQUIT, unix.SIGTSTP, unix.SIGTERM, unix.SIGHUP)
	go i.handle(signals)
	i.profile()
	for !i.left {
		i.report()
		source, err := i.read()
		switch {
		case errors.Is(err, errInterrupted):
			i.code = 128 + int(unix.SIGINT)
			continue
		case err != nil: // the terminal's end, or ^D
			if err == io.EOF && !i.mayLeave() {
				continue
			}
			fmt.Fprintln(os.Stderr, "exit")
			i.hangUp()
			return i.code
		}
		i.warned = false
		i.run(source)
	}
	i.hangUp()
	return i.code
}

// handle acts on signals to the shell itself. The terminal's keys reach it only while no
// program is in the foreground.
func (i *session) handle(signals <-chan os.Signal) {
	for received := range signals {
		switch received {
		case unix.SIGINT:
			i.interrupt()
		case unix.SIGTERM: // an interactive shell ignores it, unless it is what holds a container
			if os.Getpid() == 1 {
				i.leave(unix.SIGTERM)
			}
		case unix.SIGHUP:
			i.leave(unix.SIGHUP)
		}
	}
}

// leave ends the shell because of a signal.
func (i *session) leave(s unix.Signal) {
	i.editor.terminal.restore()
	i.hangUp()
	os.Exit(128 + int(s))
}

// hangUp tells the jobs that their terminal goes.
func (i *session) hangUp() {
	p := i.processes
	p.mu.Lock()
	defer p.mu.Unlock()
	for _, j := range p.jobs {
		if j.pgid != 0 && j.alive() {
			_ = unix.Kill(-j.pgid, unix.SIGHUP)
			_ = unix.Kill(-j.pgid, unix.SIGCONT)
		}
	}
}

func (i *session) interrupt() {
	i.mu.Lock()
	defer i.mu.Unlock()
	fmt.Fprintln(os.Stderr) // the prompt is not to follow "^C"
	i.broken = true
	if i.current != nil {
		i.current()
	}
}

// mayLeave reports whether ^D may end the shell; the first time it warns of stopped jobs.
func (i *session) mayLeave() bool {
	i.processes.mu.Lock()
	defer i.processes.mu.Unlock()
	if i.warned || !slices.ContainsFunc(i.processes.jobs, (*job).stopped) {
		return true
	}
	i.warned = true
	fmt.Fprintln(os.Stderr, "There are stopped jobs.")
	return false
}

// report tells of jobs that finished since the last prompt.
func (i *session) report() {
	for _, j := range i.processes.sweep() {
		fmt.Fprintln(os.Stderr, describe(j, false))
	}
}

// profile runs the file that $ENV names: POSIX, sh, "ENV".
func (i *session) profile() {
	path := i.runner.Env.Get("ENV").String()
	if path == "" {
		return
	}
	data, err := os.ReadFile(path)
	if err != nil {
		return // it is optional
	}
	i.run(string(data))
}

// read reads lines until they make whole statements.
func (i *session) read() (string, error) {
	var source strings.Builder
	prompt := i.prompt("PS1", `\u@\h:\w\$ `)
	for {
		line, err := i.editor.readLine(prompt)
		if err != nil {
			if err == io.EOF && source.Len() > 0 {
				return source.String(), nil // the parser will say what is missing
			}
			return "", err
		}
		source.WriteString(line + "\n")
		if _, err := syntax.NewParser().Parse(strings.NewReader(source.String()), i.name); !syntax.IsIncomplete(err) {
			return source.String(), nil
		}
		prompt = i.prompt("PS2", "> ")
	}
}

// run interprets what was typed, statement by statement, so that each is a job.
func (i *session) run(source string) {
	file, err := syntax.NewParser().Parse(strings.NewReader(source), i.name)
	if err != nil {
		fmt.Fprintf(os.Stderr, "%v\n", err)
		i.code = 2
		return
	}
	i.mu.Lock()
	i.broken = false
	i.mu.Unlock()
	for _, statement := range file.Stmts {
		if !i.statement(statement) {
			return
		}
	}
}

// statement runs one statement and reports whether the next one is to follow.
func (i *session) statement(statement *syntax.Stmt) bool {
	var text strings.Builder
	if err := syntax.NewPrinter(syntax.SingleLine(true)).Print(&text, statement); err != nil {
		text.WriteString("...")
	}
	background := statement.Background
	ctx, cancel := context.Background(), context.CancelFunc(func() {})
	if !background {
		// What runs in the background keeps its context after this: it must not be cancelled.
		ctx, cancel = context.WithCancel(ctx)
	}
	j := &job{terminal: i.terminal, foreground: true, text: strings.TrimSpace(text.String()), interrupt: cancel}
	rewrite(statement, i.name)
	i.setCurrent(cancel)
	err := i.runner.Run(context.WithValue(ctx, jobKey{}, j), statement)
	i.setCurrent(nil)
	interrupted := ctx.Err() != nil
	i.settle(j)
	switch {
	case background:
		i.announce()
		i.code = 0
	case interrupted:
		i.code = 128 + int(unix.SIGINT)
		var code interp.ExitStatus
		if errors.As(err, &code) {
			i.code = int(code)
		}
		return false
	default:
		i.code = i.status(err)
	}
	i.left = i.runner.Exited()
	return !i.left
}

// setCurrent says what an interrupt ends. One that came before ends it at once.
func (i *session) setCurrent(cancel context.CancelFunc) {
	i.mu.Lock()
	defer i.mu.Unlock()
	if i.current = cancel; cancel != nil && i.broken {
		cancel()
	}
}

// settle takes the terminal back after a foreground job.
func (i *session) settle(j *job) {
	i.processes.mu.Lock()
	j.foreground, j.interrupt = false, nil
	broken := j.stopped()
	killed, key := j.killed()
	i.processes.mu.Unlock()
	if key {
		fmt.Fprintln(os.Stderr) // the prompt is not to follow "^C"
	}
	broken = broken || killed
	if i.terminal != nil {
		i.terminal.take(broken)
	}
}

// announce tells the number and the process of a background job just begun.
func (i *session) announce() {
	key := i.runner.Vars[lastKey].String()
	p := i.processes
	p.mu.Lock()
	defer p.mu.Unlock()
	for {
		j := p.byKey(key)
		if j != nil && (j.pid() != 0 || j.over) {
			fmt.Fprintf(os.Stderr, "[%d] %s\n", j.number, strconv.Itoa(j.pid()))
			return
		}
		p.changed.Wait()
	}
}
