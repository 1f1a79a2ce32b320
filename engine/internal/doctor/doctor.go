// Package doctor finds out what this host lets Berth do. Each ability is tried, not
// guessed from a version, and each lack comes with the command or setting that mends
// it. It changes nothing that lasts. It runs in berth; what needs a user namespace is
// tried by a worker inside one.
package doctor

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"

	"berth/engine"
	"berth/engine/internal/cgroup"
	"berth/engine/internal/idmap"

	"golang.org/x/sys/unix"
)

// Options say what is examined.
type Options struct {
	Root  string // state directory; it exists
	IDMap idmap.Mapping
	// Worker returns the command that runs WorkerMain; needed unless IDMap is Host.
	Worker func(args ...string) (*exec.Cmd, error)
}

// Run makes all checks. It fails only if ctx ends.
func Run(ctx context.Context, o Options) ([]engine.Check, error) {
	checks := []engine.Check{kernel(), userNamespaces(o), ids(o)}
	checks = append(checks, stateDirectory(o)...)
	checks = append(checks, overlay(ctx, o), pidfd(), seccomp())
	checks = append(checks, cgroups(cgroup.Detect())...)
	checks = append(checks, descriptors())
	return checks, ctx.Err()
}

func ok(name, format string, args ...any) engine.Check {
	return engine.Check{Name: name, Status: engine.CheckOK, Detail: fmt.Sprintf(format, args...)}
}

func warn(name, remedy, format string, args ...any) engine.Check {
	return engine.Check{Name: name, Status: engine.CheckWarn, Detail: fmt.Sprintf(format, args...), Remedy: remedy}
}

func fail(name, remedy, format string, args ...any) engine.Check {
	return engine.Check{Name: name, Status: engine.CheckFail, Detail: fmt.Sprintf(format, args...), Remedy: remedy}
}

// The oldest kernel that has all that is used: mount_setattr came last.
const minMajor, minMinor = 5, 12

func kernel() engine.Check {
	const name = "kernel"
	var uts unix.Utsname
	if err := unix.Uname(&uts); err != nil {
		return fail(name, "", "uname: %v", err)
	}
	release := unix.ByteSliceToString(uts.Release[:])
	var major, minor int
	if _, err := fmt.Sscanf(release, "%d.%d", &major, &minor); err != nil {
		return warn(name, fmt.Sprintf("Make sure that it is Linux %d.%d or newer.", minMajor, minMinor), "release %q is not understood", release)
	}
	if major < minMajor || major == minMajor && minor < minMinor {
		return fail(name, fmt.Sprintf("Boot Linux %d.%d or newer; Debian 12, Ubuntu 22.04 and RHEL 9 have it.", minMajor, minMinor), "Linux %s is too old", release)
	}
	return ok(name, "Linux %s", release)
}

func userNamespaces(o Options) engine.Check {
	const name = "user namespaces"
	err := idmap.Disabled()
	switch {
	case err == nil:
		return ok(name, "can be made")
	case o.IDMap.Mode == idmap.Host:
		return warn(name, engine.HintOf(err), "not for users other than root: %v", err)
	}
	return fail(name, engine.HintOf(err), "%v", err)
}

func ids(o Options) engine.Check {
	const name = "user ids"
	switch o.IDMap.Mode {
	case idmap.Host:
		return ok(name, "root: containers have the host's ids")
	case idmap.Ranges:
		return ok(name, "%s for the ids in containers", o.IDMap)
	}
	return warn(name, o.IDMap.Hint, "one id: a container has root and nobody else")
}

// minFree is the free space below which pulling an ordinary image is likely to fail.
const minFree = 1 << 30

// unfit are file systems that can't hold an overlay's upper directory: overlayfs.rst.
var unfit = map[int64]string{
	unix.OVERLAYFS_SUPER_MAGIC: "overlay", unix.NFS_SUPER_MAGIC: "NFS", unix.MSDOS_SUPER_MAGIC: "FAT", 0xff534d42: "CIFS", 0x65735546: "FUSE",
}

