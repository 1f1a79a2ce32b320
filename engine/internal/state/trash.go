package state

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"time"

	"berth/engine"
	"berth/engine/internal/jsonfields"

	"golang.org/x/sys/unix"
)

// stagedSuffix ends the name of a directory in which a container is being created. It lies in
// the trash, so that what a killed process leaves is deleted by the next one; the lock
// tells the work of a live one from that.
const stagedSuffix = ".new"

// stage makes and locks the directory of a container that is being created. The lock
// stays on it under its final name, until unlock.
func (s *Store) stage(id string) (dir string, unlock func(), err error) {
	dir = filepath.Join(s.trash(), id+stagedSuffix)
	for {
		if err := os.Mkdir(dir, 0o700); err != nil {
			return "", nil, err
		}
		unlock, err := lockDir(dir)
		if err == nil {
			// Trash may have taken it for an abandoned one before it was locked.
			if _, err = os.Lstat(dir); err == nil {
				return dir, unlock, nil
			}
			unlock()
		}
		if !errors.Is(err, fs.ErrNotExist) {
			os.Remove(dir)
			return "", nil, err
		}
	}
}

// Detach takes a container out of the store: its name is free and no list shows it.
// Its files now lie in the returned directory, which the caller deletes. Detaching a
// container that is gone is ClassNotFound.
func (s *Store) Detach(id string) (dir string, err error) {
	names := s.claims(id)
	unlock, err := lockDir(s.names())
	if err != nil {
		return "", err
	}
	defer unlock()
	for {
		dir, err = os.MkdirTemp(s.trash(), id+".")
		if err != nil {
			return "", classify(err, "remove container %q", engine.ShortID(id))
		}
		if err = os.Rename(s.Dir(id), filepath.Join(dir, "c")); err == nil {
			break
		}
		os.Remove(dir)
		if !errors.Is(err, fs.ErrNotExist) {
			return "", classify(err, "remove container %q", engine.ShortID(id))
		}
		if _, err := os.Lstat(s.Dir(id)); err != nil {
			return "", notFound(id)
		} // else somebody who empties the trash took the directory away while nothing was in it
	}
	for _, name := range names {
		s.release(name, id)
	}
	return dir, nil
}

// claims returns the names that a container may hold. Of its record it reads nothing
// else: that is long, and a shim reads it here only.
func (s *Store) claims(id string) []string {
	var c claims
	data, err := os.ReadFile(filepath.Join(s.Dir(id), RecordFile))
	if err != nil || jsonfields.Parse(data, &c) != nil {
		return nil
	}
	return []string{c.name, c.former}
}

type claims struct{ name, former string }

func (c *claims) Fields(f *jsonfields.Codec) {
	jsonfields.String(f, "Name", &c.name)
	jsonfields.String(f, "Former", &c.former)
}

// Trash returns the directories of removed containers that are not deleted yet,
// because whoever removed them was killed meanwhile or may not delete them, and of
// containers whose maker was killed before they existed.
func (s *Store) Trash() []string {
	entries, err := os.ReadDir(s.trash())
	if err != nil {
		return nil
	}
	dirs := make([]string, 0, len(entries))
	for _, e := range entries {
		dir := filepath.Join(s.trash(), e.Name())
		if id, ok := strings.CutSuffix(e.Name(), stagedSuffix); ok {
			if dir, ok = s.abandoned(id, dir); !ok {
				continue
			}
		}
		dirs = append(dirs, dir)
	}
	return dirs
}

// abandoned moves a staged directory aside unless its maker lives, and returns where it is now.
func (s *Store) abandoned(id, dir string) (string, bool) {
	d, err := os.Open(dir)
	if err != nil {
		return "", false
	}
	defer d.Close()
	if unix.Flock(int(d.Fd()), unix.LOCK_EX|unix.LOCK_NB) != nil {
		return "", false
	}
	// Its maker may have finished, and it is a container now, between the listing and the lock.
	if _, err := os.Lstat(dir); err != nil {
		return "", false
	}
	aside, err := os.MkdirTemp(s.trash(), id+".")
	if err != nil {
		return "", false
	}
	if err := os.Rename(dir, filepath.Join(aside, "c")); err != nil {
		os.Remove(aside)
		return "", false
	}
	return aside, true
}

// Detach takes a container that no longer runs out of the store in root: what a shim
// does at the end of a container with --rm. The caller deletes the returned directory
// with RemoveTree, later if it likes. Files that it may not delete (foreign ids of a
// rootless container) stay in the trash, where the next berth finds them.
func Detach(root, id string) (dir string, err error) {
	return (&Store{root: root}).Detach(id)
}

// Detached returns the record of a container whose files lie in dir, a directory that
// [Store.Trash] returned, and whose removal may be untold: whoever detached it was killed
// before Forget. The record is nil if all was told. It is ClassConflict while another
// process works on it; until release, none does. It is ClassNotFound, and dir is gone, if
// no container lies in it.
func Detached(dir string) (rec *Record, release func(), err error) {
	c := filepath.Join(dir, "c")
	if _, err := os.Lstat(c); errors.Is(err, fs.ErrNotExist) {
		os.Remove(dir) // and nothing else: one may be put there just now
		return nil, nil, engine.Errorf(engine.ClassNotFound, "remove files in %q: there are none", dir)
	}
	file := filepath.Join(c, RecordFile)
	if _, err := os.Lstat(file); err != nil {
		return nil, func() {}, nil
	}
	unlock, err := tryLockDir(c)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, func() {}, nil
	}
	if err != nil {
		return nil, nil, engine.Errorf(engine.ClassConflict, "remove files in %q: another process does so", dir)
	}
	data, err := os.ReadFile(file)
	rec = new(Record)
	if err != nil || jsonfields.Parse(data, rec) != nil || !validID(rec.ID) {
		return nil, unlock, nil // told meanwhile, or never whole
	}
	return rec, unlock, nil
}

// Forget takes the record away from a container's detached files: its removal was told.
func Forget(dir string) {
	os.Remove(filepath.Join(dir, "c", RecordFile)) // a kill just before this costs a look into the log
}

// Sweep removes files that a kill left and that hinder nobody: claims of names that no
// container confirms, as of a rename, and indexes that were being written an hour ago.
func (s *Store) Sweep() error {
	unlock, err := lockDir(s.names())
	if err != nil {
		return err
	}
	defer unlock()
	entries, err := os.ReadDir(s.names())
	if err != nil {
		return classify(err, "list container names")
	}
	for _, e := range entries {
		if _, err := s.byName(e.Name()); errors.Is(err, fs.ErrNotExist) {
			os.Remove(filepath.Join(s.names(), e.Name()))
		}
	}
	old, _ := filepath.Glob(filepath.Join(s.containers(), indexFile+".*")) // the pattern is sound
	for _, file := range old {
		if fi, err := os.Lstat(file); err == nil && time.Since(fi.ModTime()) > time.Hour {
			os.Remove(file)
		}
	}
	return nil
}
