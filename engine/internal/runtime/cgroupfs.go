package runtime

import (
	"os"
	"strings"

	"berth/engine"
	"berth/engine/internal/mount"

	specs "github.com/opencontainers/runtime-spec/specs-go"
	"golang.org/x/sys/unix"
)

// A hierarchy is one cgroup hierarchy of the host.
type hierarchy struct {
	dir    string // its name below /sys/fs/cgroup
	kind   string // "cgroup", "cgroup2"
	params []mount.Param
}

// hierarchies reads /proc/self/cgroup, see cgroups(7).
func hierarchies() ([]hierarchy, error) {
	data, err := os.ReadFile("/proc/self/cgroup")
	if err != nil {
		return nil, engine.Errorf(classOf(err), "find the host's cgroups: %w", err)
	}
	var v1, v2 []hierarchy
	for line := range strings.Lines(string(data)) {
		f := strings.SplitN(strings.TrimSpace(line), ":", 3)
		switch {
		case len(f) != 3:
		case f[1] == "":
			v2 = append(v2, hierarchy{dir: "unified", kind: "cgroup2"})
		default:
			v1 = append(v1, version1(f[1]))
		}
	}
	if len(v1) == 0 && len(v2) == 1 {
		v2[0].dir = ""
	}
	return append(v1, v2...), nil
}

func version1(controllers string) hierarchy {
	h := hierarchy{dir: controllers, kind: "cgroup"}
	for c := range strings.SplitSeq(controllers, ",") {
		if name, ok := strings.CutPrefix(c, "name="); ok {
			h.dir = name
			h.params = append(h.params, mount.Param{Key: "name", Value: name}, mount.Param{Key: "none", Flag: true})
			continue
		}
		h.params = append(h.params, mount.Param{Key: c, Flag: true})
	}
	return h
}

// mountCgroup shows the container its own cgroups, read-only (CVE-2022-0492). With
// version 1 that is a tmpfs with a directory for each hierarchy. A hierarchy that the
// kernel does not let this user mount is left out: nothing depends on it.
func (b *builder) mountCgroup(m specs.Mount, o mount.Options) error {
	hs, err := hierarchies()
	if err != nil {
		return err
	}
	b.mountStep(m, "Show the container its own resource limits, read-only.")
	at := b.target(m.Destination, true)
	skip := b.Label()
	defer func() {
		b.Place(skip)
		b.closeSlot(at)
	}()
	if len(hs) == 1 && hs[0].dir == "" {
		slot := b.Slot("cgroup2")
		b.newFS("cgroup2", "cgroup", nil, o.Set, slot, skip)
		b.attach(slot, at)
		b.closeSlot(slot)
		return nil
	}
	base := b.Slot("cgroups")
	b.newFS("tmpfs", "tmpfs", []mount.Param{{Key: "mode", Value: "755"}}, o.Set&^unix.MOUNT_ATTR_RDONLY, base, required)
	for _, h := range hs {
		b.Call(unix.SYS_MKDIRAT, base, h.dir, 0o755)
		if names := strings.Split(h.dir, ","); len(names) > 1 {
			for _, n := range names {
				b.Call(unix.SYS_SYMLINKAT, h.dir, base, n)
			}
		}
	}
	b.attach(base, at)
	for _, h := range hs {
		slot, on, next := b.Slot(h.dir), b.Slot("target"), b.Label()
		b.newFS(h.kind, "cgroup", h.params, o.Set, slot, next)
		b.Call(unix.SYS_OPENAT, base, h.dir, unix.O_PATH|unix.O_NOFOLLOW|unix.O_CLOEXEC).To(on)
		b.attach(slot, on)
		b.closeSlot(on)
		b.closeSlot(slot)
		b.Place(next)
	}
	if o.Set&unix.MOUNT_ATTR_RDONLY != 0 {
		b.setattr(base, &unix.MountAttr{Attr_set: unix.MOUNT_ATTR_RDONLY}, false)
	}
	b.closeSlot(base)
	return nil
}
