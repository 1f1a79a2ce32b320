package eventlog

import (
	"encoding/binary"
	"errors"
	"fmt"
	"os"
	"strconv"
	"time"

	"berth/engine"

	"golang.org/x/sys/unix"
)

// A watch sleeps until the log's directory or the segment being read changes.
type watch struct {
	inotify *os.File
	fd      int
	dir     int // watch descriptors
	segment int
	seen    uint64 // inode of the watched segment
	buf     [4096]byte
}

func newWatch(dir string) (*watch, error) {
	fd, err := unix.InotifyInit1(unix.IN_CLOEXEC | unix.IN_NONBLOCK)
	if err != nil {
		return nil, watchError(err)
	}
	// Not blocking, so that os.File leaves the waiting to the runtime's poller and a
	// deadline can interrupt it.
	w := &watch{inotify: os.NewFile(uintptr(fd), "inotify"), fd: fd, segment: -1}
	w.dir, err = unix.InotifyAddWatch(fd, dir, unix.IN_CREATE|unix.IN_MOVE_SELF|unix.IN_ONLYDIR)
	if err != nil {
		w.close()
		return nil, watchError(err)
	}
	return w, nil
}

// file makes f the watched segment. Changes after its return wake [watch.wait].
func (w *watch) file(f *os.File) error {
	var st unix.Stat_t
	if err := unix.Fstat(int(f.Fd()), &st); err != nil {
		return watchError(err)
	}
	if st.Ino == w.seen {
		return nil
	}
	if w.segment >= 0 {
		unix.InotifyRmWatch(w.fd, uint32(w.segment)) //nolint:errcheck // gone with its file
	}
	// By descriptor, since the name may be rotated away at any moment. IN_ATTRIB tells of
	// sealing and of removal.
	wd, err := unix.InotifyAddWatch(w.fd, "/proc/self/fd/"+strconv.Itoa(int(f.Fd())), unix.IN_MODIFY|unix.IN_ATTRIB)
	if err != nil {
		return watchError(err)
	}
	w.segment, w.seen = wd, st.Ino
	return nil
}

// wait returns after any change, and takes all notices of it in one read.
func (w *watch) wait() error {
	n, err := w.inotify.Read(w.buf[:])
	if err != nil {
		return watchError(err)
	}
	for at := 0; at+unix.SizeofInotifyEvent <= n; {
		wd := int(int32(binary.NativeEndian.Uint32(w.buf[at:])))
		mask := binary.NativeEndian.Uint32(w.buf[at+4:])
		if wd == w.dir && mask&unix.IN_MOVE_SELF != 0 {
			return engine.Errorf(engine.ClassUnavailable, "follow event log: its directory was moved away")
		}
		at += unix.SizeofInotifyEvent + int(binary.NativeEndian.Uint32(w.buf[at+12:]))
	}
	return nil
}

// interrupt makes wait return now and from now on.
func (w *watch) interrupt() { w.inotify.SetReadDeadline(time.Unix(1, 0)) } //nolint:errcheck // inotify can be polled

func (w *watch) close() { w.inotify.Close() }

func watchError(err error) error {
	if errors.Is(err, unix.EMFILE) || errors.Is(err, unix.ENOSPC) {
		return engine.Errorf(engine.ClassExhausted, "follow event log: %w", err).
			WithHint("Raise the limits of inotify: `sudo sysctl -w fs.inotify.max_user_instances=1024 fs.inotify.max_user_watches=524288`.")
	}
	return fmt.Errorf("follow event log: %w", err)
}
