package layer

import (
	"errors"
	"os"
	"path"
	"runtime"
	"strings"

	"golang.org/x/sys/unix"
)

// Inherit gives the directories that a layer's tar left out the attributes they have in
// the layers below it; lowers are those layers' roots, topmost first. Without it such a
// directory, created with default attributes, would hide the real ones: /tmp would
// lose its sticky bit because a later layer puts a file into it.
func Inherit(root *os.File, dirs []string, lowers []*os.File, opt Options) error {
	defer runtime.KeepAlive(root)
	defer runtime.KeepAlive(lowers)
	for _, dir := range dirs {
		if err := inheritDir(int(root.Fd()), dir, lowers, opt); err != nil {
			return entryError("inherit attributes of", dir, err)
		}
	}
	return nil
}

func inheritDir(root int, dir string, lowers []*os.File, opt Options) error {
	dst, err := openBeneath(root, dir, unix.O_RDONLY|unix.O_DIRECTORY|unix.O_NOFOLLOW, beneath)
	if err != nil {
		return err
	}
	defer unix.Close(dst)
	for _, lower := range lowers {
		src, hidden, err := lookUp(int(lower.Fd()), dir, opt)
		if err != nil {
			return err
		}
		if src >= 0 {
			err := copyAttributes(dst, src)
			unix.Close(src)
			return err
		}
		if hidden {
			return nil
		}
	}
	return nil
}

// lookUp opens dir in one layer. Without it, hidden says that this layer also hides
// the directory of any layer further down.
func lookUp(lower int, dir string, opt Options) (fd int, hidden bool, err error) {
	fd, err = openBeneath(lower, dir, unix.O_RDONLY|unix.O_DIRECTORY|unix.O_NOFOLLOW, beneath)
	switch {
	case err == nil:
		return fd, false, nil
	case errors.Is(err, unix.ENOTDIR), errors.Is(err, unix.ELOOP):
		return -1, true, nil // a whiteout, a file or a link stands in the way
	case !errors.Is(err, unix.ENOENT):
		return -1, false, err
	}
	for up := path.Dir(dir); up != "."; up = path.Dir(up) {
		fd, err := openBeneath(lower, up, unix.O_RDONLY|unix.O_DIRECTORY|unix.O_NOFOLLOW, beneath)
		if err != nil {
			continue
		}
		_, err = unix.Fgetxattr(fd, opaqueXattr(opt.UserXattr), make([]byte, 1))
		unix.Close(fd)
		if err == nil {
			return -1, true, nil
		}
	}
	return -1, false, nil
}

// copyAttributes makes the directory dst look like src.
func copyAttributes(dst, src int) error {
	var st unix.Stat_t
	if err := unix.Fstat(src, &st); err != nil {
		return err
	}
	if err := unix.Fchown(dst, int(st.Uid), int(st.Gid)); err != nil {
		return err
	}
	if err := unix.Fchmod(dst, st.Mode&0o7777); err != nil {
		return err
	}
	names, err := listXattrs(src)
	if err != nil {
		return err
	}
	for _, name := range names {
		if !keepXattr(name) && name != ownerXattr {
			continue
		}
		value := make([]byte, 64<<10)
		n, err := unix.Fgetxattr(src, name, value)
		if err != nil {
			return err
		}
		if err := unix.Fsetxattr(dst, name, value[:n], 0); err != nil {
			return err
		}
	}
	return setTime(dst, st.Mtim)
}

func listXattrs(fd int) ([]string, error) {
	buf := make([]byte, 64<<10)
	n, err := unix.Flistxattr(fd, buf)
	if errors.Is(err, unix.ENOTSUP) || n == 0 && err == nil {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	return strings.Split(strings.TrimRight(string(buf[:n]), "\x00"), "\x00"), nil
}
