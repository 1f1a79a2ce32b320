package archive

import (
	"archive/tar"
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path"
	"slices"
	"strings"
	"time"

	"berth/engine"

	"golang.org/x/sys/unix"
)

// maxDepth bounds the recursion, and so the descriptors that are open at once.
const maxDepth = 1000

// A taker writes one tree to a tar.
type taker struct {
	ctx context.Context
	out *tar.Writer
	buf []byte
	// noOwners: owners are where noteOwner writes them.
	noOwners bool
	links    map[inode]string // first name of each file that has several
}

type inode struct{ dev, ino uint64 }

func tarTree(ctx context.Context, root *os.File, name string, w io.Writer, noOwners bool) error {
	top, err := openLast(root, name)
	if err != nil {
		return classify("copy", name, err)
	}
	defer top.Close()
	t := &taker{ctx: ctx, noOwners: noOwners, out: tar.NewWriter(w), buf: make([]byte, 128<<10), links: map[inode]string{}}
	if err := t.entry(top, lastElement(name), 0); err != nil {
		return err
	}
	return t.out.Close()
}

// entry writes what the O_PATH descriptor f stands for, under a name in the tar.
func (t *taker) entry(f *os.File, name string, depth int) error {
	if err := t.ctx.Err(); err != nil {
		return err
	}
	if depth > maxDepth {
		return engine.Errorf(engine.ClassExhausted, "copy %q: nested too deeply", name)
	}
	var st unix.Stat_t
	if err := unix.Fstat(int(f.Fd()), &st); err != nil {
		return classify("copy", name, err)
	}
	h := header(&st, name)
	switch st.Mode & unix.S_IFMT {
	case unix.S_IFSOCK:
		return nil // tar has none
	case unix.S_IFLNK:
		target, err := readlink(f)
		if err != nil {
			return classify("copy", name, err)
		}
		h.Linkname = target
	case unix.S_IFDIR:
		return t.directory(f, h, depth)
	case unix.S_IFREG:
		return t.file(f, h, &st)
	}
	return t.write(h)
}

func header(st *unix.Stat_t, name string) *tar.Header {
	h := &tar.Header{
		Name: name, Mode: int64(st.Mode & 0o7777), Uid: int(st.Uid), Gid: int(st.Gid),
		ModTime: time.Unix(st.Mtim.Unix()), Format: tar.FormatPAX,
	}
	switch st.Mode & unix.S_IFMT {
	case unix.S_IFREG:
		h.Typeflag, h.Size = tar.TypeReg, st.Size
	case unix.S_IFDIR:
		h.Typeflag, h.Name = tar.TypeDir, name+"/"
	case unix.S_IFLNK:
		h.Typeflag = tar.TypeSymlink
	case unix.S_IFIFO:
		h.Typeflag = tar.TypeFifo
	case unix.S_IFCHR, unix.S_IFBLK:
		h.Typeflag = tar.TypeChar
		if st.Mode&unix.S_IFMT == unix.S_IFBLK {
			h.Typeflag = tar.TypeBlock
		}
		h.Devmajor, h.Devminor = int64(unix.Major(st.Rdev)), int64(unix.Minor(st.Rdev))
	}
	return h
}

func (t *taker) write(h *tar.Header) error {
	if err := t.out.WriteHeader(h); err != nil {
		return fmt.Errorf("copy %q: %w", h.Name, err)
	}
	return nil
}

// directory writes a directory and what is in it. Entries that vanish meanwhile are
// left out.
func (t *taker) directory(f *os.File, h *tar.Header, depth int) error {
	dir, err := openAt(f, ".", unix.O_RDONLY|unix.O_DIRECTORY, 0)
	if err != nil {
		return classify("copy", h.Name, err)
	}
	defer dir.Close()
	t.addXattrs(h, dir)
	if err := t.write(h); err != nil || depth > 0 && isKernels(dir) {
		return err
	}
	names, err := dir.Readdirnames(-1)
	if err != nil {
		return classify("copy", h.Name, err)
	}
	slices.Sort(names)
	for _, name := range names {
		child, err := openAt(dir, name, unix.O_PATH, 0)
		if errors.Is(err, fs.ErrNotExist) {
			continue
		}
		if err != nil {
			return classify("copy", path.Join(h.Name, name), err)
		}
		err = t.entry(child, path.Join(h.Name, name), depth+1)
		child.Close()
		if err != nil {
			return err
		}
	}
	return nil
}

