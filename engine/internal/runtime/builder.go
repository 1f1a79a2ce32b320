package runtime

import (
	"os"

	"berth/engine/internal/bundle"
	"berth/engine/internal/idmap"
	"berth/engine/internal/plan"

	"golang.org/x/sys/unix"
)

// A builder holds what the steps of one plan share.
type builder struct {
	*plan.Plan
	b *bundle.Bundle
	o Options

	root     plan.Slot // the container's root mount
	dev      plan.Slot // its /dev, made by us; -1 if the bundle has none
	devpts   plan.Slot // its devpts; -1
	cwd      plan.Slot
	slave    plan.Slot // the terminal; -1
	kernel   []kernelMount
	sources  map[int]plan.Slot // bind sources by index in Spec.Mounts
	stdio    [3]plan.Slot
	stdFiles [3]*os.File
	opened   []*os.File // by us, to close after the fork
	identity *identity
	ahead    bool // the parent tells the user unasked
	filter   []unix.SockFilter
}

// A kernelMount is a mounted procfs or sysfs. Paths below it are resolved from its
// descriptor, never from the root: whoever can exchange a directory above it, on a shared
// volume for instance, could otherwise lead the masks astray.
type kernelMount struct {
	dest string
	slot plan.Slot
}

// userns reports whether the container has a user namespace of its own.
func (b *builder) userns() bool { return b.b.IDMap.Mode != "" && b.b.IDMap.Mode != idmap.Host }

func (b *builder) close() {
	for _, f := range b.opened {
		f.Close()
	}
}

// how returns the openat2 arguments for paths that the image may have prepared:
// links lead nowhere outside the directory it starts from, magic links not at all.
func how(flags uint64) *unix.OpenHow {
	return &unix.OpenHow{Flags: flags | unix.O_CLOEXEC, Resolve: unix.RESOLVE_IN_ROOT | unix.RESOLVE_NO_MAGICLINKS}
}

// inside opens path below dir.
func (b *builder) inside(dir plan.Slot, path string, flags uint64, to plan.Slot) plan.Op {
	if path == "" {
		path = "."
	}
	return b.Call(unix.SYS_OPENAT2, dir, path, how(flags), sizeofOpenHow).To(to)
}

const (
	sizeofOpenHow   = 24
	sizeofMountAttr = unix.MOUNT_ATTR_SIZE_VER0
)

// closeSlot closes a descriptor that is not needed any more.
func (b *builder) closeSlot(s plan.Slot) { b.Call(unix.SYS_CLOSE, s) }

// attach puts a detached mount on the directory or file that to refers to.
func (b *builder) attach(mount, to plan.Slot) plan.Op {
	return b.Call(unix.SYS_MOVE_MOUNT, mount, "", to, "", unix.MOVE_MOUNT_F_EMPTY_PATH|unix.MOVE_MOUNT_T_EMPTY_PATH)
}

// setattr changes attributes of a mount, with all below it if recursive.
func (b *builder) setattr(mount plan.Slot, attr *unix.MountAttr, recursive bool) plan.Op {
	flags := unix.AT_EMPTY_PATH
	if recursive {
		flags |= unix.AT_RECURSIVE
	}
	return b.Call(unix.SYS_MOUNT_SETATTR, mount, "", flags, attr, sizeofMountAttr)
}
