package local

import (
	"context"
	"io"
	"os"
	"path"
	"path/filepath"
	"strings"

	"berth/engine"
	"berth/engine/internal/archive"
	"berth/engine/internal/idmap"
	"berth/engine/internal/state"
)

// A place is where a path of a container lies on the host.
type place struct {
	id       string // the container's
	target   archive.Target
	path     string // below the target's root
	mount    string // the mount point that the root stands for; "/" for the container's own root
	readOnly bool
}

// at finds the place of a path. While the container runs, its processes' own view has
// all mounts. At rest nothing is mounted: what would be bound there is gone to by its
// source. That is decided by the words of the path alone: a link in the image that
// leads to a mount point is not followed into the mount then.
func (e *Engine) at(rec *state.Record, c *engine.Container, name string) place {
	dir := e.state.Dir(rec.ID)
	p := place{id: rec.ID, path: name, mount: "/", target: archive.Target{
		Lower:     rec.LowerDirs,
		Upper:     filepath.Join(dir, upperDir),
		Work:      filepath.Join(dir, workDir),
		UserXattr: e.ids.Mode != idmap.Host,
		IDMap:     e.ids,
		Worker:    worker(archiveMode),
	}}
	if c.State.Alive() {
		p.target.Pid = c.Pid // and the kernel knows what is read-only
		return p
	}
	p.readOnly = rec.Config.ReadOnly
	clean := path.Clean("/" + name)
	for _, m := range rec.Config.Mounts {
		target := path.Clean(m.Target)
		rest, below := strings.CutPrefix(clean, target)
		if m.Type != "bind" || !below || rest != "" && rest[0] != '/' || len(target) < len(p.mount) {
			continue
		}
		if st, err := os.Stat(m.Source); err != nil || !st.IsDir() {
			continue
		}
		p.readOnly, p.mount, p.target.Dir = m.ReadOnly, target, m.Source
		p.path = path.Clean("/"+rest) + name[len(strings.TrimRight(name, "/.")):]
	}
	return p
}

// withRoot opens what holds a path of a container for the time of f. A container at rest
// is locked meanwhile, so that no two mounts of one writable layer are ever in use.
func (e *Engine) withRoot(ref, name string, f func(*archive.Root, place) error) error {
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
	p := e.at(rec, &c, name)
	r, err := archive.Open(p.target)
	if err != nil {
		return err
	}
	defer r.Close()
	return f(r, p)
}

// CopyFrom implements engine.Files.
func (e *Engine) CopyFrom(ctx context.Context, ref, name string, w io.Writer) error {
	return e.withRoot(ref, name, func(r *archive.Root, p place) error {
		return e.begin("cp", p.id).long("pack", "The path is resolved below the container's root, by descriptors that can't leave it, and packed into a tar.",
			map[string]string{"path": name}, func() error { return r.Tar(ctx, p.path, w) })
	})
}

// CopyTo implements engine.Files.
func (e *Engine) CopyTo(ctx context.Context, ref, name string, src io.Reader, opts engine.CopyToOptions) error {
	return e.withRoot(ref, name, func(r *archive.Root, p place) error {
		return e.begin("cp", p.id).long("unpack", "The directory is resolved below the container's root, by descriptors that can't leave it, and a tar unpacked there.",
			map[string]any{"path": name, "options": opts}, func() error {
				if p.readOnly {
					return engine.Errorf(engine.ClassConflict, "copy to %q: %q is read-only in the container", name, p.mount)
				}
				return r.Untar(ctx, p.path, src, opts)
			})
	})
}

// StatPath implements engine.Files.
func (e *Engine) StatPath(ctx context.Context, ref, name string) (st engine.PathStat, err error) {
	err = e.withRoot(ref, name, func(r *archive.Root, p place) error {
		st, err = r.Stat(ctx, p.path)
		if p.target.Dir == "" {
			return err
		}
		if engine.ClassOf(err) == engine.ClassNotFound {
			return engine.Errorf(engine.ClassNotFound, "stat %q: no such file or directory in the container", name)
		}
		if err != nil {
			return err
		}
		if st.LinkTarget != "" {
			st.LinkTarget = path.Join(p.mount, st.LinkTarget)
		}
		if path.Clean("/"+name) == p.mount {
			st.Name = path.Base(p.mount)
		}
		return nil
	})
	return st, err
}
