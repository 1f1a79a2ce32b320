package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"strings"
	"sync"
	"syscall"
	"time"

	"berth/pty/vt"

	"github.com/creack/pty"
)

// The terminal of all measurements.
const cols, rows = 160, 45

// A terminal is a program on a PTY and, if it has a screen, what a person would see.
type terminal struct {
	cmd   *exec.Cmd
	pty   *os.File
	start time.Time
	done  chan struct{} // closed when all that the program wrote was read

	mu      sync.Mutex // guards what is below
	screen  *vt.Screen // nil: only the end of the output is kept
	tail    []byte
	written int64
	first   time.Time // of the first byte
	last    time.Time
	changed chan struct{} // closed at the next output
}

// onTerminal starts a program on a PTY.
func onTerminal(cmd *exec.Cmd, screen bool) (*terminal, error) {
	t := &terminal{cmd: cmd, done: make(chan struct{}), changed: make(chan struct{})}
	if screen {
		t.screen = vt.New(vt.Options{Cols: cols, Rows: rows})
	}
	if cmd.Env == nil {
		cmd.Env = os.Environ()
	}
	cmd.Env = append(cmd.Env, "TERM=xterm-256color", "COLORTERM=truecolor")
	t.start = time.Now()
	var err error
	if t.pty, err = pty.StartWithSize(cmd, &pty.Winsize{Cols: cols, Rows: rows}); err != nil {
		return nil, err
	}
	go t.read()
	return t, nil
}

func (t *terminal) read() {
	defer close(t.done)
	buf := make([]byte, 64<<10)
	for {
		n, err := t.pty.Read(buf)
		if err != nil {
			return // EIO when the program's side was closed
		}
		t.mu.Lock()
		t.last = time.Now()
		if t.written == 0 {
			t.first = t.last
		}
		t.written += int64(n)
		var replies []byte
		if t.screen != nil {
			_, _ = t.screen.Write(buf[:n]) // never fails
			replies = bytes.Clone(t.screen.Replies())
		} else {
			t.tail = append(t.tail, buf[:n]...)
			t.tail = t.tail[max(0, len(t.tail)-200):]
		}
		close(t.changed)
		t.changed = make(chan struct{})
		t.mu.Unlock()
		if len(replies) > 0 {
			_, _ = t.pty.Write(replies) // a program that has ended needs no answer
		}
	}
}

// shows waits until a condition holds for the text on the screen, and returns when.
func (t *terminal) shows(ctx context.Context, what string, holds func(string) bool) (time.Time, error) {
	deadline := time.After(30 * time.Second)
	for {
		t.mu.Lock()
		text := string(t.tail)
		if t.screen != nil {
			text = t.screen.String()
		}
		at, changed := t.last, t.changed
		t.mu.Unlock()
		if holds(text) {
			return at, nil
		}
		select {
		case <-changed:
		case <-t.done:
			return at, fmt.Errorf("%s ended before it showed %s: %s", t.cmd.Args[0], what, lastLine(text))
		case <-ctx.Done():
			return at, ctx.Err()
		case <-deadline:
			return at, fmt.Errorf("%s did not show %s within half a minute", t.cmd.Args[0], what)
		}
	}
}

// text waits for a text.
func (t *terminal) text(ctx context.Context, want string) (time.Time, error) {
	return t.shows(ctx, fmt.Sprintf("%q", want), func(s string) bool { return strings.Contains(s, want) })
}

// after presses keys and returns how long it took until a condition held, in milliseconds.
func (t *terminal) after(ctx context.Context, keys, what string, holds func(string) bool) (float64, error) {
	start := time.Now()
	if err := t.press(keys); err != nil {
		return 0, err
	}
	at, err := t.shows(ctx, what, holds)
	return ms(at.Sub(start)), err
}

func (t *terminal) press(keys string) error {
	_, err := t.pty.WriteString(keys)
	return err
}

// quiet waits until nothing was written for a while.
func (t *terminal) quiet(ctx context.Context, d time.Duration) error {
	for {
		t.mu.Lock()
		changed := t.changed
		t.mu.Unlock()
		select {
		case <-changed:
		case <-time.After(d):
			return nil
		case <-ctx.Done():
			return ctx.Err()
		}
	}
}

// footer is the last line that shows anything.
func (t *terminal) footer() string {
	t.mu.Lock()
	defer t.mu.Unlock()
	return lastLine(t.screen.String())
}

// count is how many bytes the program has written.
func (t *terminal) count() int64 {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.written
}

// close ends the program as a window that is closed does, and by force if it doesn't.
func (t *terminal) close() error {
	_ = t.cmd.Process.Signal(syscall.SIGHUP) // it may have ended
	ended := make(chan error, 1)
	go func() { ended <- t.cmd.Wait() }()
	var err error
	select {
	case <-ended:
	case <-time.After(5 * time.Second):
		_ = t.cmd.Process.Kill()
		<-ended
		err = fmt.Errorf("%s did not end with its terminal", t.cmd.Args[0])
	}
	return errors.Join(err, t.pty.Close())
}

func lastLine(text string) string {
	lines := strings.Split(strings.TrimSpace(text), "\n")
	return strings.TrimSpace(lines[len(lines)-1])
}
