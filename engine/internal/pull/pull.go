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
	"net/http"
	"strings"
	"time"

	"berth/engine"
	"berth/engine/internal/eventlog"
	"berth/engine/internal/image"
	"berth/engine/internal/layer"
	"berth/engine/internal/registry"
)

// Config says where images come from.
type Config struct {
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
	registry *registry.Client
	turns    *gate // of layers that inflate
	windows  *gate // of bytes that zstd's windows may have
}

// New returns what fills a cache. It starts nothing and need not be closed.
func New(images *image.Store, cfg Config) *Store {
	if cfg.Publish == nil {
		cfg.Publish = func(...eventlog.Record) error { return nil }
	}
	return &Store{
		Store:   images,
		cfg:     cfg,
		turns:   newTurns(),
		windows: &gate{room: maxWindow},
		registry: registry.New(registry.Config{
			Hub: cfg.Hub, Mirrors: cfg.Mirrors, Insecure: cfg.Insecure, DockerConfig: cfg.DockerConfig, Retry: cfg.Retry,
		}),
	}
}

// Login implements engine.Registries.
func (s *Store) Login(ctx context.Context, c engine.Credentials) (engine.LoginResult, error) {
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
	_ = s.Layers().Collect(ctx)
	_, _ = s.Content().CollectSpools(time.Now().Add(-spoolAge))
}

func newID() string { return strings.ToLower(rand.Text()[:12]) }

var (
	_ engine.Images     = (*Store)(nil)
	_ engine.Registries = (*Store)(nil)
)