// kernels are file systems whose content is the kernel's, not the container's.
var kernels = []int64{
	unix.PROC_SUPER_MAGIC, unix.SYSFS_MAGIC, unix.CGROUP_SUPER_MAGIC, unix.CGROUP2_SUPER_MAGIC,
	unix.DEVPTS_SUPER_MAGIC, 0x19800202, // mqueue, which has no name in linux/magic.h
}

func isKernels(dir *os.File) bool {
	var st unix.Statfs_t
	return unix.Fstatfs(int(dir.Fd()), &st) == nil && slices.Contains(kernels, int64(st.Type))
}

// file writes a regular file with the size that it had at first: it may grow and
// shrink meanwhile, and a tar says the size before the content.
func (t *taker) file(f *os.File, h *tar.Header, st *unix.Stat_t) error {
	if st.Nlink > 1 {
		key := inode{uint64(st.Dev), st.Ino}
		if first, ok := t.links[key]; ok {
			h.Typeflag, h.Linkname, h.Size = tar.TypeLink, first, 0
			return t.write(h)
		}
		t.links[key] = h.Name
	}
	// By way of /proc/self/fd the very file that was looked at is opened; its name may
	// be a link or a fifo by now.
	in, err := os.OpenFile(fmt.Sprintf("/proc/self/fd/%d", f.Fd()), os.O_RDONLY|unix.O_NONBLOCK, 0)
	if err != nil {
		return classify("copy", h.Name, err)
	}
	defer in.Close()
	t.addXattrs(h, in)
	if err := t.write(h); err != nil {
		return err
	}
	n, err := io.CopyBuffer(struct{ io.Writer }{t.out}, struct{ io.Reader }{io.LimitReader(&reader{t.ctx, in}, h.Size)}, t.buf)
	if err != nil {
		return classify("copy", h.Name, err)
	}
	clear(t.buf)
	for n < h.Size { // it shrank
		k, err := t.out.Write(t.buf[:min(h.Size-n, int64(len(t.buf)))])
		if err != nil {
			return classify("copy", h.Name, err)
		}
		n += int64(k)
	}
	return nil
}

// reader ends with its context.
type reader struct {
	ctx context.Context
	io.Reader
}

func (r *reader) Read(p []byte) (int, error) {
	if err := r.ctx.Err(); err != nil {
		return 0, err
	}
	return r.Reader.Read(p)
}

// xattrPrefix is the PAX key of extended attributes, as tar(1) and Docker write them.
const xattrPrefix = "SCHILY.xattr."

// kept reports whether an extended attribute is the container's own business.
func kept(name string) bool {
	if strings.HasPrefix(name, "user.overlay.") || strings.HasPrefix(name, "user.berth.") {
		return false
	}
	return name == "security.capability" || strings.HasPrefix(name, "user.")
}

func (t *taker) addXattrs(h *tar.Header, f *os.File) {
	if t.noOwners {
		notedOwner(f, h)
	}
	list := make([]byte, 64<<10)
	n, err := unix.Flistxattr(int(f.Fd()), list)
	if err != nil {
		return // the file system has none
	}
	value := make([]byte, 64<<10)
	for name := range bytes.SplitSeq(list[:n], []byte{0}) {
		if !kept(string(name)) {
			continue
		}
		if n, err := unix.Fgetxattr(int(f.Fd()), string(name), value); err == nil {
			if h.PAXRecords == nil {
				h.PAXRecords = map[string]string{}
			}
			h.PAXRecords[xattrPrefix+string(name)] = string(value[:n])
		}
	}
}
