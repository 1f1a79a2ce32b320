package local

import (
	"cmp"
	"context"
	"path/filepath"
	"slices"
	"sync"

	"berth/engine"
	"berth/engine/internal/image"
	"berth/engine/internal/shim"
	"berth/engine/internal/state"
)

// container converts the record of a container that never ran.
func container(rec *state.Record) engine.Container {
	cfg := &rec.Config
	return engine.Container{
		ID:         rec.ID,
		Name:       rec.Name,
		Image:      cfg.Image,
		ImageID:    rec.ImageID,
		Command:    command(cfg),
		Created:    rec.Created,
		State:      engine.StateCreated,
		Labels:     cfg.Labels,
		TTY:        cfg.TTY,
		OpenStdin:  cfg.OpenStdin,
		AutoRemove: cfg.AutoRemove,
		Network:    cfg.Network,
		Mounts:     cfg.Mounts,
	}
}

// withStatus adds what the shim says of the container.
func withStatus(c engine.Container, st shim.Status) engine.Container {
	c.State = st.State
	c.Pid = st.Pid
	c.Started, c.Finished = st.Started, st.Finished
	c.ExitCode, c.OOMKilled, c.Error = st.ExitCode, st.OOMKilled, st.Error
	c.RestartCount = st.RestartCount
	return c
}

// load reads one container's record and status.
func (e *Engine) load(id string) (*state.Record, engine.Container, error) {
	rec, c, _, err := e.read(id)
	return rec, c, err
}

// read is load that also returns the status as the shim left it.
func (e *Engine) read(id string) (rec *state.Record, c engine.Container, st shim.Status, err error) {
	if rec, err = e.state.Load(id); err != nil {
		return nil, c, st, err
	}
	if st, err = shim.ReadStatus(e.state.Dir(id)); err != nil {
		return nil, c, st, err
	}
	return rec, withStatus(container(rec), st), st, nil
}

// look loads one container, and settles it first if its shim was killed.
func (e *Engine) look(id string) (*state.Record, engine.Container, error) {
	rec, c, st, err := e.read(id)
	if err == nil && st.Abandoned {
		e.tryReconcile(id)
		return e.load(id)
	}
	return rec, c, err
}

// find resolves what the user wrote and loads it.
func (e *Engine) find(ref string) (*state.Record, engine.Container, error) {
	id, err := e.state.Resolve(ref)
	if err != nil {
		return nil, engine.Container{}, err
	}
	return e.look(id)
}

// ListContainers implements engine.Containers.
func (e *Engine) ListContainers(ctx context.Context, opts engine.ContainerListOptions) ([]engine.Container, error) {
	all, err := e.containers()
	if err != nil {
		return nil, err
	}
	match, err := e.containerFilter(ctx, opts.Filters, all)
	if err != nil {
		return nil, err
	}
	_, byStatus := opts.Filters["status"]
	_, byExit := opts.Filters["exited"]
	everything := opts.All || opts.Last > 0 || byStatus || byExit
	out := all[:0]
	for _, c := range all {
		if (everything || c.State.Alive()) && match(&c) {
			out = append(out, c)
		}
		if opts.Last > 0 && len(out) == opts.Last {
			break
		}
	}
	if opts.Size {
		if err := e.fillSizes(ctx, out); err != nil {
			return nil, err
		}
	}
	return out, nil
}

// fillSizes sets the sizes of many containers. The images are listed once: inspecting
// each container's image reads the whole state directory every time.
func (e *Engine) fillSizes(ctx context.Context, cs []engine.Container) error {
	images, err := e.ListImages(ctx, engine.ImageListOptions{All: true})
	if err != nil {
		return err
	}
	sizes := make(map[engine.Digest]int64, len(images))
	for _, img := range images {
		sizes[img.ID] = img.Size
	}
	for i := range cs {
		c := &cs[i]
		c.SizeRw = diskUsage(filepath.Join(e.state.Dir(c.ID), upperDir))
		c.SizeRootFs = c.SizeRw + sizes[c.ImageID]
	}
	return nil
}

// containers returns all containers, newest first. Those at rest come from the index
// as long as their directory did not change. What killed shims left undone is done first.
func (e *Engine) containers() ([]engine.Container, error) {
	ids, err := e.state.IDs()
	if err != nil {
		return nil, err
	}
	index := e.state.LoadIndex()
	stamp, done := e.state.Stamps()
	defer done()
	type loaded struct {
		engine.Container
		stamp int64
		fresh bool // not from the index
		gone  bool
	}
	all := make([]loaded, len(ids))
	var wg sync.WaitGroup
	half := max((len(ids)+1)/2, 1)
	for from := 0; from < len(ids); from += half {
		wg.Go(func() {
			for i := from; i < min(from+half, len(ids)); i++ {
				l := &all[i]
				l.stamp = stamp(ids[i])
				if data, ok := index.Get(ids[i], l.stamp); ok && decodeSummary(data, &l.Container) == nil {
					continue
				}
				var err error
				var st shim.Status
				if _, l.Container, st, err = e.read(ids[i]); st.Abandoned {
					e.tryReconcile(ids[i])
					_, l.Container, st, err = e.read(ids[i])
				}
				l.fresh = !st.Abandoned && !st.Ending
				l.gone = err != nil // removed meanwhile; a broken record shows in inspect
			}
		})
	}
	wg.Wait()
	out := make([]engine.Container, 0, len(ids))
	for i := range all {
		l := &all[i]
		if l.gone {
			continue
		}
		out = append(out, l.Container)
		if l.fresh && !l.State.Alive() {
			index.Put(ids[i], l.stamp, encodeSummary(&l.Container))
		}
	}
	index.Save(ids)
	slices.SortFunc(out, func(a, b engine.Container) int {
		return cmp.Or(b.Created.Compare(a.Created), cmp.Compare(a.ID, b.ID))
	})
	return out, nil
}

// imageUses tells the image store which containers keep which image.
func (e *Engine) imageUses(context.Context) (map[engine.Digest][]image.Use, error) {
	all, err := e.containers()
	if err != nil {
		return nil, err
	}
	uses := map[engine.Digest][]image.Use{}
	for _, c := range all {
		uses[c.ImageID] = append(uses[c.ImageID], image.Use{ID: c.ID, Running: c.State.Alive()})
	}
	return uses, nil
}
