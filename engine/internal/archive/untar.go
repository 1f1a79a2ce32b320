package archive

import (
	"archive/tar"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path"
	"strings"

	"berth/engine"

	"golang.org/x/sys/unix"
)

// A giver unpacks one tar into a directory of the container.
type giver struct {
	root *os.File
	dest string // path of the directory, for names within root
	opts engine.CopyToOptions
	// noOwners: there is one id only, and other owners are noted down (see ownerXattr).
	noOwners bool
	buf      []byte
	dirs     []*tar.Header // whose times are set at the end, since their content changes them
}

func untar(ctx context.Context, root *os.File, dest string, r io.Reader, opts engine.CopyToOptions, noOwners bool) error {
	dir, err := openIn(root, dest, unix.O_PATH|unix.O_DIRECTORY, 0)
	if err != nil {
		return classify("copy to", dest, err)
	}
	defer dir.Close()
	g := &giver{root: root, dest: dest, opts: opts, noOwners: noOwners, buf: make([]byte, 128<<10)}
	for in := tar.NewReader(&reader{ctx, r}); ; {
		h, err := in.Next()
		if err == io.EOF {
			break
		}
		if ctx.Err() != nil {
			return ctx.Err()
		}
		if err != nil {
			return engine.Errorf(engine.ClassInvalid, "copy to %q: broken tar: %w", dest, err)
		}
		if err := g.entry(h, in); err != nil {
			if ctx.Err() != nil {
				return ctx.Err()
			}
			return classify("copy to", path.Join(dest, h.Name), err)
		}
	}
	for i := len(g.dirs) - 1; i >= 0; i-- {
		h := g.dirs[i]
		if parent, base, err := g.parent(h.Name); err == nil {
			setTimes(parent, base, h) //nolint:errcheck // replaced since, by a later entry or the container
			parent.Close()
		}
	}
	return nil
}

// entry makes one entry of the tar.
func (g *giver) entry(h *tar.Header, in io.Reader) error {
	name, err := entryName("name", h.Name)
	if err != nil {
		return err
	}
	h.Name = name
	switch h.Typeflag {
	case tar.TypeXGlobalHeader:
		return nil
	case tar.TypeReg, tar.TypeDir, tar.TypeSymlink, tar.TypeLink, tar.TypeFifo, tar.TypeChar, tar.TypeBlock, tar.TypeGNUSparse:
	default:
		return engine.Errorf(engine.ClassInvalid, "copy %q: unknown type %q of tar entry", h.Name, h.Typeflag)
	}
	if name == "." {
		if h.Typeflag != tar.TypeDir {
			return engine.Errorf(engine.ClassInvalid, "malicious tar entry %q would replace the directory itself", h.Name)
		}
		return nil // the directory is there, and keeps its attributes, as with Docker
	}
	parent, base, err := g.parent(name)
	if err != nil {
		return err
	}
	defer parent.Close()
	if !g.opts.KeepOwner {
		h.Uid, h.Gid = 0, 0
	}
	if h.Typeflag == tar.TypeDir {
		return g.directory(parent, base, h)
	}
	if err := g.makeWay(parent, base); err != nil {
		return err
	}
	switch h.Typeflag {
	case tar.TypeReg, tar.TypeGNUSparse:
		return g.file(parent, base, h, in)
	case tar.TypeSymlink:
		if err := unix.Symlinkat(h.Linkname, int(parent.Fd()), base); err != nil {
			return err
		}
		if !g.noOwners {
			if err := unix.Fchownat(int(parent.Fd()), base, h.Uid, h.Gid, unix.AT_SYMLINK_NOFOLLOW); err != nil {
				return ownerError(h, err)
			}
		}
		return setTimes(parent, base, h)
	case tar.TypeLink:
		return g.hardLink(parent, base, h)
	}
	return g.node(parent, base, h)
}

