// Package pull brings images from registries into the cache: it resolves a
// reference, fetches and unpacks all layers at the same time, verifies every digest,
// and only then makes anything visible. It implements engine.Registries and, with
// package image, engine.Images.
//
// The way of one layer, all of it at once:
//
//	network ─▶ spool file ─▶ sha256 ─▶ inflate ─▶ sha256 ─▶ tar ─▶ staging directory
//	           (resume)      digest               diffID
//
// and of one image:
//
//	lock layers ─▶ fetch and unpack ─▶ inherit ─▶ sync ─▶ rename layers ─▶ catalogue
//
// A process that dies at any point leaves the old state, spools that the next pull
// continues, and garbage that the next pull or prune collects. The package runs in
// berth only.
package pull

import (
	"context"
	"crypto/rand"
	"fmt"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"time"

	"berth/engine"
	"berth/engine/internal/content"
	"berth/engine/internal/eventlog"
	"berth/engine/internal/idmap"
	"berth/engine/internal/image"
	"berth/engine/internal/layer"
	"berth/engine/internal/registry"
	"berth/engine/internal/snapshot"
)

// Config says where images are kept and come from.
type Config struct {
	Root  string // state directory, absolute; made if it is not there
	IDMap idmap.Mapping
	// Worker returns the command that runs layer.WorkerMain; needed unless IDMap is Host.
	Worker func(args ...string) (*exec.Cmd, error)
	// Uses returns the containers of every image. Nil means none.
	Uses func(ctx context.Context) (map[engine.Digest][]image.Use, error)
	// Publish appends events to the shared log. Nil means nobody listens.
	Publish func(recs ...eventlog.Record) error
	// Hub replaces Docker Hub; nil means the network.
	Hub http.RoundTripper
	// Mirrors are asked before Docker Hub, in order: URLs or hosts.
	Mirrors []string
	// Insecure are hosts, with port, that may use plain HTTP or an unknown certificate.
	Insecure []string
	// DockerConfig is the directory of Docker's config.json; empty for no credentials.
	DockerConfig string
	// Retry and Limits are for tests; the zero values are the defaults.
	Retry  registry.Retry
	Limits layer.Limits
}

// A Store is the image cache of one state directory together with the registries
// that fill it. It is safe for concurrent use, by any number of processes.
type Store struct {
	*image.Store
	cfg      Config
	content  *content.Store
	layers   *snapshot.Store
	registry *registry.Client
	turns    *gate // of layers that inflate
	windows  *gate // of bytes that zstd's windows may have
}

// Open prepares the image cache below cfg.Root. It starts nothing and need not be closed.
func Open(cfg Config) (*Store, error) {
	root, err := filepath.Abs(cfg.Root)
	if err != nil {
		return nil, fmt.Errorf("open image cache: %w", err)
	}
	cfg.Root = root
	if err := os.MkdirAll(root, 0o700); err != nil {
		return nil, fmt.Errorf("open image cache: %w", err)
	}
	if cfg.Publish == nil {
		cfg.Publish = func(...eventlog.Record) error { return nil }
	}
	s := &Store{cfg: cfg, turns: newTurns(), windows: &gate{room: maxWindow}}
	if s.content, err = content.Open(root); err != nil {
		return nil, err
	}
	if s.layers, err = snapshot.Open(root, layer.Runner{Map: cfg.IDMap, Worker: cfg.Worker}); err != nil {
		return nil, err
	}
	s.Store, err = image.Open(image.Config{Root: root, Content: s.content, Layers: s.layers, Uses: cfg.Uses, Publish: cfg.Publish})
	if err != nil {
		return nil, err
	}
	s.registry = registry.New(registry.Config{
		Hub: cfg.Hub, Mirrors: cfg.Mirrors, Insecure: cfg.Insecure, DockerConfig: cfg.DockerConfig, Retry: cfg.Retry,
	})
	return s, nil
}

// Login implements engine.Registries.
func (s *Store) Login(ctx context.Context, c engine.Credentials) error {
	return s.registry.Login(ctx, c)
}

// Logout implements engine.Registries.
func (s *Store) Logout(ctx context.Context, host string) error {
	return s.registry.Logout(ctx, host)
}

// spoolAge is how long what an interrupted pull left is kept for the next one.
const spoolAge = 7 * 24 * time.Hour

// collect removes what dead processes left. A failure to clean up is no failure of the pull.
func (s *Store) collect(ctx context.Context) {
	_ = s.layers.Collect(ctx)
	_, _ = s.content.CollectSpools(time.Now().Add(-spoolAge))
}

func newID() string { return strings.ToLower(rand.Text()[:12]) }

var (
	_ engine.Images     = (*Store)(nil)
	_ engine.Registries = (*Store)(nil)
)
