package cgroup

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"

	"berth/engine"

	specs "github.com/opencontainers/runtime-spec/specs-go"
	"golang.org/x/sys/unix"
)

// Create makes the group of a name (see [Host.Path]) and sets the limits of r, which
// may be nil, and the rules for devices. A group that a crash left under the name is
// used again if it is empty, else it is ClassConflict.
//
// A limit that this host or user can't set is ClassUnsupported, with the remedy as
// its hint. Without limits, a host without control groups is no error: the group is
// empty and its Warnings say what will not work. After an error nothing is left.
func (h *Host) Create(path string, r *specs.LinuxResources) (*Group, error) {
	path, err := clean(path)
	if err != nil {
		return nil, err
	}
	if r == nil {
		r = &specs.LinuxResources{}
	}
	g := &Group{host: h, path: path}
	if h.version == "none" {
		if s := settings1(r); len(s) > 0 {
			return nil, h.unsupported(s[0].option)
		}
		g.warnings = append(g.warnings, "no control groups ("+h.why+"): the container can't be limited, paused or measured exactly")
		return g, nil
	}
	if err := g.create(r); err != nil {
		g.Remove() //nolint:errcheck // the first error says more
		return nil, err
	}
	return g, nil
}

func (g *Group) create(r *specs.LinuxResources) error {
	for i := range g.host.v1 {
		h := &g.host.v1[i]
		dir := h.base + g.path
		if err := makeGroup(dir, func() error { return nil }); err != nil {
			return err
		}
		g.v1 = append(g.v1, member{controllers: h.controllers, dir: dir})
		if slices.Contains(h.controllers, "cpuset") {
			if err := inheritCpuset(h.base, dir); err != nil {
				return fmt.Errorf("make control group %q: %w", dir, err)
			}
		}
	}
	if u := g.host.v2; u != nil {
		if err := g.createUnified(u); err != nil {
			return err
		}
	}
	if err := g.limitDevices(r.Devices); err != nil {
		return err
	}
	return g.Update(r)
}

// createUnified makes the version 2 group, with all controllers that it can have.
func (g *Group) createUnified(u *unified) error {
	dir := u.base + g.path
	g.v2 = dir
	if err := makeGroup(dir, func() error { u.handDown(dir); return nil }); err != nil {
		return err
	}
	have := fields(filepath.Join(dir, "cgroup.controllers"))
	for _, c := range u.controllers {
		if !slices.Contains(have, c) {
			u.handDown(dir) // the groups above are from before the controller was there
			break
		}
	}
	return nil
}

// handDown enables the controllers at each level above dir. One at a time: together
// the write fails as a whole if one can't be had. What is missing then shows when a
// limit needs it.
func (u *unified) handDown(dir string) {
	for _, parent := range between(u.base, dir) {
		have := fields(filepath.Join(parent, "cgroup.subtree_control"))
		for _, c := range u.controllers {
			if !slices.Contains(have, c) {
				write(parent, "cgroup.subtree_control", "+"+c) //nolint:errcheck // see above
			}
		}
	}
}

// between returns base and the directories below it down to dir's parent.
func between(base, dir string) []string {
	var out []string
	for d := filepath.Dir(dir); len(d) >= len(base); d = filepath.Dir(d) {
		out = append(out, d)
	}
	slices.Reverse(out)
	return out
}

// makeGroup makes one directory. The groups above it vanish with their last container
// (see Remove), so they are made when the kernel misses them, and again if another
// process removes them just then. prepare readies new ones.
func makeGroup(dir string, prepare func() error) error {
	err := os.Mkdir(dir, 0o755)
	for try := 0; errors.Is(err, fs.ErrNotExist) && try < 100; try++ {
		if err = os.MkdirAll(filepath.Dir(dir), 0o755); err != nil {
			continue // ErrNotExist: removed between two levels
		}
		if err = prepare(); err == nil {
			err = os.Mkdir(dir, 0o755)
		}
	}
	if errors.Is(err, fs.ErrExist) {
		if len(fields(filepath.Join(dir, "cgroup.procs"))) > 0 {
			return engine.Errorf(engine.ClassConflict, "make control group %q: processes of another container are in it", dir)
		}
		return nil
	}
	if err != nil {
		return makeError(dir, err)
	}
	return nil
}

func makeError(dir string, err error) error {
	class := engine.ClassUnknown
	if errors.Is(err, fs.ErrPermission) {
		class = engine.ClassPermission
	} else if errors.Is(err, unix.ENOSPC) || errors.Is(err, unix.EAGAIN) {
		class = engine.ClassExhausted
	}
	return engine.Errorf(class, "make control group %q: %w", dir, err)
}

// inheritCpuset gives a group its parent's CPUs and memory nodes, without which
// version 1 lets no process in. The groups between base and dir are told to hand them
// on by themselves, so that later containers cost one read here.
func inheritCpuset(base, dir string) error {
	if len(fields(filepath.Join(dir, "cpuset.cpus"))) > 0 {
		return nil
	}
	above := between(base, dir)[1:]
	for _, d := range append(above, dir) {
		for _, file := range []string{"cpuset.cpus", "cpuset.mems"} {
			value := fields(filepath.Join(filepath.Dir(d), file))
			if len(value) == 0 || len(fields(filepath.Join(d, file))) > 0 {
				continue
			}
			if err := write(d, file, value[0]); err != nil {
				return err
			}
		}
	}
	for _, d := range above {
		if err := write(d, "cgroup.clone_children", "1"); err != nil {
			return err
		}
	}
	return nil
}
