package cgroup

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"berth/engine"

	specs "github.com/opencontainers/runtime-spec/specs-go"
	"golang.org/x/sys/unix"
)

// A Group is a container's place in all hierarchies that the host uses. It may have
// none; then it neither limits nor counts. Methods may be called from several
// processes at once.
type Group struct {
	host     *Host
	path     string
	v1       []member
	v2       string // directory, empty if there is none
	warnings []string
}

// A member is the group's directory in one hierarchy of version 1.
type member struct {
	controllers []string
	dir         string
}

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

// Load returns the group of a name as it exists. One of which nothing exists is no
// error: see [Group.Exists].
func (h *Host) Load(path string) (*Group, error) {
	path, err := clean(path)
	if err != nil {
		return nil, err
	}
	g := &Group{host: h, path: path}
	for _, v := range h.v1 {
		if dir := v.base + path; isDir(dir) {
			g.v1 = append(g.v1, member{controllers: v.controllers, dir: dir})
		}
	}
	if h.v2 != nil && isDir(h.v2.base+path) {
		g.v2 = h.v2.base + path
	}
	return g, nil
}

// Exists reports whether the group exists in any hierarchy, so that it knows the
// container's processes.
func (g *Group) Exists() bool { return len(g.v1) > 0 || g.v2 != "" }

// Path returns the name under which the group was made.
func (g *Group) Path() string { return g.path }

// Warnings returns what a user should hear about limits, one sentence each.
func (g *Group) Warnings() []string { return g.warnings }

// Procs opens the files into which a process that starts writes "0" to enter the
// group, one of each hierarchy. The writer must have one thread only: in version 1
// these are the thread lists, which the kernel updates without stopping the world for
// all forks, as it does for the process lists. The caller closes them.
func (g *Group) Procs() ([]*os.File, error) {
	var out []*os.File
	open := func(dir, name string) error {
		f, err := os.OpenFile(filepath.Join(dir, name), os.O_WRONLY, 0)
		if err != nil {
			return fmt.Errorf("open control group: %w", err)
		}
		out = append(out, f)
		return nil
	}
	var err error
	for _, m := range g.v1 {
		if err == nil {
			err = open(m.dir, "tasks")
		}
	}
	if err == nil && g.v2 != "" {
		err = open(g.v2, "cgroup.procs")
	}
	if err != nil {
		for _, f := range out {
			f.Close()
		}
		return nil, err
	}
	return out, nil
}

// removePatience is how long Remove waits for processes that are just exiting.
const removePatience = 5 * time.Second

// Remove removes the group with all groups that the container made inside, and the
// groups above it that have no other container. It waits a while for processes that
// are exiting; ClassConflict says that some live on. A group that is gone already is no
// error.
func (g *Group) Remove() error {
	dirs := g.dirs()
	deadline := time.Now().Add(removePatience)
	for _, dir := range dirs {
		for pause := time.Millisecond; ; pause = min(2*pause, 50*time.Millisecond) {
			err := removeTree(dir)
			if err == nil {
				break
			}
			if !errors.Is(err, unix.EBUSY) {
				return fmt.Errorf("remove control group: %w", err)
			}
			if time.Now().After(deadline) {
				return engine.Errorf(engine.ClassConflict, "remove control group %q: processes are still in it", dir)
			}
			time.Sleep(pause)
		}
		// Up to our base, which lies as many levels higher as the name has.
		for range strings.Count(g.path, "/") - 1 {
			if dir = filepath.Dir(dir); unix.Rmdir(dir) != nil {
				break // others are in use
			}
		}
	}
	return nil
}

// dirs returns the group's directories in all hierarchies.
func (g *Group) dirs() []string {
	var out []string
	for _, m := range g.v1 {
		out = append(out, m.dir)
	}
	if g.v2 != "" {
		out = append(out, g.v2)
	}
	return out
}

// removeTree removes dir from the leaves up. The files in it are the kernel's and go
// with it.
func removeTree(dir string) error {
	err := unix.Rmdir(dir)
	if err == nil || err == unix.ENOENT {
		return nil
	}
	entries, rerr := os.ReadDir(dir)
	if rerr != nil {
		if errors.Is(rerr, fs.ErrNotExist) {
			return nil
		}
		return rerr
	}
	for _, e := range entries {
		if e.IsDir() {
			if err := removeTree(filepath.Join(dir, e.Name())); err != nil {
				return err
			}
		}
	}
	if err = unix.Rmdir(dir); err == nil || err == unix.ENOENT {
		return nil
	}
	return &os.PathError{Op: "rmdir", Path: dir, Err: err}
}

// clean checks a group's name: it comes from a file on disk and must not lead elsewhere.
func clean(path string) (string, error) {
	if !strings.HasPrefix(path, "/") || filepath.Clean(path) != path || path == "/" {
		return "", engine.Errorf(engine.ClassInvalid, "use control group %q: it must be an absolute path without dots", path)
	}
	return path, nil
}

func isDir(dir string) bool {
	st, err := os.Stat(dir)
	return err == nil && st.IsDir()
}
