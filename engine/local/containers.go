package local

import (
	"context"
	"io/fs"
	"os"
	"path/filepath"
	"strconv"
	"time"

	"berth/engine"
	"berth/engine/internal/cgroup"
	"berth/engine/internal/shim"
	"berth/engine/internal/state"

	"golang.org/x/sys/unix"
)

const logFile = "container-json.log"

// InspectContainer implements engine.Containers.
func (e *Engine) InspectContainer(ctx context.Context, ref string, opts engine.InspectOptions) (engine.ContainerDetail, error) {
	rec, c, err := e.find(ref)
	if err != nil {
		return engine.ContainerDetail{}, err
	}
	dir := e.state.Dir(rec.ID)
	d := engine.ContainerDetail{
		Container:   c,
		Config:      rec.Config,
		ImageConfig: rec.ImageConfig,
		User:        rec.Config.User,
		Hostname:    rec.Config.Hostname,
		LogPath:     filepath.Join(dir, logFile),
		RootDir:     dir,
		UpperDir:    filepath.Join(dir, upperDir),
		LowerDirs:   rec.LowerDirs,
		CgroupPath:  rec.CgroupPath,
		Rootless:    os.Geteuid() != 0,
		IDMapping:   e.ids.String(),
	}
	if opts.Size {
		e.fillSize(ctx, &d.Container)
	}
	if c.State.Alive() {
		d.Namespaces = namespaceInodes(c.Pid)
		if client, err := shim.Dial(ctx, dir); err == nil {
			defer client.Close()
			if st, err := client.State(ctx); err == nil {
				d.Clients = st.Clients
			}
			if execs, err := client.Execs(ctx); err == nil {
				for _, x := range execs {
					d.Execs = append(d.Execs, x.ID)
				}
			}
		}
	}
	return d, nil
}

// namespaceInodes returns the inode numbers of a process's namespaces, as far as they can be read.
func namespaceInodes(pid int) map[string]uint64 {
	out := map[string]uint64{}
	for _, ns := range []string{"cgroup", "ipc", "mnt", "net", "pid", "user", "uts"} {
		var st unix.Stat_t
		if unix.Stat(filepath.Join("/proc", strconv.Itoa(pid), "ns", ns), &st) == nil {
			out[ns] = st.Ino
		}
	}
	return out
}

// fillSize sets the sizes of the writable layer and of the whole root file system.
func (e *Engine) fillSize(ctx context.Context, c *engine.Container) {
	c.SizeRw = diskUsage(filepath.Join(e.state.Dir(c.ID), upperDir))
	c.SizeRootFs = c.SizeRw
	if img, err := e.Store.InspectImage(ctx, string(c.ImageID)); err == nil {
		c.SizeRootFs += img.Size
	}
}

// diskUsage adds up the blocks below dir; what can't be read counts nothing.
func diskUsage(dir string) int64 {
	var sum int64
	seen := map[[2]uint64]bool{}
	filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
		if err != nil || path == dir {
			return nil
		}
		var st unix.Stat_t
		if unix.Lstat(path, &st) != nil {
			return nil
		}
		if st.Nlink > 1 && !d.IsDir() {
			key := [2]uint64{st.Dev, st.Ino}
			if seen[key] {
				return nil
			}
			seen[key] = true
		}
		sum += st.Blocks * 512
		return nil
	})
	return sum
}

// RenameContainer implements engine.Containers.
func (e *Engine) RenameContainer(ctx context.Context, ref, name string) error {
	if !state.ValidName(name) {
		return invalid("invalid container name %q: only [a-zA-Z0-9][a-zA-Z0-9_.-] are allowed, at least two characters", name)
	}
	return e.change(ref, func(rec *state.Record, c *engine.Container) error {
		old := rec.Name
		err := e.one("rename", rec.ID, "claim name", "The new name is claimed, the record written with it, and the old name freed.",
			map[string]string{"from": old, "to": name}, func() error { return e.state.Rename(rec, name) })
		if err != nil {
			return err
		}
		if c.State.Alive() {
			// Its shim publishes and speaks too. One that ends just now has no more to say.
			if client, err := shim.Dial(ctx, e.state.Dir(rec.ID)); err == nil {
				_ = client.Rename(ctx, name)
				_ = client.Close()
			}
		}
		c.Name = name
		return e.publish("rename", c, map[string]string{"oldName": "/" + old})
	})
}

