package runtime

import (
	"fmt"
	"os"
	"path"
	"strings"
	"unsafe"

	"berth/engine"
	"berth/engine/internal/idmap"
	"berth/engine/internal/mount"
	"berth/engine/internal/plan"

	specs "github.com/opencontainers/runtime-spec/specs-go"
	"golang.org/x/sys/unix"
)

// openSources clones the mounts to be bound, while the host's paths are still what
// the caller meant and before the namespace is cut off from the host's: a source
// that is to stay "shared" must be cloned before.
func (b *builder) openSources() error {
	b.sources = map[int]plan.Slot{}
	var list []string
	for i, m := range b.b.Spec.Mounts {
		o := mount.Parse(m.Options)
		if m.Type == "bind" || o.Bind {
			b.sources[i] = b.Slot("source of " + m.Destination)
			list = append(list, m.Source)
		}
	}
	if len(list) > 0 {
		b.Step("open bind sources", "", "Take hold of the host's files and directories that will be seen inside.", list)
		for i, m := range b.b.Spec.Mounts {
			if slot, ok := b.sources[i]; ok {
				b.cloneTree(m.Source, mount.Parse(m.Options).BindSubtree, slot)
			}
		}
	}
	b.Step("isolate mounts", "", "Cut the mount namespace off, so that no mount inside is seen on the host, nor the other way round.", nil)
	b.Call(unix.SYS_MOUNT, nil, "/", nil, unix.MS_REC|unix.MS_PRIVATE, nil)
	return nil
}

// cloneTree clones a host path's mount. In a user namespace it is always done with
// all below it: the kernel refuses to uncover what a mount hides there.
func (b *builder) cloneTree(source string, recursive bool, to plan.Slot) plan.Op {
	flags := unix.OPEN_TREE_CLONE | unix.OPEN_TREE_CLOEXEC
	if recursive || b.userns() {
		flags |= unix.AT_RECURSIVE
	}
	return b.Call(unix.SYS_OPEN_TREE, unix.AT_FDCWD, source, flags).To(to)
}

// mountAll mounts everything in the specification's list.
func (b *builder) mountAll() error {
	for i, m := range b.b.Spec.Mounts {
		if !path.IsAbs(m.Destination) {
			return engine.Errorf(engine.ClassInvalid, "mount %q: the target is not an absolute path", m.Destination)
		}
		o := mount.Parse(m.Options)
		slot, bind := b.sources[i]
		var err error
		switch {
		case bind:
			err = b.mountBind(m, o, slot)
		case m.Type == "cgroup" || m.Type == "cgroup2":
			err = b.mountCgroup(m, o)
		case m.Type == "tmpfs" && path.Clean(m.Destination) == "/dev":
			b.mountDev(m, o)
		default:
			b.mountFS(m, o)
		}
		if err != nil {
			return err
		}
	}
	return nil
}

func (b *builder) mountStep(m specs.Mount, explain string) {
	b.Step("mount "+m.Type, fmt.Sprintf("mount %s on %q", m.Type, m.Destination), explain, m)
}

// target opens the place for a mount, making it if it is missing. The kernel's own
// file systems have their paths from the root as well; the descriptor is used for
// everything that follows. Only a path that names /proc may lead there: a link in the
// image could else cover what is masked, or what the runtime relies on (CVE-2019-16884).
func (b *builder) target(dest string, dir bool) plan.Slot {
	at := b.Slot("target")
	b.MakePath(b.root, dest, dir, at)
	if dest = path.Clean(dest); dest != "/proc" && !strings.HasPrefix(dest, "/proc/") {
		st, bytes := plan.Words(int(unsafe.Sizeof(unix.Statfs_t{})) / 4)
		b.Call(unix.SYS_FSTATFS, at, bytes)
		b.Refuse(&st[lowWord], unix.PROC_SUPER_MAGIC, uintptr(unix.EXDEV))
	}
	return at
}

// lowWord is where the type lies in the 64 bits that statfs(2) begins with: both
// architectures are little-endian.
const lowWord = 0

var explanations = map[string]string{
	"proc":   "Show the container its own processes, and only those.",
	"sysfs":  "Show the kernel's devices and settings of the container's network.",
	"devpts": "Give the container pseudo-terminals of its own.",
	"mqueue": "Give the container POSIX message queues of its own.",
	"tmpfs":  "Give the container a file system in memory that goes with it.",
}

