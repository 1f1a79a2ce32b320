// Package image keeps what the cache knows of images: which names point to which
// image, and which layers an image stacks. It implements engine.Images.
//
//	images       the catalogue: one line of text for each image, replaced as a whole
//	used/<hex>   empty file whose time is the image's last use
//	reserve      space to write the catalogue when the disk is full
//
// with the manifests and configs in package content and the layers in package
// snapshot. One file holds all names and images, instead of a file for each name,
// so that a change of several is one rename (a moved tag never points to nothing)
// and a list of a thousand images is one read. Readers take no lock. The package runs
// in berth only and knows no network: see package pull.
package image

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"sync/atomic"
	"time"

	"berth/engine"
	"berth/engine/internal/content"
	"berth/engine/internal/eventlog"
	"berth/engine/internal/idmap"
	"berth/engine/internal/layer"
	"berth/engine/internal/snapshot"
)

// A Use is one container that was made of an image.
type Use struct {
	ID      string // container
	Running bool   // or paused
}

// Config says where a Store is and what it works with.
type Config struct {
	Root  string // state directory, absolute; made if it is not there
	IDMap idmap.Mapping
	// Worker returns the command that runs layer.WorkerMain; needed unless IDMap is Host.
	Worker func(args ...string) (*exec.Cmd, error)
	// Uses returns the containers of every image. Nil means none.
	Uses func(ctx context.Context) (map[engine.Digest][]Use, error)
	// Publish appends events to the shared log. Nil means nobody listens.
	Publish func(recs ...eventlog.Record) error
}

// A Store is the images below one state directory. It is safe for concurrent use,
// by any number of processes.
type Store struct {
	cfg     Config
	content *content.Store
	layers  *snapshot.Store
	cache   atomic.Pointer[catalogue]
}

// Names of locks.
const (
	lockCatalogue = "images"     // held to change the catalogue
	lockUse       = "images-use" // shared: an image is being put to use; exclusive: being removed
)

// Open prepares the store. It starts nothing and need not be closed.
func Open(cfg Config) (*Store, error) {
	s := &Store{cfg: cfg}
	if err := os.MkdirAll(filepath.Join(cfg.Root, "used"), 0o700); err != nil {
		return nil, fmt.Errorf("open image store: %w", err)
	}
	if s.cfg.Uses == nil {
		s.cfg.Uses = func(context.Context) (map[engine.Digest][]Use, error) { return nil, nil }
	}
	if s.cfg.Publish == nil {
		s.cfg.Publish = func(...eventlog.Record) error { return nil }
	}
	var err error
	if s.content, err = content.Open(cfg.Root); err != nil {
		return nil, err
	}
	if s.layers, err = snapshot.Open(cfg.Root, layer.Runner{Map: cfg.IDMap, Worker: cfg.Worker}); err != nil {
		return nil, err
	}
	s.holdReserve()
	return s, nil
}

// Root returns the state directory.
func (s *Store) Root() string { return s.cfg.Root }

// Content returns where manifests, configs and what a pull fetches are.
func (s *Store) Content() *content.Store { return s.content }

// Layers returns where the layers are.
func (s *Store) Layers() *snapshot.Store { return s.layers }

// A Lease keeps an image from being removed until Release.
type Lease struct {
	Resolved
	lock *content.Lock
}

// Release ends the lease.
func (l *Lease) Release() { l.lock.Release() }

// Acquire resolves ref and keeps every removal of images waiting until the lease is
// released: make the container's record, which then protects the image, and release
// at once. It notes the image as used now.
func (s *Store) Acquire(ctx context.Context, ref string) (*Lease, error) {
	lock, err := s.content.Lock(ctx, lockUse, content.Shared)
	if err != nil {
		return nil, err
	}
	res, err := s.Resolve(ctx, ref)
	if err != nil {
		lock.Release()
		return nil, err
	}
	s.touch(res.ID)
	return &Lease{Resolved: res, lock: lock}, nil
}

func (s *Store) usedFile(id engine.Digest) string {
	return filepath.Join(s.cfg.Root, "used", filepath.Base(id.Hex()))
}

// touch notes a use. That it is lost in a crash, or fails on a full disk, harms nobody.
func (s *Store) touch(id engine.Digest) {
	now := time.Now()
	if os.Chtimes(s.usedFile(id), now, now) == nil {
		return
	}
	if f, err := os.OpenFile(s.usedFile(id), os.O_CREATE|os.O_WRONLY, 0o600); err == nil {
		f.Close()
	}
}

// publish reports what was done. The work itself is done by then, so a log that
// can't be written is no reason to call it failed.
func (s *Store) publish(action string, id engine.Digest, attrs map[string]string) {
	s.publishID(action, string(id), attrs)
}

func (s *Store) publishID(action, id string, attrs map[string]string) {
	_ = s.cfg.Publish(eventlog.Record{Time: time.Now(), Kind: string(engine.KindImage), Action: action, ID: id, Attrs: attrs})
}
