package eventlog

import (
	"errors"
	"fmt"
	"os"
	"slices"
	"time"

	"berth/engine"

	"golang.org/x/sys/unix"
)

// maxRecord is the most bytes that a record may have, so that a reader's memory is bounded.
const maxRecord = 1 << 20

// patience is how long Append waits for a writer that holds the lock. Holding it
// takes microseconds, unless that process is stopped (SIGSTOP) just then.
const patience = 2 * time.Second

// Append writes records, in one piece: no other writer's come in between, and readers
// see them in this order. It costs some microseconds and never waits for the disk.
//
// Where the disk is full, or another writer holds the lock for seconds, records of
// pulls and steps are dropped without an error, since newer ones follow. If another
// kind is among them, the error is ClassExhausted or ClassUnavailable, and none of
// the records is in the log.
func (l *Log) Append(recs ...Record) error {
	if len(recs) == 0 {
		return nil
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	size := 0
	for i := range recs {
		size += 512 + len(recs[i].Data)
	}
	l.buf = slices.Grow(l.buf[:0], size)
	for i := range recs {
		before := len(l.buf)
		buf, err := appendRecord(l.buf, &recs[i])
		if err != nil {
			return fmt.Errorf("encode event %q: %w", recs[i].Action, err)
		}
		if n := len(buf) - before; n > maxRecord {
			return engine.Errorf(engine.ClassInvalid, "append event %q of %q: %d bytes are too many", recs[i].Action, recs[i].ID, n)
		}
		l.buf = buf
	}
	err := l.write()
	if cap(l.buf) > maxRecord {
		l.buf = nil
	}
	if err == nil || droppable(recs) && (isFull(err) || errors.Is(err, errBusy)) {
		return nil
	}
	class := engine.ClassUnknown
	if isFull(err) {
		class = engine.ClassExhausted
	} else if errors.Is(err, errBusy) {
		class = engine.ClassUnavailable
	}
	return engine.Errorf(class, "append to event log: %w", err)
}

// write appends buf to the segment that grows. The caller holds mu.
func (l *Log) write() error {
	for {
		if err := lock(l.file); err != nil {
			return err
		}
		var st unix.Stat_t
		err := unix.Fstat(int(l.file.Fd()), &st)
		// Without a name it is the file of a log that was deleted and begun anew.
		if err == nil && (isSealed(&st) || st.Nlink == 0) {
			unlock(l.file)
			if err := l.openLast(); err != nil {
				return err
			}
			continue
		}
		if err == nil {
			err = l.writeLocked(st.Size)
		}
		unlock(l.file)
		return err
	}
}

// writeLocked appends buf to the segment of the given size and rotates if that fills it.
func (l *Log) writeLocked(size int64) error {
	if size != l.end {
		whole, err := l.mend(size)
		if err != nil {
			return err
		}
		size = whole
	}
	if _, err := l.file.Write(l.buf); err != nil {
		// A full disk may have taken a part. Readers ignore it, and the next writer
		// would cut it off too, but only we know at once.
		l.file.Truncate(size) //nolint:errcheck // the next writer mends it
		return err
	}
	l.end = size + int64(len(l.buf))
	if l.end < l.size {
		return nil
	}
	return l.rotate()
}

// mend cuts off the part of a line that a writer left when it was killed, and
// returns the size then. Readers never go beyond the last newline, so no position
// points into the part.
func (l *Log) mend(size int64) (int64, error) {
	var last [1]byte
	if size == 0 {
		return 0, nil
	}
	if _, err := l.file.ReadAt(last[:], size-1); err != nil {
		return 0, err
	}
	if last[0] == '\n' {
		return size, nil
	}
	whole, err := lineEnd(l.file)
	if err != nil {
		return 0, err
	}
	return whole, l.file.Truncate(whole)
}

// rotate seals the segment, whose lock the caller holds, begins the next and drops
// the oldest. The records are written by then: an error in here is the next writer's
// to meet, who finds a sealed segment and begins the next.
func (l *Log) rotate() error {
	if err := l.file.Chmod(sealed); err != nil {
		return nil // stays the growing one; the next append tries again
	}
	f, err := os.OpenFile(l.path(l.segment+1), os.O_RDWR|os.O_APPEND|os.O_CREATE, growing)
	if err != nil {
		return nil
	}
	l.file.Close() // and with it goes the lock
	l.file, l.segment, l.end = f, l.segment+1, -1
	segments, err := segments(l.dir)
	if err != nil {
		return nil
	}
	for _, n := range segments {
		if n+l.keep < l.segment {
			os.Remove(l.path(n)) //nolint:errcheck // another writer may have
		}
	}
	return nil
}

var errBusy = errors.New("another process holds its lock")

// lock takes the writers' lock without waiting for ever: a process that was stopped
// while it holds the lock must not stop all others.
func lock(f *os.File) error {
	var deadline time.Time
	for pause := 20 * time.Microsecond; ; pause = min(2*pause, 5*time.Millisecond) {
		err := unix.Flock(int(f.Fd()), unix.LOCK_EX|unix.LOCK_NB)
		if err != unix.EWOULDBLOCK && err != unix.EINTR {
			return err
		}
		if now := time.Now(); deadline.IsZero() {
			deadline = now.Add(patience)
		} else if now.After(deadline) {
			return errBusy
		}
		time.Sleep(pause)
	}
}

func unlock(f *os.File) {
	unix.Flock(int(f.Fd()), unix.LOCK_UN) //nolint:errcheck // the descriptor is ours
}

func isFull(err error) bool {
	return errors.Is(err, unix.ENOSPC) || errors.Is(err, unix.EDQUOT) || errors.Is(err, unix.EFBIG)
}

// droppable reports whether newer records will make up for these.
func droppable(recs []Record) bool {
	for i := range recs {
		if k := engine.EventKind(recs[i].Kind); k != engine.KindPull && k != engine.KindStep {
			return false
		}
	}
	return true
}
