// Package diff lists what a container changed: it compares the upper directory of an
// overlay with the layers below. It reads, through descriptors that can't leave the
// directories, and writes nothing. It runs in berth, or in a worker inside a user
// namespace where the files of foreign ids can be read.
package diff

import (
	"fmt"
	"os"
	"path"
	"slices"
	"strings"

	"berth/engine"

	"golang.org/x/sys/unix"
)

// engineMade are the mount points that a start creates where an image lacks them.
// Empty, they are no change of the container's.
var engineMade = []string{"/dev", "/proc", "/sys", "/etc/hosts", "/etc/hostname", "/etc/resolv.conf"}

// maxDepth bounds the recursion; PATH_MAX allows no deeper path by name.
const maxDepth = 2048

// compare returns the changes in upper against lowers (top first), sorted by path.
// A container that runs meanwhile may change what is being read: what vanishes is left out.
func compare(upper string, lowers []string) ([]engine.Change, error) {
	root, err := os.Open(upper)
	if err != nil {
		return nil, fmt.Errorf("compare with image: %w", err)
	}
	defer root.Close()
	c := &comparison{}
	for _, dir := range lowers {
		f, err := os.Open(dir)
		if err != nil {
			return nil, fmt.Errorf("compare with image: %w", err)
		}
		defer f.Close()
		c.lowers = append(c.lowers, f)
	}
	if _, err := c.walk(root, "/", 0); err != nil {
		return nil, err
	}
	slices.SortFunc(c.changes, func(a, b engine.Change) int { return strings.Compare(a.Path, b.Path) })
	return c.changes, nil
}

type comparison struct {
	lowers  []*os.File
	changes []engine.Change
}

func (c *comparison) add(kind engine.ChangeKind, p string) {
	c.changes = append(c.changes, engine.Change{Kind: kind, Path: p})
}

// walk compares the directory dir, which is p, and reports whether it found changes.
func (c *comparison) walk(dir *os.File, p string, depth int) (changed bool, err error) {
	if depth > maxDepth {
		return false, engine.Errorf(engine.ClassExhausted, "compare %q with image: nested too deeply", p)
	}
	names, err := dir.Readdirnames(-1)
	if err != nil {
		return false, fmt.Errorf("compare %q with image: %w", p, err)
	}
	for _, name := range names {
		found, err := c.entry(dir, name, path.Join(p, name), depth)
		if err != nil {
			return false, err
		}
		changed = changed || found
	}
	if isOpaque(dir) {
		for _, name := range c.hidden(p, names) {
			c.add(engine.ChangeDeleted, path.Join(p, name))
			changed = true
		}
	}
	return changed, nil
}

// entry compares one name.
func (c *comparison) entry(dir *os.File, name, p string, depth int) (changed bool, err error) {
	var st unix.Stat_t
	err = unix.Fstatat(int(dir.Fd()), name, &st, unix.AT_SYMLINK_NOFOLLOW)
	if err == unix.ENOENT {
		return false, nil
	}
	if err != nil {
		return false, fmt.Errorf("compare %q with image: %w", p, err)
	}
	old, existed := c.lookup(p)
	switch {
	case isWhiteout(&st):
		if existed {
			c.add(engine.ChangeDeleted, p)
		}
		return existed, nil
	case st.Mode&unix.S_IFMT != unix.S_IFDIR:
		if !existed && st.Size == 0 && slices.Contains(engineMade, p) {
			return false, nil
		}
		c.add(kindOf(existed), p)
		return true, nil
	}
	fd, err := unix.Openat(int(dir.Fd()), name, unix.O_RDONLY|unix.O_DIRECTORY|unix.O_NOFOLLOW|unix.O_CLOEXEC, 0)
	if err == unix.ENOENT || err == unix.ENOTDIR || err == unix.ELOOP {
		return false, nil // replaced meanwhile
	}
	if err != nil {
		return false, fmt.Errorf("compare %q with image: %w", p, err)
	}
	sub := os.NewFile(uintptr(fd), p)
	defer sub.Close()
	below, err := c.walk(sub, p, depth+1)
	if err != nil {
		return false, err
	}
	wasDir := existed && old.Mode&unix.S_IFMT == unix.S_IFDIR
	switch {
	case wasDir && !below && old.Mode == st.Mode && old.Uid == st.Uid && old.Gid == st.Gid:
		return false, nil // copied up, and what was changed in it was changed back
	case !existed && !below && slices.Contains(engineMade, p):
		return false, nil
	}
	c.add(kindOf(existed), p)
	return true, nil
}

