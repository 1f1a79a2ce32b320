package runtime

import (
	"fmt"
	"path/filepath"
	"strings"
	"sync"

	"berth/engine"
	"berth/engine/internal/mount"

	"golang.org/x/sys/unix"
)

// maxParam is the longest value that fsconfig(2) takes, its NUL included.
const maxParam = 256

// mountRoot makes the container's root and puts it over a directory that belongs to
// the container, in the container's own mount namespace: nobody else sees it, and it
// goes with the namespace. It has to be attached at once, because older kernels don't
// let mounts be put into a detached tree.
func (b *builder) mountRoot() error {
	b.root = b.Slot("root")
	r := b.b.Rootfs
	if len(r.Lower) == 0 {
		return b.bindRoot()
	}
	if r.Upper == "" || r.Work == "" {
		return engine.Errorf(engine.ClassInvalid, "mount overlay: the bundle names no upper and work directory")
	}
	b.Step("mount overlay", "",
		"Stack the image's read-only layers and the container's own writable one into a single root file system.", r)
	over := filepath.Dir(r.Upper)
	if !appendsLowerDirs() {
		b.Call(unix.SYS_MOUNT, "overlay", over, "overlay", 0, legacyOverlay(b))
		b.Call(unix.SYS_OPENAT, unix.AT_FDCWD, over, unix.O_PATH|unix.O_DIRECTORY|unix.O_CLOEXEC).To(b.root)
		return nil
	}
	b.newFS("overlay", "overlay", b.layers(), 0, b.root, required)
	at := b.Slot("over")
	b.Call(unix.SYS_OPENAT, unix.AT_FDCWD, over, unix.O_PATH|unix.O_DIRECTORY|unix.O_CLOEXEC).To(at)
	b.attach(b.root, at)
	b.closeSlot(at)
	return nil
}

// layers returns overlay's parameters.
func (b *builder) layers() []mount.Param {
	r := b.b.Rootfs
	var params []mount.Param
	add := func(key, dir string) {
		params = append(params, mount.Param{Key: key, Value: b.overlayDir(dir, firstLayerFd+len(params))})
	}
	for _, dir := range r.Lower {
		add("lowerdir+", dir)
	}
	add("upperdir", r.Upper)
	add("workdir", r.Work)
	return append(params, overlayFlags(r.UserXattr)...)
}

// overlayFlags turns off what would make the upper layer unreadable for anything but
// this very stack: redirects and metadata-only copies refer to lower layers, which a
// diff or a commit could not follow, and which a hostile layer could forge.
func overlayFlags(userXattr bool) []mount.Param {
	flags := []mount.Param{
		{Key: "redirect_dir", Value: "nofollow"}, {Key: "metacopy", Value: "off"}, {Key: "index", Value: "off"},
	}
	if userXattr {
		flags = append(flags, mount.Param{Key: "userxattr", Flag: true})
	}
	return flags
}

// firstLayerFd is above every descriptor that the child has by then.
const firstLayerFd = 512

// overlayDir returns a directory as overlay's parameters want it. A path that is too
// long for fsconfig goes by way of the descriptor number fd, and so does one with a backslash: which
// parameters take it for an escape has changed between kernels. The child must open it:
// overlay takes directories of the mount namespace that it is mounted in only.
func (b *builder) overlayDir(dir string, fd int) string {
	if len(dir) < maxParam && !strings.Contains(dir, `\`) {
		return dir
	}
	opened := b.Slot("layer")
	b.Call(unix.SYS_OPENAT, unix.AT_FDCWD, dir, unix.O_PATH|unix.O_DIRECTORY|unix.O_CLOEXEC).To(opened)
	b.Call(unix.SYS_DUP3, opened, fd, unix.O_CLOEXEC)
	b.closeSlot(opened)
	return fmt.Sprintf("/proc/self/fd/%d", fd)
}

// legacyOverlay returns the options for mount(2), where a list of directories is one string.
func legacyOverlay(b *builder) string {
	r := b.b.Rootfs
	esc := strings.NewReplacer(`\`, `\\`, `,`, `\,`)
	lower := make([]string, len(r.Lower))
	for i, dir := range r.Lower {
		lower[i] = strings.ReplaceAll(esc.Replace(dir), ":", `\:`)
	}
	opts := []string{"lowerdir=" + strings.Join(lower, ":"), "upperdir=" + esc.Replace(r.Upper), "workdir=" + esc.Replace(r.Work)}
	for _, f := range overlayFlags(r.UserXattr) {
		if f.Flag {
			opts = append(opts, f.Key)
		} else {
			opts = append(opts, f.Key+"="+f.Value)
		}
	}
	return strings.Join(opts, ",")
}

// appendsLowerDirs reports whether overlay takes one directory at a time ("lowerdir+",
// since Linux 6.8). The kernel's version is the only way to ask without a mount.
var appendsLowerDirs = sync.OnceValue(func() bool {
	var u unix.Utsname
	var major, minor int
	if unix.Uname(&u) != nil {
		return false
	}
	if n, _ := fmt.Sscanf(unix.ByteSliceToString(u.Release[:]), "%d.%d", &major, &minor); n != 2 {
		return false
	}
	return major > 6 || major == 6 && minor >= 8
})

func (b *builder) bindRoot() error {
	if b.b.Spec.Root == nil || b.b.Spec.Root.Path == "" {
		return engine.Errorf(engine.ClassInvalid, "mount root: the bundle names neither layers nor a directory")
	}
	dir := b.b.Spec.Root.Path
	b.Step("mount root", fmt.Sprintf("bind root directory %q", dir),
		"Use a directory of the host as the root file system.", dir)
	b.Call(unix.SYS_OPEN_TREE, unix.AT_FDCWD, dir, unix.OPEN_TREE_CLONE|unix.OPEN_TREE_CLOEXEC|unix.AT_RECURSIVE).To(b.root)
	b.setattr(b.root, &unix.MountAttr{Propagation: unix.MS_PRIVATE}, true)
	at := b.Slot("over")
	b.Call(unix.SYS_OPENAT, unix.AT_FDCWD, dir, unix.O_PATH|unix.O_DIRECTORY|unix.O_CLOEXEC).To(at)
	b.attach(b.root, at)
	b.closeSlot(at)
	return nil
}

// pivot makes the container's root the root of its processes and lets go of the
// host's file systems. Both directories are named by descriptor: the old root is
// stacked on the new one for a moment, and no path has to exist for it.
func (b *builder) pivot() {
	if b.b.Spec.Root != nil && b.b.Spec.Root.Readonly {
		b.Step("protect root", "", "Make the root file system read-only.", nil)
		b.setattr(b.root, &unix.MountAttr{Attr_set: unix.MOUNT_ATTR_RDONLY}, false)
	}
	b.Step("pivot root", "", "Make the container's file system the root and detach the host's.", nil)
	old := b.Slot("old root")
	b.Call(unix.SYS_OPENAT, unix.AT_FDCWD, "/", unix.O_PATH|unix.O_DIRECTORY|unix.O_CLOEXEC).To(old)
	b.Call(unix.SYS_FCHDIR, b.root)
	b.Call(unix.SYS_PIVOT_ROOT, ".", ".")
	b.Call(unix.SYS_FCHDIR, old)
	b.Call(unix.SYS_UMOUNT2, ".", unix.MNT_DETACH)
	b.Call(unix.SYS_CHDIR, "/")
	b.closeSlot(old)
}
