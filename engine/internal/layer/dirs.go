package layer

import (
	"errors"
	"path"

	"berth/engine"

	"golang.org/x/sys/unix"
)

// beneath resolves a path without leaving the directory it starts from. Links are
// refused first: nearly no entry's parent is one, and a cached descriptor then
// always means what its path says.
const beneath = unix.RESOLVE_BENEATH | unix.RESOLVE_NO_SYMLINKS | unix.RESOLVE_NO_MAGICLINKS | unix.RESOLVE_NO_XDEV

// inRoot resolves links as a process would whose root is that directory: the
// kernel keeps even absolute ones and ".." inside (openat2(2)).
const inRoot = unix.RESOLVE_IN_ROOT | unix.RESOLVE_NO_MAGICLINKS | unix.RESOLVE_NO_XDEV

// openBeneath opens a path below root; the caller closes it. O_CLOEXEC is added.
func openBeneath(root int, name string, flags int, resolve uint64) (int, error) {
	for {
		fd, err := unix.Openat2(root, name, &unix.OpenHow{Flags: uint64(flags | unix.O_CLOEXEC), Resolve: resolve})
		if err != unix.EINTR && err != unix.EAGAIN {
			return fd, err
		}
	}
}

// dirCache keeps descriptors of the directories used last, as tars come in directory order.
type dirCache struct {
	root  int
	fds   map[string]int
	order []string // oldest first
}

const dirCacheSize = 64

func newDirCache(root int) *dirCache { return &dirCache{root: root, fds: map[string]int{}} }

// open returns a descriptor for dir that stays the cache's and may be closed by the next call.
func (c *dirCache) open(dir string) (int, error) {
	if dir == "" || dir == "." {
		return c.root, nil
	}
	if fd, ok := c.fds[dir]; ok {
		return fd, nil
	}
	fd, err := openBeneath(c.root, dir, unix.O_RDONLY|unix.O_DIRECTORY, beneath)
	if err == unix.ELOOP {
		// A link within the layer, say lib -> usr/lib: the image means what is behind it.
		fd, err = openBeneath(c.root, dir, unix.O_RDONLY|unix.O_DIRECTORY, inRoot)
	}
	if err != nil {
		return -1, err
	}
	c.put(dir, fd)
	return fd, nil
}

// put hands fd over to the cache.
func (c *dirCache) put(dir string, fd int) {
	if old, ok := c.fds[dir]; ok {
		unix.Close(old)
		c.fds[dir] = fd
		return
	}
	if len(c.order) == dirCacheSize {
		unix.Close(c.fds[c.order[0]])
		delete(c.fds, c.order[0])
		c.order = append(c.order[:0], c.order[1:]...)
	}
	c.fds[dir] = fd
	c.order = append(c.order, dir)
}

// flush forgets everything: what a path means has changed.
func (c *dirCache) flush() {
	for _, fd := range c.fds {
		unix.Close(fd)
	}
	clear(c.fds)
	c.order = c.order[:0]
}

// parent opens dir, and creates what is missing of it.
func (u *unpacker) parent(dir string) (int, error) {
	fd, err := u.dirs.open(dir)
	if !errors.Is(err, unix.ENOENT) {
		return fd, err
	}
	up, base := path.Dir(dir), path.Base(dir)
	upper, err := u.parent(up)
	if err != nil {
		return -1, err
	}
	if err := u.implicitDir(upper, dir, base); err != nil {
		return -1, err
	}
	return u.dirs.open(dir)
}

// implicitDir makes a directory that the tar leaves out.
func (u *unpacker) implicitDir(upper int, dir, base string) error {
	err := unix.Mkdirat(upper, base, 0o700)
	if err == unix.EEXIST {
		return engine.Errorf(engine.ClassIntegrity, "broken tar: an entry's parent %s is a link that leads nowhere", quote(dir))
	}
	if err != nil {
		return err
	}
	fd, err := openBeneath(upper, base, unix.O_RDONLY|unix.O_DIRECTORY|unix.O_NOFOLLOW, beneath)
	if err != nil {
		return err
	}
	defer unix.Close(fd)
	u.implicit[dir] = struct{}{}
	u.size += blocks(fd)
	if err := u.hold(dir); err != nil {
		return err
	}
	return unix.Fchmod(fd, 0o755) // mkdir's own mode passes through the umask
}