// entryName checks and cleans a name from the tar. Resolving it in the root would be
// safe without that, but what leaves the destination was not made by an honest hand.
func entryName(what, name string) (string, error) {
	if path.IsAbs(name) {
		return "", engine.Errorf(engine.ClassInvalid, "malicious tar entry: %s %q is absolute", what, name)
	}
	for part := range strings.SplitSeq(name, "/") {
		if part == ".." {
			return "", engine.Errorf(engine.ClassInvalid, "malicious tar entry: %s %q leads upwards", what, name)
		}
	}
	if strings.IndexByte(name, 0) >= 0 {
		return "", engine.Errorf(engine.ClassInvalid, "malicious tar entry: %s %q holds a NUL", what, name)
	}
	return path.Clean(name), nil
}

// parent opens the directory that name lies in, and makes it if the tar left it out.
// Links on the way are the container's own and stay within its root.
func (g *giver) parent(name string) (*os.File, string, error) {
	dir, base := path.Split(name)
	f, err := openIn(g.root, g.dest+"/"+dir, unix.O_PATH|unix.O_DIRECTORY, 0)
	if err == nil || !errors.Is(err, unix.ENOENT) || dir == "" {
		return f, base, err
	}
	above, last, err := g.parent(path.Clean(dir))
	if err != nil {
		return nil, "", err
	}
	defer above.Close()
	if err := unix.Mkdirat(int(above.Fd()), last, 0o755); err != nil && err != unix.EEXIST {
		return nil, "", err
	}
	f, err = openAt(above, last, unix.O_PATH|unix.O_DIRECTORY, 0)
	return f, base, err
}

// makeWay removes what stands in the place of an entry that is no directory.
func (g *giver) makeWay(parent *os.File, base string) error {
	err := unix.Unlinkat(int(parent.Fd()), base, 0)
	switch err {
	case unix.EISDIR:
		if g.opts.NoOverwriteDir {
			return engine.Errorf(engine.ClassConflict, "copy %q: a directory would be replaced by something else", base)
		}
		return removeAll(parent, base, 0)
	case unix.ENOENT, unix.EBUSY: // busy is a mount point, such as /etc/hosts: file writes into it
		return nil
	}
	return err
}

// removeAll removes a tree without following a link.
func removeAll(parent *os.File, base string, depth int) error {
	if depth > maxDepth {
		return engine.Errorf(engine.ClassExhausted, "remove %q: nested too deeply", base)
	}
	err := unix.Unlinkat(int(parent.Fd()), base, 0)
	if err != unix.EISDIR {
		if err == unix.ENOENT {
			return nil
		}
		return err
	}
	dir, err := openAt(parent, base, unix.O_RDONLY|unix.O_DIRECTORY, 0)
	if err != nil {
		return err
	}
	defer dir.Close()
	names, err := dir.Readdirnames(-1)
	if err != nil {
		return err
	}
	for _, name := range names {
		if err := removeAll(dir, name, depth+1); err != nil {
			return err
		}
	}
	return unix.Unlinkat(int(parent.Fd()), base, unix.AT_REMOVEDIR)
}

func (g *giver) directory(parent *os.File, base string, h *tar.Header) error {
	err := unix.Mkdirat(int(parent.Fd()), base, 0o700)
	if err == unix.EEXIST {
		dir, err := openAt(parent, base, unix.O_RDONLY|unix.O_DIRECTORY, 0)
		if err == nil {
			defer dir.Close()
			return g.finishDir(dir, h)
		}
		if g.opts.NoOverwriteDir {
			return engine.Errorf(engine.ClassConflict, "copy %q: a file would be replaced by a directory", base)
		}
		if err := g.makeWay(parent, base); err != nil {
			return err
		}
		if err := unix.Mkdirat(int(parent.Fd()), base, 0o700); err != nil {
			return err
		}
	} else if err != nil {
		return err
	}
	dir, err := openAt(parent, base, unix.O_RDONLY|unix.O_DIRECTORY, 0)
	if err != nil {
		return err
	}
	defer dir.Close()
	return g.finishDir(dir, h)
}

func (g *giver) finishDir(dir *os.File, h *tar.Header) error {
	g.dirs = append(g.dirs, h)
	return g.attributes(dir, h)
}

