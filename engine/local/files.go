package local

import (
	"context"
	"io"
	"path/filepath"

	"berth/engine"
	"berth/engine/internal/archive"
	"berth/engine/internal/idmap"
	"berth/engine/internal/state"
)

// root opens the file system of a container, as its processes see it while it runs.
func (e *Engine) root(rec *state.Record, c *engine.Container) (*archive.Root, error) {
	dir := e.state.Dir(rec.ID)
	t := archive.Target{
		Lower:     rec.LowerDirs,
		Upper:     filepath.Join(dir, upperDir),
		Work:      filepath.Join(dir, workDir),
		UserXattr: e.ids.Mode != idmap.Host,
		IDMap:     e.ids,
		Worker:    worker(archiveMode),
	}
	if c.State.Alive() {
		t.Pid = c.Pid
	}
	return archive.Open(t)
}

// withRoot opens a container's file system for the time of f. A container at rest is
// locked meanwhile, so that no two mounts of one writable layer are ever in use.
func (e *Engine) withRoot(ctx context.Context, ref string, f func(*archive.Root) error) error {
	rec, c, err := e.find(ref)
	if err != nil {
		return err
	}
	if !c.State.Alive() {
		unlock, err := e.state.Lock(rec.ID)
		if err != nil {
			return err
		}
		defer unlock()
		if _, c, err = e.load(rec.ID); err != nil {
			return err
		}
	}
	r, err := e.root(rec, &c)
	if err != nil {
		return err
	}
	defer r.Close()
	return f(r)
}

// CopyFrom implements engine.Files.
func (e *Engine) CopyFrom(ctx context.Context, ref, path string, w io.Writer) error {
	return e.withRoot(ctx, ref, func(r *archive.Root) error { return r.Tar(ctx, path, w) })
}

// CopyTo implements engine.Files.
func (e *Engine) CopyTo(ctx context.Context, ref, path string, src io.Reader, opts engine.CopyToOptions) error {
	return e.withRoot(ctx, ref, func(r *archive.Root) error { return r.Untar(ctx, path, src, opts) })
}

// StatPath implements engine.Files.
func (e *Engine) StatPath(ctx context.Context, ref, path string) (st engine.PathStat, err error) {
	err = e.withRoot(ctx, ref, func(r *archive.Root) error {
		st, err = r.Stat(ctx, path)
		return err
	})
	return st, err
}
