package shell

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"os"
	"strconv"
	"strings"

	"golang.org/x/sys/unix"
	"mvdan.cc/sh/v3/interp"
)

// A builtin is a command that must run in the shell's own process. args[0] is its name.
type builtin struct {
	run func(s *shell, ctx context.Context, hc interp.HandlerContext, args []string) error
}

// builtins are those that the interpreter lacks, or that need to know processes.
var builtins map[string]builtin

// bookkeeping are the commands that rewrite inserts.
var bookkeeping map[string]func(s *shell, ctx context.Context, hc interp.HandlerContext, args []string) error

func init() { // not initializers, for they refer to exec, which refers to them
	builtins = map[string]builtin{
		"bg": {runBg}, "fg": {runFg}, "history": {runHistory}, "jobs": {runJobs}, "kill": {runKill},
		"ulimit": {runUlimit}, "umask": {runUmask}, "wait": {runWait},
	}
	bookkeeping = map[string]func(s *shell, ctx context.Context, hc interp.HandlerContext, args []string) error{
		"begin": runBegin, "end": runEnd, "pid": runPID, "trapped": runTrapped,
	}
}

// complain tells of a builtin's failure.
func complain(hc interp.HandlerContext, args []string, format string, rest ...any) error {
	fmt.Fprintf(hc.Stderr, "%s: %s\n", args[0], fmt.Sprintf(format, rest...))
	return interp.ExitStatus(1)
}

// runBegin enters the background job that comes next into the table.
func runBegin(s *shell, _ context.Context, hc interp.HandlerContext, args []string) error {
	p := s.processes
	p.mu.Lock()
	defer p.mu.Unlock()
	p.add(&job{terminal: s.terminal, key: hc.Env.Get(lastKey).String(), text: strings.Join(args, " "), begun: true})
	return nil
}

// runEnd says that the background job's statement is over; its exit status passes through.
func runEnd(s *shell, _ context.Context, hc interp.HandlerContext, args []string) error {
	code, _ := strconv.Atoi(args[0]) // "$?" is a number
	p := s.processes
	p.mu.Lock()
	defer p.mu.Unlock()
	if j := p.byKey(hc.Env.Get(thisKey).String()); j != nil {
		j.over, j.code = true, code
		p.changed.Broadcast()
	}
	if code == 0 {
		return nil
	}
	return interp.ExitStatus(code)
}

// runPID prints what "$!" stands for: the first process of the newest background job. That may not
// have been started yet, so it waits for it.
func runPID(s *shell, _ context.Context, hc interp.HandlerContext, _ []string) error {
	key := hc.Env.Get(lastKey).String()
	if key == "" {
		return nil
	}
	p := s.processes
	p.mu.Lock()
	defer p.mu.Unlock()
	for {
		j := p.byKey(key)
		if j != nil && len(j.members) > 0 {
			fmt.Fprintln(hc.Stdout, j.pid())
			return nil
		}
		if j != nil && j.over {
			fmt.Fprintln(hc.Stdout, os.Getpid()) // it had no process of its own
			return nil
		}
		p.changed.Wait()
	}
}

func runJobs(s *shell, _ context.Context, hc interp.HandlerContext, args []string) error {
	p := s.processes
	p.mu.Lock()
	defer p.mu.Unlock()
	for i, j := range p.jobs {
		fmt.Fprintln(hc.Stdout, describe(j, i == len(p.jobs)-1))
	}
	return nil
}

// describe is a job's line for jobs and for news about it.
func describe(j *job, newest bool) string {
	mark := " "
	if newest {
		mark = "+"
	}
	return fmt.Sprintf("[%d]%s  %-8s %s", j.number, mark, j.state(), j.text)
}

// runFg brings a job into the foreground and waits for it.
func runFg(s *shell, _ context.Context, hc interp.HandlerContext, args []string) error {
	if s.terminal == nil {
		return complain(hc, args, "no job control in this shell")
	}
	p := s.processes
	p.mu.Lock()
	j := p.find(strings.Join(args[1:], " "))
	if j == nil {
		p.mu.Unlock()
		return complain(hc, args, "no such job")
	}
	fmt.Fprintln(hc.Stdout, j.text)
	j.foreground = true
	if j.pgid != 0 {
		s.terminal.give(j.pgid)
	}
	err := p.resume(j)
	for err == nil && !j.finished() && !j.stopped() {
		p.changed.Wait()
	}
	j.foreground = false
	stopped := j.stopped()
	killed, key := j.killed()
	var last *process
	if n := len(j.members); n > 0 {
		last = j.members[n-1]
	}
	if !stopped {
		p.remove(j)
	}
	p.mu.Unlock()
	if key {
		fmt.Fprintln(os.Stderr)
	}
	s.terminal.take(stopped || killed)
	switch {
	case err != nil:
		return complain(hc, args, "%v", err)
	case stopped:
		fmt.Fprintf(os.Stderr, "\n%s\n", describe(j, true))
		return signalled(unix.SIGTSTP)
	case last != nil:
		return s.exitStatus(last)
	}
	return nil
}

