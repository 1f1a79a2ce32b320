// Package tty handles the user's own terminal on the command line: raw mode and
// its end on every path, sizes, and the keys that detach. The container's terminal
// is the engine's affair. It runs in berth only.
package tty

import (
	"context"
	"os"
	"sync"

	"berth/engine"

	"golang.org/x/term"
)

// Is reports whether f is a terminal.
func Is(f *os.File) bool { return term.IsTerminal(int(f.Fd())) }

// Size returns the size of the terminal f, or the zero Size if it is none.
func Size(f *os.File) engine.Size {
	w, h, err := term.GetSize(int(f.Fd()))
	if err != nil {
		return engine.Size{}
	}
	return engine.Size{Cols: w, Rows: h}
}

// Raw is a terminal in raw mode.
type Raw struct {
	file  *os.File
	once  sync.Once
	state *term.State
}

// MakeRaw puts f into raw mode. The caller must call Restore, deferred at once.
func MakeRaw(f *os.File) (*Raw, error) {
	state, err := term.MakeRaw(int(f.Fd()))
	if err != nil {
		return nil, engine.Errorf(engine.ClassPermission, "put the terminal into raw mode: %w", err)
	}
	return &Raw{file: f, state: state}, nil
}

// Restore puts the terminal back as it was. It may be called from any goroutine,
// any number of times, and on nil.
func (r *Raw) Restore() {
	if r == nil {
		return
	}
	r.once.Do(func() {
		_ = term.Restore(int(r.file.Fd()), r.state)
	})
}

// RestoreOnPanic, deferred first in a goroutine, restores the terminal before a
// panic in that goroutine ends the program: the main goroutine's deferred calls
// do not run then, and the user would be left with a dead keyboard.
func (r *Raw) RestoreOnPanic() {
	if p := recover(); p != nil {
		r.Restore()
		panic(p)
	}
}

// ReadPassword reads a line from the terminal f without echo. If ctx ends first, the error is
// its cause and the terminal as it was; the read can't be interrupted and takes the next line.
func ReadPassword(ctx context.Context, f *os.File) (string, error) {
	fd := int(f.Fd())
	before, err := term.GetState(fd)
	if err != nil {
		return "", err
	}
	type result struct {
		line []byte
		err  error
	}
	done := make(chan result, 1)
	go func() {
		line, err := term.ReadPassword(fd)
		done <- result{line, err}
	}()
	select {
	case r := <-done:
		return string(r.line), r.err
	case <-ctx.Done():
		_ = term.Restore(fd, before)
		return "", context.Cause(ctx)
	}
}
