package shim

import (
	"fmt"
	"io"
	"os"

	"golang.org/x/sys/unix"
)

// A sealed program can be executed, and not be changed through what a container sees
// of it.
//
// The attack (CVE-2019-5736): an image's program is a link to /proc/self/exe, or a
// script that names it as its interpreter. The child that carries out the start plan
// then executes the shim's own file inside the container, where another process opens
// /proc/PID/exe, and for writing once nothing runs from it. That the child can't be
// traced before execve does not help: it opens its own link. What helps is that the
// link leads to a file that nobody can write to:
//
//   - root: a detached, read-only bind mount of the program. It appears in no mount
//     table, costs a few system calls, and shares the program's pages between all shims.
//   - a user who could not write to the program anyway, since it is another's: as it is.
//   - a user who could: a sealed copy in memory, some 2 ms and the program's size for
//     each shim.
type sealed struct {
	file *os.File // what is to be executed; nil for the program as it is
}

func (s *sealed) close() {
	if s.file != nil {
		_ = s.file.Close() // the process that runs from it keeps it
	}
}

func seal(prog string) (*sealed, error) {
	if f, err := bindReadOnly(prog); err == nil {
		return &sealed{file: f}, nil
	}
	if os.Geteuid() != 0 && foreign(prog) {
		return &sealed{}, nil
	}
	f, err := copySealed(prog)
	if err != nil {
		return nil, fmt.Errorf("copy shim's program %q: %w", prog, err)
	}
	return &sealed{file: f}, nil
}

// bindReadOnly mounts the program's file, read-only, nowhere. It needs CAP_SYS_ADMIN.
func bindReadOnly(prog string) (*os.File, error) {
	fd, err := unix.OpenTree(unix.AT_FDCWD, prog, unix.OPEN_TREE_CLONE|unix.OPEN_TREE_CLOEXEC)
	if err != nil {
		return nil, os.NewSyscallError("open_tree", err)
	}
	attr := unix.MountAttr{Attr_set: unix.MOUNT_ATTR_RDONLY | unix.MOUNT_ATTR_NOSUID | unix.MOUNT_ATTR_NODEV}
	if err := unix.MountSetattr(fd, "", unix.AT_EMPTY_PATH, &attr); err != nil {
		_ = unix.Close(fd)
		return nil, os.NewSyscallError("mount_setattr", err)
	}
	return os.NewFile(uintptr(fd), prog), nil
}

// foreign reports whether the program is another user's and not writable for us.
func foreign(prog string) bool {
	var st unix.Stat_t
	return unix.Stat(prog, &st) == nil && int(st.Uid) != os.Geteuid() && unix.Access(prog, unix.W_OK) != nil
}

// copySealed copies the program to a memory file that can't change any more.
func copySealed(prog string) (*os.File, error) {
	src, err := os.Open(prog)
	if err != nil {
		return nil, err
	}
	defer src.Close() // only read
	flags := unix.MFD_CLOEXEC | unix.MFD_ALLOW_SEALING
	fd, err := unix.MemfdCreate(Name, flags|unix.MFD_EXEC)
	if err == unix.EINVAL { // before Linux 6.3 every memory file was executable
		fd, err = unix.MemfdCreate(Name, flags)
	}
	if err != nil {
		return nil, os.NewSyscallError("memfd_create", err)
	}
	dst := os.NewFile(uintptr(fd), Name)
	if _, err = io.Copy(dst, src); err == nil {
		const all = unix.F_SEAL_SEAL | unix.F_SEAL_SHRINK | unix.F_SEAL_GROW | unix.F_SEAL_WRITE
		_, err = unix.FcntlInt(dst.Fd(), unix.F_ADD_SEALS, all)
	}
	if err != nil {
		_ = dst.Close()
		return nil, err
	}
	return dst, nil
}
