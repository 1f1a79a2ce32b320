package image

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"time"

	"berth/engine"
	"berth/engine/internal/content"
	"berth/engine/internal/snapshot"

	"golang.org/x/sys/unix"
)

// An Entry is one image in the catalogue.
type Entry struct {
	ID        engine.Digest
	Manifest  engine.Digest // of the platform's manifest
	Created   time.Time
	Pulled    time.Time
	Platform  engine.Platform
	Pinned    bool
	Removed   bool     // gone for everybody but the containers that still use its layers
	Tags      []string // whole references with tag, "docker.io/library/ubuntu:24.04", sorted
	Digests   []string // whole references with digest, sorted
	Labels    map[string]string
	MetaSize  int64 // bytes of config and manifest
	LayerRefs []LayerRef
}

// A LayerRef is one layer of an image, bottom first.
type LayerRef struct {
	Key    snapshot.Key
	DiffID engine.DiffID
	Blob   engine.Digest
	Size   int64 // disk usage
}

// A catalogue is one state of the file. It is never changed once it is published.
type catalogue struct {
	stamp   stamp
	entries []*Entry // newest first
}

// stamp tells one state of the file from the next: each is a new inode.
type stamp struct {
	inode uint64
	size  int64
	mtime time.Time
}

func (s *Store) path() string { return filepath.Join(s.cfg.Root, "images") }

// load returns the present state, from memory if the file is still the same.
func (s *Store) load() (*catalogue, error) {
	now, err := stampOf(s.path())
	if errors.Is(err, fs.ErrNotExist) {
		return &catalogue{}, nil
	}
	if err != nil {
		return nil, fmt.Errorf("read images: %w", err)
	}
	if c := s.cache.Load(); c != nil && c.stamp == now {
		return c, nil
	}
	data, err := os.ReadFile(s.path())
	if err != nil {
		return nil, fmt.Errorf("read images: %w", err)
	}
	entries, err := decode(string(data))
	if err != nil {
		return nil, fmt.Errorf("read images in %q: %w", s.path(), err)
	}
	// If the file was replaced in between, the stamp is too old and the next call reads again.
	c := &catalogue{stamp: now, entries: entries}
	s.cache.Store(c)
	return c, nil
}

// update changes the catalogue under its lock. change gets copies that it may alter;
// what it returns replaces the file, unless it is an error. All or nothing is written.
func (s *Store) update(ctx context.Context, change func([]*Entry) ([]*Entry, error)) error {
	lock, err := s.content.Lock(ctx, lockCatalogue, content.Exclusive)
	if err != nil {
		return err
	}
	defer lock.Release()
	c, err := s.load()
	if err != nil {
		return err
	}
	copies := make([]*Entry, len(c.entries))
	for i, e := range c.entries {
		copies[i] = e.clone()
	}
	entries, err := change(copies)
	if err != nil {
		return err
	}
	slices.SortStableFunc(entries, func(a, b *Entry) int { return b.Created.Compare(a.Created) })
	data := encode(entries)
	if bytes.Equal(data, encode(c.entries)) {
		return nil
	}
	if err := content.Replace(s.path(), data); err != nil {
		return fmt.Errorf("write images: %w", diskError(err))
	}
	return nil
}

// shrink is update for changes that lead to free space. On a full disk it gives the
// reserve away, or nothing could ever be removed.
func (s *Store) shrink(ctx context.Context, change func([]*Entry) ([]*Entry, error)) error {
	err := s.update(ctx, change)
	if engine.ClassOf(err) != engine.ClassExhausted {
		return err
	}
	if os.Remove(s.reserve()) != nil {
		return err
	}
	return s.update(ctx, change)
}

func (s *Store) reserve() string { return filepath.Join(s.cfg.Root, "reserve") }

// reserveSize lets a catalogue of about two thousand images be written.
const reserveSize = 1 << 20

// holdReserve makes sure that the reserve is there, if the disk allows it.
func (s *Store) holdReserve() {
	if info, err := os.Stat(s.reserve()); err == nil && info.Size() == reserveSize {
		return
	}
	f, err := os.OpenFile(s.reserve(), os.O_WRONLY|os.O_CREATE, 0o600)
	if err != nil {
		return
	}
	defer f.Close()
	if unix.Fallocate(int(f.Fd()), 0, 0, reserveSize) != nil {
		_ = os.Remove(s.reserve()) // half a reserve is none
	}
}

func (e *Entry) clone() *Entry {
	c := *e
	c.Tags, c.Digests, c.LayerRefs = slices.Clone(e.Tags), slices.Clone(e.Digests), slices.Clone(e.LayerRefs)
	return &c
}

// Put adds the image, or updates it, and makes name point to it: a whole reference
// with a tag, with a digest or with both forms given. Names that pointed elsewhere move. It
// reports whether anything changed.
func (s *Store) Put(ctx context.Context, e Entry) (changed bool, err error) {
	err = s.update(ctx, func(entries []*Entry) ([]*Entry, error) {
		at := slices.IndexFunc(entries, func(o *Entry) bool { return o.ID == e.ID })
		if at < 0 {
			changed = true
			fresh := e.clone()
			fresh.Tags, fresh.Digests = nil, nil
			entries = append(entries, fresh)
			at = len(entries) - 1
		}
		own := entries[at]
		changed = changed || own.Removed
		own.Removed = false
		own.LayerRefs, own.Manifest, own.MetaSize, own.Pulled = e.LayerRefs, e.Manifest, e.MetaSize, e.Pulled
		for _, t := range e.Tags {
			if !slices.Contains(own.Tags, t) {
				changed = true
				moveName(entries, own, t)
			}
		}
		for _, d := range e.Digests {
			if !slices.Contains(own.Digests, d) {
				changed = true
				own.Digests = insert(own.Digests, d)
			}
		}
		return entries, nil
	})
	return changed, err
}

// moveName makes tag a name of own and of no other image.
func moveName(entries []*Entry, own *Entry, tag string) {
	for _, o := range entries {
		o.Tags = slices.DeleteFunc(o.Tags, func(t string) bool { return t == tag })
	}
	own.Tags = insert(own.Tags, tag)
}

func insert(names []string, name string) []string {
	at, found := slices.BinarySearch(names, name)
	if found {
		return names
	}
	return slices.Insert(names, at, name)
}
