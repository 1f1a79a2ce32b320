// Package content keeps bytes by their digest below the state directory, and the
// means to share that directory between processes:
//
//	blobs/sha256/<hex>   manifests and configs, as the registry sent them
//	ingest/<hex>         the part of a layer's blob that has come so far
//	locks                one empty file; processes lock single bytes of it
//
// A blob is complete once its name exists. An ingest file is whatever came: it is
// verified when it is used, from its first byte on. The package runs in berth only.
package content

import (
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strconv"

	"berth/engine"

	"golang.org/x/sys/unix"
)

// A Store is the content below one state directory. It is safe for concurrent use,
// by any number of processes.
type Store struct{ root string }

// Open prepares the directories below root.
func Open(root string) (*Store, error) {
	for _, dir := range []string{"blobs/sha256", "ingest"} {
		if err := os.MkdirAll(filepath.Join(root, dir), 0o700); err != nil {
			return nil, fmt.Errorf("open content store: %w", err)
		}
	}
	return &Store{root: root}, nil
}

func (s *Store) blob(d engine.Digest) string {
	return filepath.Join(s.root, "blobs/sha256", filepath.Base(d.Hex()))
}

// Put stores data under its digest and returns that. The bytes are durable when it returns.
func (s *Store) Put(data []byte) (engine.Digest, error) {
	sum := sha256.Sum256(data)
	d := engine.Digest("sha256:" + hex.EncodeToString(sum[:]))
	if info, err := os.Stat(s.blob(d)); err == nil && info.Size() == int64(len(data)) {
		return d, nil
	}
	if err := create(s.blob(d), data); err != nil {
		return "", fmt.Errorf("store blob %s: %w", d.Short(), err)
	}
	return d, nil
}

// Get returns a blob and verifies it: ClassNotFound if there is none, ClassIntegrity
// if the disk changed it.
func (s *Store) Get(d engine.Digest) ([]byte, error) {
	data, err := os.ReadFile(s.blob(d))
	if errors.Is(err, fs.ErrNotExist) {
		return nil, engine.Errorf(engine.ClassNotFound, "blob %s is not in the store", d.Short())
	}
	if err != nil {
		return nil, fmt.Errorf("read blob %s: %w", d.Short(), err)
	}
	if sum := sha256.Sum256(data); hex.EncodeToString(sum[:]) != d.Hex() {
		return nil, engine.Errorf(engine.ClassIntegrity, "blob %s was changed on disk", d.Short()).
			WithHint("Remove the image and pull it again.")
	}
	return data, nil
}

// Remove deletes a blob. One that is not there is no error.
func (s *Store) Remove(d engine.Digest) error {
	if err := os.Remove(s.blob(d)); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("remove blob %s: %w", d.Short(), err)
	}
	return nil
}

// create writes a file that has no name before it is whole and durable, so that a kill
// leaves nothing. One that is there is replaced: it may be broken. Several may create the
// same file at once.
func create(path string, data []byte) error {
	dir := filepath.Dir(path)
	fd, err := unix.Open(dir, unix.O_TMPFILE|unix.O_WRONLY|unix.O_CLOEXEC, 0o600)
	if err != nil { // a file system that does not have this
		return overwrite(path, data)
	}
	f := os.NewFile(uintptr(fd), path)
	_, err = f.Write(data)
	if err == nil {
		err = f.Sync()
	}
	if err == nil {
		err = unix.Linkat(unix.AT_FDCWD, "/proc/self/fd/"+strconv.Itoa(fd), unix.AT_FDCWD, path, unix.AT_SYMLINK_FOLLOW)
	}
	err = errors.Join(err, f.Close())
	if errors.Is(err, fs.ErrExist) {
		return overwrite(path, data)
	}
	if err != nil {
		return err
	}
	return SyncDir(dir)
}

func overwrite(path string, data []byte) error {
	f, err := os.CreateTemp(filepath.Dir(path), ".tmp-")
	if err != nil {
		return err
	}
	return replace(path, f, data)
}

// Replace writes a file so that a reader, or a crash, finds the old content or the
// new one: temporary file, fsync, rename, fsync of the directory. The caller is the only
// writer of that file; what a killed one leaves has a fixed name and is overwritten.
func Replace(path string, data []byte) error {
	tmp := filepath.Join(filepath.Dir(path), ".tmp-"+filepath.Base(path))
	f, err := os.OpenFile(tmp, os.O_WRONLY|os.O_CREATE|os.O_TRUNC, 0o600)
	if err != nil {
		return err
	}
	return replace(path, f, data)
}

// replace fills a temporary file and gives it the name path.
func replace(path string, f *os.File, data []byte) error {
	defer os.Remove(f.Name()) // gone after the rename, left over after an error
	_, err := f.Write(data)
	if err == nil {
		err = f.Sync()
	}
	err = errors.Join(err, f.Close())
	if err == nil {
		err = os.Rename(f.Name(), path)
	}
	if err != nil {
		return err
	}
	return SyncDir(filepath.Dir(path))
}

// SyncDir makes the names in a directory durable.
func SyncDir(dir string) error {
	d, err := os.Open(dir)
	if err != nil {
		return err
	}
	return errors.Join(d.Sync(), d.Close())
}
