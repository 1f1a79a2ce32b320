package shim

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"time"

	"berth/engine"

	"golang.org/x/sys/unix"
)

// lockHeld reports whether a shim lives in dir.
func lockHeld(dir string) (bool, error) {
	f, err := os.Open(filepath.Join(dir, lockName))
	if errors.Is(err, fs.ErrNotExist) {
		return false, nil
	}
	if err != nil {
		return false, fmt.Errorf("look at shim's lock: %w", err)
	}
	defer f.Close() // lets go of the lock, if it was got
	// A shared lock: two berths that look at the same time don't see each other.
	err = flock(f, unix.LOCK_SH|unix.LOCK_NB)
	if err == unix.EWOULDBLOCK {
		return true, nil
	}
	if err != nil {
		return false, fmt.Errorf("look at shim's lock: %w", err)
	}
	return false, nil
}

// takeLock makes this process the shim of dir until it ends. The file stays open on
// purpose.
func takeLock(dir string) (*os.File, error) {
	f, err := os.OpenFile(filepath.Join(dir, lockName), os.O_RDWR|os.O_CREATE, 0o600)
	if err != nil {
		return nil, fmt.Errorf("take shim's lock: %w", err)
	}
	// A reader holds it shared for a moment (see lockHeld), and a shim that has recorded
	// its container's end lets go any moment. One whose container is alive does not.
	for range 200 {
		err = flock(f, unix.LOCK_EX|unix.LOCK_NB)
		if err != unix.EWOULDBLOCK {
			break
		}
		if s, err := ReadStatus(dir); err == nil && s.State.Alive() {
			break
		}
		time.Sleep(5 * time.Millisecond)
	}
	if err != nil {
		_ = f.Close()
		if err == unix.EWOULDBLOCK {
			return nil, engine.Errorf(engine.ClassConflict, "container in %q has a running shim", dir)
		}
		return nil, fmt.Errorf("take shim's lock: %w", err)
	}
	return f, nil
}

func flock(f *os.File, how int) error {
	for {
		if err := unix.Flock(int(f.Fd()), how); err != unix.EINTR {
			return err
		}
	}
}

// Lives reports whether the shim of the container in dir still works there. After an
// error it does.
func Lives(dir string) bool {
	held, err := lockHeld(dir)
	return held || err != nil
}
