package shell

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"syscall"

	"golang.org/x/sys/unix"
	"mvdan.cc/sh/v3/expand"
	"mvdan.cc/sh/v3/interp"
)

// call is asked by the interpreter before every command. It redirects the builtins that
// the interpreter knows by name only, and those that need our processes.
func (s *shell) call(ctx context.Context, args []string) ([]string, error) {
	if interp.HandlerCtx(ctx).Env.Get(thisKey).String() == "" { // not a background job, whose traps are POSIX's default
		if args = s.trapped(args); args[0] == "trap" {
			return s.trap(args), nil
		}
	}
	if _, ok := builtins[args[0]]; ok {
		return append([]string{own + args[0]}, args[1:]...), nil
	}
	if args[0] == "logout" {
		return append([]string{"exit"}, args[1:]...), nil
	}
	return args, nil
}

// exec is asked by the interpreter to run a command that is no builtin of its own.
func (s *shell) exec(ctx context.Context, args []string) error {
	hc := interp.HandlerCtx(ctx)
	j := s.jobOf(ctx, hc)
	if name, ok := strings.CutPrefix(args[0], own); ok {
		if run, ok := bookkeeping[name]; ok {
			return run(s, ctx, hc, args[1:])
		}
		return builtins[name].run(s, ctx, hc, append([]string{name}, args[1:]...))
	}
	path, err := lookPath(hc, args[0])
	if err != nil {
		fmt.Fprintf(hc.Stderr, "%s: %s: %v\n", s.name, args[0], err)
		return startStatus(err)
	}
	return s.run(hc, j, path, args)
}

// jobOf returns the job to which a command belongs.
func (s *shell) jobOf(ctx context.Context, hc interp.HandlerContext) *job {
	if key := hc.Env.Get(thisKey).String(); key != "" {
		s.processes.mu.Lock()
		defer s.processes.mu.Unlock()
		if j := s.processes.byKey(key); j != nil {
			return j
		}
	}
	if j, ok := ctx.Value(jobKey{}).(*job); ok {
		return j
	}
	return &job{} // a script's: no job control
}

// run runs a program and waits for it.
func (s *shell) run(hc interp.HandlerContext, j *job, path string, args []string) error {
	files, done, err := descriptors(hc)
	if err != nil {
		fmt.Fprintf(hc.Stderr, "%s: %v\n", s.name, err)
		return interp.ExitStatus(126)
	}
	child, err := s.processes.start(path, args, environment(hc.Env), hc.Dir, files, j)
	if errors.Is(err, unix.ENOEXEC) { // a script without "#!" is the shell's, says POSIX
		if self, selfErr := os.Executable(); selfErr == nil {
			child, err = s.processes.start(self, append([]string{"sh", path}, args[1:]...), environment(hc.Env), hc.Dir, files, j)
		}
	}
	if err != nil {
		done()
		fmt.Fprintf(hc.Stderr, "%s: %s: %v\n", s.name, args[0], err)
		return startStatus(err)
	}
	s.processes.wait(child)
	if child.stopped {
		// Whoever continues the job waits for the copying too.
		go done()
		return s.suspended(child)
	}
	done()
	return s.exitStatus(child)
}

// exitStatus returns an ended process's status as the interpreter takes it. A line whose
// foreground process died of the interrupt key ends as a whole, loops included.
func (s *shell) exitStatus(child *process) error {
	status := child.status
	switch {
	case status.Signaled():
		if j := child.job; j.interrupt != nil && status.Signal() == unix.SIGINT {
			j.interrupt()
		}
		return interp.ExitStatus(128 + int(status.Signal()))
	case status.ExitStatus() != 0:
		return interp.ExitStatus(status.ExitStatus())
	}
	return nil
}

var (
	errNotFound      = errors.New("not found")
	errNotExecutable = errors.New("permission denied")
	errDirectory     = errors.New("is a directory")
)

// startStatus is the exit status for a program that can't be started: POSIX, "Exit Status for Commands".
func startStatus(err error) error {
	if errors.Is(err, errNotFound) || errors.Is(err, unix.ENOENT) || errors.Is(err, unix.ENOTDIR) {
		return interp.ExitStatus(127)
	}
	return interp.ExitStatus(126)
}

// lookPath finds a program. It differs from exec.LookPath in telling what is missing
// from what may not be executed, and in using the interpreter's directory and PATH.
func lookPath(hc interp.HandlerContext, name string) (string, error) {
	if strings.Contains(name, "/") {
		path := name
		if !filepath.IsAbs(path) {
			path = filepath.Join(hc.Dir, path)
		}
		return name, executable(path) // as it was typed: a script sees it as "$0"
	}
	found := errNotFound
	for _, dir := range filepath.SplitList(hc.Env.Get("PATH").String()) {
		if !filepath.IsAbs(dir) {
			dir = filepath.Join(hc.Dir, dir)
		}
		path := filepath.Join(dir, name)
		err := executable(path)
		if err == nil {
			return path, nil
		}
		if errors.Is(err, errNotExecutable) {
			found = err
		}
	}
	return "", found
}

// executable says why a file can't be executed.
func executable(path string) error {
	info, err := os.Stat(path)
	switch {
	case err != nil && errors.Is(err, os.ErrPermission):
		return errNotExecutable
	case err != nil:
		return errNotFound
	case info.IsDir():
		return errDirectory
	case unix.Access(path, unix.X_OK) != nil:
		return errNotExecutable
	}
	return nil
}

// environment returns the exported variables.
func environment(env expand.Environ) []string {
	var list []string
	for name, v := range env.Each {
		if v.IsSet() && v.Exported && v.Kind == expand.String {
			list = append(list, name+"="+v.String())
		}
	}
	return list
}

// descriptors returns the standard files for a program. Where the interpreter collects
// output itself, as for "$(...)", there is a pipe; done must be called when
// the program has ended, and returns when everything has been copied.
func descriptors(hc interp.HandlerContext) (files [3]*os.File, done func(), err error) {
	var copying sync.WaitGroup
	var ends []*os.File
	closeEnds := func() {
		for _, f := range ends {
			_ = f.Close()
		}
	}
	done = func() { closeEnds(); copying.Wait() }

	in, ok := hc.Stdin.(*os.File)
	if !ok || in == nil {
		if in, err = os.Open(os.DevNull); err != nil {
			return files, done, err
		}
		ends = append(ends, in)
	}
	files[0] = in
	for i, w := range []io.Writer{hc.Stdout, hc.Stderr} {
		if f, ok := w.(*os.File); ok {
			files[i+1] = f
			continue
		}
		if i == 1 && w == hc.Stdout {
			files[2] = files[1]
			continue
		}
		r, pipe, err := os.Pipe()
		if err != nil {
			done()
			return files, done, err
		}
		files[i+1] = pipe
		ends = append(ends, pipe)
		copying.Go(func() {
			_, _ = io.Copy(w, r) // a writer of the interpreter's own, in memory
			_ = r.Close()
		})
	}
	return files, done, nil
}

// signalled makes a status of a signal, as "$?" shows it.
func signalled(s syscall.Signal) error { return interp.ExitStatus(128 + int(s)) }