// change runs f under the container's lock, with its record and present state.
func (e *Engine) change(ref string, f func(*state.Record, *engine.Container) error) error {
	id, err := e.state.Resolve(ref)
	if err != nil {
		return err
	}
	unlock, err := e.state.Lock(id)
	if err != nil {
		return err
	}
	defer unlock()
	if err := e.settle(id, nil); err != nil {
		return err
	}
	rec, c, err := e.load(id)
	if err != nil {
		return err
	}
	return f(rec, &c)
}

// UpdateContainer implements engine.Containers.
func (e *Engine) UpdateContainer(ctx context.Context, ref string, u engine.ContainerUpdate) error {
	return e.change(ref, func(rec *state.Record, c *engine.Container) error {
		next := *rec
		applyResources(&next.Config.Resources, &u.Resources)
		if u.Restart != nil {
			next.Config.Restart = *u.Restart
		}
		if err := validate(&next.Config); err != nil {
			return err
		}
		if u.Restart != nil && next.Config.AutoRemove && u.Restart.Name != "no" {
			return invalid("restart policy cannot be updated because AutoRemove is enabled for the container")
		}
		err := e.one("update", rec.ID, "set limits", "The limits and the restart policy are written: into the control group and to the shim if it runs, and into the record.",
			u, func() error {
				if c.State.Alive() {
					if err := e.updateLive(ctx, &next, u); err != nil {
						return err
					}
				}
				return e.state.Save(&next)
			})
		if err != nil {
			return err
		}
		return e.publish("update", c, nil)
	})
}

// updateLive changes the limits of a running container's cgroup and its shim's restart policy.
func (e *Engine) updateLive(ctx context.Context, rec *state.Record, u engine.ContainerUpdate) error {
	client, err := shim.Dial(ctx, e.state.Dir(rec.ID))
	if err != nil {
		return ended(err)
	}
	defer client.Close()
	if u.Resources != (engine.Resources{}) {
		limits, err := cgroup.Resources(rec.Config.Resources)
		if err != nil {
			return err
		}
		if err := client.UpdateResources(ctx, limits); err != nil {
			return err
		}
	}
	if u.Restart == nil {
		return nil
	}
	return client.UpdateRestart(ctx, restart(rec.Config.Restart))
}

// applyResources copies the limits that are set in u.
func applyResources(r, u *engine.Resources) {
	set := func(dst *int64, v int64) {
		if v != 0 {
			*dst = v
		}
	}
	if u.NanoCPUs != 0 {
		r.CPUPeriod, r.CPUQuota = 0, 0
	}
	if u.CPUPeriod != 0 || u.CPUQuota != 0 {
		r.NanoCPUs = 0
	}
	set(&r.NanoCPUs, u.NanoCPUs)
	set(&r.CPUShares, u.CPUShares)
	set(&r.CPUPeriod, u.CPUPeriod)
	set(&r.CPUQuota, u.CPUQuota)
	set(&r.Memory, u.Memory)
	set(&r.MemorySwap, u.MemorySwap)
	set(&r.MemoryReservation, u.MemoryReservation)
	set(&r.PidsLimit, u.PidsLimit)
	if u.CpusetCpus != "" {
		r.CpusetCpus = u.CpusetCpus
	}
	if u.CpusetMems != "" {
		r.CpusetMems = u.CpusetMems
	}
	if u.BlkioWeight != 0 {
		r.BlkioWeight = u.BlkioWeight
	}
}