func kindOf(existed bool) engine.ChangeKind {
	if existed {
		return engine.ChangeModified
	}
	return engine.ChangeAdded
}

// lookup finds p in the merged view of the layers below, without following links.
func (c *comparison) lookup(p string) (unix.Stat_t, bool) {
	parts := strings.Split(strings.TrimPrefix(p, "/"), "/")
	for _, lower := range c.lowers {
		st, result := lookupIn(lower, parts)
		if result == present {
			return st, true
		}
		if result == covered {
			return st, false
		}
	}
	return unix.Stat_t{}, false
}

type presence uint8

const (
	absent  presence = iota // this layer says nothing
	present                 // here it is
	covered                 // this layer hides it from those below
)

// lookupIn finds a path in one layer.
func lookupIn(root *os.File, parts []string) (st unix.Stat_t, _ presence) {
	dir, opaque := root, false
	defer func() {
		if dir != root {
			dir.Close()
		}
	}()
	gone := func() presence {
		if opaque {
			return covered
		}
		return absent
	}
	for i, name := range parts {
		if unix.Fstatat(int(dir.Fd()), name, &st, unix.AT_SYMLINK_NOFOLLOW) != nil {
			return st, gone()
		}
		if isWhiteout(&st) {
			return st, covered
		}
		if i == len(parts)-1 {
			return st, present
		}
		if st.Mode&unix.S_IFMT != unix.S_IFDIR {
			return st, covered
		}
		fd, err := unix.Openat(int(dir.Fd()), name, unix.O_RDONLY|unix.O_DIRECTORY|unix.O_NOFOLLOW|unix.O_CLOEXEC, 0)
		if err != nil {
			return st, gone()
		}
		if dir != root {
			dir.Close()
		}
		dir = os.NewFile(uintptr(fd), name)
		opaque = opaque || isOpaque(dir)
	}
	return st, absent
}

// hidden returns the names that the layers below show in directory p and that are not in have.
func (c *comparison) hidden(p string, have []string) []string {
	seen := map[string]bool{}
	for _, lower := range c.lowers {
		how := &unix.OpenHow{Flags: unix.O_RDONLY | unix.O_DIRECTORY | unix.O_CLOEXEC, Resolve: unix.RESOLVE_BENEATH | unix.RESOLVE_NO_SYMLINKS}
		fd, err := unix.Openat2(int(lower.Fd()), "."+p, how)
		if err != nil {
			continue
		}
		f := os.NewFile(uintptr(fd), p)
		names, _ := f.Readdirnames(-1) // a layer never changes; what can't be read is not listed
		f.Close()
		for _, n := range names {
			seen[n] = true
		}
	}
	var out []string
	for n := range seen {
		if _, shown := c.lookup(path.Join(p, n)); shown && !slices.Contains(have, n) {
			out = append(out, n)
		}
	}
	return out
}

// isWhiteout reports whether a file hides one of a lower layer: overlayfs.rst,
// "whiteouts and opaque directories".
func isWhiteout(st *unix.Stat_t) bool { return st.Mode&unix.S_IFMT == unix.S_IFCHR && st.Rdev == 0 }

func isOpaque(dir *os.File) bool {
	var v [4]byte
	for _, attr := range []string{"trusted.overlay.opaque", "user.overlay.opaque"} {
		if n, err := unix.Fgetxattr(int(dir.Fd()), attr, v[:]); err == nil && n > 0 && v[0] == 'y' {
			return true
		}
	}
	return false
}
