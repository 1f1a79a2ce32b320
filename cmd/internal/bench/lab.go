package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"

	"golang.org/x/sys/unix"
)

// cgroupName is the parent of the peers' cgroups, so that none of them outlives the run.
const cgroupName = "berth-bench"

// A lab is what the rows share: programs, images, peers. What a row does not need is not made.
type lab struct {
	options
	dir     string
	payload string // the static program that runs in containers
	images  *registry
	berth   tool
	peers   []tool
	notes   []string       // what was measured on, for the report
	missing []string       // what was not compared with, and why
	cleanup []func() error // in reverse
}

// open makes a lab. Close it, whatever happened in between.
func open(ctx context.Context, o options) (_ *lab, err error) {
	l := &lab{options: o}
	defer func() {
		if err != nil {
			err = errors.Join(err, l.close())
		}
	}()
	berth, err := filepath.Abs(o.berth)
	if err != nil {
		return nil, err
	}
	if _, err := os.Stat(berth); err != nil {
		return nil, fmt.Errorf("%w: build it first, as make bench does", err)
	}
	if l.dir, err = os.MkdirTemp("", "berth-bench-"); err != nil {
		return nil, err
	}
	l.cleanup = append(l.cleanup, func() error { return errors.Join(unmountBelow(l.dir), os.RemoveAll(l.dir), removeCgroups()) })
	l.payload = filepath.Join(l.dir, "payload")
	build := exec.CommandContext(ctx, "go", "build", "-trimpath", "-ldflags", "-s -w", "-o", l.payload, "berth/cmd/internal/bench/payload")
	build.Env = append(os.Environ(), "CGO_ENABLED=0")
	if err := quietly(build); err != nil {
		return nil, err
	}
	if l.images, err = serve(filepath.Join(l.dir, "registry")); err != nil {
		return nil, err
	}
	l.cleanup = append(l.cleanup, l.images.close)
	if err := l.images.add("hello", 6, layer{files: []string{l.payload}, as: "payload"}); err != nil {
		return nil, err
	}
	l.berth = l.berthAt(berth, "berth")
	for _, start := range []func(context.Context) (tool, error){l.docker, l.podman} {
		peer, err := start(ctx)
		if err == nil {
			err = peer.do(ctx, "pull", "-q", l.images.ref("hello"))
		}
		if err != nil {
			l.missing = append(l.missing, fmt.Sprintf("%s: %v", peer.name, err))
			continue
		}
		l.peers = append(l.peers, peer)
	}
	for _, name := range []string{"skopeo", "bwrap", "unshare", "runc", "crun", "tmux", "lazydocker", "dry"} {
		if _, err := exec.LookPath(name); err != nil {
			l.missing = append(l.missing, name+": not installed")
		}
	}
	return l, l.berth.do(ctx, "pull", "-q", l.images.ref("hello"))
}

// berthAt is berth with a state directory of its own.
func (l *lab) berthAt(program, state string) tool {
	t := tool{name: "berth", argv: []string{program}, env: []string{"BERTH_ROOT=" + filepath.Join(l.dir, state), "BERTH_DEMO=0"}}
	l.cleanup = append(l.cleanup, func() error { return t.removeAll(context.Background()) })
	return t
}

// another is berth on another, empty state directory, which holds the hello image.
func (l *lab) another(ctx context.Context, state string) (tool, error) {
	t := l.berthAt(l.berth.argv[0], state)
	return t, t.do(ctx, "pull", "-q", l.images.ref("hello"))
}

// note says what the next figures are taken on.
func (l *lab) note(format string, args ...any) {
	note := fmt.Sprintf(format, args...)
	fmt.Printf("\n%s\n", note)
	l.notes = append(l.notes, note)
}

// engines are berth and the peers that work here.
func (l *lab) engines() []tool { return append([]tool{l.berth}, l.peers...) }

// close takes away all that the lab made. It may be called after a failed open.
func (l *lab) close() error {
	var all []error
	for _, f := range slices.Backward(l.cleanup) {
		all = append(all, f())
	}
	l.cleanup = nil
	return errors.Join(all...)
}

// unmountBelow takes away what a daemon that was killed left mounted.
func unmountBelow(dir string) error {
	mounts, err := os.ReadFile("/proc/self/mounts")
	if err != nil {
		return err
	}
	var all []error
	for _, line := range slices.Backward(strings.Split(string(mounts), "\n")) { // the innermost last
		fields := strings.Fields(line)
		if len(fields) < 2 || !strings.HasPrefix(fields[1], dir+"/") {
			continue
		}
		if err := unix.Unmount(fields[1], unix.MNT_DETACH); err != nil {
			all = append(all, fmt.Errorf("unmount %q: %w", fields[1], err))
		}
	}
	return errors.Join(all...)
}

// removeCgroups takes away the peers' parents of cgroups, which they leave behind.
func removeCgroups() error {
	var all []error
	for _, pattern := range []string{"/sys/fs/cgroup/" + cgroupName, "/sys/fs/cgroup/*/" + cgroupName} {
		parents, _ := filepath.Glob(pattern) // the pattern is well formed
		for _, parent := range parents {
			var dirs []string
			_ = filepath.WalkDir(parent, func(path string, d os.DirEntry, err error) error {
				if err == nil && d.IsDir() {
					dirs = append(dirs, path)
				}
				return nil
			})
			for _, dir := range slices.Backward(dirs) {
				if err := os.Remove(dir); err != nil && !errors.Is(err, os.ErrNotExist) {
					all = append(all, err)
				}
			}
		}
	}
	return errors.Join(all...)
}
