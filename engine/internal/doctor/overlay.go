package doctor

import (
	"bytes"
	"context"
	"fmt"
	"os"
	"strings"
	"unsafe"

	"berth/engine"
	"berth/engine/internal/idmap"

	"golang.org/x/sys/unix"
)

// overlay mounts a small overlay for real, in the way a container's root is mounted.
func overlay(ctx context.Context, o Options) engine.Check {
	const name = "overlay"
	dir, err := scratch(o.Root)
	if err != nil {
		return fail(name, otherRoot, "%v", err)
	}
	defer os.RemoveAll(dir)
	if o.IDMap.Mode == idmap.Host {
		err = tryOverlay(dir, false)
	} else {
		err = inWorker(ctx, o, dir)
	}
	if err != nil {
		remedy := "Load the module (`sudo modprobe overlay`), or put the state on ext4, xfs or btrfs with --root."
		if hint := engine.HintOf(idmap.Explain(err)); hint != "" {
			remedy = hint
		}
		return fail(name, remedy, "%v", err)
	}
	return ok(name, "writable layers work")
}

// tryOverlay mounts without attaching the mount anywhere: closing it undoes all.
func tryOverlay(dir string, userXattr bool) error {
	fs, err := unix.Fsopen("overlay", unix.FSOPEN_CLOEXEC)
	if err != nil {
		return fmt.Errorf("fsopen overlay: %w", err)
	}
	defer unix.Close(fs)
	for _, opt := range [][2]string{{"lowerdir", dir + "/lower"}, {"upperdir", dir + "/upper"}, {"workdir", dir + "/work"}} {
		if err := unix.FsconfigSetString(fs, opt[0], opt[1]); err != nil {
			return fmt.Errorf("set %s: %w", opt[0], err)
		}
	}
	if userXattr {
		if err := unix.FsconfigSetFlag(fs, "userxattr"); err != nil {
			return fmt.Errorf("set userxattr: %w", err)
		}
	}
	if err := unix.FsconfigCreate(fs); err != nil {
		return fmt.Errorf("mount overlay: %w", err)
	}
	mnt, err := unix.Fsmount(fs, unix.FSMOUNT_CLOEXEC, 0)
	if err != nil {
		return fmt.Errorf("mount overlay: %w", err)
	}
	defer unix.Close(mnt)
	f, err := unix.Openat(mnt, "probe", unix.O_CREAT|unix.O_WRONLY|unix.O_CLOEXEC, 0o600)
	if err != nil {
		return fmt.Errorf("write into overlay: %w", err)
	}
	unix.Close(f)
	return nil
}

// inWorker tries the overlay in a user namespace.
func inWorker(ctx context.Context, o Options, dir string) error {
	return runWorker(ctx, o, unix.CLONE_NEWNS, dir)
}

// runWorker starts a worker in new namespaces and returns what it complains about.
func runWorker(ctx context.Context, o Options, namespaces uintptr, args ...string) error {
	cmd, err := o.Worker(args...)
	if err != nil {
		return err
	}
	var out bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &out
	if err := o.IDMap.Start(cmd, namespaces); err != nil {
		return err
	}
	stop := context.AfterFunc(ctx, func() { _ = cmd.Process.Kill() })
	defer stop()
	if err := cmd.Wait(); err != nil {
		if text := strings.TrimSpace(out.String()); text != "" {
			return fmt.Errorf("%.200s", text)
		}
		return err
	}
	return nil
}

// WorkerMain is the whole of a worker process: it tries an overlay in the directory
// that is its argument, or nothing without one, since it is in its namespaces then. It
// prints what is wrong and returns the exit code.
func WorkerMain(args []string) int {
	if len(args) == 0 {
		return 0
	}
	if err := tryOverlay(args[0], true); err != nil {
		fmt.Println(err)
		return 1
	}
	return 0
}

// seccompAvailable asks whether the kernel knows a filter's action: seccomp(2), SECCOMP_GET_ACTION_AVAIL.
func seccompAvailable(action uint32) error {
	const getActionAvail = 2
	_, _, errno := unix.Syscall(unix.SYS_SECCOMP, getActionAvail, 0, uintptr(unsafe.Pointer(&action)))
	if errno != 0 {
		return errno
	}
	return nil
}
