package quickio

import (
	"fmt"
	"os"
	"sync/atomic"
	"syscall"
	"time"

	"golang.org/x/sys/unix"
)

// A Gate waits for a descriptor that the runtime's poller does not watch.
//
// The poller asks the kernel for every change of what it watches. A program that prints
// line by line makes one with each line, and each wakes our process, though nobody waits:
// of a flood, that took more time than all that is done with its bytes. So the descriptor
// has an epoll instance of its own, which is armed when somebody waits and speaks once.
// That instance is what the poller watches, and what closing ends a wait by.
type Gate struct {
	raw     syscall.RawConn // of the descriptor
	events  uint32
	ep      *os.File
	epRaw   syscall.RawConn
	stopped atomic.Bool
}

// Unwatched returns a file for f's descriptor, non-blocking, which the poller does not
// know. f is closed.
func Unwatched(f *os.File) (*os.File, error) {
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

// NewGate returns a gate for events, EPOLLIN or EPOLLOUT, of a file that the runtime's poller
// does not know: see [Unwatched]. The file stays the caller's, and must be open as long as the
// gate is used. It fails for what can't be waited for, such as a regular file.
func NewGate(f *os.File, events uint32) (*Gate, error) {
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
	g := &Gate{raw: raw, events: events | unix.EPOLLONESHOT, ep: os.NewFile(uintptr(ep), "epoll")}
	if g.epRaw, err = g.ep.SyscallConn(); err == nil {
		err = g.control(unix.EPOLL_CTL_ADD, unix.EPOLLONESHOT) // not armed: it says nothing but errors
	}
	if err != nil {
		_ = g.ep.Close()
		return nil, fmt.Errorf("watch %q: %w", f.Name(), err)
	}
	return g, nil
}

func (g *Gate) control(op int, events uint32) error {
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

// Wait blocks until the descriptor is ready or at its end. It fails once the gate is stopped
// or closed.
func (g *Gate) Wait() error {
	if err := g.control(unix.EPOLL_CTL_MOD, g.events); err != nil {
		return err
	}
	var werr error
	err := g.epRaw.Read(func(ep uintptr) bool {
		ready, err := pending(int(ep))
		werr = err
		return ready || err != nil
	})
	if err != nil {
		return err
	}
	return werr
}

// Linger waits a moment, at most d, until the descriptor is readable. It keeps the processor:
// d must be short.
func (g *Gate) Linger(d time.Duration) {
	_ = g.raw.Control(func(fd uintptr) { Await(int(fd), d) }) // closed: the next call says so
}

// Read reads what is there. ready is false if nothing is; n is 0 at the end.
func (g *Gate) Read(p []byte) (n int, ready bool, err error) { return g.try(Read, p) }

// TryWrite writes what there is room for. ready is false if there is none.
func (g *Gate) TryWrite(p []byte) (n int, ready bool, err error) { return g.try(Write, p) }

func (g *Gate) try(op func(fd int, p []byte) (int, error), p []byte) (n int, ready bool, err error) {
	if g.stopped.Load() {
		return 0, true, os.ErrDeadlineExceeded
	}
	cerr := g.raw.Control(func(fd uintptr) { n, err = op(int(fd), p) })
	switch {
	case cerr != nil:
		return 0, true, cerr
	case err == unix.EAGAIN:
		return 0, false, nil
	}
	return n, true, err
}

// Write implements io.Writer: it waits for room.
func (g *Gate) Write(p []byte) (done int, err error) {
	for len(p) > 0 {
		n, ready, err := g.TryWrite(p)
		if err != nil {
			return done, err
		}
		done += n
		p = p[n:]
		if !ready {
			if err := g.Wait(); err != nil {
				return done, err
			}
		}
	}
	return done, nil
}

// Stop ends waiting, and every use from now on.
func (g *Gate) Stop() {
	g.stopped.Store(true)
	_ = g.ep.SetReadDeadline(time.Unix(1, 0)) // an epoll instance always has deadlines
}

// Close ends waiting and gives the epoll instance back. The descriptor is its owner's.
func (g *Gate) Close() { _ = g.ep.Close() } // nothing is buffered in it
