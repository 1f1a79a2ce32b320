package archive

import (
	"errors"
	"io/fs"
	"os"
	"path"
	"strings"

	"berth/engine"

	"golang.org/x/sys/unix"
)

// openPath opens a directory of the host as an anchor.
func openPath(dir string) (*os.File, error) {
	fd, err := unix.Open(dir, unix.O_PATH|unix.O_DIRECTORY|unix.O_CLOEXEC, 0)
	if err != nil {
		return nil, &os.PathError{Op: "open", Path: dir, Err: err}
	}
	return os.NewFile(uintptr(fd), dir), nil
}

// openIn opens a path of the container. Links are followed as the container would, but
// never out of root, and never those of /proc that lead to other processes' files.
func openIn(root *os.File, name string, flags int, mode uint32) (*os.File, error) {
	how := unix.OpenHow{
		Flags: uint64(flags | unix.O_CLOEXEC), Mode: uint64(mode),
		Resolve: unix.RESOLVE_IN_ROOT | unix.RESOLVE_NO_MAGICLINKS,
	}
	for try := 0; ; try++ {
		fd, err := unix.Openat2(int(root.Fd()), name, &how)
		// EAGAIN: something was renamed while a ".." was resolved, so the kernel can't
		// vouch for the result (openat2(2)). A container that renames all the time gets an error.
		if err == unix.EINTR || err == unix.EAGAIN && try < 1000 {
			continue
		}
		if err != nil {
			return nil, &os.PathError{Op: "open", Path: name, Err: err}
		}
		return os.NewFile(uintptr(fd), name), nil
	}
}

// openAt opens one name in a directory, which is the last word: it must have no
// slash, and a link is not followed.
func openAt(dir *os.File, name string, flags int, mode uint32) (*os.File, error) {
	for {
		fd, err := unix.Openat(int(dir.Fd()), name, flags|unix.O_NOFOLLOW|unix.O_CLOEXEC, mode)
		if err == unix.EINTR {
			continue
		}
		if err != nil {
			return nil, &os.PathError{Op: "open", Path: name, Err: err}
		}
		return os.NewFile(uintptr(fd), name), nil
	}
}

// openLast opens name as an O_PATH descriptor. A link at its end is opened itself,
// unless the name ends in "/" or "/.".
func openLast(root *os.File, name string) (*os.File, error) {
	flags := unix.O_PATH
	if strings.HasSuffix(name, "/") || strings.HasSuffix(name, "/.") {
		flags |= unix.O_DIRECTORY
	} else {
		flags |= unix.O_NOFOLLOW
	}
	if name == "" {
		name = "/"
	}
	return openIn(root, name, flags, 0)
}

// lastElement returns the name of the top entry for a path.
func lastElement(name string) string {
	if base := path.Base(path.Clean("/" + name)); base != "/" {
		return base
	}
	return "."
}

// classify gives an error of the file system its class, with the path as the user knows it.
func classify(doing, name string, err error) error {
	if err == nil || engine.ClassOf(err) != engine.ClassUnknown {
		return err
	}
	var errno unix.Errno
	errors.As(err, &errno)
	class := engine.ClassUnknown
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return engine.Errorf(engine.ClassNotFound, "%s %q: no such file or directory in the container", doing, name)
	case errno == unix.ENOTDIR:
		return engine.Errorf(engine.ClassInvalid, "%s %q: it is not a directory", doing, name)
	case errno == unix.EROFS:
		return engine.Errorf(engine.ClassPermission, "%s %q: the container's file system is read-only", doing, name)
	case errno == unix.ELOOP || errno == unix.EXDEV || errno == unix.ENAMETOOLONG:
		class = engine.ClassInvalid
	case errors.Is(err, fs.ErrPermission):
		class = engine.ClassPermission
	case errno == unix.ENOSPC || errno == unix.EDQUOT:
		class = engine.ClassExhausted
	case errno == unix.EAGAIN:
		class = engine.ClassUnavailable
	}
	if errno != 0 {
		err = errno // the path in it is ours
	}
	return engine.Errorf(class, "%s %q: %w", doing, name, err)
}
