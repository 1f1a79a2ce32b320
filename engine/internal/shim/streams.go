package shim

import (
	"fmt"
	"os"

	"berth/engine"
	"berth/pty/session"

	"golang.org/x/sys/unix"
)

// pipes are a program's three pipes: ours and its own ends.
type pipes struct {
	ours, its [3]*os.File
}

// newPipes makes them. Without stdin the program reads an end of file at once.
func newPipes(stdin bool) (*pipes, error) {
	p := &pipes{}
	for i := range p.ours {
		var fds [2]int
		if i == 0 && !stdin {
			f, err := os.Open(os.DevNull)
			if err != nil {
				p.close()
				return nil, err
			}
			p.its[0] = f
			continue
		}
		if err := unix.Pipe2(fds[:], unix.O_CLOEXEC); err != nil {
			p.close()
			return nil, os.NewSyscallError("pipe2", err)
		}
		our, its := fds[0], fds[1]
		if i == 0 {
			our, its = its, our
		}
		// Only our end: the program's must block, as any program expects.
		if err := unix.SetNonblock(our, true); err != nil {
			_, _ = unix.Close(our), unix.Close(its)
			p.close()
			return nil, os.NewSyscallError("fcntl", err)
		}
		p.ours[i] = os.NewFile(uintptr(our), "pipe")
		p.its[i] = os.NewFile(uintptr(its), "pipe")
	}
	return p, nil
}

func closeFiles(files ...*os.File) {
	for _, f := range files {
		if f != nil {
			_ = f.Close() // pipes and terminals: nothing is buffered on our side
		}
	}
}

func (p *pipes) close() {
	closeFiles(p.ours[:]...)
	closeFiles(p.its[:]...)
}

// A stdio is what a program's standard streams are before and after its start.
type stdio struct {
	tty  bool
	size engine.Size
	p    *pipes
}

func newStdio(tty, stdin bool, size engine.Size) (*stdio, error) {
	if size.Cols <= 0 || size.Rows <= 0 {
		size = engine.Size{Cols: 80, Rows: 24}
	}
	s := &stdio{tty: tty, size: size}
	if !tty {
		p, err := newPipes(stdin)
		if err != nil {
			return nil, fmt.Errorf("make pipes: %w", err)
		}
		s.p = p
	}
	return s, nil
}

func (s *stdio) close() {
	if s.p != nil {
		s.p.close()
	}
}

// session makes the session of the program that was started. cfg says what is not
// about streams.
func (s *stdio) session(p program, cfg session.Config) (*session.Session, error) {
	cfg.Size = session.Size(s.size)
	if !s.tty {
		closeFiles(s.p.its[:]...)
		s.p.its = [3]*os.File{}
		cfg.Stdin, cfg.Stdout, cfg.Stderr = s.p.ours[0], s.p.ours[1], s.p.ours[2]
		return session.New(cfg)
	}
	cfg.Terminal = p.Console()
	cfg.Screen = newScreen(s.size)
	return session.New(cfg)
}