func (b *builder) mountFS(m specs.Mount, o mount.Options) {
	if m.Type == "sysfs" && b.userns() && !b.hasNamespace(specs.NetworkNamespace) {
		b.mountHostSys(m, o)
		return
	}
	b.mountStep(m, explanations[m.Type])
	slot := b.Slot(m.Type)
	b.newFS(m.Type, m.Source, b.params(m.Type, o.Data), o.Set, slot, required)
	at := b.target(m.Destination, true)
	b.attach(slot, at)
	b.closeSlot(at)
	switch m.Type {
	case "proc", "sysfs":
		b.kernel = append(b.kernel, kernelMount{path.Clean(m.Destination), slot})
	case "devpts":
		b.devpts = slot
	default:
		b.closeSlot(slot)
	}
}

// params drops what this kernel interface or a small id mapping can't take.
func (b *builder) params(kind string, data []mount.Param) []mount.Param {
	if kind != "devpts" {
		return data
	}
	data = mount.Without(data, "newinstance") // always, since Linux 4.7
	if _, ok := idmap.ToHost(b.b.IDMap.GIDs, 5); b.userns() && !ok {
		data = mount.Without(data, "gid")
	}
	return data
}

// mountHostSys binds the host's /sys: the kernel mounts a new sysfs only for the
// owner of the network namespace, which the host's is not.
func (b *builder) mountHostSys(m specs.Mount, o mount.Options) {
	b.mountStep(m, "Show the host's /sys: with the host's network, an unprivileged container can't have its own.")
	slot := b.Slot("sys")
	b.cloneTree("/sys", true, slot)
	b.setattr(slot, &unix.MountAttr{Attr_set: o.Set, Propagation: unix.MS_PRIVATE}, true)
	at := b.target(m.Destination, true)
	b.attach(slot, at)
	b.closeSlot(at)
	b.kernel = append(b.kernel, kernelMount{path.Clean(m.Destination), slot})
}

func (b *builder) mountBind(m specs.Mount, o mount.Options, slot plan.Slot) error {
	st, err := os.Stat(m.Source)
	if err != nil {
		return engine.Errorf(classOf(err), "bind %q on %q: %w", m.Source, m.Destination, err)
	}
	b.Step("bind", fmt.Sprintf("bind %q on %q", m.Source, m.Destination), "Show a file or directory of the host inside.", m)
	prop := o.Propagation
	if prop == 0 {
		prop = unix.MS_PRIVATE
	}
	b.setattr(slot, &unix.MountAttr{Propagation: prop}, true)
	if o.Set|o.Clear != 0 {
		// Read-only goes for what is mounted below, too: else "read-only" would be a promise
		// that a submount breaks.
		recursive := o.Recursive || o.BindSubtree && o.Set&unix.MOUNT_ATTR_RDONLY != 0
		b.setattr(slot, &unix.MountAttr{Attr_set: o.Set, Attr_clr: b.clearable(o.Clear)}, recursive)
	}
	at := b.target(m.Destination, st.IsDir())
	b.attach(slot, at)
	b.closeSlot(at)
	b.closeSlot(slot)
	return nil
}

// clearable leaves out attributes that the kernel has locked: in a user namespace a
// read-only mount of the host stays so.
func (b *builder) clearable(attrs uint64) uint64 {
	if b.userns() {
		return 0
	}
	return attrs
}

func (b *builder) hasNamespace(kind specs.LinuxNamespaceType) bool {
	if b.b.Spec.Linux == nil {
		return false
	}
	for _, ns := range b.b.Spec.Linux.Namespaces {
		if ns.Type == kind {
			return true
		}
	}
	return false
}

// kernelPath finds where a path below a kernel file system is resolved from.
func (b *builder) kernelPath(p string) (dir plan.Slot, rel string) {
	p = path.Clean(p)
	for i := len(b.kernel) - 1; i >= 0; i-- {
		if rest, ok := strings.CutPrefix(p, b.kernel[i].dest); ok && (rest == "" || rest[0] == '/') {
			return b.kernel[i].slot, strings.TrimPrefix(rest, "/")
		}
	}
	return b.root, strings.TrimPrefix(p, "/")
}