// RemoveContainer implements engine.Containers.
func (e *Engine) RemoveContainer(ctx context.Context, ref string, opts engine.RemoveContainerOptions) error {
	id, err := e.state.Resolve(ref)
	if err != nil {
		return err
	}
	_, c, err := e.look(id)
	if engine.ClassOf(err) == engine.ClassIntegrity && opts.Force {
		return e.discard(&engine.Container{ID: id}) // a broken record is no reason to keep the container for ever
	}
	if err != nil {
		return err
	}
	op := e.begin("remove", id)
	if c.State.Alive() {
		if !opts.Force {
			return engine.Errorf(engine.ClassConflict, "cannot remove container %q: container is %s", "/"+c.Name, c.State).
				WithHint("Stop the container before removing it, or remove it with `berth rm -f %s`.", c.Name)
		}
		err := op.long("kill", "It runs: SIGKILL ends it, and its restart policy no longer counts.",
			map[string]int{"pid": c.Pid}, func() error { return e.killAndWait(ctx, &c) })
		if err != nil {
			return err
		}
	}
	return op.step("remove container", "The name is freed, the record taken away, and the writable layer with the logs deleted.",
		map[string]string{"directory": e.state.Dir(id)}, func() error {
			unlock, err := e.state.Lock(id)
			if err != nil {
				if opts.Force && engine.ClassOf(err) == engine.ClassNotFound {
					return nil // --rm was faster
				}
				return err
			}
			defer unlock()
			if st, err := shim.ReadStatus(e.state.Dir(id)); err == nil && st.State.Alive() {
				return engine.Errorf(engine.ClassConflict, "cannot remove container %q: it was started meanwhile", "/"+c.Name)
			}
			return e.discard(&c)
		})
}

// discard takes a container out of the store, tells of it, and deletes its files. The
// caller holds the lock, which goes into the trash with them: until it is let go, no
// other process tells of the same.
func (e *Engine) discard(c *engine.Container) error {
	if err := clearCgroup(c.ID); err != nil {
		return err
	}
	dir, err := e.state.Detach(c.ID)
	if err != nil {
		return err
	}
	err = e.publish("destroy", c, nil)
	state.Forget(dir)
	e.deleteTree(dir)
	return err
}

// killAndWait ends a container for good: its restart policy no longer counts.
func (e *Engine) killAndWait(ctx context.Context, c *engine.Container) error {
	client, err := shim.Dial(ctx, e.state.Dir(c.ID))
	if err != nil {
		if st, rerr := shim.ReadStatus(e.state.Dir(c.ID)); rerr != nil || !st.State.Alive() {
			return nil // ended meanwhile
		}
		return err
	}
	defer client.Close()
	if err := ended(client.Kill(ctx)); err != nil {
		return err
	}
	if err := e.publishKill(c, unix.SIGKILL); err != nil {
		return err
	}
	_, err = client.Wait(ctx)
	return err
}

// PruneContainers implements engine.Containers.
func (e *Engine) PruneContainers(ctx context.Context, f engine.Filters) (engine.PruneReport, error) {
	match, err := pruneFilter(f, time.Now())
	if err != nil {
		return engine.PruneReport{}, err
	}
	all, err := e.containers()
	if err != nil {
		return engine.PruneReport{}, err
	}
	var report engine.PruneReport
	for _, c := range all {
		if c.State.Alive() || !match(&c) {
			continue
		}
		size := diskUsage(filepath.Join(e.state.Dir(c.ID), upperDir))
		switch err := e.RemoveContainer(ctx, c.ID, engine.RemoveContainerOptions{}); engine.ClassOf(err) {
		case engine.ClassNotFound, engine.ClassConflict: // removed or started meanwhile
			continue
		default:
			if err != nil {
				return report, err
			}
		}
		report.Containers = append(report.Containers, c.ID)
		report.Reclaimed += size
	}
	return report, e.state.Sweep()
}
