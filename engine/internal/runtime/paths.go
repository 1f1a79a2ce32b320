package runtime

import (
	"berth/engine/internal/mount"

	"golang.org/x/sys/unix"
)

// maskPaths hides files of /proc and /sys that tell about the host or reach its
// kernel: a file under /dev/null, a directory under an empty read-only tmpfs. The null
// device is the host's own, held by descriptor; the image's /dev has no part in it
// (CVE-2025-31133). What this kernel does not have is skipped.
func (b *builder) maskPaths() {
	paths := b.b.Spec.Linux.MaskedPaths
	if len(paths) == 0 {
		return
	}
	b.Step("mask paths", "", "Hide the parts of /proc and /sys that show the host.", paths)
	null := b.Slot("null")
	b.Call(unix.SYS_OPENAT, unix.AT_FDCWD, "/dev/null", unix.O_PATH|unix.O_CLOEXEC).To(null)
	empty := b.Slot("empty") // one for all; made when the first directory needs it
	for _, p := range paths {
		dir, rel := b.kernelPath(p)
		at, cover, again, file, done := b.Slot("target"), b.Slot("cover"), b.Label(), b.Label(), b.Label()
		b.inside(dir, rel, unix.O_PATH|unix.O_DIRECTORY, at).
			On(uintptr(unix.ENOENT), done).On(uintptr(unix.ENOTDIR), file)
		b.JumpIf(empty, false, again)
		b.newFS("tmpfs", "tmpfs", []mount.Param{{Key: "nr_inodes", Value: "1"}, {Key: "mode", Value: "755"}},
			unix.MOUNT_ATTR_RDONLY|unix.MOUNT_ATTR_NOSUID|unix.MOUNT_ATTR_NODEV|unix.MOUNT_ATTR_NOEXEC, empty, required)
		b.attach(empty, at)
		b.closeSlot(at)
		b.Jump(done)
		b.Place(again)
		b.Call(unix.SYS_OPEN_TREE, empty, "", unix.AT_EMPTY_PATH|unix.OPEN_TREE_CLONE|unix.OPEN_TREE_CLOEXEC).To(cover)
		b.attach(cover, at)
		b.closeSlot(cover)
		b.closeSlot(at)
		b.Jump(done)
		b.Place(file)
		b.inside(dir, rel, unix.O_PATH, at).On(uintptr(unix.ENOENT), done).On(uintptr(unix.ENOTDIR), done)
		b.Call(unix.SYS_OPEN_TREE, null, "", unix.AT_EMPTY_PATH|unix.OPEN_TREE_CLONE|unix.OPEN_TREE_CLOEXEC).To(cover)
		b.attach(cover, at)
		b.closeSlot(cover)
		b.closeSlot(at)
		b.Place(done)
	}
	b.closeSlot(null)
}

// protectPaths makes parts of /proc and /sys read-only by binding each on itself.
func (b *builder) protectPaths() {
	paths := b.b.Spec.Linux.ReadonlyPaths
	if len(paths) == 0 {
		return
	}
	b.Step("protect paths", "", "Make the kernel's settings in /proc and /sys read-only.", paths)
	for _, p := range paths {
		dir, rel := b.kernelPath(p)
		at, tree, done := b.Slot("target"), b.Slot("tree"), b.Label()
		b.inside(dir, rel, unix.O_PATH, at).On(uintptr(unix.ENOENT), done).On(uintptr(unix.ENOTDIR), done)
		b.Call(unix.SYS_OPEN_TREE, at, "", unix.AT_EMPTY_PATH|unix.OPEN_TREE_CLONE|unix.OPEN_TREE_CLOEXEC|unix.AT_RECURSIVE).To(tree)
		b.setattr(tree, &unix.MountAttr{Attr_set: unix.MOUNT_ATTR_RDONLY}, true)
		b.attach(tree, at)
		b.closeSlot(tree)
		b.closeSlot(at)
		b.Place(done)
	}
}
