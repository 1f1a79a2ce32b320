package local

import (
	"bufio"
	"cmp"
	"context"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"time"

	"berth/engine"
	"berth/engine/internal/cgroup"
	"berth/engine/internal/doctor"
	"berth/engine/internal/idmap"

	"golang.org/x/sys/unix"
)

// Info implements engine.System.
func (e *Engine) Info(ctx context.Context) (engine.Info, error) {
	var uts unix.Utsname
	var mem unix.Sysinfo_t
	var fs unix.Statfs_t
	if err := unix.Uname(&uts); err != nil {
		return engine.Info{}, hostError(err, "ask the kernel's name")
	}
	if err := unix.Sysinfo(&mem); err != nil {
		return engine.Info{}, hostError(err, "ask the memory's size")
	}
	if err := unix.Statfs(e.opts.Root, &fs); err != nil {
		return engine.Info{}, hostError(err, "ask the free space of %q", e.opts.Root)
	}
	host := cgroup.Detect()
	info := engine.Info{
		Version: e.opts.Version, Commit: e.opts.Commit, GoVersion: runtime.Version(),
		Root:          e.opts.Root,
		Rootless:      e.ids.Mode != idmap.Host,
		IDMapping:     e.ids.String(),
		KernelVersion: unix.ByteSliceToString(uts.Release[:]),
		Hostname:      unix.ByteSliceToString(uts.Nodename[:]),
		OS:            osName(),
		Architecture:  unix.ByteSliceToString(uts.Machine[:]),
		CPUs:          runtime.NumCPU(),
		MemTotal:      int64(mem.Totalram) * int64(mem.Unit),
		CgroupVersion: host.Version(),
		CgroupLimits:  host.Limits(),
		SecurityOpts:  []string{"seccomp,profile=builtin"},
		StorageDriver: "overlay2",
		LogDriver:     "json-file",
		Demo:          e.opts.Demo,
		Mirrors:       e.opts.Mirrors,
		DiskFree:      int64(fs.Bavail) * fs.Bsize,
		Time:          time.Now(),
	}
	if info.Rootless {
		info.SecurityOpts = append(info.SecurityOpts, "rootless")
	}
	if e.ids.Hint != "" {
		info.Warnings = append(info.Warnings, e.ids.Hint)
	}
	return info, e.count(ctx, &info)
}

// count fills what the state directory holds.
func (e *Engine) count(ctx context.Context, info *engine.Info) error {
	images, err := e.ListImages(ctx, engine.ImageListOptions{All: true})
	if err != nil {
		return err
	}
	info.Images = len(images)
	for _, img := range images {
		info.DiskImages += img.Unique
	}
	all, err := e.containers()
	if err != nil {
		return err
	}
	info.Containers = len(all)
	for _, c := range all {
		switch c.State {
		case engine.StateRunning, engine.StateRestarting:
			info.Running++
		case engine.StatePaused:
			info.Paused++
		default:
			info.Stopped++
		}
		info.DiskContainers += diskUsage(filepath.Join(e.state.Dir(c.ID), upperDir))
	}
	return nil
}

// osName returns PRETTY_NAME of os-release(5).
func osName() string {
	f, err := os.Open("/etc/os-release")
	if err != nil {
		return "Linux"
	}
	defer f.Close()
	for sc := bufio.NewScanner(f); sc.Scan(); {
		if v, ok := strings.CutPrefix(sc.Text(), "PRETTY_NAME="); ok {
			return cmp.Or(strings.Trim(v, `"'`), "Linux")
		}
	}
	return "Linux"
}

// Doctor implements engine.System.
func (e *Engine) Doctor(ctx context.Context) ([]engine.Check, error) {
	return doctor.Run(ctx, doctor.Options{Root: e.opts.Root, IDMap: e.ids, Worker: worker(doctorMode)})
}
