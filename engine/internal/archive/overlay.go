package archive

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"strings"

	"golang.org/x/sys/unix"
)

// An overlay names the directories of a container's root.
type overlay struct {
	Lower       []string // top first
	Upper, Work string
	UserXattr   bool
}

// mountOverlay mounts o where nobody sees it and returns its root. It is unmounted
// when the descriptor is closed.
func mountOverlay(o overlay) (*os.File, error) {
	f, err := o.detached()
	if errors.Is(err, unix.EINVAL) || errors.Is(err, unix.ENOSYS) {
		// Before Linux 6.8 a list of layers does not fit the new interface.
		f, err = o.private()
	}
	if err != nil {
		return nil, fmt.Errorf("mount overlay: %w", err)
	}
	return f, nil
}

// detached mounts without a place in any mount namespace.
func (o overlay) detached() (*os.File, error) {
	fs, err := unix.Fsopen("overlay", unix.FSOPEN_CLOEXEC)
	if err != nil {
		return nil, err
	}
	defer unix.Close(fs)
	var held []*os.File
	defer func() {
		for _, f := range held {
			f.Close()
		}
	}()
	set := func(key, dir string) error {
		value := dir
		// By descriptor if it is longer than fsconfig(2) takes, or holds a backslash, which
		// is an escape in some of the parameters and itself in others.
		if len(dir) > 255 || strings.Contains(dir, `\`) {
			f, err := openPath(dir)
			if err != nil {
				return err
			}
			held = append(held, f)
			value = fmt.Sprintf("/proc/self/fd/%d", f.Fd())
		}
		if err := unix.FsconfigSetString(fs, key, value); err != nil {
			return fmt.Errorf("%s %q: %w", key, dir, err)
		}
		return nil
	}
	for _, dir := range o.Lower {
		if err := set("lowerdir+", dir); err != nil {
			return nil, err
		}
	}
	if err := errors.Join(set("upperdir", o.Upper), set("workdir", o.Work)); err != nil {
		return nil, err
	}
	for _, opt := range overlayOptions {
		if err := unix.FsconfigSetString(fs, opt[0], opt[1]); err != nil {
			return nil, fmt.Errorf("option %s: %w", opt[0], err)
		}
	}
	if o.UserXattr {
		if err := unix.FsconfigSetFlag(fs, "userxattr"); err != nil {
			return nil, fmt.Errorf("option userxattr: %w", err)
		}
	}
	if err := unix.FsconfigCreate(fs); err != nil {
		return nil, err
	}
	fd, err := unix.Fsmount(fs, unix.FSMOUNT_CLOEXEC, unix.MOUNT_ATTR_NOSUID)
	if err != nil {
		return nil, err
	}
	return os.NewFile(uintptr(fd), o.Upper), nil
}

// overlayOptions are the ones with which the container itself is mounted: what the
// upper layer holds must mean the same in both.
var overlayOptions = [][2]string{{"redirect_dir", "nofollow"}, {"metacopy", "off"}, {"index", "off"}}

// private mounts by mount(2) in a mount namespace that ends with its only thread; the
// descriptor keeps the mount itself.
func (o overlay) private() (*os.File, error) {
	type result struct {
		file *os.File
		err  error
	}
	done := make(chan result)
	go func() {
		runtime.LockOSThread()
		if unix.Gettid() == unix.Getpid() {
			// The first thread can't end before the process. While we hold it, the next
			// attempt is made on another one.
			f, err := o.private()
			runtime.UnlockOSThread()
			done <- result{f, err}
			return
		}
		f, err := o.mountHere()
		done <- result{f, err} // never unlocked: the thread ends here
	}()
	r := <-done
	return r.file, r.err
}

func (o overlay) mountHere() (*os.File, error) {
	if err := unix.Unshare(unix.CLONE_FS | unix.CLONE_NEWNS); err != nil {
		return nil, err
	}
	if err := unix.Mount("", "/", "", unix.MS_REC|unix.MS_PRIVATE, ""); err != nil {
		return nil, err
	}
	esc := strings.NewReplacer(`\`, `\\`, `,`, `\,`)
	lower := make([]string, len(o.Lower))
	for i, dir := range o.Lower {
		lower[i] = strings.ReplaceAll(esc.Replace(dir), ":", `\:`)
	}
	opts := []string{"lowerdir=" + strings.Join(lower, ":"), "upperdir=" + esc.Replace(o.Upper), "workdir=" + esc.Replace(o.Work)}
	for _, opt := range overlayOptions {
		opts = append(opts, opt[0]+"="+opt[1])
	}
	if o.UserXattr {
		opts = append(opts, "userxattr")
	}
	over := filepath.Dir(o.Upper)
	if err := unix.Mount("overlay", over, "overlay", unix.MS_NOSUID, strings.Join(opts, ",")); err != nil {
		return nil, err
	}
	return openPath(over)
}
