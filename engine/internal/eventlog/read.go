package eventlog

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"time"

	"berth/engine"

	"golang.org/x/sys/unix"
)

// ErrExpired is what Follow returns when records after its position are gone from
// the log: take the present state, and follow from [Log.End].
var ErrExpired = &engine.Error{Class: engine.ClassNotFound, Msg: "follow event log: the position has been rotated away"}

// chunk is how much is read at once, and so the size of a batch.
const chunk = 256 << 10

// Follow calls f with all records after from, in order, first those that are there
// and then each as it is appended by any process, until ctx ends (whose error it
// returns) or f returns an error (which it returns as it is). A batch holds what
// gathered while f worked; f owns it. It sleeps in inotify(7) and never polls.
//
// ErrExpired says that records were lost. ClassUnavailable says that the log's
// directory was removed, ClassExhausted that the user has no inotify instance left.
func (l *Log) Follow(ctx context.Context, from Position, f func([]Record) error) error {
	w, err := newWatch(l.dir)
	if err != nil {
		return err
	}
	defer w.close()
	stop := context.AfterFunc(ctx, w.interrupt)
	defer stop()
	c, err := l.cursor(from)
	if err != nil {
		return err
	}
	defer func() { c.close() }()
	for {
		if err := w.file(c.file); err != nil {
			return err
		}
		full, err := c.read(ctx, f)
		if err != nil {
			return err
		}
		if full {
			next, err := l.cursor(Position{Segment: c.at.Segment + 1})
			if err == nil {
				c.close()
				c = next
				continue
			}
			if !errors.Is(err, fs.ErrNotExist) {
				return err
			}
		}
		if c.removed() {
			return engine.Errorf(engine.ClassUnavailable, "follow event log: its files were removed")
		}
		if err := w.wait(); err != nil {
			if ctx.Err() != nil {
				return ctx.Err()
			}
			return err
		}
	}
}

// clockTick is more than what a file's modification time lags behind the clock: the kernel
// takes it from its last timer tick.
const clockTick = time.Second

// History calls f with the past records whose time lies in [since, until], oldest
// first, in batches that f owns, as far back as the log reaches. A zero time is no
// bound. It returns f's error as it is.
func (l *Log) History(since, until time.Time, f func([]Record) error) error {
	numbers, err := segments(l.dir)
	if err != nil {
		return fmt.Errorf("read event log: %w", err)
	}
	for _, n := range numbers {
		c, err := l.cursor(Position{Segment: n})
		if errors.Is(err, ErrExpired) {
			continue // rotated away since
		}
		if err != nil {
			return err
		}
		if st, err := c.file.Stat(); err == nil && !since.IsZero() && st.ModTime().Before(since.Add(-clockTick)) {
			c.close()
			continue
		}
		c.since, c.until = since, until
		_, err = c.read(context.Background(), f)
		c.close()
		if err != nil {
			return err
		}
	}
	return nil
}

// A cursor reads one segment.
type cursor struct {
	file         *os.File
	at           Position // behind the last complete line that was read
	buf          []byte
	since, until time.Time
}

// cursor opens the segment of p. An error that is fs.ErrNotExist says that p's
// segment is yet to come, ErrExpired that it is gone.
func (l *Log) cursor(p Position) (*cursor, error) {
	numbers, err := segments(l.dir)
	if err != nil {
		return nil, fmt.Errorf("read event log: %w", err)
	}
	if p.Segment == 0 && len(numbers) > 0 {
		p = Position{Segment: numbers[0]}
	}
	f, err := os.Open(l.path(p.Segment))
	if errors.Is(err, fs.ErrNotExist) {
		if len(numbers) > 0 && numbers[len(numbers)-1] > p.Segment {
			return nil, ErrExpired
		}
		return nil, err
	}
	if err != nil {
		return nil, fmt.Errorf("read event log: %w", err)
	}
	if st, err := f.Stat(); err != nil || st.Size() < p.Offset {
		f.Close() // not the log that the position is of
		return nil, ErrExpired
	}
	return &cursor{file: f, at: p, buf: make([]byte, chunk)}, nil
}

func (c *cursor) close() { c.file.Close() }

// removed reports whether the segment has no name any more. Rotation removes only
// segments that have successors; without one, somebody deletes the whole log. (The
// directory itself can't be watched for that: our open file keeps it alive.)
func (c *cursor) removed() bool {
	var st unix.Stat_t
	return unix.Fstat(int(c.file.Fd()), &st) == nil && st.Nlink == 0
}

// read hands all complete lines to f. full says that the segment is sealed and read
// to its end, so that the next one is due.
func (c *cursor) read(ctx context.Context, f func([]Record) error) (full bool, err error) {
	for {
		// Asked before reading: what is sealed before the read can't grow after it.
		var st unix.Stat_t
		if err := unix.Fstat(int(c.file.Fd()), &st); err != nil {
			return false, fmt.Errorf("read event log: %w", err)
		}
		n, err := c.file.ReadAt(c.buf, c.at.Offset)
		if err != nil && err != io.EOF {
			return false, fmt.Errorf("read event log: %w", err)
		}
		end := bytes.LastIndexByte(c.buf[:n], '\n') + 1
		switch {
		case end > 0:
			c.at.Offset += int64(end)
			if recs := c.decode(c.buf[:end]); len(recs) > 0 {
				if err := f(recs); err != nil {
					return false, err
				}
			}
			if err := ctx.Err(); err != nil {
				return false, err
			}
		case n == len(c.buf):
			c.buf = make([]byte, 2*len(c.buf)) // a line longer than a chunk
		default:
			return isSealed(&st), nil
		}
	}
}

// decode parses lines, and skips those that are none of ours, as a power failure may leave.
func (c *cursor) decode(lines []byte) []Record {
	var recs []Record
	for line := range bytes.Lines(lines) {
		if !c.selects(line) {
			continue
		}
		var r Record
		if json.Unmarshal(line, &r) == nil && !r.Time.IsZero() {
			recs = append(recs, r)
		}
	}
	return recs
}

// selects reports whether a line's time lies within the bounds. Only the time is
// looked at, which spares decoding the rest of a long past.
func (c *cursor) selects(line []byte) bool {
	if c.since.IsZero() && c.until.IsZero() {
		return true
	}
	rest, ok := bytes.CutPrefix(line, []byte(`{"t":"`))
	i := bytes.IndexByte(rest, '"')
	if !ok || i < 0 {
		return false
	}
	var t time.Time
	if t.UnmarshalText(rest[:i]) != nil {
		return false
	}
	return (c.since.IsZero() || !t.Before(c.since)) && (c.until.IsZero() || !t.After(c.until))
}