// runBg lets a stopped job go on in the background.
func runBg(s *shell, _ context.Context, hc interp.HandlerContext, args []string) error {
	p := s.processes
	p.mu.Lock()
	defer p.mu.Unlock()
	j := p.find(strings.Join(args[1:], " "))
	if j == nil {
		return complain(hc, args, "no such job")
	}
	if err := p.resume(j); err != nil {
		return complain(hc, args, "%v", err)
	}
	fmt.Fprintf(hc.Stdout, "[%d] %s &\n", j.number, j.text)
	return nil
}

// suspended enters a foreground job that the terminal stopped into the table.
func (s *shell) suspended(child *process) error {
	p, j := s.processes, child.job
	p.mu.Lock()
	defer p.mu.Unlock()
	for j.alive() && !j.stopped() {
		if j.terminal != nil && child.status.StopSignal() == unix.SIGTSTP {
			// The key's signal went to all of them, but for those that have been started since.
			_ = unix.Kill(-j.pgid, unix.SIGTSTP)
		}
		p.changed.Wait()
	}
	if j.number == 0 {
		p.add(j)
		fmt.Fprintf(os.Stderr, "\n%s\n", describe(j, true))
	}
	if j.interrupt != nil {
		j.interrupt() // the rest of the line is given up, as in other shells
	}
	return signalled(unix.SIGTSTP)
}

// runWait waits for all background jobs, or for those that are named, and returns the last one's status.
func runWait(s *shell, ctx context.Context, hc interp.HandlerContext, args []string) error {
	p := s.processes
	stop := context.AfterFunc(ctx, func() {
		p.mu.Lock()
		defer p.mu.Unlock()
		p.changed.Broadcast()
	})
	defer stop()
	p.mu.Lock()
	defer p.mu.Unlock()
	var jobs []*job
	for _, word := range args[1:] {
		j := p.find(word)
		if j == nil {
			complain(hc, args, "%s: no such job", word)
			return interp.ExitStatus(127)
		}
		jobs = append(jobs, j)
	}
	if len(args) == 1 {
		jobs = append(jobs, p.jobs...)
	}
	code := 0
	for _, j := range jobs {
		for !j.finished() && ctx.Err() == nil {
			if n := s.traps.arrived(); n != 0 {
				return signalled(n) // POSIX: it ends at once, and then the action is run
			}
			if j.stopped() && len(args) == 1 {
				break // it would never end
			}
			p.changed.Wait()
		}
		code = j.code
	}
	if !s.interactive { // else they are reported before the next prompt
		for _, j := range jobs {
			if j.finished() {
				p.remove(j)
			}
		}
	}
	switch {
	case ctx.Err() != nil:
		return signalled(unix.SIGINT)
	case len(args) == 1 || code == 0:
		return nil
	}
	return interp.ExitStatus(code)
}

// runKill sends a signal. Jobs are named here; the rest is the work of the program kill.
func runKill(s *shell, ctx context.Context, hc interp.HandlerContext, args []string) error {
	bare := len(args) > 1 && strings.HasPrefix(args[1], "%")
	for i, arg := range args {
		if i == 0 || !strings.HasPrefix(arg, "%") {
			continue
		}
		s.processes.mu.Lock()
		j := s.processes.find(arg)
		if j != nil {
			if args[i] = strconv.Itoa(j.pid()); j.pgid != 0 {
				args[i] = strconv.Itoa(-j.pgid)
			}
		}
		s.processes.mu.Unlock()
		if j == nil {
			return complain(hc, args, "%s: no such job", arg)
		}
	}
	if bare {
		args = append([]string{args[0], "-TERM"}, args[1:]...) // else the group's number would be taken for the signal's
	}
	self, err := os.Executable()
	if err != nil {
		return complain(hc, args, "%v", err)
	}
	return s.run(hc, s.jobOf(ctx, hc), self, args)
}

func runUmask(_ *shell, _ context.Context, hc interp.HandlerContext, args []string) error {
	switch len(args) {
	case 1:
		old := unix.Umask(0)
		unix.Umask(old)
		fmt.Fprintf(hc.Stdout, "%04o\n", old)
		return nil
	case 2:
		mask, err := strconv.ParseUint(args[1], 8, 12)
		if err != nil || mask > 0o777 {
			return complain(hc, args, "%q is no octal mask", args[1])
		}
		unix.Umask(int(mask))
		return nil
	}
	return complain(hc, args, "one mask at most")
}

func runHistory(s *shell, _ context.Context, hc interp.HandlerContext, args []string) error {
	if s.history == nil {
		return complain(hc, args, "only interactive shells remember")
	}
	var out bytes.Buffer
	for i := s.history.Len() - 1; i >= 0; i-- {
		fmt.Fprintf(&out, "%5d  %s\n", s.history.Len()-i, s.history.At(i))
	}
	_, err := io.Copy(hc.Stdout, &out)
	if err != nil {
		return interp.ExitStatus(1)
	}
	return nil
}
