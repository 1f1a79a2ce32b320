// Package local is the engine in process: it assembles the parts below
// engine/internal into the contract of package engine, for as many berth processes at
// once as like to share one state directory. It is the only package that knows them
// all, and it converts between the public types, the records on disk and the messages
// to shims.
//
// What it does itself is little: it decides what a container is made of (config.go,
// spec.go), in which order the parts act and which steps they publish. Containers run
// in processes of their own (package shim), so closing the engine, or killing the
// process that holds it, leaves them alone.
package local

import (
	"cmp"
	"context"
	"os"
	"os/exec"
	"path/filepath"
	"sync"

	"berth/engine"
	"berth/engine/internal/eventlog"
	"berth/engine/internal/idmap"
	"berth/engine/internal/image"
	"berth/engine/internal/layer"
	"berth/engine/internal/shim"
	"berth/engine/internal/state"
)

// Options configure an engine. The zero value is the user's own state directory and Docker Hub.
type Options struct {
	Root         string   // state directory; empty for DefaultRoot
	Demo         bool     // the built-in registry takes Docker Hub's place
	Mirrors      []string // registry mirrors of Docker Hub, tried in order
	Insecure     []string // registries that are spoken to without TLS, besides loopback
	DockerConfig string   // directory of Docker's config.json; empty for $DOCKER_CONFIG, else ~/.docker
	LogMaxSize   int64    // bytes at which a container's log rotates; 0 for 10 MB
	LogMaxFile   int      // log files kept for each container; 0 for 3
	ExpectStart  bool     // as if ExpectStart were called before anything else
	Version      string   // of the program, for Info
	Commit       string
	// Registries makes what speaks with registries. It is not linked in from here, because
	// it costs each process 2 ms, used or not; berth/engine/registries has it. Nil leaves
	// an engine whose Pull, Login and Logout fail with ClassUnsupported.
	Registries func(RegistryConfig) engine.Registries
}

// A RegistryConfig is what Options.Registries works with.
type RegistryConfig struct {
	Images       *image.Store // the cache to fill
	Publish      func(recs ...eventlog.Record) error
	Demo         bool
	Mirrors      []string
	Insecure     []string
	DockerConfig string
}

// The defaults for logs.
const (
	defaultLogMaxSize = 10 << 20
	defaultLogMaxFile = 3
)

// An Engine implements engine.Engine on this host.
type Engine struct {
	*image.Store
	engine.Registries

	opts  Options
	ids   idmap.Mapping
	state *state.Store
	log   *eventlog.Log

	ctx    context.Context // ends with Close
	cancel context.CancelFunc
	bg     sync.WaitGroup // deletions under way, and the guard
	guard  guard
	spare  spare
	meters meters
	close  func() error
}

var _ engine.Engine = (*Engine)(nil)

// Open opens the state directory, creating it if need be. It starts nothing: an engine
// that is only asked for a list costs little more than the reading. Options.ExpectStart
// is the exception.
func Open(opts Options) (*Engine, error) {
	if opts.Root == "" {
		root, err := DefaultRoot()
		if err != nil {
			return nil, err
		}
		opts.Root = root
	}
	root, err := filepath.Abs(opts.Root)
	if err != nil {
		return nil, invalid("state directory %q: %w", opts.Root, err)
	}
	opts.Root = root
	opts.DockerConfig = cmp.Or(opts.DockerConfig, dockerConfig())
	opts.LogMaxSize = cmp.Or(opts.LogMaxSize, defaultLogMaxSize)
	opts.LogMaxFile = cmp.Or(opts.LogMaxFile, defaultLogMaxFile)
	e := &Engine{opts: opts}
	e.guard.e = e
	if e.state, err = state.Open(root); err != nil {
		return nil, err
	}
	if opts.ExpectStart {
		e.ExpectStart()
	}
	if err := e.open(); err != nil {
		e.spare.close()
		return nil, err
	}
	return e, nil
}

// open opens all that stands on the records of containers.
func (e *Engine) open() (err error) {
	if e.ids, err = idmap.Detect(); err != nil {
		return err
	}
	if e.log, err = eventlog.Open(e.eventDir()); err != nil {
		return err
	}
	e.Store, err = image.Open(image.Config{
		Root: e.opts.Root, IDMap: e.ids, Worker: worker(unpackMode), Uses: e.imageUses, Publish: e.log.Append,
	})
	if err != nil {
		return err
	}
	e.Registries = noRegistries{}
	if e.opts.Registries != nil {
		e.Registries = e.opts.Registries(RegistryConfig{
			Images: e.Store, Publish: e.log.Append, Demo: e.opts.Demo,
			Mirrors: e.opts.Mirrors, Insecure: e.opts.Insecure, DockerConfig: e.opts.DockerConfig,
		})
	}
	e.ctx, e.cancel = context.WithCancel(context.Background())
	e.close = sync.OnceValue(func() error {
		e.cancel()
		e.spare.close()
		e.meters.close()
		e.bg.Wait()
		return e.log.Close()
	})
	e.emptyTrash()
	return nil
}

// Close ends the watches and pulls of this engine and waits for deletions under way.
// Closing twice is no error.
func (e *Engine) Close() error { return e.close() }

func (e *Engine) eventDir() string { return filepath.Join(e.opts.Root, "events") }

// deleteTree deletes a detached directory in the background. What can't be deleted
// stays in the trash for the next engine.
func (e *Engine) deleteTree(dir string) {
	e.bg.Go(func() {
		if state.RemoveTree(dir) == nil || e.ids.Mode != idmap.Ranges {
			return
		}
		parent, err := os.Open(filepath.Dir(dir))
		if err != nil {
			return
		}
		defer parent.Close()
		// Files of foreign ids go as root of the user namespace.
		runner := layer.Runner{Map: e.ids, Worker: worker(unpackMode)}
		runner.Remove(context.Background(), parent, filepath.Base(dir))
	})
}

// noRegistries is engine.Registries where none are linked in.
type noRegistries struct{}

func errNoRegistries() error {
	return engine.Errorf(engine.ClassUnsupported, "this program does not speak with registries")
}

func (noRegistries) Pull(context.Context, engine.PullRequest) (engine.PullResult, error) {
	return engine.PullResult{}, errNoRegistries()
}

func (noRegistries) Login(context.Context, engine.Credentials) (engine.LoginResult, error) {
	return engine.LoginResult{}, errNoRegistries()
}

func (noRegistries) Logout(context.Context, string) error { return errNoRegistries() }

// The modes of berth-shim that work inside a user namespace; package shimproc knows them.
const (
	unpackMode  = "unpack"
	diffMode    = "diff"
	archiveMode = "archive"
	doctorMode  = "doctor"
)

// worker returns how to make a command that runs berth-shim in a mode.
func worker(mode string) func(args ...string) (*exec.Cmd, error) {
	return func(args ...string) (*exec.Cmd, error) {
		path, argv0, err := shim.Find()
		if err != nil {
			return nil, err
		}
		return &exec.Cmd{Path: path, Args: append([]string{argv0, mode}, args...)}, nil
	}
}
