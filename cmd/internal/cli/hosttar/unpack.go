package hosttar

import (
	"archive/tar"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"slices"
	"time"

	"berth/engine"
)

// UnpackOptions say how Unpack treats what it finds.
type UnpackOptions struct {
	// KeepOwner gives files the owner and the set-id bits of the tar. Without it they
	// belong to the caller, and set-id bits are dropped: root would otherwise plant a
	// container's program as a set-user-ID root program on the host.
	KeepOwner bool
	Rebase    Rebase
	// Skipped is called with the name of each device, which is not made on the host.
	Skipped func(name string)
}

// Unpack reads a tar and makes its entries in the directory dir, which exists.
// Directories are merged, files replaced; a directory never replaces a file, nor a
// file a directory. It returns the bytes of file content written.
func Unpack(r io.Reader, dir string, opts UnpackOptions) (int64, error) {
	root, err := os.OpenRoot(dir)
	if err != nil {
		return 0, engine.Errorf(engine.ClassInvalid, "unpack into %q: %w", dir, err)
	}
	defer root.Close()
	u := &unpacker{root: root, opts: opts}
	t := tar.NewReader(r)
	for {
		h, err := t.Next()
		if err == io.EOF {
			break
		}
		if err == nil {
			err = u.entry(h, t)
		}
		if err != nil {
			return u.written, fmt.Errorf("unpack into %q: %w", dir, err)
		}
	}
	return u.written, u.finishDirs()
}

type unpacker struct {
	root    *os.Root
	opts    UnpackOptions
	written int64
	dirs    []dirAttrs
}

// dirAttrs are set at the end, since a directory without write permission could not be filled.
type dirAttrs struct {
	name string
	mode fs.FileMode
	when time.Time
}

func (u *unpacker) entry(h *tar.Header, content io.Reader) error {
	name, ok := u.opts.Rebase.name(h.Name)
	if !ok {
		return engine.Errorf(engine.ClassIntegrity, "malicious tar entry %q lies outside the copied path", h.Name)
	}
	if name == "." {
		return nil
	}
	if err := u.prepare(name, h.Typeflag == tar.TypeDir); err != nil {
		return err
	}
	switch h.Typeflag {
	case tar.TypeDir:
		return u.directory(name, h)
	case tar.TypeReg:
		return u.file(name, h, content)
	case tar.TypeSymlink:
		if err := u.root.Symlink(h.Linkname, name); err != nil {
			return err
		}
		return u.own(name, h)
	case tar.TypeLink:
		target, ok := u.opts.Rebase.name(h.Linkname)
		if !ok {
			return engine.Errorf(engine.ClassIntegrity, "malicious tar entry %q links to %q outside the copied path", h.Name, h.Linkname)
		}
		return u.root.Link(target, name)
	}
	if u.opts.Skipped != nil {
		u.opts.Skipped(filepath.FromSlash(name))
	}
	return nil
}

// prepare makes room for an entry: parents are made, and what is in the way is
// removed unless it is of the other kind.
func (u *unpacker) prepare(name string, dir bool) error {
	if parent := path.Dir(name); parent != "." {
		if err := u.root.MkdirAll(parent, 0o755); err != nil {
			return err
		}
	}
	info, err := u.root.Lstat(name)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return nil
	case err != nil:
		return err
	case info.IsDir() && !dir:
		return engine.Errorf(engine.ClassConflict, "cannot overwrite directory %q with non-directory", name)
	case !info.IsDir() && dir:
		return engine.Errorf(engine.ClassConflict, "cannot overwrite non-directory %q with directory", name)
	case dir:
		return nil
	}
	return u.root.Remove(name)
}

func (u *unpacker) directory(name string, h *tar.Header) error {
	if err := u.root.Mkdir(name, 0o700); err != nil && !errors.Is(err, fs.ErrExist) {
		return err
	}
	u.dirs = append(u.dirs, dirAttrs{name, u.mode(h), h.ModTime})
	return u.own(name, h)
}

func (u *unpacker) file(name string, h *tar.Header, content io.Reader) error {
	f, err := u.root.OpenFile(name, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	if err != nil {
		return err
	}
	n, err := io.Copy(f, content)
	u.written += n
	err = errors.Join(err, f.Close())
	if err != nil {
		return err
	}
	// Owner first: chown clears set-id bits.
	if err := u.own(name, h); err != nil {
		return err
	}
	if err := u.root.Chmod(name, u.mode(h)); err != nil {
		return err
	}
	return u.root.Chtimes(name, h.ModTime, h.ModTime)
}

func (u *unpacker) mode(h *tar.Header) fs.FileMode {
	mode := h.FileInfo().Mode()
	if !u.opts.KeepOwner {
		return mode.Perm()
	}
	return mode & (fs.ModePerm | fs.ModeSetuid | fs.ModeSetgid | fs.ModeSticky)
}

func (u *unpacker) own(name string, h *tar.Header) error {
	if !u.opts.KeepOwner {
		return nil
	}
	return u.root.Lchown(name, h.Uid, h.Gid)
}

func (u *unpacker) finishDirs() error {
	for _, d := range slices.Backward(u.dirs) {
		if err := u.root.Chmod(d.name, d.mode); err != nil {
			return err
		}
		if err := u.root.Chtimes(d.name, d.when, d.when); err != nil {
			return err
		}
	}
	return nil
}
