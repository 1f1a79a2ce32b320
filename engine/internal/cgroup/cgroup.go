// Package cgroup limits, counts, freezes and kills the processes of a container
// through control groups of version 1, of version 2, of both at once, or of neither,
// as the host has it (cgroups(7); the kernel's admin-guide/cgroup-v1 and cgroup-v2.rst).
// It starts nothing and puts no process into a group: the start plan does that, with
// the descriptors of [Group.Procs]. It runs in berth and in the shim.
//
// Groups are made below the group of this process, or in version 2 below the highest
// group that this user may write, so that limits of whoever started berth hold, and
// a delegated subtree (systemd's user@.service) is found:
//
//	version 1   /sys/fs/cgroup/<controller>/<own path>/berth/<id>   for each controller
//	version 2   /sys/fs/cgroup/berth/<id>
//	            /sys/fs/cgroup/.../user@1000.service/berth.slice/berth-<id>.scope
package cgroup

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"

	"golang.org/x/sys/unix"
)

// The controllers of version 1 in which every container gets a group, where they exist.
var controllers = []string{"cpu", "cpuacct", "cpuset", "memory", "devices", "freezer", "blkio", "pids"}

// used are the controllers of version 2 that we set or read.
var used = []string{"cpu", "cpuset", "io", "memory", "pids"}

// A Host is what this process can do with control groups.
type Host struct {
	version string
	v1      []hierarchy
	v2      *unified // nil if not mounted, not writable or not needed
	why     string   // why nothing can be used, if so
}

// A hierarchy is one of version 1, with the directory below which we make groups.
type hierarchy struct {
	controllers []string // some are mounted together: cpu,cpuacct
	base        string
}

// unified is the version 2 hierarchy.
type unified struct {
	base        string
	controllers []string // that groups below base can have
	systemd     bool     // base belongs to a unit: names follow systemd's rules
}

// Paths are the files that Detect reads.
type Paths struct {
	MountInfo string // /proc/self/mountinfo
	Self      string // /proc/self/cgroup
}

// Detect looks at the host once in this process's life.
func Detect() *Host { return detect() }

var detect = sync.OnceValue(func() *Host {
	return DetectAt(Paths{MountInfo: "/proc/self/mountinfo", Self: "/proc/self/cgroup"})
})

// DetectAt looks at a host that the given files describe. A host on which nothing
// works is no error: it has version "none".
func DetectAt(p Paths) *Host {
	mountInfo, err := read(p.MountInfo)
	if err != nil {
		return &Host{version: "none", why: err.Error()}
	}
	self, err := read(p.Self)
	if err != nil {
		return &Host{version: "none", why: err.Error()}
	}
	h := &Host{version: "none", why: "no control groups are mounted"}
	var v2 *unified
	for _, m := range cgroupMounts(string(mountInfo)) {
		own := ownPath(string(self), m)
		if m.v2 {
			if v2 = newUnified(m.point, own); v2 == nil {
				h.why = "this user may not make groups at " + m.point
			}
			continue
		}
		base := filepath.Join(m.point, own)
		if !writable(base) {
			h.why = "this user may not make groups at " + base
			continue
		}
		h.v1 = append(h.v1, hierarchy{controllers: m.controllers, base: base})
	}
	h.choose(v2)
	return h
}

// choose decides whether version 2 is used. Beside a complete version 1 it would only
// double the work of each start.
func (h *Host) choose(v2 *unified) {
	switch {
	case len(h.v1) == 0 && v2 == nil:
	case len(h.v1) == 0:
		h.version, h.v2 = "2", v2
	case v2 == nil:
		h.version = "1"
	default:
		h.version = "hybrid"
		lacks := func(c string) bool { return h.hierarchy(v1Name(c)) == nil }
		if lacks("freezer") || lacks("devices") || slices.ContainsFunc(v2.controllers, lacks) {
			h.v2 = v2
		}
	}
}

// Version returns "1", "2", "hybrid", or "none" if this user can't use any.
func (h *Host) Version() string { return h.version }

// Why says, for version "none", what is in the way.
func (h *Host) Why() string {
	if h.version != "none" {
		return ""
	}
	return h.why
}

// Limits returns which of cpu, memory, pids and io can be set, and cpuset.
func (h *Host) Limits() []string {
	var out []string
	for _, name := range used {
		if h.hierarchy(v1Name(name)) != nil || h.v2 != nil && slices.Contains(h.v2.controllers, name) {
			out = append(out, name)
		}
	}
	return out
}

