package cgroup

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"time"

	"berth/engine"

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
	add := func(dir, name string) error {
		path := filepath.Join(dir, name)
		fd, err := open(path, unix.O_WRONLY) // see files.go
		if err != nil {
			return fmt.Errorf("open control group: %w", err)
		}
		out = append(out, os.NewFile(uintptr(fd), path))
		return nil
	}
	var err error
	for _, m := range g.v1 {
		if err == nil {
			err = add(m.dir, "tasks")
		}
	}
	if err == nil && g.v2 != "" {
		err = add(g.v2, "cgroup.procs")
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
