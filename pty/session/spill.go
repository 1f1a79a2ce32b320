package session

import (
	"encoding/binary"
	"os"

	"golang.org/x/sys/unix"
)

// maxSpill bounds what one client's lag may take of the disk. Beyond it, and when the
// disk is full, the program waits: a byte of a pipe is never lost.
const maxSpill = 1 << 30

// A spill holds on disk what a client that must miss nothing lags behind by. It is a
// file without a name, so nothing is left of it whatever happens. It holds records: one
// byte of kind, four of length, the bytes.
type spill struct {
	dir           string
	f             *os.File // nil before the first lag
	read, written int64
	limit         int64
	buf           []byte
}

const recordHeader = 5

// put appends one record and returns whether there was room.
func (sp *spill) put(k Kind, p []byte) bool {
	if sp.dir == "" || sp.written+int64(recordHeader+len(p)) > sp.limit || !sp.open() {
		return false
	}
	var h [recordHeader]byte
	h[0] = byte(k)
	binary.BigEndian.PutUint32(h[1:], uint32(len(p)))
	if _, err := sp.f.WriteAt(h[:], sp.written); err != nil {
		return false
	}
	if _, err := sp.f.WriteAt(p, sp.written+recordHeader); err != nil {
		return false
	}
	sp.written += int64(recordHeader + len(p))
	return true
}

func (sp *spill) open() bool {
	if sp.f != nil {
		return true
	}
	fd, err := unix.Open(sp.dir, unix.O_TMPFILE|unix.O_RDWR|unix.O_CLOEXEC, 0o600)
	if err == nil {
		sp.f = os.NewFile(uintptr(fd), sp.dir)
		return true
	}
	f, err := os.CreateTemp(sp.dir, ".output-*") // a file system without O_TMPFILE
	if err != nil {
		return false
	}
	if os.Remove(f.Name()) != nil {
		_ = f.Close()
		return false
	}
	sp.f = f
	return true
}

// next returns the oldest record; ok is false if there is none. The bytes are valid
// until the next call.
func (sp *spill) next() (k Kind, p []byte, ok bool, err error) {
	if sp == nil || sp.read == sp.written {
		return 0, nil, false, nil
	}
	var h [recordHeader]byte
	if _, err := sp.f.ReadAt(h[:], sp.read); err != nil {
		return 0, nil, false, err
	}
	n := int(binary.BigEndian.Uint32(h[1:]))
	if cap(sp.buf) < n {
		sp.buf = make([]byte, n)
	}
	p = sp.buf[:n]
	if _, err := sp.f.ReadAt(p, sp.read+recordHeader); err != nil {
		return 0, nil, false, err
	}
	sp.read += int64(recordHeader + n)
	if sp.read == sp.written {
		// All was read: the disk's space is free again.
		if sp.f.Truncate(0) == nil {
			sp.read, sp.written = 0, 0
		}
	}
	return Kind(h[0]), p, true, nil
}

func (sp *spill) close() {
	if sp != nil && sp.f != nil {
		_ = sp.f.Close() // it has no name: nothing is kept
		sp.f, sp.read, sp.written = nil, 0, 0
	}
}

// spillOver moves what the cursor has still to read of its chunk to disk, and the
// cursor to the next chunk. It returns false if there is no room. mu is held.
func (cu *cursor) spillOver() bool {
	c := cu.c
	start := cu.off + cu.viewing // a view that is out is the client's already
	before := cu.spill.written
	for _, s := range c.spans {
		if s.end <= start {
			continue
		}
		if !cu.spill.put(s.kind, c.buf[start:s.end]) {
			cu.spill.written = before // all of it or nothing
			return false
		}
		start = s.end
	}
	cu.c, cu.off, cu.viewing = c.next, 0, 0
	return true
}
