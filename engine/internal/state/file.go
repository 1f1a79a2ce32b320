package state

import (
	"fmt"
	"os"
	"path/filepath"

	"golang.org/x/sys/unix"
)

// writeFile replaces a file so that a reader, or a kill, finds the old content or the
// new: temporary file, rename. If durable, a loss of power does not change that: the
// file and its directory are synced. The caller holds the directory's lock, so that the
// temporary file can have a fixed name: what a kill leaves is overwritten by the next.
func writeFile(file string, data []byte, durable bool) error {
	dir, _ := filepath.Split(file)
	f, err := os.OpenFile(filepath.Join(dir, ".new"), os.O_WRONLY|os.O_CREATE|os.O_TRUNC, 0o600)
	if err != nil {
		return err
	}
	defer os.Remove(f.Name()) // gone already after the rename
	_, err = f.Write(data)
	if err == nil && durable {
		err = f.Sync()
	}
	if cerr := f.Close(); err == nil {
		err = cerr
	}
	if err == nil {
		err = os.Rename(f.Name(), file)
	}
	if err == nil && durable {
		err = syncDir(dir)
	}
	return err
}

func syncDir(dir string) error {
	d, err := os.Open(dir)
	if err != nil {
		return err
	}
	defer d.Close()
	return d.Sync()
}

// lockDir takes an exclusive flock on a directory.
func lockDir(dir string) (unlock func(), err error) { return flock(dir, unix.LOCK_EX) }

// tryLockDir does so unless somebody else has it.
func tryLockDir(dir string) (unlock func(), err error) {
	return flock(dir, unix.LOCK_EX|unix.LOCK_NB)
}

func flock(dir string, how int) (unlock func(), err error) {
	d, err := os.Open(dir)
	if err != nil {
		return nil, err
	}
	for {
		err = unix.Flock(int(d.Fd()), how)
		if err != unix.EINTR {
			break
		}
	}
	if err == unix.EWOULDBLOCK {
		d.Close()
		return nil, err
	}
	if err != nil {
		d.Close()
		return nil, fmt.Errorf("lock %q: %w", dir, err)
	}
	return func() { d.Close() }, nil
}

// RemoveTree deletes a directory with all it holds. Unlike os.RemoveAll it also enters
// directories of ours that lack their own permission bits, which images contain.
func RemoveTree(dir string) error {
	err := os.RemoveAll(dir)
	if err == nil || !os.IsPermission(err) {
		return err
	}
	filepath.WalkDir(dir, func(path string, d os.DirEntry, err error) error {
		if d != nil && d.IsDir() {
			unix.Fchmodat(unix.AT_FDCWD, path, 0o700, 0) // the walk reads a directory after this
		}
		return nil
	})
	return os.RemoveAll(dir)
}
