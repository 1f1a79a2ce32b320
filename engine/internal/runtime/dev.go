package runtime

import (
	"fmt"

	"berth/engine/internal/mount"

	specs "github.com/opencontainers/runtime-spec/specs-go"
	"golang.org/x/sys/unix"
)

// devices are the nodes of every container, with their numbers (Linux, devices.txt).
var devices = []struct {
	name         string
	major, minor uint32
}{
	{"null", 1, 3}, {"zero", 1, 5}, {"full", 1, 7}, {"random", 1, 8}, {"urandom", 1, 9}, {"tty", 5, 0},
}

var devLinks = [][2]string{
	{"/proc/self/fd", "fd"}, {"/proc/self/fd/0", "stdin"}, {"/proc/self/fd/1", "stdout"}, {"/proc/self/fd/2", "stderr"},
	{"pts/ptmx", "ptmx"}, {"/proc/kcore", "core"},
}

// devDirs are made before anybody else can put something else in their place.
var devDirs = []string{"pts", "shm", "mqueue"}

// mountDev fills a new tmpfs with the device nodes while it is attached nowhere, and
// then puts it on /dev. What the image has at /dev is never touched, so links and
// files there can't redirect the making of a node (CVE-2025-31133 and its kin). In a user
// namespace nodes can't be made: the host's are bound, onto files of the new tmpfs.
func (b *builder) mountDev(m specs.Mount, o mount.Options) {
	b.Step("fill /dev", fmt.Sprintf("mount %s on %q", m.Type, m.Destination),
		"Make a /dev with only the harmless devices, before anything of the image can see it.", m)
	b.dev = b.Slot("dev")
	b.newFS("tmpfs", m.Source, o.Data, o.Set&^unix.MOUNT_ATTR_RDONLY, b.dev, required)
	for _, d := range devices {
		if b.userns() {
			b.Call(unix.SYS_MKNODAT, b.dev, d.name, unix.S_IFREG|0o666, 0)
			continue
		}
		b.Call(unix.SYS_MKNODAT, b.dev, d.name, unix.S_IFCHR|0o666, int(unix.Mkdev(d.major, d.minor)))
	}
	for _, l := range devLinks {
		b.Call(unix.SYS_SYMLINKAT, l[0], b.dev, l[1])
	}
	for _, d := range devDirs {
		b.Call(unix.SYS_MKDIRAT, b.dev, d, 0o755)
	}
	if b.b.Spec.Process.Terminal {
		b.Call(unix.SYS_MKNODAT, b.dev, "console", unix.S_IFREG|0o600, 0)
	}
	at := b.target(m.Destination, true)
	b.attach(b.dev, at)
	b.closeSlot(at)
	if !b.userns() {
		return
	}
	for _, d := range devices {
		node, on := b.Slot(d.name), b.Slot("target")
		b.cloneTree("/dev/"+d.name, false, node)
		b.Call(unix.SYS_OPENAT, b.dev, d.name, unix.O_PATH|unix.O_NOFOLLOW|unix.O_CLOEXEC).To(on)
		b.attach(node, on)
		b.closeSlot(on)
		b.closeSlot(node)
	}
}

// mountConsole binds the terminal on /dev/console. Both ends are descriptors of file
// systems that this plan made.
func (b *builder) mountConsole() {
	if b.slave < 0 || b.dev < 0 {
		return
	}
	b.Step("bind console", "", "Let /dev/console be the container's terminal.", nil)
	tty, on := b.Slot("tty"), b.Slot("target")
	b.Call(unix.SYS_OPEN_TREE, b.slave, "", unix.AT_EMPTY_PATH|unix.OPEN_TREE_CLONE|unix.OPEN_TREE_CLOEXEC).To(tty)
	b.Call(unix.SYS_OPENAT, b.dev, "console", unix.O_PATH|unix.O_NOFOLLOW|unix.O_CLOEXEC).To(on)
	b.attach(tty, on)
	b.closeSlot(on)
	b.closeSlot(tty)
}
