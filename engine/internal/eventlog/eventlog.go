// Package eventlog is the append-only log of events that every berth and every shim
// on one state directory shares. It carries bytes between processes and keeps a
// limited past; it is not where the state is kept, so nothing is lost with it but
// history. It runs in berth and in the shim.
//
// The log is a directory of numbered segments, one JSON record a line:
//
//	00000007.jsonl   full: sealed by taking away its write permission
//	00000008.jsonl   the one that grows
//
// Writers agree by a flock on the segment that grows; readers take no lock and
// believe complete lines only. A writer that fills a segment seals it first and
// creates its successor then, so that a crash in between leaves a log that the next
// writer continues. A number is never used twice, which keeps a [Position] valid
// for as long as its segment exists.
package eventlog

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"time"

	"berth/engine"

	"golang.org/x/sys/unix"
)

// A Record is one line of the log.
type Record struct {
	Time   time.Time         `json:"t"`
	Kind   string            `json:"k"` // engine.EventKind
	Action string            `json:"a"`
	ID     string            `json:"i"`
	Attrs  map[string]string `json:"m,omitempty"`
	Data   json.RawMessage   `json:"d,omitempty"` // the step or the pull's progress
}

// A Position is a place between two records. The zero Position is before the oldest
// record that exists.
type Position struct {
	Segment uint64
	Offset  int64
}

const (
	suffix = ".jsonl"
	// sealed is the permission of a full segment, growing that of the last one.
	sealed, growing = 0o400, 0o600
	// defaultSize is the size in bytes at which a segment is sealed, defaultKeep the
	// number of sealed ones that stay.
	defaultSize, defaultKeep = 8 << 20, 2
)

// A Log is one process's handle. It is safe for concurrent use.
type Log struct {
	dir  string
	size int64
	keep uint64

	mu      sync.Mutex // guards what follows, and orders this process's own appends
	file    *os.File
	segment uint64
	end     int64 // of file after our last append: up to here it is known to be whole lines
	buf     []byte
}

// Open opens the log in dir and makes it if need be. The caller closes it.
// ClassPermission says that it belongs to somebody else.
func Open(dir string) (*Log, error) {
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return nil, refused(err)
	}
	l := &Log{dir: dir, size: defaultSize, keep: defaultKeep}
	l.mu.Lock()
	defer l.mu.Unlock()
	if err := l.openLast(); err != nil {
		return nil, refused(err)
	}
	return l, nil
}

// refused says what helps if the log belongs to somebody else.
func refused(err error) error {
	if errors.Is(err, fs.ErrPermission) {
		return engine.Errorf(engine.ClassPermission, "open event log: %w", err).WithHint("Choose a directory of yours with --root or BERTH_ROOT.")
	}
	return fmt.Errorf("open event log: %w", err)
}

// Close closes the handle. Followers of this handle run on until their context ends.
func (l *Log) Close() error {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.file.Close()
}

// End returns the position behind the last complete record.
func (l *Log) End() (Position, error) {
	for {
		last, err := l.last()
		if err != nil {
			return Position{}, fmt.Errorf("read event log: %w", err)
		}
		if last == 0 {
			return Position{}, nil
		}
		f, err := os.Open(l.path(last))
		if errors.Is(err, fs.ErrNotExist) {
			continue // rotated away since
		}
		if err != nil {
			return Position{}, fmt.Errorf("read event log: %w", err)
		}
		end, err := lineEnd(f)
		f.Close()
		if err != nil {
			return Position{}, fmt.Errorf("read event log: %w", err)
		}
		return Position{Segment: last, Offset: end}, nil
	}
}

func (l *Log) path(segment uint64) string {
	return filepath.Join(l.dir, fmt.Sprintf("%08d%s", segment, suffix))
}

// openLast makes the last segment the one to append to, and begins a new one if there
// is none or a writer died after sealing. The caller holds mu.
func (l *Log) openLast() error {
	for {
		n, err := l.last()
		if err != nil {
			return err
		}
		f, err := openGrowing(l.path(max(n, 1)))
		if err == errSealed {
			n++
			f, err = openGrowing(l.path(n))
		}
		if err == errSealed {
			continue // others filled that one, too
		}
		if err != nil {
			return err
		}
		// Others may have rotated meanwhile, even so often that our number was free
		// again: only the last segment may grow.
		now, err := l.last()
		if err == nil && now == max(n, 1) {
			if l.file != nil {
				l.file.Close()
			}
			l.file, l.segment, l.end = f, now, -1
			return nil
		}
		f.Close()
		if err != nil {
			return err
		}
	}
}

var errSealed = errors.New("segment is sealed")

// openGrowing opens or makes a segment to append to, or returns errSealed.
func openGrowing(path string) (*os.File, error) {
	f, err := os.OpenFile(path, os.O_RDWR|os.O_APPEND|os.O_CREATE, growing)
	var st unix.Stat_t
	if errors.Is(err, fs.ErrPermission) {
		// The permission stops a user other than root.
		if unix.Stat(path, &st) == nil && isSealed(&st) {
			err = errSealed
		}
		return nil, err
	}
	if err != nil {
		return nil, err
	}
	if err = unix.Fstat(int(f.Fd()), &st); err == nil && isSealed(&st) {
		err = errSealed
	}
	if err != nil {
		f.Close()
		return nil, err
	}
	return f, nil
}

// last returns the number of the last segment, 0 if there is none.
func (l *Log) last() (uint64, error) {
	segments, err := segments(l.dir)
	if err != nil || len(segments) == 0 {
		return 0, err
	}
	return segments[len(segments)-1], nil
}

func isSealed(st *unix.Stat_t) bool { return st.Mode&0o200 == 0 }

// segments returns the numbers of the segments in dir in rising order.
func segments(dir string) ([]uint64, error) {
	entries, err := os.ReadDir(dir) // sorted by name, and the names have one width
	if err != nil {
		return nil, err
	}
	var out []uint64
	for _, e := range entries {
		name, ok := strings.CutSuffix(e.Name(), suffix)
		if n, err := strconv.ParseUint(name, 10, 64); ok && err == nil {
			out = append(out, n)
		}
	}
	return out, nil
}

// lineEnd returns the offset behind the last newline of f.
func lineEnd(f *os.File) (int64, error) {
	st, err := f.Stat()
	if err != nil {
		return 0, err
	}
	var buf [4096]byte
	for end := st.Size(); end > 0; {
		n := min(end, int64(len(buf)))
		if _, err := f.ReadAt(buf[:n], end-n); err != nil {
			return 0, err
		}
		for i := n - 1; i >= 0; i-- {
			if buf[i] == '\n' {
				return end - n + i + 1, nil
			}
		}
		end -= n
	}
	return 0, nil
}
