package shell

import (
	"context"
	"fmt"
	"os"
	"os/signal"
	"slices"
	"strconv"
	"strings"
	"sync"
	"syscall"

	"golang.org/x/sys/unix"
	"mvdan.cc/sh/v3/interp"
	"mvdan.cc/sh/v3/syntax"
)

// traps are the commands that a script wants run when signals come: POSIX, "trap". The
// interpreter itself knows EXIT and ERR only. A command runs between two others, as POSIX
// has it: never while a program in the foreground works.
type traps struct {
	coming chan os.Signal

	mu      sync.Mutex // guards the fields below
	actions map[syscall.Signal]string
	pending []syscall.Signal // with an action, not yet run
	running bool             // an action: signals wait for its end
}

// deadly are the signals that end a shell which has no trap for them. As process 1 the
// kernel would ignore them: see pid_namespaces(7).
var deadly = []os.Signal{unix.SIGTERM, unix.SIGINT, unix.SIGHUP, unix.SIGQUIT}

// watch begins to take signals. An interactive shell takes the deadly ones by itself.
func (t *traps) watch(s *shell) {
	t.actions = map[syscall.Signal]string{}
	t.coming = make(chan os.Signal, 16)
	if os.Getpid() == 1 && !s.interactive {
		signal.Notify(t.coming, deadly...)
	}
	go func() {
		for received := range t.coming {
			n := received.(syscall.Signal)
			t.mu.Lock()
			_, trapped := t.actions[n]
			if trapped && !slices.Contains(t.pending, n) {
				t.pending = append(t.pending, n)
			}
			t.mu.Unlock()
			if !trapped && !s.interactive && slices.Contains(deadly, received) {
				os.Exit(128 + int(n))
			}
			s.processes.mu.Lock()
			s.processes.changed.Broadcast() // ends a wait
			s.processes.mu.Unlock()
		}
	}()
}

// arrived returns a signal that waits for its action, or 0.
func (t *traps) arrived() syscall.Signal {
	t.mu.Lock()
	defer t.mu.Unlock()
	if len(t.pending) == 0 {
		return 0
	}
	return t.pending[0]
}

// next takes the action of the first signal that came; ok is false if none did, or if
// one is being run.
func (t *traps) next() (action string, ok bool) {
	t.mu.Lock()
	defer t.mu.Unlock()
	for len(t.pending) > 0 && !t.running {
		n := t.pending[0]
		t.pending = t.pending[1:]
		if action, ok = t.actions[n]; ok { // else the trap was taken back meanwhile
			t.running = true
			return action, true
		}
	}
	return "", false
}

func (t *traps) done() {
	t.mu.Lock()
	t.running = false
	t.mu.Unlock()
}

// set sets what a signal does: nil the default, an empty action nothing.
func (t *traps) set(n syscall.Signal, action *string) {
	t.mu.Lock()
	defer t.mu.Unlock()
	delete(t.actions, n)
	switch {
	case action == nil && slices.Contains(deadly, os.Signal(n)) && os.Getpid() == 1:
		signal.Notify(t.coming, n)
	case action == nil:
		signal.Reset(n)
	case *action == "":
		signal.Ignore(n) // what is executed inherits that, but Go programs take most signals back
	default:
		t.actions[n] = *action
		signal.Notify(t.coming, n)
	}
}

// list prints the traps as trap takes them.
func (t *traps) list() {
	t.mu.Lock()
	defer t.mu.Unlock()
	var lines []string
	for n, action := range t.actions {
		quoted, err := syntax.Quote(action, syntax.LangPOSIX)
		if err != nil {
			quoted = strconv.Quote(action)
		}
		lines = append(lines, fmt.Sprintf("trap -- %s %s", quoted, strings.TrimPrefix(unix.SignalName(n), "SIG")))
	}
	slices.Sort(lines)
	for _, line := range lines {
		fmt.Println(line)
	}
}

// trap carries out the command trap as far as it is about signals, and returns what is
// left for the interpreter: EXIT, ERR and the list of both.
func (s *shell) trap(args []string) []string {
	words := args[1:]
	if len(words) > 0 && words[0] == "--" {
		words = words[1:]
	}
	if len(words) == 0 {
		s.traps.list()
		return args
	}
	action, names := &words[0], words[1:]
	if _, err := strconv.Atoi(words[0]); words[0] == "-" || len(names) == 0 || err == nil {
		if action = nil; words[0] != "-" {
			names = words // a signal's name or number alone: the default
		}
	}
	rest := []string{"trap", "--", "-"}
	if action != nil {
		rest[2] = *action
	}
	for _, name := range names {
		upper := strings.ToUpper(name)
		n, err := strconv.Atoi(name)
		switch {
		case upper == "EXIT" || upper == "ERR":
			rest = append(rest, upper)
		case err == nil && n == 0:
			rest = append(rest, "EXIT")
		case err != nil:
			if n = int(unix.SignalNum("SIG" + strings.TrimPrefix(upper, "SIG"))); n == 0 {
				return append(rest, name) // the interpreter knows what to say of it
			}
			fallthrough
		default:
			s.traps.set(syscall.Signal(n), action)
		}
	}
	if len(rest) == 3 {
		return []string{"true"}
	}
	return rest
}

// trapped puts the action of a signal that came before a command.
func (s *shell) trapped(args []string) []string {
	action, ok := s.traps.next()
	if !ok {
		return args
	}
	words := []string{"eval", action + "\n" + own + "trapped\n"}
	for _, arg := range args {
		quoted, err := syntax.Quote(arg, syntax.LangBash)
		if err != nil { // a NUL, which no argument has
			continue
		}
		words[1] += quoted + " "
	}
	return words
}

// runTrapped says that a signal's action is over. The exit status that it is given is that
// of the command before.
func runTrapped(s *shell, _ context.Context, _ interp.HandlerContext, args []string) error {
	s.traps.done()
	if len(args) == 0 {
		return nil
	}
	if code, _ := strconv.Atoi(args[0]); code != 0 { // a number: we wrote it
		return interp.ExitStatus(code)
	}
	return nil
}

// runTraps runs the actions of signals that came during the last command, which ended with
// code, and returns the exit status from then on: theirs only if they exit.
func (s *shell) runTraps(code int) int {
	ran := false
	for {
		action, ok := s.traps.next()
		if !ok && ran {
			// "$?" is still what it was before.
			_ = s.runner.Run(context.Background(), call("trapped", &syntax.Lit{Value: strconv.Itoa(code)}))
		}
		if !ok {
			return code
		}
		ran = true
		file, err := syntax.NewParser().Parse(strings.NewReader(action), s.name)
		if err != nil {
			fmt.Fprintf(os.Stderr, "%s: trap: %v\n", s.name, err)
			file = &syntax.File{}
		}
		for _, statement := range file.Stmts {
			rewrite(statement, s.name)
			if ended := s.status(s.runner.Run(context.Background(), statement)); s.runner.Exited() {
				return ended
			}
		}
		s.traps.done()
	}
}
