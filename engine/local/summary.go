package local

import (
	"encoding/binary"
	"errors"
	"maps"
	"slices"
	"time"

	"berth/engine"
)

// The index keeps containers in a form of its own: a list of a thousand as JSON takes
// longer to read than all the rest of `berth ps`. A field is a number as a varint, or
// a string behind its length; lists begin with their count. It is a cache, so another
// version's entries are simply not understood.
const summaryVersion = 1

// errSummary says that an entry is not what encodeSummary wrote.
var errSummary = errors.New("malformed index entry")

// encodeSummary returns a container at rest as the index keeps it.
func encodeSummary(c *engine.Container) []byte {
	w := &packer{}
	w.num(summaryVersion)
	for _, s := range []string{c.ID, c.Name, c.Image, string(c.ImageID), string(c.State), c.Error, c.Network} {
		w.str(s)
	}
	for _, t := range []time.Time{c.Created, c.Started, c.Finished} {
		w.time(t)
	}
	w.num(int64(c.ExitCode))
	w.num(int64(c.RestartCount))
	for _, b := range []bool{c.OOMKilled, c.TTY, c.OpenStdin, c.AutoRemove} {
		w.bool(b)
	}
	w.num(int64(len(c.Command)))
	for _, s := range c.Command {
		w.str(s)
	}
	w.num(int64(len(c.Labels)))
	for _, k := range slices.Sorted(maps.Keys(c.Labels)) {
		w.str(k)
		w.str(c.Labels[k])
	}
	w.num(int64(len(c.Mounts)))
	for _, m := range c.Mounts {
		for _, s := range []string{m.Type, m.Source, m.Target, m.Propagation} {
			w.str(s)
		}
		for _, b := range []bool{m.ReadOnly, m.Recursive, m.Create} {
			w.bool(b)
		}
		w.num(m.Size)
		w.num(int64(m.Mode))
	}
	return w.buf
}

// decodeSummary reads what encodeSummary wrote.
func decodeSummary(data []byte, c *engine.Container) error {
	r := &unpacker{buf: data}
	if r.num() != summaryVersion {
		return errSummary
	}
	c.ID, c.Name, c.Image = r.str(), r.str(), r.str()
	c.ImageID, c.State = engine.Digest(r.str()), engine.ContainerState(r.str())
	c.Error, c.Network = r.str(), r.str()
	c.Created, c.Started, c.Finished = r.time(), r.time(), r.time()
	c.ExitCode, c.RestartCount = int(r.num()), int(r.num())
	c.OOMKilled, c.TTY, c.OpenStdin, c.AutoRemove = r.bool(), r.bool(), r.bool(), r.bool()
	for range r.count() {
		c.Command = append(c.Command, r.str())
	}
	c.Labels = map[string]string{}
	for range r.count() {
		k := r.str()
		c.Labels[k] = r.str()
	}
	for range r.count() {
		m := engine.Mount{Type: r.str(), Source: r.str(), Target: r.str(), Propagation: r.str()}
		m.ReadOnly, m.Recursive, m.Create = r.bool(), r.bool(), r.bool()
		m.Size, m.Mode = r.num(), uint32(r.num())
		c.Mounts = append(c.Mounts, m)
	}
	if r.bad || len(r.buf) > 0 {
		return errSummary
	}
	return nil
}

type packer struct{ buf []byte }

func (w *packer) num(v int64) { w.buf = binary.AppendVarint(w.buf, v) }

func (w *packer) str(s string) {
	w.num(int64(len(s)))
	w.buf = append(w.buf, s...)
}

func (w *packer) bool(b bool) {
	if b {
		w.num(1)
	} else {
		w.num(0)
	}
}

// time writes nanoseconds since 1970; the zero time, which has none, is 0.
func (w *packer) time(t time.Time) {
	if t.IsZero() {
		w.num(0)
		return
	}
	w.num(t.UnixNano())
}

// An unpacker reads fields. After a malformed one all others are zero, and bad is set.
type unpacker struct {
	buf []byte
	bad bool
}

func (r *unpacker) num() int64 {
	v, n := binary.Varint(r.buf)
	if n <= 0 {
		r.bad, r.buf = true, nil
		return 0
	}
	r.buf = r.buf[n:]
	return v
}

// count reads the length of a list; each of its elements has a byte at least.
func (r *unpacker) count() int64 {
	n := r.num()
	if n < 0 || n > int64(len(r.buf)) {
		r.bad, r.buf = true, nil
		return 0
	}
	return n
}

func (r *unpacker) str() string {
	n := r.count()
	s := string(r.buf[:n])
	r.buf = r.buf[n:]
	return s
}

func (r *unpacker) bool() bool { return r.num() != 0 }

func (r *unpacker) time() time.Time {
	v := r.num()
	if v == 0 {
		return time.Time{}
	}
	return time.Unix(0, v)
}
