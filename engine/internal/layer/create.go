package layer

import (
	"archive/tar"
	"bytes"
	"errors"
	"io"
	"os"
	"path"

	"berth/engine"

	"golang.org/x/sys/unix"
)

// create writes one entry called base into the directory parent; name is its whole path.
func (u *unpacker) create(parent int, name, base string, hdr *tar.Header, r io.Reader) error {
	make := func() error { return u.node(parent, name, base, hdr, r) }
	err := make()
	if !errors.Is(err, unix.EEXIST) {
		return err
	}
	if hdr.Typeflag == tar.TypeDir && isDir(parent, base) {
		return u.directory(parent, name, base, hdr, false)
	}
	if err := u.clear(parent, base); err != nil {
		return err
	}
	if parent, err = u.parent(cleanDir(name)); err != nil { // clear closed the descriptors
		return err
	}
	return make()
}

func cleanDir(name string) string {
	if dir := path.Dir(name); dir != "." {
		return dir
	}
	return ""
}

// clear removes what an earlier entry left under the same name.
func (u *unpacker) clear(parent int, base string) error {
	var st unix.Stat_t
	if err := unix.Fstatat(parent, base, &st, unix.AT_SYMLINK_NOFOLLOW); err != nil {
		return err
	}
	if st.Mode&unix.S_IFMT == unix.S_IFDIR {
		dir, err := os.OpenRoot(procPath(parent))
		if err != nil {
			return err
		}
		defer dir.Close()
		if err := dir.RemoveAll(base); err != nil {
			return err
		}
	} else {
		if st.Nlink == 1 {
			u.size -= st.Blocks * 512
		}
		if err := unix.Unlinkat(parent, base, 0); err != nil {
			return err
		}
	}
	u.dirs.flush()
	return nil
}

func isDir(parent int, base string) bool {
	var st unix.Stat_t
	return unix.Fstatat(parent, base, &st, unix.AT_SYMLINK_NOFOLLOW) == nil && st.Mode&unix.S_IFMT == unix.S_IFDIR
}

// node makes the object. It fails with EEXIST before it reads anything from r.
func (u *unpacker) node(parent int, name, base string, hdr *tar.Header, r io.Reader) error {
	switch hdr.Typeflag {
	case tar.TypeDir:
		return u.directory(parent, name, base, hdr, true)
	case tar.TypeSymlink:
		return u.symlink(parent, base, hdr)
	case tar.TypeLink:
		return u.link(parent, base, hdr)
	case tar.TypeChar, tar.TypeBlock, tar.TypeFifo:
		return u.special(parent, base, hdr)
	}
	return u.file(parent, base, hdr, r)
}

func (u *unpacker) directory(parent int, name, base string, hdr *tar.Header, fresh bool) error {
	if fresh {
		if err := unix.Mkdirat(parent, base, uint32(hdr.Mode)&0o777); err != nil {
			return err
		}
	}
	fd, err := openBeneath(parent, base, unix.O_RDONLY|unix.O_DIRECTORY|unix.O_NOFOLLOW, beneath)
	if err != nil {
		return err
	}
	if _, err := u.attributes(fd, hdr); err != nil {
		unix.Close(fd)
		return err
	}
	if _, hidden := u.whiteouts[name]; hidden && fresh {
		// The layer removes a directory and makes it anew: nothing of the old one shines through.
		if err := u.opaque(fd); err != nil {
			unix.Close(fd)
			return err
		}
	}
	u.dirs.put(name, fd)
	return u.remember(name, hdr)
}

func (u *unpacker) symlink(parent int, base string, hdr *tar.Header) error {
	if hdr.Linkname == "" {
		return malicious(hdr.Name, "a symbolic link needs a target")
	}
	if err := unix.Symlinkat(hdr.Linkname, parent, base); err != nil {
		return err
	}
	if err := u.ownerAt(parent, base, hdr); err != nil {
		return err
	}
	u.size += blocksAt(parent, base)
	return setTimeAt(parent, base, timespec(hdr.ModTime))
}

// link makes a hard link to an earlier entry of the same layer. The target's
// parent is resolved like every other; its last part is never followed.
func (u *unpacker) link(parent int, base string, hdr *tar.Header) error {
	target, err := cleanName(hdr.Linkname)
	if err != nil {
		return malicious(hdr.Name, "hard link to %s leaves the layer", quote(hdr.Linkname))
	}
	if target == "." {
		return malicious(hdr.Name, "a hard link to the root")
	}
	if own, err := cleanName(hdr.Name); err == nil && own == target {
		return nil // it is itself already
	}
	// Not from the cache: opening the one must not close the other.
	dir := newDirCache(u.root)
	defer dir.flush()
	from, err := dir.open(cleanDir(target))
	if err == nil {
		err = unix.Linkat(from, path.Base(target), parent, base, 0)
	}
	if errors.Is(err, unix.ENOENT) {
		return engine.Errorf(engine.ClassIntegrity, "broken tar: hard link %s to %s, which the layer does not hold", quote(hdr.Name), quote(hdr.Linkname))
	}
	if errors.Is(err, unix.EPERM) {
		return malicious(hdr.Name, "hard link to %s, which is no file", quote(hdr.Linkname))
	}
	return err
}

