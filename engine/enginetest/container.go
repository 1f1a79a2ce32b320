package enginetest

import (
	"context"
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strings"
	"time"

	"berth/engine"
)

// A container is one container of the fake; all of it is guarded by Fake.mu, but
// for what its processes and its log guard themselves.
type container struct {
	rec     engine.Container
	cfg     engine.ContainerConfig
	image   *image
	main    *process // nil unless alive
	execs   map[string]*process
	logs    *logStore
	fs      *memFS
	stats   func(time.Time) engine.Stats
	exit    engine.ExitStatus
	exited  chan struct{} // closed at the next exit
	removed chan struct{}
	stopped bool // by the user: no restart
}

func (c *container) record() engine.Container {
	r := c.rec
	r.Command, r.Labels, r.Mounts = slices.Clone(r.Command), maps.Clone(r.Labels), slices.Clone(r.Mounts)
	return r
}

var namePattern = regexp.MustCompile(`^[a-zA-Z0-9][a-zA-Z0-9_.-]+$`)

// CreateContainer implements engine.Containers.
func (f *Fake) CreateContainer(ctx context.Context, cfg engine.ContainerConfig) (engine.CreateResult, error) {
	if err := f.enter(ctx, "CreateContainer", cfg.Image); err != nil {
		return engine.CreateResult{}, err
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	find := fakeStep{"resolve image", "Look the name up in the image cache.", map[string]any{"image": cfg.Image}, 300 * time.Microsecond}
	im, _, err := f.lookup(cfg.Image)
	if err != nil {
		return engine.CreateResult{}, f.fail("create", cfg.Image, []fakeStep{find}, err)
	}
	id := f.id("container")
	if cfg.Name == "" {
		cfg.Name = madeUpName(int(f.serial))
	}
	if err := f.claim(cfg.Name); err != nil {
		return engine.CreateResult{}, f.fail("create", id, []fakeStep{
			find, {"claim name", "Claim the name and write the record.", map[string]any{"name": cfg.Name}, 200 * time.Microsecond},
		}, err)
	}
	cfg = complete(cfg, im.repo.Config, id)
	if len(cfg.Entrypoint)+len(cfg.Cmd) == 0 {
		return engine.CreateResult{}, engine.Errorf(engine.ClassInvalid, "create container from %q: no command is given and the image has none", cfg.Image)
	}
	c := &container{
		cfg: cfg, image: im, execs: make(map[string]*process), logs: &logStore{clock: f.clock}, fs: newMemFS(),
		exited: make(chan struct{}), removed: make(chan struct{}),
		rec: engine.Container{
			ID: id, Name: cfg.Name, Image: cfg.Image, ImageID: im.id, Created: f.clock.Now(), State: engine.StateCreated,
			Command: slices.Concat(cfg.Entrypoint, cfg.Cmd), Labels: cfg.Labels, TTY: cfg.TTY, OpenStdin: cfg.OpenStdin,
			AutoRemove: cfg.AutoRemove, Network: cfg.Network, Mounts: cfg.Mounts,
		},
	}
	im.lastUsed = f.clock.Now()
	f.containers = append(f.containers, c)
	f.publishContainer("create", c, nil)
	f.publishImage("update", im, "")
	return engine.CreateResult{ID: id}, nil
}

// complete fills the image's defaults in.
func complete(cfg engine.ContainerConfig, im engine.ImageConfig, id string) engine.ContainerConfig {
	if cfg.Entrypoint == nil {
		cfg.Entrypoint = im.Entrypoint
		if cfg.Cmd == nil {
			cfg.Cmd = im.Cmd
		}
	}
	cfg.Env = slices.Concat(im.Env, cfg.Env)
	labels := maps.Clone(im.Labels)
	if labels == nil {
		labels = make(map[string]string)
	}
	maps.Copy(labels, cfg.Labels)
	cfg.Labels = labels
	if cfg.WorkingDir == "" {
		cfg.WorkingDir = im.WorkingDir
	}
	if cfg.User == "" {
		cfg.User = im.User
	}
	if cfg.Hostname == "" {
		cfg.Hostname = engine.ShortID(id)
	}
	if cfg.Network == "" {
		cfg.Network = "none"
	}
	return cfg
}

// claim checks that a container's name is well formed and free. f.mu is held.
func (f *Fake) claim(name string) error {
	if !namePattern.MatchString(name) {
		return engine.Errorf(engine.ClassInvalid, "name a container %q: only letters, digits, _ . and - are allowed", name)
	}
	for _, c := range f.containers {
		if c.rec.Name == name {
			return engine.Errorf(engine.ClassConflict, "name a container %q: container %s has the name", name, engine.ShortID(c.rec.ID)).
				WithHint("Remove or rename that container, or choose another name.")
		}
	}
	return nil
}

func madeUpName(n int) string {
	left := []string{"brave", "calm", "eager", "fond", "keen", "mild", "proud", "swift", "tidy", "wise"}
	right := []string{"anchor", "beacon", "cutter", "dinghy", "ferry", "gull", "harbour", "ketch", "pier", "sloop"}
	return fmt.Sprintf("%s_%s%d", left[n%10], right[n/10%10], n)
}

// container finds a container by ID, unique prefix or name. f.mu is held.
func (f *Fake) container(id string) (*container, error) {
	id = strings.TrimPrefix(id, "/")
	var found *container
	for _, c := range f.containers {
		if c.rec.ID == id || c.rec.Name == id {
			return c, nil
		}
		if id != "" && strings.HasPrefix(c.rec.ID, id) {
			if found != nil {
				return nil, engine.Errorf(engine.ClassConflict, "find container %q: several containers begin so", id)
			}
			found = c
		}
	}
	if found == nil {
		return nil, engine.Errorf(engine.ClassNotFound, "find container %q: no such container", id)
	}
	return found, nil
}

// with runs do on a container while f.mu is held.
func (f *Fake) with(ctx context.Context, op, id string, do func(*container) error) error {
	if err := f.enter(ctx, op, id); err != nil {
		return err
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	c, err := f.container(id)
	if err != nil {
		return err
	}
	return do(c)
}

// ListContainers implements engine.Containers.
func (f *Fake) ListContainers(ctx context.Context, opts engine.ContainerListOptions) ([]engine.Container, error) {
	if err := f.enter(ctx, "ListContainers", ""); err != nil {
		return nil, err
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	all := make([]engine.Container, 0, len(f.containers))
	for _, c := range slices.Backward(f.containers) {
		r := c.record()
		if opts.Size {
			r.SizeRw, r.SizeRootFs = c.fs.size(), c.fs.size()+f.record(c.image).Size
		}
		all = append(all, r)
	}
	match, err := containerFilter(opts.Filters, all, f.clock.Now())
	if err != nil {
		return nil, err
	}
	everyState := opts.All || opts.Last > 0 || opts.Filters["status"] != nil || opts.Filters["exited"] != nil
	all = slices.DeleteFunc(all, func(c engine.Container) bool {
		return !everyState && !c.State.Alive() || !match(c)
	})
	if opts.Last > 0 && len(all) > opts.Last {
		all = all[:opts.Last]
	}
	return all, nil
}

// InspectContainer implements engine.Containers.
func (f *Fake) InspectContainer(ctx context.Context, id string, opts engine.InspectOptions) (d engine.ContainerDetail, err error) {
	err = f.with(ctx, "InspectContainer", id, func(c *container) error {
		d = engine.ContainerDetail{
			Container: c.record(), Config: c.cfg, ImageConfig: c.image.repo.Config, User: c.cfg.User, Hostname: c.cfg.Hostname,
			LogPath: "/var/lib/berth/containers/" + c.rec.ID + "/log", RootDir: "/var/lib/berth/containers/" + c.rec.ID,
		}
		if opts.Size {
			d.SizeRw, d.SizeRootFs = c.fs.size(), c.fs.size()+f.record(c.image).Size
		}
		if c.main != nil {
			d.Namespaces = make(map[string]uint64)
			for i, ns := range []string{"cgroup", "ipc", "mnt", "net", "pid", "uts"} {
				d.Namespaces[ns] = 4026532000 + uint64(c.rec.Pid*8+i)
			}
			d.Clients = c.main.out.clientCount()
		}
		d.Execs = slices.Sorted(maps.Keys(c.execs))
		return nil
	})
	return d, err
}

// RenameContainer implements engine.Containers.
func (f *Fake) RenameContainer(ctx context.Context, id, name string) error {
	return f.with(ctx, "RenameContainer", id, func(c *container) error {
		if err := f.claim(name); err != nil {
			return err
		}
		old := c.rec.Name
		c.rec.Name, c.cfg.Name = name, name
		f.publishContainer("rename", c, map[string]string{"oldName": old})
		return nil
	})
}

// UpdateContainer implements engine.Containers.
func (f *Fake) UpdateContainer(ctx context.Context, id string, u engine.ContainerUpdate) error {
	return f.with(ctx, "UpdateContainer", id, func(c *container) error {
		if u.Restart != nil {
			c.cfg.Restart = *u.Restart
		}
		if u.Resources.Memory != 0 {
			c.cfg.Resources.Memory = u.Resources.Memory
		}
		if u.Resources.NanoCPUs != 0 {
			c.cfg.Resources.NanoCPUs = u.Resources.NanoCPUs
		}
		if u.Resources.PidsLimit != 0 {
			c.cfg.Resources.PidsLimit = u.Resources.PidsLimit
		}
		f.publishContainer("update", c, nil)
		return nil
	})
}

// RemoveContainer implements engine.Containers.
func (f *Fake) RemoveContainer(ctx context.Context, id string, opts engine.RemoveContainerOptions) error {
	var p *process
	err := f.with(ctx, "RemoveContainer", id, func(c *container) error {
		if !c.rec.State.Alive() {
			f.drop(c)
			return nil
		}
		if !opts.Force {
			return engine.Errorf(engine.ClassConflict, "remove container %q: it is %s", id, c.rec.State).
				WithHint("Stop it first, or use force.")
		}
		c.stopped, c.rec.AutoRemove = true, true // the exit removes it
		p = c.main
		if p == nil { // between two restarts
			f.drop(c)
			return nil
		}
		p.signal("KILL")
		return nil
	})
	if err != nil || p == nil {
		return err
	}
	select {
	case <-p.gone:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

// drop forgets a container that does not run. f.mu is held.
func (f *Fake) drop(c *container) {
	f.containers = slices.DeleteFunc(f.containers, func(o *container) bool { return o == c })
	close(c.removed)
	f.publish(engine.Event{
		Kind: engine.KindContainer, Action: "destroy", ID: c.rec.ID,
		Attributes: map[string]string{"name": c.rec.Name, "image": c.rec.Image},
	})
	f.publishImage("update", c.image, "")
}

// PruneContainers implements engine.Containers.
func (f *Fake) PruneContainers(ctx context.Context, fs engine.Filters) (engine.PruneReport, error) {
	var r engine.PruneReport
	if err := f.enter(ctx, "PruneContainers", ""); err != nil {
		return r, err
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	match, err := containerFilter(fs, nil, f.clock.Now())
	if err != nil {
		return r, err
	}
	for _, c := range slices.Clone(f.containers) {
		if c.rec.State.Alive() || !match(c.rec) {
			continue
		}
		r.Reclaimed += c.fs.size()
		r.Containers = append(r.Containers, c.rec.ID)
		f.drop(c)
	}
	return r, nil
}

// publishContainer tells of a change to a container that still exists. f.mu is held.
func (f *Fake) publishContainer(action string, c *container, attrs map[string]string) {
	rec := c.record()
	all := map[string]string{"name": c.rec.Name, "image": c.rec.Image}
	maps.Copy(all, attrs)
	f.publish(engine.Event{Kind: engine.KindContainer, Action: action, ID: c.rec.ID, Container: &rec, Attributes: all})
}
