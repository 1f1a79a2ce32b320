package main

import (
	"os"
	"strings"
	"sync"
	"syscall"
	"time"

	"berth/pty/vt"

	"github.com/creack/pty"
	"golang.org/x/term"
)

// A desk is the workstation on a PTY, and the terminal that shows it.
type desk struct {
	screen
	line   *term.State // the PTY's as it was before
	before vt.Modes    // the terminal's
	vt     *vt.Screen  // guarded by screen.mu
}

// workstation opens berth without arguments at a terminal that answers as xterm does.
func (s *seat) workstation() *desk {
	s.t.Helper()
	d := &desk{screen: screen{t: s.t, cmd: s.command(), ended: make(chan struct{})}, vt: vt.New(vt.Options{Cols: 120, Rows: 35})}
	d.more = sync.NewCond(&d.mu)
	d.before = d.vt.Modes()
	d.cmd.Env = append(d.cmd.Env, "TERM=xterm-256color", "LANG=C.UTF-8", "XDG_CONFIG_HOME=", "NO_COLOR=")
	master, tty, err := pty.Open()
	if err != nil {
		s.t.Fatal(err)
	}
	d.pty = master
	s.t.Cleanup(func() { master.Close() })
	defer tty.Close()
	if err := pty.Setsize(master, &pty.Winsize{Cols: 120, Rows: 35}); err != nil {
		s.t.Fatal(err)
	}
	if d.line, err = term.GetState(int(tty.Fd())); err != nil {
		s.t.Fatal(err)
	}
	d.cmd.Stdin, d.cmd.Stdout, d.cmd.Stderr = tty, tty, tty
	d.cmd.SysProcAttr = &syscall.SysProcAttr{Setsid: true, Setctty: true}
	if err := d.cmd.Start(); err != nil {
		s.t.Fatal(err)
	}
	s.t.Cleanup(func() {
		_ = d.cmd.Process.Kill()
		<-d.ended
	})
	go d.shows(master)
	return d
}

// shows keeps the terminal's screen until the workstation has ended.
func (d *desk) shows(master *os.File) {
	buf := make([]byte, 4096)
	for gone := false; !gone; {
		n, err := master.Read(buf)
		gone = err != nil
		d.mu.Lock()
		d.vt.Write(buf[:n])
		replies := d.vt.Replies()
		d.gone = gone
		d.more.Broadcast()
		d.mu.Unlock()
		_, _ = master.Write(replies) // nobody waits for them once it has ended
	}
	_ = d.cmd.Wait()
	close(d.ended)
}

// until waits for a condition on what the screen shows.
func (d *desk) until(what string, ok func(shown string) bool) {
	d.t.Helper()
	late := false
	timeout := time.AfterFunc(patience, func() {
		d.mu.Lock()
		late = true
		d.more.Broadcast()
		d.mu.Unlock()
	})
	defer timeout.Stop()
	d.mu.Lock()
	defer d.mu.Unlock()
	for !ok(d.vt.String()) {
		if d.gone || late {
			d.t.Fatalf("waited for %s; the screen shows\n%s", what, d.vt.String())
		}
		d.more.Wait()
	}
}

// shown waits until all of these are on the screen.
func (d *desk) shown(texts ...string) {
	d.t.Helper()
	for _, text := range texts {
		d.until(text, func(s string) bool { return strings.Contains(s, text) })
	}
}

// row waits for a line with all of these, in this order.
func (d *desk) row(parts ...string) {
	d.t.Helper()
	d.until("a row of "+strings.Join(parts, ", "), func(s string) bool {
		for line := range strings.Lines(s) {
			found := true
			for _, p := range parts {
				var after string
				if _, after, found = strings.Cut(line, p); !found {
					break
				}
				line = after
			}
			if found {
				return true
			}
		}
		return false
	})
}

// leaves waits for a good end.
func (d *desk) leaves() {
	d.t.Helper()
	d.returned()
	if state := d.cmd.ProcessState; !state.Success() {
		d.t.Errorf("the workstation ended with %v:\n%s", state, d.vt.String())
	}
}

// returned waits for an end, good or bad, that gave the terminal back.
func (d *desk) returned() {
	d.t.Helper()
	select {
	case <-d.ended:
	case <-time.After(patience):
		d.until("the end", func(string) bool { return false })
	}
	if now, err := term.GetState(int(d.pty.Fd())); err != nil || *now != *d.line {
		d.t.Errorf("the line discipline is not as it was: %v", err)
	}
	if now := d.vt.Modes(); now != d.before {
		d.t.Errorf("the terminal has modes %+v, had %+v", now, d.before)
	}
}
