package snapshot

import (
	"context"
	"crypto/rand"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"time"

	"berth/engine"
	"berth/engine/internal/layer"

	"golang.org/x/sys/unix"
)

// A Staged layer is one being written. Close it in any case.
type Staged struct {
	store *Store
	path  string
	dir   *os.File // holds the flock that says: not garbage
	res   layer.Result
	gone  bool
}

// Stage makes room for a new layer.
func (s *Store) Stage() (*Staged, error) {
	s.spread()
	for {
		path := filepath.Join(s.root, "staging", strings.ToLower(rand.Text()[:16]))
		if err := os.Mkdir(path, 0o700); err != nil {
			return nil, fmt.Errorf("stage layer: %w", err)
		}
		dir, err := os.Open(path)
		if errors.Is(err, fs.ErrNotExist) {
			continue // the collector came between
		}
		if err != nil {
			return nil, fmt.Errorf("stage layer: %w", err)
		}
		if unix.Flock(int(dir.Fd()), unix.LOCK_EX|unix.LOCK_NB) == nil {
			return &Staged{store: s, path: path, dir: dir}, nil
		}
		dir.Close()
	}
}

// spread tells ext4 that what lies in staging is not related (chattr(1), attribute T), so
// that it puts each layer into other block groups than its siblings: layers that are
// written at the same time don't search the same bitmaps, and a pull that follows a
// prune does not search those where inodes were freed a moment ago, which ext4
// without a journal passes over one by one. Other file systems refuse; nothing is lost.
func (s *Store) spread() {
	dir, err := os.Open(filepath.Join(s.root, "staging"))
	if err != nil {
		return
	}
	defer dir.Close()
	const topDir = 0x00020000 // FS_TOPDIR_FL of <linux/fs.h>
	flags, err := unix.IoctlGetInt(int(dir.Fd()), unix.FS_IOC_GETFLAGS)
	if err == nil && flags&topDir == 0 {
		_ = unix.IoctlSetPointerInt(int(dir.Fd()), unix.FS_IOC_SETFLAGS, flags|topDir)
	}
}

// Unpack writes the tar into the staged layer. It does so once.
func (st *Staged) Unpack(ctx context.Context, tar io.Reader, limits layer.Limits) (layer.Result, error) {
	root := filepath.Join(st.path, "fs")
	if err := os.Mkdir(root, 0o755); err != nil {
		return layer.Result{}, fmt.Errorf("stage layer: %w", err)
	}
	if err := os.Chmod(root, 0o755); err != nil { // whatever the umask is
		return layer.Result{}, fmt.Errorf("stage layer: %w", err)
	}
	dir, err := os.Open(root)
	if err != nil {
		return layer.Result{}, fmt.Errorf("stage layer: %w", err)
	}
	defer dir.Close()
	st.res, err = st.store.runner.Unpack(ctx, dir, tar, limits)
	return st.res, err
}

// Incomplete reports whether the layer's tar left directories out, so that Inherit must follow.
func (st *Staged) Incomplete() bool { return len(st.res.Implicit) > 0 }

// Inherit completes a layer whose tar left directories out, from the layers below
// it, topmost first: directories of other staged layers or existing ones.
func (st *Staged) Inherit(ctx context.Context, lowers []string) error {
	root, err := os.Open(st.Dir())
	if err != nil {
		return fmt.Errorf("complete layer: %w", err)
	}
	defer root.Close()
	files := make([]*os.File, 0, len(lowers))
	defer func() {
		for _, f := range files {
			f.Close()
		}
	}()
	for _, dir := range lowers {
		f, err := os.Open(dir)
		if err != nil {
			return fmt.Errorf("complete layer: %w", err)
		}
		files = append(files, f)
	}
	return st.store.runner.Inherit(ctx, root, st.res.Implicit, files)
}

// Dir returns the path of the staged layer's files.
func (st *Staged) Dir() string { return filepath.Join(st.path, "fs") }

// Describe writes the layer's record. It precedes the Sync that precedes Commit.
func (st *Staged) Describe(diff engine.DiffID, chain engine.ChainID) error {
	rec := Record{DiffID: diff, Size: st.res.Size, Entries: st.res.Entries, Unpacked: time.Now()}
	if st.Incomplete() {
		rec.ChainID = chain
	}
	data, err := json.Marshal(rec)
	if err != nil {
		return fmt.Errorf("describe layer: %w", err)
	}
	if err := os.WriteFile(filepath.Join(st.path, "layer.json"), data, 0o600); err != nil {
		return fmt.Errorf("describe layer: %w", err)
	}
	return nil
}

// Commit makes the layer exist and returns its key and disk usage. The caller holds the
// layer's lock, and has called Describe and Sync.
func (st *Staged) Commit(diff engine.DiffID, chain engine.ChainID) (Key, int64, error) {
	k := st.store.keys(diff, chain)[0]
	if st.Incomplete() {
		k = st.store.keys(diff, chain)[1]
	}
	err := os.Rename(st.path, st.store.dir(k))
	if err != nil && !errors.Is(err, fs.ErrExist) && !errors.Is(err, unix.ENOTEMPTY) {
		return "", 0, fmt.Errorf("commit layer %.12s: %w", k, err)
	}
	st.gone = err == nil
	return k, st.res.Size, nil
}

// Close gives the staging place up, and removes what is left in it.
func (st *Staged) Close(ctx context.Context) error {
	defer st.dir.Close()
	if st.gone {
		return nil
	}
	// A cancelled pull still cleans up after itself.
	return st.store.discard(context.WithoutCancel(ctx), filepath.Base(st.path))
}

// discard removes a tree in staging.
func (s *Store) discard(ctx context.Context, name string) error {
	dir, err := os.Open(filepath.Join(s.root, "staging"))
	if err != nil {
		return fmt.Errorf("clean up staging: %w", err)
	}
	defer dir.Close()
	return s.runner.Remove(ctx, dir, name)
}

// Collect removes what dead processes left in staging.
func (s *Store) Collect(ctx context.Context) error {
	staging := filepath.Join(s.root, "staging")
	entries, err := os.ReadDir(staging)
	if err != nil {
		return fmt.Errorf("clean up staging: %w", err)
	}
	var errs []error
	for _, e := range entries {
		dir, err := os.Open(filepath.Join(staging, e.Name()))
		if err != nil {
			continue // just removed
		}
		if unix.Flock(int(dir.Fd()), unix.LOCK_EX|unix.LOCK_NB) == nil {
			errs = append(errs, s.discard(ctx, e.Name()))
		}
		dir.Close()
	}
	return errors.Join(errs...)
}
