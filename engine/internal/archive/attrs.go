package archive

import (
	"archive/tar"
	"os"
	"strings"
	"time"

	"berth/engine"

	"golang.org/x/sys/unix"
)

// attributes sets owner, mode and extended attributes of an open file, in the order
// in which none undoes another: chown clears set-user-id bits and capabilities.
func (g *giver) attributes(f *os.File, h *tar.Header) error {
	if g.noOwners {
		if err := noteOwner(f, h); err != nil {
			return err
		}
	} else if err := unix.Fchown(int(f.Fd()), h.Uid, h.Gid); err != nil {
		return ownerError(h, err)
	}
	if err := unix.Fchmod(int(f.Fd()), uint32(h.Mode&0o7777)); err != nil {
		return err
	}
	for key, value := range h.PAXRecords {
		name, ok := strings.CutPrefix(key, xattrPrefix)
		if !ok || !kept(name) {
			continue
		}
		err := unix.Fsetxattr(int(f.Fd()), name, []byte(value), 0)
		if err != nil && err != unix.EOPNOTSUPP && err != unix.EPERM {
			return err
		}
	}
	return nil
}

func ownerError(h *tar.Header, err error) error {
	if err == unix.EINVAL {
		return engine.Errorf(engine.ClassUnsupported, "give %q to user %d and group %d: this user's id mapping does not hold them", h.Name, h.Uid, h.Gid)
	}
	return err
}

// setTimes sets the modification time of a name, not of what it may link to.
func setTimes(parent *os.File, base string, h *tar.Header) error {
	if h.ModTime.IsZero() {
		h.ModTime = time.Unix(0, 0)
	}
	t, err := unix.TimeToTimespec(h.ModTime)
	if err != nil {
		return nil // beyond what the kernel can store: as good as unknown
	}
	return unix.UtimesNanoAt(int(parent.Fd()), base, []unix.Timespec{t, t}, unix.AT_SYMLINK_NOFOLLOW)
}
