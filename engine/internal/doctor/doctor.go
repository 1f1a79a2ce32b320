// Package doctor finds out what this host lets Berth do. Each ability is tried, not
// guessed from a version, and each lack comes with the command or setting that mends
// it. It changes nothing that lasts. It runs in berth; what needs a user namespace is
// tried by a worker inside one.
package doctor

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"time"

	"berth/engine"
	"berth/engine/internal/cgroup"
	"berth/engine/internal/idmap"

	"golang.org/x/sys/unix"
)

// Options say what is examined.
type Options struct {
	Root  string // state directory; it exists, unless RootErr says why not
	IDMap idmap.Mapping
	// RootErr and IDMapErr are why there is no state directory or no mapping. What hangs on
	// them is then not tried.
	RootErr, IDMapErr error
	// Worker returns the command that runs WorkerMain.
	Worker func(args ...string) (*exec.Cmd, error)
}

// Run makes all checks. It fails only if ctx ends.
func Run(ctx context.Context, o Options) ([]engine.Check, error) {
	checks := []engine.Check{kernel(), userNamespaces(o)}
	if o.IDMapErr == nil {
		checks = append(checks, ids(o), namespaces(ctx, o))
	} else {
		checks = append(checks, fail("user ids", engine.HintOf(o.IDMapErr), "%v", o.IDMapErr))
	}
	switch {
	case o.RootErr != nil:
		checks = append(checks, fail("state directory", otherRoot, "%v", o.RootErr))
	case o.IDMapErr != nil: // which layers the state would hold is not known
	default:
		sweep(o.Root)
		checks = append(append(checks, stateDirectory(o)...), overlay(ctx, o))
	}
	checks = append(checks, pidfd(), seccomp())
	checks = append(checks, cgroups(cgroup.Detect(), o.IDMap.Mode == idmap.Host)...)
	checks = append(checks, descriptors())
	return checks, ctx.Err()
}

// otherRoot is the remedy for a state directory that is not this user's.
const otherRoot = "Name a directory of yours with --root or BERTH_ROOT."

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
	if err := tryAttributes(o); errors.Is(err, os.ErrPermission) || errors.Is(err, unix.EROFS) {
		checks[0] = fail(name, otherRoot, "%v", err)
	} else if err != nil {
		checks[0] = fail(name, elsewhere, "%s: %v", o.Root, err)
	}
	if fs.Flags&unix.ST_NOEXEC != 0 {
		checks = append(checks, fail("mount options", fmt.Sprintf("Run `sudo mount -o remount,exec \"$(stat -c %%m %s)\"`, or use --root.", o.Root), "%s is mounted noexec: no program of an image can start", o.Root))
	}
	if fs.Flags&unix.ST_NOSUID != 0 {
		checks = append(checks, warn("mount options", fmt.Sprintf("Run `sudo mount -o remount,suid \"$(stat -c %%m %s)\"`, or use --root.", o.Root), "%s is mounted nosuid: su and sudo in containers have no effect", o.Root))
	}
	free := int64(fs.Bavail) * fs.Bsize
	if free < minFree {
		return append(checks, warn("disk space", "Free some, e.g. with `berth image prune -a`.", "%d MB are free", free>>20))
	}
	return append(checks, ok("disk space", "%.1f GB are free", float64(free)/1e9))
}

// tryAttributes writes the extended attribute that layers need.
func tryAttributes(o Options) error {
	dir, err := os.MkdirTemp(o.Root, trial)
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

// minFiles is the number of open files below which a pull of many layers may fail.
const minFiles = 1024

func descriptors() engine.Check {
	const name = "open files"
	var lim unix.Rlimit
	if err := unix.Getrlimit(unix.RLIMIT_NOFILE, &lim); err != nil {
		return warn(name, "", "getrlimit: %v", err)
	}
	if lim.Max < minFiles {
		return warn(name, fmt.Sprintf("Raise the hard limit: `ulimit -Hn %d` as root, or `* hard nofile %d` in /etc/security/limits.conf.", minFiles, minFiles), "at most %d", lim.Max)
	}
	return ok(name, "at most %d", lim.Max)
}

// trial is how directories are named in which something is tried out.
const trial = ".doctor-"

// sweep removes those of examinations that were killed. None takes a minute.
func sweep(root string) {
	old, _ := filepath.Glob(filepath.Join(root, trial+"*")) // the pattern is sound
	for _, dir := range old {
		if fi, err := os.Lstat(dir); err == nil && time.Since(fi.ModTime()) > time.Minute {
			_ = os.RemoveAll(dir) // it disturbs nobody
		}
	}
}

// scratch makes the directories of a small overlay in the state directory.
func scratch(root string) (dir string, err error) {
	if dir, err = os.MkdirTemp(root, trial); err != nil {
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