func (u *unpacker) special(parent int, base string, hdr *tar.Header) error {
	const maxMajor, maxMinor = 1<<12 - 1, 1<<20 - 1 // include/linux/kdev_t.h
	mode := uint32(unix.S_IFIFO)
	dev := 0
	if hdr.Typeflag != tar.TypeFifo {
		if hdr.Devmajor < 0 || hdr.Devmajor > maxMajor || hdr.Devminor < 0 || hdr.Devminor > maxMinor {
			return malicious(hdr.Name, "device number %d:%d is out of range", hdr.Devmajor, hdr.Devminor)
		}
		if !u.opt.Devices {
			return unix.Mknodat(parent, base, unix.S_IFCHR, 0)
		}
		mode, dev = unix.S_IFCHR, int(unix.Mkdev(uint32(hdr.Devmajor), uint32(hdr.Devminor)))
		if hdr.Typeflag == tar.TypeBlock {
			mode = unix.S_IFBLK
		}
	}
	if err := unix.Mknodat(parent, base, mode|0o600, dev); err != nil {
		return err
	}
	if err := u.ownerAt(parent, base, hdr); err != nil {
		return err
	}
	// No open: that of a device or a fifo has effects. We just made it, so it is no link.
	if err := unix.Fchmodat(parent, base, uint32(hdr.Mode)&0o7777, 0); err != nil {
		return err
	}
	return setTimeAt(parent, base, timespec(hdr.ModTime))
}

func (u *unpacker) file(parent int, base string, hdr *tar.Header, r io.Reader) error {
	sparse := isSparse(hdr)
	if err := u.admit(hdr, sparse); err != nil {
		return err
	}
	// With the mode it will have, less what only a finished file may have: mostly it needs no other call.
	fd, err := unix.Openat(parent, base, unix.O_WRONLY|unix.O_CREAT|unix.O_EXCL|unix.O_NOFOLLOW|unix.O_CLOEXEC, uint32(hdr.Mode)&0o777)
	if err != nil {
		return err
	}
	defer unix.Close(fd)
	if sparse {
		err = u.copySparse(fd, hdr.Size, r)
	} else {
		err = u.copy(fd, hdr.Size)
	}
	if err != nil {
		return err
	}
	used, err := u.attributes(fd, hdr)
	if err != nil {
		return err
	}
	u.size += used
	return setFileTime(fd, timespec(hdr.ModTime))
}

// copy moves size bytes, the entry's contents, into fd.
func (u *unpacker) copy(fd int, size int64) error {
	for done := int64(0); done < size; {
		data, err := u.stream.next(size - done)
		if err != nil {
			return streamError(err)
		}
		if err := writeAll(fd, data); err != nil {
			return err
		}
		done += int64(len(data))
		if err := u.charge(int64(len(data))); err != nil {
			return err
		}
		u.writeBehind(fd, done, int64(len(data)), size)
	}
	return nil
}

func isSparse(hdr *tar.Header) bool {
	if hdr.Typeflag == tar.TypeGNUSparse {
		return true
	}
	_, v1 := hdr.PAXRecords["GNU.sparse.major"]
	_, v0 := hdr.PAXRecords["GNU.sparse.size"]
	return v0 || v1
}

var zeros [4096]byte

// copySparse is copy that leaves pages of zeros out, for entries that say they have holes.
func (u *unpacker) copySparse(fd int, size int64, r io.Reader) error {
	buf := make([]byte, readSize)
	for done := int64(0); done < size; {
		n := int(min(size-done, readSize))
		if _, err := io.ReadFull(r, buf[:n]); err != nil {
			return streamError(err)
		}
		for at := 0; at < n; at += len(zeros) {
			page := buf[at:min(at+len(zeros), n)]
			if bytes.Equal(page, zeros[:len(page)]) {
				continue
			}
			if _, err := unix.Pwrite(fd, page, done+int64(at)); err != nil {
				return err
			}
			if err := u.charge(int64(len(page))); err != nil {
				return err
			}
		}
		done += int64(n)
	}
	return unix.Ftruncate(fd, size)
}

func writeAll(fd int, p []byte) error {
	for len(p) > 0 {
		n, err := unix.Write(fd, p)
		if err == unix.EINTR {
			continue
		}
		if err != nil {
			return err
		}
		p = p[n:]
	}
	return nil
}
