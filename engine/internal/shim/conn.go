package shim

import (
	"bufio"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"runtime"
	"strconv"
	"sync"
	"syscall"

	"berth/engine/internal/jsonfields"
	"berth/pty/quickio"

	"golang.org/x/sys/unix"
)

// firstRead is how much is read at once until there is more.
const firstRead = 4 << 10

// socketName is the socket's file in the container's directory.
const socketName = "shim.sock"

// A conn is one end of a connection. Package net is left out on purpose: what it
// brings for resolving names would cost each shim memory and time to start.
type conn struct {
	f   *os.File
	raw syscall.RawConn
	r   *bufio.Reader
	buf []byte // of readFrame

	wmu sync.Mutex // one frame at a time
}

// A socketReader reads from the socket.
type socketReader struct {
	raw   syscall.RawConn
	flood bool // the last read was large
}

// floodWait is how long, in milliseconds, more of a flood is waited for in the kernel.
const floodWait = 5

// Read implements io.Reader.
func (r *socketReader) Read(p []byte) (n int, err error) {
	if r.flood {
		// A goroutine that is not seen to pause for ten milliseconds loses its processor with each
		// system call, and every time the monitor has to wake up for that.
		runtime.Gosched()
	}
	cerr := r.raw.Read(func(fd uintptr) bool {
		n, err = quickio.Read(int(fd), p)
		if err == unix.EAGAIN && r.flood {
			// A process whose goroutines all sleep goes to sleep as a whole, and comes up again
			// with the runtime's monitor: for each piece of a flood, half of all its work.
			_, _ = unix.Poll([]unix.PollFd{{Fd: int32(fd), Events: unix.POLLIN}}, floodWait)
			n, err = quickio.Read(int(fd), p)
		}
		return err != unix.EAGAIN
	})
	r.flood = n >= firstRead
	switch {
	case cerr != nil:
		return 0, cerr
	case err != nil:
		return 0, err
	case n == 0 && len(p) > 0:
		return 0, io.EOF
	}
	return n, nil
}

// newConn takes over a connected, non-blocking stream socket.
func newConn(fd int) (*conn, error) {
	f := os.NewFile(uintptr(fd), "shim connection")
	raw, err := f.SyscallConn()
	if err != nil {
		_ = f.Close()
		return nil, fmt.Errorf("use socket: %w", err)
	}
	return &conn{f: f, raw: raw, r: bufio.NewReaderSize(&socketReader{raw: raw}, firstRead)}, nil
}

func (c *conn) Close() error { return c.f.Close() }

// read reads the next frame. One goroutine reads.
func (c *conn) read() (frameType, []byte, error) {
	t, p, buf, err := readFrame(c.r, c.buf)
	c.buf = buf
	return t, p, err
}

// write sends one frame, header and payload with one system call.
func (c *conn) write(t frameType, payload []byte) error {
	c.wmu.Lock()
	defer c.wmu.Unlock()
	var h [headerSize]byte
	putHeader(&h, t, len(payload))
	return c.writeAll(h[:], payload)
}

// writeAll writes two pieces, the second of which may be empty. wmu is held.
func (c *conn) writeAll(head, rest []byte) error {
	var werr error
	err := c.raw.Write(func(fd uintptr) bool {
		for len(head)+len(rest) > 0 {
			n, err := quickio.Writev(int(fd), head, rest)
			if err != nil {
				werr = err
				return err != unix.EAGAIN
			}
			k := min(n, len(head))
			head, rest = head[k:], rest[n-k:]
		}
		werr = nil
		return true
	})
	if err == nil {
		err = werr
	}
	return err
}

// tryWrite sends one small frame if that needs no waiting, and reports whether it did.
func (c *conn) tryWrite(t frameType, payload []byte) bool {
	if len(payload) > firstRead || !c.wmu.TryLock() {
		return false
	}
	defer c.wmu.Unlock()
	var h [headerSize]byte
	putHeader(&h, t, len(payload))
	n := 0
	err := c.raw.Write(func(fd uintptr) bool {
		n, _ = quickio.Writev(int(fd), h[:], payload) // a fault shows again where it is waited
		return true
	})
	if err != nil || n == 0 {
		return false
	}
	if k := min(n, headerSize); n < headerSize+len(payload) { // a unix socket takes so little whole or not at all
		return c.writeAll(h[k:], payload[n-k:]) == nil
	}
	return true
}