func stateDirectory(o Options) []engine.Check {
	const name = "state directory"
	var fs unix.Statfs_t
	if err := unix.Statfs(o.Root, &fs); err != nil {
		return []engine.Check{fail(name, "Name another directory with --root or BERTH_ROOT.", "%q: %v", o.Root, err)}
	}
	elsewhere := "Put the state on a local file system such as ext4, xfs or btrfs with --root or BERTH_ROOT."
	checks := []engine.Check{ok(name, "%s", o.Root)}
	if kind, bad := unfit[int64(fs.Type)]; bad {
		checks[0] = fail(name, elsewhere, "%s lies on %s, which can't hold writable layers", o.Root, kind)
	}
	if err := tryAttributes(o); err != nil {
		checks[0] = fail(name, elsewhere, "%s: %v", o.Root, err)
	}
	if fs.Flags&unix.ST_NOEXEC != 0 {
		checks = append(checks, fail("mount options", "Remount it without noexec, or use --root.", "%s is mounted noexec: no program of an image can start", o.Root))
	}
	if fs.Flags&unix.ST_NOSUID != 0 {
		checks = append(checks, warn("mount options", "Remount it without nosuid, or use --root.", "%s is mounted nosuid: su and sudo in containers have no effect", o.Root))
	}
	free := int64(fs.Bavail) * fs.Bsize
	if free < minFree {
		return append(checks, warn("disk space", "Free some, e.g. with `berth image prune -a`.", "%d MB are free", free>>20))
	}
	return append(checks, ok("disk space", "%.1f GB are free", float64(free)/1e9))
}

// tryAttributes writes the extended attribute that layers need.
func tryAttributes(o Options) error {
	dir, err := os.MkdirTemp(o.Root, ".doctor-")
	if err != nil {
		return err
	}
	defer os.RemoveAll(dir)
	attr := "trusted.overlay.opaque"
	if o.IDMap.Mode != idmap.Host {
		attr = "user.overlay.opaque"
	}
	if err := unix.Setxattr(dir, attr, []byte("y"), 0); err != nil {
		return fmt.Errorf("set attribute %s: %w", attr, err)
	}
	return nil
}

func pidfd() engine.Check {
	fd, err := unix.PidfdOpen(os.Getpid(), 0)
	if err != nil {
		return fail("process descriptors", "Allow pidfd_open: an outer container's seccomp filter may forbid it.", "pidfd_open: %v", err)
	}
	unix.Close(fd)
	return ok("process descriptors", "pidfd works")
}

func seccomp() engine.Check {
	const name = "seccomp"
	action := uint32(0x00050000) // SECCOMP_RET_ERRNO
	if err := seccompAvailable(action); err != nil {
		return fail(name, "Boot a kernel with CONFIG_SECCOMP_FILTER, or run with --security-opt seccomp=unconfined.", "filters can't be loaded: %v", err)
	}
	return ok(name, "filters can be loaded")
}

func cgroups(h *cgroup.Host) []engine.Check {
	const delegate = "Log in through systemd with Delegate=yes for user@.service, or run as root."
	if h.Version() == "none" {
		return []engine.Check{warn("cgroups", delegate, "no limits, no pause: %s", h.Why())}
	}
	checks := []engine.Check{ok("cgroups", "version %s", h.Version())}
	have := strings.Join(h.Limits(), " ")
	for _, c := range []struct{ name, flag string }{{"cpu", "--cpus"}, {"memory", "--memory"}, {"pids", "--pids-limit"}} {
		if strings.Contains(" "+have+" ", " "+c.name+" ") {
			checks = append(checks, ok("cgroup "+c.name, "%s works", c.flag))
		} else {
			checks = append(checks, warn("cgroup "+c.name, "Enable the controller, e.g. write +"+c.name+" to cgroup.subtree_control; or run as root.", "%s has no effect", c.flag))
		}
	}
	if h.CanFreeze() {
		return append(checks, ok("cgroup freezer", "pause works"))
	}
	return append(checks, warn("cgroup freezer", delegate, "pause does not work"))
}

// minFiles is the number of open files below which a pull of many layers may fail.
const minFiles = 1024

func descriptors() engine.Check {
	const name = "open files"
	var lim unix.Rlimit
	if err := unix.Getrlimit(unix.RLIMIT_NOFILE, &lim); err != nil {
		return warn(name, "", "getrlimit: %v", err)
	}
	if lim.Max < minFiles {
		return warn(name, fmt.Sprintf("Raise the hard limit: ulimit -Hn %d.", minFiles), "at most %d", lim.Max)
	}
	return ok(name, "at most %d", lim.Max)
}

// scratch makes the directories of a small overlay in the state directory.
func scratch(root string) (dir string, err error) {
	if dir, err = os.MkdirTemp(root, ".doctor-"); err != nil {
		return "", err
	}
	for _, name := range []string{"lower", "upper", "work"} {
		if err := os.Mkdir(filepath.Join(dir, name), 0o755); err != nil {
			os.RemoveAll(dir)
			return "", err
		}
	}
	return dir, nil
}
