package archive

import (
	"archive/tar"
	"errors"
	"fmt"
	"os"
	"strconv"
	"strings"

	"golang.org/x/sys/unix"
)

// ownerXattr keeps a file's owner, "uid:gid", where the container has one id only, as
// unpacked layers do then. So a tree that is copied in and out keeps its owners.
const ownerXattr = "user.berth.owner"

// noteOwner writes the owner of h down.
func noteOwner(f *os.File, h *tar.Header) error {
	if h.Uid == 0 && h.Gid == 0 {
		err := unix.Fremovexattr(int(f.Fd()), ownerXattr)
		if err != nil && !errors.Is(err, unix.ENODATA) && !errors.Is(err, unix.EOPNOTSUPP) {
			return err
		}
		return nil
	}
	err := unix.Fsetxattr(int(f.Fd()), ownerXattr, fmt.Appendf(nil, "%d:%d", h.Uid, h.Gid), 0)
	if err != nil && !errors.Is(err, unix.EOPNOTSUPP) {
		return err
	}
	return nil
}

// notedOwner puts the owner that was written down into h. A container may have written
// it, too: it decides nothing but what the tar says.
func notedOwner(f *os.File, h *tar.Header) {
	var buf [64]byte
	n, err := unix.Fgetxattr(int(f.Fd()), ownerXattr, buf[:])
	if err != nil {
		return
	}
	u, g, ok := strings.Cut(string(buf[:n]), ":")
	uid, err1 := strconv.ParseUint(u, 10, 31)
	gid, err2 := strconv.ParseUint(g, 10, 31)
	if ok && err1 == nil && err2 == nil {
		h.Uid, h.Gid = int(uid), int(gid)
	}
}