func (c *conn) send(t frameType, o jsonfields.Object) error {
	p, err := jsonfields.Append(nil, o)
	if err != nil {
		return fmt.Errorf("encode message: %w", err)
	}
	return c.write(t, p)
}

// expect reads a control frame of one type.
func (c *conn) expect(t frameType, o jsonfields.Object) error {
	got, p, err := c.read()
	if err != nil {
		return err
	}
	if got != t {
		return fmt.Errorf("%w: type %d where %d is due", errFrame, got, t)
	}
	if err := jsonfields.Parse(p, o); err != nil {
		return fmt.Errorf("%w: %w", errFrame, err)
	}
	return nil
}

// socketAddr returns an address for the socket in dir. sun_path holds 108 bytes and
// container directories are longer than that in deep homes, so the address goes
// through the directory's descriptor, which must stay open while it is used.
func socketAddr(dir *os.File) *unix.SockaddrUnix {
	return &unix.SockaddrUnix{Name: filepath.Join("/proc/self/fd", strconv.Itoa(int(dir.Fd())), socketName)}
}

// dial connects to the shim of the container in dir.
func dial(dir string) (*conn, error) {
	d, err := os.Open(dir)
	if err != nil {
		return nil, err
	}
	defer d.Close() // only a path
	fd, err := unix.Socket(unix.AF_UNIX, unix.SOCK_STREAM|unix.SOCK_CLOEXEC|unix.SOCK_NONBLOCK, 0)
	if err != nil {
		return nil, os.NewSyscallError("socket", err)
	}
	// A full backlog is EAGAIN for a non-blocking unix socket: connect while blocking.
	_ = unix.SetNonblock(fd, false)
	if err := unix.Connect(fd, socketAddr(d)); err != nil {
		_ = unix.Close(fd)
		return nil, os.NewSyscallError("connect", err)
	}
	if err := unix.SetNonblock(fd, true); err != nil {
		_ = unix.Close(fd)
		return nil, os.NewSyscallError("fcntl", err)
	}
	return newConn(fd)
}

// A listener is the shim's socket.
type listener struct {
	f   *os.File
	raw syscall.RawConn
}

// listen makes the socket in dir with mode 0600. The caller holds the lock, so one
// that is there is a dead shim's.
func listen(dir string) (*listener, error) {
	d, err := os.Open(dir)
	if err != nil {
		return nil, err
	}
	defer d.Close() // only a path
	if err := os.Remove(filepath.Join(dir, socketName)); err != nil && !os.IsNotExist(err) {
		return nil, err
	}
	fd, err := unix.Socket(unix.AF_UNIX, unix.SOCK_STREAM|unix.SOCK_CLOEXEC|unix.SOCK_NONBLOCK, 0)
	if err != nil {
		return nil, os.NewSyscallError("socket", err)
	}
	// The mode is that of the descriptor before bind, whatever the umask is then; at
	// no moment can anybody else connect.
	err = unix.Fchmod(fd, 0o600)
	if err == nil {
		err = unix.Bind(fd, socketAddr(d))
	}
	if err == nil {
		err = unix.Listen(fd, 128)
	}
	if err != nil {
		_ = unix.Close(fd)
		return nil, fmt.Errorf("make socket in %q: %w", dir, err)
	}
	f := os.NewFile(uintptr(fd), socketName)
	raw, err := f.SyscallConn()
	if err != nil {
		_ = f.Close()
		return nil, err
	}
	return &listener{f, raw}, nil
}

// accept returns the next connection of a peer with our own uid, or root's.
func (l *listener) accept() (*conn, error) {
	for {
		var fd int
		var aerr error
		err := l.raw.Read(func(lfd uintptr) bool {
			fd, _, aerr = unix.Accept4(int(lfd), unix.SOCK_CLOEXEC|unix.SOCK_NONBLOCK)
			return aerr != unix.EAGAIN
		})
		if err != nil {
			return nil, err
		}
		switch aerr {
		case nil:
		case unix.EINTR, unix.ECONNABORTED:
			continue
		default:
			return nil, os.NewSyscallError("accept", aerr)
		}
		if !trusted(fd) {
			_ = unix.Close(fd)
			continue
		}
		return newConn(fd)
	}
}

// trusted checks the peer's credentials, as the kernel took them at connect. The
// socket's mode says the same; this holds even if somebody loosened that.
func trusted(fd int) bool {
	cred, err := unix.GetsockoptUcred(fd, unix.SOL_SOCKET, unix.SO_PEERCRED)
	return err == nil && (cred.Uid == 0 || int(cred.Uid) == os.Geteuid())
}
