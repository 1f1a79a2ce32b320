package runtime

import (
	"bytes"
	"encoding/binary"
	"slices"
	"strings"

	"berth/engine"
	"berth/engine/internal/mount"

	specs "github.com/opencontainers/runtime-spec/specs-go"
	"golang.org/x/sys/unix"
)

// cloneFlags maps a namespace to its flag. The cgroup namespace is not made at the
// clone: its root is the cgroup of the moment, and the child has to enter its own first.
var cloneFlags = map[specs.LinuxNamespaceType]uint64{
	specs.PIDNamespace: unix.CLONE_NEWPID, specs.MountNamespace: unix.CLONE_NEWNS, specs.UTSNamespace: unix.CLONE_NEWUTS,
	specs.IPCNamespace: unix.CLONE_NEWIPC, specs.NetworkNamespace: unix.CLONE_NEWNET, specs.UserNamespace: unix.CLONE_NEWUSER,
	specs.CgroupNamespace: unix.CLONE_NEWCGROUP,
}

// namespaceFlags returns the flags of all the container's own namespaces.
func (b *builder) namespaceFlags() (uint64, error) {
	var flags uint64
	for _, ns := range b.b.Spec.Linux.Namespaces {
		f, ok := cloneFlags[ns.Type]
		if !ok || ns.Path != "" {
			return 0, engine.Errorf(engine.ClassUnsupported, "make namespaces: %s namespace %q is not supported", ns.Type, ns.Path)
		}
		flags |= f
	}
	flags &^= unix.CLONE_NEWUSER
	if b.userns() {
		flags |= unix.CLONE_NEWUSER
	}
	if flags&unix.CLONE_NEWNS == 0 || flags&unix.CLONE_NEWPID == 0 {
		return 0, engine.Errorf(engine.ClassUnsupported, "make namespaces: a container needs its own pid and mount namespaces")
	}
	return flags, nil
}

// namespaceNames returns the names of the flags, for people.
func namespaceNames(flags uint64) []string {
	var out []string
	for kind, f := range cloneFlags {
		if flags&f != 0 {
			out = append(out, string(kind))
		}
	}
	slices.Sort(out)
	return out
}

// joinCgroup moves the child into its cgroups and makes them the root of what it
// sees of them.
func (b *builder) joinCgroup(unshare bool) {
	if len(b.o.CgroupProcs) == 0 && !unshare {
		return
	}
	b.Step("join cgroup", "", "Enter the container's control group, which accounts for and limits its resources.", b.b.Spec.Linux.CgroupsPath)
	for _, f := range b.o.CgroupProcs {
		b.Call(unix.SYS_WRITE, f.Fd(), "0", 1)
	}
	if unshare {
		b.Call(unix.SYS_UNSHARE, unix.CLONE_NEWCGROUP)
	}
}

// setHostname names the container's machine.
func (b *builder) setHostname() {
	if !b.hasNamespace(specs.UTSNamespace) {
		return
	}
	b.Step("set hostname", "", "Give the container a host name of its own.", b.b.Spec.Hostname)
	if h := b.b.Spec.Hostname; h != "" {
		b.Call(unix.SYS_SETHOSTNAME, h, len(h))
	}
	if d := b.b.Spec.Domainname; d != "" {
		b.Call(unix.SYS_SETDOMAINNAME, d, len(d))
	}
}

// raiseLoopback brings "lo" up in a new network namespace.
func (b *builder) raiseLoopback() {
	if !b.hasNamespace(specs.NetworkNamespace) {
		return
	}
	b.Step("raise loopback", "", "Bring up the loopback interface, the only one of a new network namespace.", nil)
	sock := b.Slot("socket")
	var ifreq bytes.Buffer // struct ifreq, netdevice(7)
	name := make([]byte, unix.IFNAMSIZ)
	copy(name, "lo")
	ifreq.Write(name)
	_ = binary.Write(&ifreq, binary.NativeEndian, uint16(unix.IFF_UP)) // a Buffer takes all
	ifreq.Write(make([]byte, 40-ifreq.Len()))
	b.Call(unix.SYS_SOCKET, unix.AF_INET, unix.SOCK_DGRAM|unix.SOCK_CLOEXEC, 0).To(sock)
	b.Call(unix.SYS_IOCTL, sock, unix.SIOCSIFFLAGS, ifreq.Bytes())
	b.closeSlot(sock)
}

// writeSysctls sets kernel parameters of the container's namespaces, through a procfs
// that this plan makes and attaches nowhere: the container's /proc may be covered by
// something that only looks like one (CVE-2025-52881).
func (b *builder) writeSysctls() {
	sysctl := b.b.Spec.Linux.Sysctl
	if len(sysctl) == 0 {
		return
	}
	b.Step("write sysctls", "", "Set kernel parameters of the container's own namespaces.", sysctl)
	proc := b.Slot("private proc")
	b.newFS("proc", "proc", []mount.Param{}, unix.MOUNT_ATTR_NOSUID|unix.MOUNT_ATTR_NODEV|unix.MOUNT_ATTR_NOEXEC, proc, required)
	keys := make([]string, 0, len(sysctl))
	for k := range sysctl {
		keys = append(keys, k)
	}
	slices.Sort(keys)
	for _, k := range keys {
		f := b.Slot("sysctl")
		name := "sys/" + strings.ReplaceAll(k, ".", "/")
		b.Call(unix.SYS_OPENAT2, proc, name, &unix.OpenHow{
			Flags:   unix.O_WRONLY | unix.O_CLOEXEC,
			Resolve: unix.RESOLVE_BENEATH | unix.RESOLVE_NO_SYMLINKS | unix.RESOLVE_NO_XDEV,
		}, sizeofOpenHow).To(f)
		b.Call(unix.SYS_WRITE, f, sysctl[k], len(sysctl[k]))
		b.closeSlot(f)
	}
	b.closeSlot(proc)
}
