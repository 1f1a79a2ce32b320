package layer

import (
	"errors"
	"strings"

	"golang.org/x/sys/unix"
)

// Names with this prefix are instructions, not files: OCI image-spec, layer.md, "Whiteouts".
const (
	whiteoutPrefix = ".wh."
	opaqueName     = ".wh..wh..opq"
	metaPrefix     = ".wh..wh." // other marks of aufs, which mean nothing elsewhere
)

func hasWhiteoutPart(dir string) bool {
	for part := range strings.SplitSeq(dir, "/") {
		if strings.HasPrefix(part, whiteoutPrefix) {
			return true
		}
	}
	return false
}

// whiteout carries out a mark in the directory parent, whose path is dir.
func (u *unpacker) whiteout(parent int, dir, base, full string) error {
	switch {
	case base == opaqueName:
		if err := u.opaque(parent); err != nil {
			return entryError("mark opaque", dir, err)
		}
		return nil
	case strings.HasPrefix(base, metaPrefix):
		return nil
	}
	hidden := base[len(whiteoutPrefix):]
	if hidden == "" || hidden == "." || hidden == ".." {
		return malicious(full, "a whiteout needs a name to hide")
	}
	name := hidden
	if dir != "" {
		name = dir + "/" + hidden
	}
	u.whiteouts[name] = struct{}{}
	if err := u.hold(name); err != nil {
		return err
	}
	err := unix.Mknodat(parent, hidden, unix.S_IFCHR, 0)
	if errors.Is(err, unix.EEXIST) {
		// The layer itself brings this name. A whiteout hides the layers below only:
		// of a directory their contents, of anything else nothing is left to hide.
		return u.opaqueAt(parent, hidden)
	}
	if err != nil {
		return entryError("hide", name, err)
	}
	return nil
}

func (u *unpacker) opaqueAt(parent int, base string) error {
	if !isDir(parent, base) {
		return nil
	}
	fd, err := openBeneath(parent, base, unix.O_RDONLY|unix.O_DIRECTORY|unix.O_NOFOLLOW, beneath)
	if err != nil {
		return entryError("open", base, err)
	}
	defer unix.Close(fd)
	if err := u.opaque(fd); err != nil {
		return entryError("mark opaque", base, err)
	}
	return nil
}

// opaque marks an open directory so that overlayfs hides what lies below it.
func (u *unpacker) opaque(fd int) error {
	return unix.Fsetxattr(fd, opaqueXattr(u.opt.UserXattr), []byte("y"), 0)
}

func opaqueXattr(user bool) string {
	if user {
		return "user.overlay.opaque"
	}
	return "trusted.overlay.opaque"
}
