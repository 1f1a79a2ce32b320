package layer

import (
	"archive/tar"
	"errors"
	"io"
	"path"
	"slices"
	"strings"

	"berth/engine"

	"golang.org/x/sys/unix"
)

// readSize is the unit of reading: most files take one write.
const readSize = 256 << 10

// unpacker writes one layer. It is used by one goroutine.
type unpacker struct {
	root   int
	opt    Options
	limits Limits
	dirs   *dirCache
	stream *stream

	entries   int
	bytes     int64
	sparse    int64 // apparent bytes of files with holes
	sinceFree int64 // bytes since the free space was looked at
	names     int   // bytes of names held in the three below
	times     []dirTime
	implicit  map[string]struct{}
	whiteouts map[string]struct{}
	size      int64
}

// A dirTime is a directory's modification time, set last because creating entries changes it.
type dirTime struct {
	path string
	time unix.Timespec
}

func newUnpacker(root int, r io.Reader, opt Options) *unpacker {
	return &unpacker{
		root:      root,
		opt:       opt,
		limits:    opt.Limits.withDefaults(),
		dirs:      newDirCache(root),
		stream:    newStream(r),
		implicit:  map[string]struct{}{},
		whiteouts: map[string]struct{}{},
	}
}

func (u *unpacker) run() error {
	tr := tar.NewReader(u.stream)
	for {
		hdr, err := tr.Next()
		if err == io.EOF {
			break
		}
		if err != nil {
			return streamError(err)
		}
		if u.entries++; u.entries > u.limits.Entries {
			return engine.Errorf(engine.ClassExhausted, "layer has more than %d entries: refused", u.limits.Entries)
		}
		if err := u.entry(hdr, tr); err != nil {
			return err
		}
	}
	// What follows the tar's end belongs to the layer's digest.
	if _, err := io.Copy(io.Discard, u.stream); err != nil {
		return streamError(err)
	}
	return u.finish()
}

// streamError tells a broken tar from a stream that failed for reasons of its own.
func streamError(err error) error {
	var own *engine.Error
	if errors.As(err, &own) {
		return err
	}
	if errors.Is(err, tar.ErrHeader) || errors.Is(err, tar.ErrFieldTooLong) || errors.Is(err, io.ErrUnexpectedEOF) || errors.Is(err, tar.ErrInsecurePath) {
		return engine.Errorf(engine.ClassIntegrity, "broken tar: %w", err)
	}
	return err
}

// entry writes one entry.
func (u *unpacker) entry(hdr *tar.Header, r io.Reader) error {
	switch hdr.Typeflag {
	case tar.TypeXGlobalHeader:
		return nil // archive/tar carries out none of it, and shows no file
	case tar.TypeReg, tar.TypeGNUSparse, tar.TypeCont, tar.TypeDir, tar.TypeSymlink, tar.TypeLink, tar.TypeChar, tar.TypeBlock, tar.TypeFifo:
	default:
		return engine.Errorf(engine.ClassIntegrity, "tar entry %s has the unknown type %q", quote(hdr.Name), hdr.Typeflag)
	}
	name, err := cleanName(hdr.Name)
	if err != nil {
		return err
	}
	if !u.validOwner(hdr) {
		return malicious(hdr.Name, "owner %d:%d is out of range", hdr.Uid, hdr.Gid)
	}
	if name == "." {
		return u.rootEntry(hdr)
	}
	dir, base := path.Split(name)
	dir = strings.TrimSuffix(dir, "/")
	if strings.Contains(dir, whiteoutPrefix) && hasWhiteoutPart(dir) {
		return malicious(hdr.Name, "a whiteout can't be a directory")
	}
	parent, err := u.parent(dir)
	if err != nil {
		return entryError("create", name, err)
	}
	if strings.HasPrefix(base, whiteoutPrefix) {
		return u.whiteout(parent, dir, base, hdr.Name)
	}
	if err := u.create(parent, name, base, hdr, r); err != nil {
		return entryError("write", name, err)
	}
	return nil
}

func (u *unpacker) validOwner(hdr *tar.Header) bool {
	const last = 1<<32 - 2 // the highest value means "unchanged" to chown(2)
	return hdr.Uid >= 0 && hdr.Gid >= 0 && int64(hdr.Uid) <= last && int64(hdr.Gid) <= last
}

// rootEntry applies an entry for the layer's own root, which can only be a directory.
func (u *unpacker) rootEntry(hdr *tar.Header) error {
	if hdr.Typeflag != tar.TypeDir {
		return malicious(hdr.Name, "the root of a layer must be a directory")
	}
	if _, err := u.attributes(u.root, hdr); err != nil {
		return entryError("write", "/", err)
	}
	return u.remember(".", hdr)
}

// remember keeps a directory's time for the end.
func (u *unpacker) remember(name string, hdr *tar.Header) error {
	u.times = append(u.times, dirTime{path: name, time: timespec(hdr.ModTime)})
	delete(u.implicit, name)
	return u.hold(name)
}

// hold accounts for a name that stays in memory until the end.
func (u *unpacker) hold(name string) error {
	if u.names += len(name) + 64; u.names > u.limits.Names {
		return engine.Errorf(engine.ClassExhausted, "layer has too many directories: their names need more than %d MiB of memory", u.limits.Names>>20)
	}
	return nil
}

// cleanName returns the name relative to the root, "." for the root itself. A
// leading slash means the root, as tar itself reads it; ".." is never honest.
func cleanName(name string) (string, error) {
	if strings.IndexByte(name, 0) >= 0 {
		return "", malicious(name, "a name can't hold a zero byte")
	}
	if strings.Contains(name, "..") && slices.Contains(strings.Split(name, "/"), "..") {
		return "", malicious(name, "a name can't hold \"..\"")
	}
	clean := strings.TrimLeft(path.Clean(name), "/")
	if clean == "" || clean == "." {
		return ".", nil
	}
	return clean, nil
}

// finish sets the directories' times, deepest last created first.
func (u *unpacker) finish() error {
	for _, d := range slices.Backward(u.times) {
		fd, err := u.dirs.open(d.path)
		if errors.Is(err, unix.ENOENT) || errors.Is(err, unix.ENOTDIR) || errors.Is(err, unix.ELOOP) {
			continue // a later entry replaced it
		}
		if err != nil {
			return entryError("open", d.path, err)
		}
		if err := setTime(fd, d.time); err != nil {
			return entryError("set time of", d.path, err)
		}
		u.size += blocks(fd)
	}
	return nil
}

func (u *unpacker) result() Result {
	res := Result{Size: u.size, Entries: u.entries}
	for dir := range u.implicit {
		// A later entry may have removed it again.
		if _, err := u.dirs.open(dir); err == nil {
			res.Implicit = append(res.Implicit, dir)
		}
	}
	slices.Sort(res.Implicit)
	return res
}