// CanFreeze reports whether containers can be paused.
func (h *Host) CanFreeze() bool { return h.v2 != nil || h.hierarchy("freezer") != nil }

// Path returns the name of a container's group for [Host.Create], after the rules of
// whoever owns the tree.
func (h *Host) Path(id string) string {
	if h.v2 != nil && h.v2.systemd {
		return "/berth.slice/berth-" + id + ".scope"
	}
	return "/berth/" + id
}

func (h *Host) hierarchy(controller string) *hierarchy {
	for i := range h.v1 {
		if slices.Contains(h.v1[i].controllers, controller) {
			return &h.v1[i]
		}
	}
	return nil
}

// v1Name returns version 1's name of a version 2 controller.
func v1Name(name string) string {
	if name == "io" {
		return "blkio"
	}
	return name
}

// newUnified finds the base of the version 2 hierarchy, or returns nil if there is
// none that we may use.
func newUnified(point, own string) *unified {
	u := &unified{}
	// The highest one that we may write: a process can only be moved within a tree
	// whose root is writable (cgroup-v2.rst, "Delegation Containment").
	for dir := filepath.Join(point, own); ; dir = filepath.Dir(dir) {
		if !writable(dir) || !writable(filepath.Join(dir, "cgroup.procs")) {
			break
		}
		u.base = dir
		if dir == point {
			break
		}
	}
	if u.base == "" {
		return nil
	}
	u.systemd = strings.HasSuffix(u.base, ".service") || strings.HasSuffix(u.base, ".slice") || strings.HasSuffix(u.base, ".scope")
	enabled := fields(filepath.Join(u.base, "cgroup.subtree_control"))
	u.controllers = enabled
	if !hasInnerProcesses(u.base) {
		u.controllers = fields(filepath.Join(u.base, "cgroup.controllers"))
	}
	u.controllers = slices.DeleteFunc(u.controllers, func(c string) bool { return !slices.Contains(used, c) })
	return u
}

// hasInnerProcesses reports whether processes in dir itself keep it from handing
// controllers down (cgroup-v2.rst, "No Internal Process Constraint"). The root, which
// has no cgroup.type, is exempt.
func hasInnerProcesses(dir string) bool {
	if _, err := os.Stat(filepath.Join(dir, "cgroup.type")); err != nil {
		return false
	}
	return len(fields(filepath.Join(dir, "cgroup.procs"))) > 0
}

func writable(path string) bool {
	return unix.Faccessat(unix.AT_FDCWD, path, unix.W_OK, unix.AT_EACCESS) == nil
}

// A cgroupMount is one line of /proc/self/mountinfo (proc_pid_mountinfo(5)).
type cgroupMount struct {
	root, point string
	v2          bool
	controllers []string
}

func cgroupMounts(mountInfo string) []cgroupMount {
	var out []cgroupMount
	for line := range strings.Lines(mountInfo) {
		left, right, ok := strings.Cut(line, " - cgroup")
		if !ok {
			continue
		}
		l, r := strings.Fields(left), strings.Fields(right)
		if len(l) < 5 {
			continue
		}
		m := cgroupMount{root: l[3], point: unescape(l[4])}
		if strings.HasPrefix(right, "2 ") {
			m.v2 = true
		} else {
			// The options are the last field; those of other file systems stand there too.
			for _, o := range strings.Split(r[len(r)-1], ",") {
				if slices.Contains(controllers, o) {
					m.controllers = append(m.controllers, o)
				}
			}
			if len(m.controllers) == 0 {
				continue // named ones, such as systemd's own
			}
		}
		out = append(out, m)
	}
	return out
}

// ownPath returns this process's group below the mount point. A group outside what
// is mounted (a bind mount within a container) counts as the mount's root.
func ownPath(self string, m cgroupMount) string {
	for line := range strings.Lines(self) {
		f := strings.SplitN(strings.TrimSuffix(line, "\n"), ":", 3)
		if len(f) != 3 {
			continue
		}
		names := strings.Split(f[1], ",")
		if m.v2 != (f[1] == "") || !m.v2 && !slices.Contains(names, m.controllers[0]) {
			continue
		}
		path, ok := strings.CutPrefix(f[2], strings.TrimSuffix(m.root, "/"))
		if !ok || strings.Contains(path, "..") {
			return "/"
		}
		return path
	}
	return "/"
}

// unescape undoes the octal escapes of mountinfo.
func unescape(s string) string {
	return strings.NewReplacer(`\040`, " ", `\011`, "\t", `\012`, "\n", `\134`, `\`).Replace(s)
}
