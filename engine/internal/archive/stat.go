package archive

import (
	"io/fs"
	"os"
	"path"
	"time"

	"berth/engine"

	"golang.org/x/sys/unix"
)

func stat(root *os.File, name string) (engine.PathStat, error) {
	f, err := openLast(root, name)
	if err != nil {
		return engine.PathStat{}, classify("stat", name, err)
	}
	defer f.Close()
	var st unix.Stat_t
	if err := unix.Fstat(int(f.Fd()), &st); err != nil {
		return engine.PathStat{}, classify("stat", name, err)
	}
	out := engine.PathStat{Name: lastElement(name), Size: st.Size, Mode: uint32(fileMode(st.Mode)), ModTime: time.Unix(st.Mtim.Unix())}
	if out.Name == "." {
		out.Name = "/"
	}
	if st.Mode&unix.S_IFMT == unix.S_IFLNK {
		target, err := readlink(f)
		if err != nil {
			return engine.PathStat{}, classify("stat", name, err)
		}
		if !path.IsAbs(target) {
			target = path.Join(path.Dir(path.Clean("/"+name)), target)
		}
		out.LinkTarget = path.Clean(target)
	}
	return out, nil
}

// readlink reads the link that an O_PATH descriptor stands for.
func readlink(f *os.File) (string, error) {
	buf := make([]byte, unix.PathMax)
	n, err := unix.Readlinkat(int(f.Fd()), "", buf)
	if err != nil {
		return "", err
	}
	return string(buf[:n]), nil
}

// fileMode converts st_mode.
func fileMode(mode uint32) fs.FileMode {
	out := fs.FileMode(mode & 0o777)
	switch mode & unix.S_IFMT {
	case unix.S_IFDIR:
		out |= fs.ModeDir
	case unix.S_IFLNK:
		out |= fs.ModeSymlink
	case unix.S_IFIFO:
		out |= fs.ModeNamedPipe
	case unix.S_IFSOCK:
		out |= fs.ModeSocket
	case unix.S_IFCHR:
		out |= fs.ModeDevice | fs.ModeCharDevice
	case unix.S_IFBLK:
		out |= fs.ModeDevice
	}
	for bit, m := range map[uint32]fs.FileMode{unix.S_ISUID: fs.ModeSetuid, unix.S_ISGID: fs.ModeSetgid, unix.S_ISVTX: fs.ModeSticky} {
		if mode&bit != 0 {
			out |= m
		}
	}
	return out
}
