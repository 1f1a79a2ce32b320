package session

import (
	"fmt"
	"os"
	"sync/atomic"
	"syscall"
	"time"

	"golang.org/x/sys/unix"
)

// A gate waits for a descriptor that the runtime's poller does not watch.
//
// The poller asks the kernel for every change of what it watches. A program that prints
// line by line makes one with each line, and each wakes our process, though nobody waits:
// of a flood, that took more time than all that is done with its bytes. So the descriptor
// has an epoll instance of its own, which is armed when somebody waits and speaks once.
// That instance is what the poller watches, and what closing ends a wait by.
type gate struct {
	raw     syscall.RawConn // of the descriptor
	events  uint32
	ep      *os.File
	epRaw   syscall.RawConn
	stopped atomic.Bool
}

// unwatched returns a file for f's descriptor, non-blocking, which the poller does not
// know. f is closed.
func unwatched(f *os.File) (*os.File, error) {
	raw, err := f.SyscallConn()
	if err != nil {
		return nil, err
	}
	fd := -1
	if cerr := raw.Control(func(old uintptr) { fd, err = unix.FcntlInt(old, unix.F_DUPFD_CLOEXEC, 3) }); cerr != nil {
		err = cerr
	}
	if err != nil {
		return nil, fmt.Errorf("duplicate %q: %w", f.Name(), err)
	}
	name := f.Name()
	_ = f.Close() // the duplicate lives on
	// The poller takes on what is non-blocking at this moment.
	err = unix.SetNonblock(fd, false)
	d := os.NewFile(uintptr(fd), name)
	if err == nil {
		err = unix.SetNonblock(fd, true)
	}
	if err != nil {
		_ = d.Close()
		return nil, fmt.Errorf("make %q non-blocking: %w", name, err)
	}
	return d, nil
}

// newGate waits for events, EPOLLIN or EPOLLOUT, of an unwatched file.
func newGate(f *os.File, events uint32) (*gate, error) {
	raw, err := f.SyscallConn()
	if err != nil {
		return nil, err
	}
	ep, err := unix.EpollCreate1(unix.EPOLL_CLOEXEC)
	if err != nil {
		return nil, os.NewSyscallError("epoll_create1", err)
	}
	if err := unix.SetNonblock(ep, true); err != nil {
		_ = unix.Close(ep)
		return nil, os.NewSyscallError("fcntl", err)
	}
	g := &gate{raw: raw, events: events | unix.EPOLLONESHOT, ep: os.NewFile(uintptr(ep), "epoll")}
	if g.epRaw, err = g.ep.SyscallConn(); err == nil {
		err = g.control(unix.EPOLL_CTL_ADD, unix.EPOLLONESHOT) // not armed: it says nothing but errors
	}
	if err != nil {
		_ = g.ep.Close()
		return nil, fmt.Errorf("watch %q: %w", f.Name(), err)
	}
	return g, nil
}

func (g *gate) control(op int, events uint32) error {
	var err error
	cerr := g.raw.Control(func(fd uintptr) {
		eerr := g.epRaw.Control(func(ep uintptr) {
			err = unix.EpollCtl(int(ep), op, int(fd), &unix.EpollEvent{Events: events})
		})
		if err == nil {
			err = eerr
		}
	})
	if cerr != nil {
		return cerr
	}
	return err
}

// wait blocks until the descriptor is ready, at its end, or the gate is stopped or closed.
func (g *gate) wait() error {
	if err := g.control(unix.EPOLL_CTL_MOD, g.events); err != nil {
		return err
	}
	var werr error
	err := g.epRaw.Read(func(ep uintptr) bool {
		var ev [1]unix.EpollEvent
		for {
			n, err := unix.EpollWait(int(ep), ev[:], 0)
			if err == unix.EINTR {
				continue
			}
			werr = err
			return err != nil || n > 0
		}
	})
	if err != nil {
		return err
	}
	return werr
}

// try carries out a read or a write. ready is false if the descriptor is not.
func (g *gate) try(op func(fd int, p []byte) (int, error), p []byte) (n int, ready bool, err error) {
	if g.stopped.Load() {
		return 0, true, os.ErrDeadlineExceeded
	}
	cerr := g.raw.Control(func(fd uintptr) {
		for {
			n, err = op(int(fd), p)
			if err != unix.EINTR {
				return
			}
		}
	})
	switch {
	case cerr != nil:
		return 0, true, cerr
	case err == unix.EAGAIN:
		return 0, false, nil
	}
	return max(n, 0), true, err
}

// write writes all of p.
func (g *gate) write(p []byte) error {
	for len(p) > 0 {
		n, ready, err := g.try(unix.Write, p)
		if err != nil {
			return err
		}
		p = p[n:]
		if !ready {
			if err := g.wait(); err != nil {
				return err
			}
		}
	}
	return nil
}

// stop ends waiting, and every use from now on.
func (g *gate) stop() {
	g.stopped.Store(true)
	_ = g.ep.SetReadDeadline(time.Unix(1, 0)) // an epoll instance always has deadlines
}

// close ends waiting and gives the epoll instance back. The descriptor is its owner's.
func (g *gate) close() { _ = g.ep.Close() }