// file writes a regular file. It is new (O_EXCL), so that neither a link nor a fifo
// that the container put there meanwhile is written to; only a mount point, which
// can't be replaced, is written in place.
func (g *giver) file(parent *os.File, base string, h *tar.Header, in io.Reader) error {
	f, err := openAt(parent, base, unix.O_WRONLY|unix.O_CREAT|unix.O_EXCL, 0o600)
	inPlace := errors.Is(err, unix.EEXIST)
	if inPlace {
		f, err = truncate(parent, base)
	}
	if err != nil {
		return err
	}
	defer f.Close()
	if _, err := io.CopyBuffer(struct{ io.Writer }{f}, struct{ io.Reader }{in}, g.buf); err != nil {
		if errors.Is(err, io.ErrUnexpectedEOF) {
			return engine.Errorf(engine.ClassInvalid, "broken tar: %w", err)
		}
		return err
	}
	if !inPlace { // a mount's own attributes stay
		if err := errors.Join(g.attributes(f, h), setTimes(parent, base, h)); err != nil {
			return err
		}
	}
	return f.Close()
}

// truncate empties an existing file. It looks before it opens: opening a device or a
// fifo that the container put there would have effects by itself.
func truncate(parent *os.File, base string) (*os.File, error) {
	look, err := openAt(parent, base, unix.O_PATH, 0)
	if err != nil {
		return nil, err
	}
	defer look.Close()
	var st unix.Stat_t
	if err := unix.Fstat(int(look.Fd()), &st); err != nil {
		return nil, err
	}
	if st.Mode&unix.S_IFMT != unix.S_IFREG {
		return nil, engine.Errorf(engine.ClassConflict, "copy %q: something that is no file can't be replaced", base)
	}
	return os.OpenFile(fmt.Sprintf("/proc/self/fd/%d", look.Fd()), os.O_WRONLY|os.O_TRUNC, 0)
}

// hardLink links to an earlier entry. The target is a name in the tar, so it is
// resolved like one, and a link at its end is not followed.
func (g *giver) hardLink(parent *os.File, base string, h *tar.Header) error {
	target, err := entryName("link target", h.Linkname)
	if err != nil {
		return err
	}
	from, last, err := g.parent(target)
	if err != nil {
		return err
	}
	defer from.Close()
	return unix.Linkat(int(from.Fd()), last, int(parent.Fd()), base, 0)
}

// node makes a fifo or a device.
func (g *giver) node(parent *os.File, base string, h *tar.Header) error {
	mode, dev := uint32(unix.S_IFIFO), uint64(0)
	if h.Typeflag != tar.TypeFifo {
		mode = unix.S_IFCHR
		if h.Typeflag == tar.TypeBlock {
			mode = unix.S_IFBLK
		}
		if h.Devmajor < 0 || h.Devmajor >= 1<<12 || h.Devminor < 0 || h.Devminor >= 1<<20 {
			return engine.Errorf(engine.ClassInvalid, "malicious tar entry %q: device number %d:%d", h.Name, h.Devmajor, h.Devminor)
		}
		dev = unix.Mkdev(uint32(h.Devmajor), uint32(h.Devminor))
	}
	if err := unix.Mknodat(int(parent.Fd()), base, mode|0o600, int(dev)); err != nil {
		return err
	}
	f, err := openAt(parent, base, unix.O_PATH, 0)
	if err != nil {
		return err
	}
	defer f.Close()
	var st unix.Stat_t
	if err := unix.Fstat(int(f.Fd()), &st); err != nil {
		return err
	}
	if st.Mode&unix.S_IFMT != mode {
		return nil // replaced by the container meanwhile: not ours to change
	}
	if !g.noOwners {
		if err := unix.Fchownat(int(f.Fd()), "", h.Uid, h.Gid, unix.AT_EMPTY_PATH); err != nil {
			return ownerError(h, err)
		}
	}
	if err := unix.Chmod(fmt.Sprintf("/proc/self/fd/%d", f.Fd()), uint32(h.Mode&0o7777)); err != nil {
		return err
	}
	return setTimes(parent, base, h)
}
