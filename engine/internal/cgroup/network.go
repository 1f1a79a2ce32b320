package cgroup

import (
	"bytes"
	"strconv"

	"berth/engine"

	"golang.org/x/sys/unix"
)

// A NetMeter reads the network counters of a process's namespace again and again. It
// keeps hold of the process, so that it never reads those of another one that has got
// its number. Close it.
type NetMeter struct {
	dir int // /proc/PID
	buf []byte
}

// NewNetMeter returns the meter of a process's network. ClassNotFound says that the process is gone.
func NewNetMeter(pid int) (*NetMeter, error) {
	dir, err := open("/proc/"+strconv.Itoa(pid), unix.O_PATH|unix.O_DIRECTORY)
	if err != nil {
		return nil, engine.Errorf(engine.ClassNotFound, "read network counters: %w", err)
	}
	return &NetMeter{dir: dir, buf: make([]byte, 4096)}, nil
}

// Close lets go of the process.
func (m *NetMeter) Close() { unix.Close(m.dir) }

// Alive reports whether the process is still there.
func (m *NetMeter) Alive() bool { return unix.Faccessat(m.dir, "stat", unix.F_OK, 0) == nil }

// Read returns the bytes received and sent by the network namespace, without the
// loopback. ClassNotFound says that the process is gone.
func (m *NetMeter) Read() (rx, tx int64, err error) {
	// It is not kept open: that would keep the namespace when the container is gone.
	fd, err := unix.Openat(m.dir, "net/dev", unix.O_RDONLY|unix.O_CLOEXEC, 0)
	if err != nil {
		return -1, -1, engine.Errorf(engine.ClassNotFound, "read network counters: %w", err)
	}
	defer unix.Close(fd)
	n := 0
	for n < len(m.buf) {
		k, err := unix.Read(fd, m.buf[n:])
		if err == unix.EINTR {
			continue
		}
		if err != nil {
			return -1, -1, engine.Errorf(engine.ClassNotFound, "read network counters: %w", err)
		}
		if k == 0 {
			break
		}
		if n += k; n == len(m.buf) {
			m.buf = append(m.buf, make([]byte, len(m.buf))...)
		}
	}
	for line := range bytes.Lines(m.buf[:n]) {
		name, rest, ok := bytes.Cut(line, []byte(":"))
		f := bytes.Fields(rest)
		if !ok || len(f) < 9 || string(bytes.TrimSpace(name)) == "lo" {
			continue
		}
		rx += max(atoi(string(f[0])), 0)
		tx += max(atoi(string(f[8])), 0)
	}
	return rx, tx, nil
}
