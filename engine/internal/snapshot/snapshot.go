// Package snapshot keeps unpacked layers below the state directory:
//
//	layers/<key>/fs           the layer's files, a lower directory for overlayfs
//	layers/<key>/layer.json   its Record
//	staging/<random>          layers being written, and those being deleted
//
// A layer exists once layers/<key> does: it is renamed there from staging when its
// digests are verified and its files are on the disk. What lies in staging without
// the lock of a living process is garbage.
//
// The key is the digits of the DiffID, so that images share the layer; of the
// ChainID if the layer's tar leaves directories out whose attributes come from the
// layers below it (see package layer). Layers of different id mappings have
// different keys, because the owners on disk differ. The package runs in berth only.
package snapshot

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"time"

	"berth/engine"
	"berth/engine/internal/content"
	"berth/engine/internal/idmap"
	"berth/engine/internal/layer"

	"golang.org/x/sys/unix"
)

// A Key names a layer's directory.
type Key string

// A Record describes an unpacked layer.
type Record struct {
	DiffID   engine.DiffID
	ChainID  engine.ChainID `json:",omitempty"` // set if the layer fits only on that chain
	Size     int64          // disk usage
	Entries  int
	Unpacked time.Time
}

// A Store is the layers below one state directory. It is safe for concurrent use,
// by any number of processes.
type Store struct {
	root   string
	runner layer.Runner
}

// Open prepares the directories below root.
func Open(root string, runner layer.Runner) (*Store, error) {
	for _, dir := range []string{"layers", "staging"} {
		if err := os.MkdirAll(filepath.Join(root, dir), 0o700); err != nil {
			return nil, fmt.Errorf("open layer store: %w", err)
		}
	}
	return &Store{root: root, runner: runner}, nil
}

// keys returns the two names under which a layer may lie.
func (s *Store) keys(diff engine.DiffID, chain engine.ChainID) [2]Key {
	suffix := ""
	if m := s.runner.Map.Mode; m != idmap.Host && m != "" {
		suffix = "." + string(m)
	}
	return [2]Key{Key(filepath.Base(diff.Hex()) + suffix), Key(filepath.Base(chain.Hex()) + suffix)}
}

func (s *Store) dir(k Key) string { return filepath.Join(s.root, "layers", string(k)) }

// Dir returns the absolute path of a layer's files.
func (s *Store) Dir(k Key) string { return filepath.Join(s.dir(k), "fs") }

// Has reports whether the layer exists.
func (s *Store) Has(k Key) bool {
	_, err := os.Lstat(s.dir(k))
	return err == nil
}

// Find looks the layer up under both its names: ClassNotFound if it is not there.
func (s *Store) Find(diff engine.DiffID, chain engine.ChainID) (Key, Record, error) {
	for _, k := range s.keys(diff, chain) {
		rec, err := s.read(k)
		if errors.Is(err, fs.ErrNotExist) {
			continue
		}
		if err != nil {
			return "", Record{}, fmt.Errorf("read layer %.12s: %w", k, err)
		}
		if rec.ChainID == "" || rec.ChainID == chain {
			return k, rec, nil
		}
	}
	return "", Record{}, engine.Errorf(engine.ClassNotFound, "layer %.12s is not unpacked", diff.Hex())
}

func (s *Store) read(k Key) (Record, error) {
	data, err := os.ReadFile(filepath.Join(s.dir(k), "layer.json"))
	if err != nil {
		return Record{}, err
	}
	var rec Record
	err = json.Unmarshal(data, &rec)
	return rec, err
}

// Keys lists all layers.
func (s *Store) Keys() ([]Key, error) {
	entries, err := os.ReadDir(filepath.Join(s.root, "layers"))
	if err != nil {
		return nil, fmt.Errorf("list layers: %w", err)
	}
	keys := make([]Key, 0, len(entries))
	for _, e := range entries {
		keys = append(keys, Key(e.Name()))
	}
	return keys, nil
}

// Size returns the recorded disk usage of a layer, 0 if it has none.
func (s *Store) Size(k Key) int64 {
	rec, err := s.read(k)
	if err != nil {
		return 0
	}
	return rec.Size
}

// Sync makes everything written below the root durable: the layers' files. Names
// are made durable by Commit.
func (s *Store) Sync() error {
	d, err := os.Open(s.root)
	if err != nil {
		return fmt.Errorf("sync layers: %w", err)
	}
	defer d.Close()
	if err := unix.Syncfs(int(d.Fd())); err != nil {
		return fmt.Errorf("sync layers: %w", err)
	}
	return nil
}

// SyncNames makes the renames of Commit durable.
func (s *Store) SyncNames() error { return content.SyncDir(filepath.Join(s.root, "layers")) }

// Remove deletes a layer. It vanishes at once; its files follow. The caller holds the
// layer's lock. A layer that is not there is no error.
func (s *Store) Remove(ctx context.Context, k Key) error {
	st, err := s.Stage()
	if err != nil {
		return err
	}
	err = os.Rename(s.dir(k), filepath.Join(st.path, "removed"))
	if errors.Is(err, fs.ErrNotExist) {
		err = nil
	}
	if err := errors.Join(err, st.Close(ctx)); err != nil {
		return fmt.Errorf("remove layer %.12s: %w", k, err)
	}
	return nil
}

// DiffID returns the recorded DiffID of a layer.
func (s *Store) DiffID(k Key) (engine.DiffID, error) {
	rec, err := s.read(k)
	if err != nil {
		return "", fmt.Errorf("read layer %.12s: %w", k, err)
	}
	return rec.DiffID, nil
}
