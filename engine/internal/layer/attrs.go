package layer

import (
	"archive/tar"
	"errors"
	"fmt"
	"strings"
	"time"

	"berth/engine"

	"golang.org/x/sys/unix"
)

// ownerXattr keeps an entry's real owner, "uid:gid", where it can't be set.
const ownerXattr = "user.berth.owner"

// attributes sets owner, mode and extended attributes of an open file or directory, in
// this order: a change of owner clears set-id bits and capabilities. What is right
// already is left alone. It returns the disk usage in bytes.
func (u *unpacker) attributes(fd int, hdr *tar.Header) (int64, error) {
	var st unix.Stat_t
	if err := unix.Fstat(fd, &st); err != nil {
		return 0, err
	}
	owned := false
	if u.opt.Owners {
		if st.Uid != uint32(hdr.Uid) || st.Gid != uint32(hdr.Gid) {
			if err := unix.Fchown(fd, hdr.Uid, hdr.Gid); err != nil {
				return 0, ownerError(hdr, err)
			}
			owned = true
		}
	} else if hdr.Uid != 0 || hdr.Gid != 0 {
		err := unix.Fsetxattr(fd, ownerXattr, fmt.Appendf(nil, "%d:%d", hdr.Uid, hdr.Gid), 0)
		if err != nil && !errors.Is(err, unix.ENOTSUP) {
			return 0, err
		}
	}
	if mode := uint32(hdr.Mode) & 0o7777; owned || st.Mode&0o7777 != mode {
		if err := unix.Fchmod(fd, mode); err != nil {
			return 0, err
		}
	}
	if len(hdr.PAXRecords) == 0 {
		return st.Blocks * 512, nil
	}
	if err := u.xattrs(fd, hdr); err != nil {
		return 0, err
	}
	return blocks(fd), nil // large attributes have blocks of their own
}

// ownerAt sets the owner of what can't be opened.
func (u *unpacker) ownerAt(parent int, base string, hdr *tar.Header) error {
	if !u.opt.Owners {
		return nil
	}
	if err := unix.Fchownat(parent, base, hdr.Uid, hdr.Gid, unix.AT_SYMLINK_NOFOLLOW); err != nil {
		return ownerError(hdr, err)
	}
	return nil
}

// ownerError explains EINVAL, which chown(2) gives for an id that the user namespace does not map.
func ownerError(hdr *tar.Header, err error) error {
	if !errors.Is(err, unix.EINVAL) {
		return err
	}
	return engine.Errorf(engine.ClassUnsupported, "%s belongs to %d:%d, which is outside this user's range of ids", quote(hdr.Name), hdr.Uid, hdr.Gid).
		WithHint("Give the user a larger range in /etc/subuid and /etc/subgid.")
}

const xattrRecord = "SCHILY.xattr."

// xattrs sets the attributes that an image may bring.
func (u *unpacker) xattrs(fd int, hdr *tar.Header) error {
	for key, value := range hdr.PAXRecords {
		name, ok := strings.CutPrefix(key, xattrRecord)
		if !ok || !keepXattr(name) {
			continue
		}
		err := unix.Fsetxattr(fd, name, []byte(value), 0)
		switch {
		case err == nil, errors.Is(err, unix.ENOTSUP):
		case errors.Is(err, unix.EPERM) && u.opt.UserXattr: // not in this user namespace
		default:
			return fmt.Errorf("set attribute %s: %w", quote(name), err)
		}
	}
	return nil
}

// keepXattr says which attributes are the image's to set. File capabilities, access
// lists and the user's own are. Names of overlayfs would let an image redirect a
// directory to any other on the lower layers, or fake our own marks; security labels
// belong to the host's policy.
func keepXattr(name string) bool {
	switch {
	case name == "security.capability", name == "system.posix_acl_access", name == "system.posix_acl_default":
		return true
	case strings.HasPrefix(name, "user.overlay."), strings.HasPrefix(name, "user.berth."):
		return false
	}
	return strings.HasPrefix(name, "user.")
}

func timespec(t time.Time) unix.Timespec {
	// File systems clamp what they can't hold; the kernel refuses only wrong nanoseconds.
	return unix.Timespec{Sec: t.Unix(), Nsec: int64(t.Nanosecond())}
}

func setTimeAt(parent int, base string, t unix.Timespec) error {
	return unix.UtimesNanoAt(parent, base, []unix.Timespec{t, t}, unix.AT_SYMLINK_NOFOLLOW)
}

// setFileTime sets the time of an open file: AT_EMPTY_PATH is Linux 5.8.
func setFileTime(fd int, t unix.Timespec) error {
	return unix.UtimesNanoAt(fd, "", []unix.Timespec{t, t}, unix.AT_EMPTY_PATH)
}

// setTime sets the time of an open directory.
func setTime(fd int, t unix.Timespec) error {
	return unix.UtimesNanoAt(fd, ".", []unix.Timespec{t, t}, 0)
}

// procPath names an open descriptor for calls that want a path.
func procPath(fd int) string { return fmt.Sprintf("/proc/self/fd/%d", fd) }
