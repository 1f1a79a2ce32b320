// Package user looks up a container's user in the passwd and group files of its own
// root file system. The files are the image's and therefore hostile input: they are
// opened inside the root only, and must be regular and small. It runs in the shim.
package user

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io"
	"math"
	"os"
	"slices"
	"strconv"
	"strings"

	"berth/engine"

	"golang.org/x/sys/unix"
)

// MaxFile is the greatest size in bytes that passwd and group may have.
const MaxFile = 1 << 20

// MaxGroups is how many supplementary groups a user can have here. The kernel allows
// 65536; so many in an image are an attack or a mistake.
const MaxGroups = 4096

// A User is who a process runs as.
type User struct {
	UID, GID uint32
	Groups   []uint32 // supplementary ones, the primary one included
	Home     string   // "/" if passwd does not say
	Name     string   // empty if passwd does not say
}

// Lookup finds spec, one of "", "name", "uid", "name:group", "uid:gid" and mixtures, in the
// files below root, an open directory. A number is a number from 0 to 2^31-1 and need
// not be listed; a name must be. ClassInvalid says what is wrong with spec;
// ClassIntegrity that a file is not what it should be.
func Lookup(root *os.File, spec string) (User, error) {
	userPart, groupPart, hasGroup := strings.Cut(spec, ":")
	if hasGroup && (groupPart == "" || userPart == "") {
		return User{}, engine.Errorf(engine.ClassInvalid, "look up user %q: a part is empty", spec)
	}
	if userPart == "" {
		userPart = "0"
	}
	u, err := lookupUser(root, userPart)
	if err != nil {
		return User{}, err
	}
	groups, err := readFile(root, "etc/group")
	if err != nil {
		return User{}, err
	}
	if hasGroup {
		if u.GID, err = lookupGroup(groups, groupPart); err != nil {
			return User{}, err
		}
		u.Groups = []uint32{u.GID}
		return u, nil
	}
	u.Groups = []uint32{u.GID}
	if u.Name == "" {
		return u, nil
	}
	for f := range lines(groups) {
		if len(f) < 4 || !slices.Contains(strings.Split(f[3], ","), u.Name) {
			continue
		}
		if gid, err := number(f[2]); err == nil && !slices.Contains(u.Groups, gid) {
			u.Groups = append(u.Groups, gid)
		}
	}
	if len(u.Groups) > MaxGroups {
		return User{}, engine.Errorf(engine.ClassIntegrity, "look up user %q: more than %d groups", spec, MaxGroups)
	}
	return u, nil
}

func lookupUser(root *os.File, name string) (User, error) {
	uid, numErr := number(name)
	if errors.Is(numErr, strconv.ErrRange) {
		return User{}, engine.Errorf(engine.ClassInvalid, "look up user %q: the number must be from 0 to %d", name, math.MaxInt32)
	}
	data, err := readFile(root, "etc/passwd")
	if err != nil {
		return User{}, err
	}
	u := User{UID: uid, Home: "/"}
	for f := range lines(data) {
		if len(f) < 4 {
			continue
		}
		id, err := number(f[2])
		if err != nil || (numErr == nil && id != uid) || (numErr != nil && f[0] != name) {
			continue
		}
		gid, err := number(f[3])
		if err != nil {
			continue
		}
		u = User{UID: id, GID: gid, Home: "/", Name: f[0]}
		if len(f) > 5 && f[5] != "" {
			u.Home = f[5]
		}
		return u, nil
	}
	if numErr != nil {
		return User{}, engine.Errorf(engine.ClassInvalid, "unable to find user %s: no matching entries in passwd file", name)
	}
	return u, nil
}

func lookupGroup(data []byte, name string) (uint32, error) {
	gid, err := number(name)
	if err == nil {
		return gid, nil
	}
	if errors.Is(err, strconv.ErrRange) {
		return 0, engine.Errorf(engine.ClassInvalid, "look up group %q: the number must be from 0 to %d", name, math.MaxInt32)
	}
	for f := range lines(data) {
		if len(f) >= 3 && f[0] == name {
			if gid, err := number(f[2]); err == nil {
				return gid, nil
			}
		}
	}
	return 0, engine.Errorf(engine.ClassInvalid, "unable to find group %s: no matching entries in group file", name)
}

// number reads an id. Everything that looks like a number must be one in range
// (ErrRange), so that 4294967296 is neither user 0 nor a name; ErrSyntax is a name.
func number(s string) (uint32, error) {
	digits := strings.TrimLeft(s, "+-")
	if digits == "" || strings.Trim(digits, "0123456789") != "" {
		return 0, strconv.ErrSyntax
	}
	n, err := strconv.ParseUint(s, 10, 31)
	if err != nil {
		return 0, strconv.ErrRange
	}
	return uint32(n), nil
}

// lines yields the fields of each line.
func lines(data []byte) func(func([]string) bool) {
	return func(yield func([]string) bool) {
		s := bufio.NewScanner(bytes.NewReader(data))
		s.Buffer(nil, MaxFile+1)
		for s.Scan() {
			line := strings.TrimSpace(s.Text())
			if line == "" || line[0] == '#' {
				continue
			}
			if !yield(strings.Split(line, ":")) {
				return
			}
		}
	}
}

// readFile reads a file inside root. It is first opened without touching it
// (O_PATH), so that a fifo does not block and a device does not act. A missing file is empty.
func readFile(root *os.File, name string) ([]byte, error) {
	fd, err := openInside(root, name)
	if errors.Is(err, unix.ENOENT) || errors.Is(err, unix.ENOTDIR) {
		return nil, nil
	}
	if err != nil {
		return nil, engine.Errorf(classOf(err), "open %q of the image: %w", name, err)
	}
	defer unix.Close(fd)
	var st unix.Stat_t
	if err := unix.Fstat(fd, &st); err != nil {
		return nil, fmt.Errorf("stat %q of the image: %w", name, err)
	}
	if st.Mode&unix.S_IFMT != unix.S_IFREG {
		return nil, engine.Errorf(engine.ClassIntegrity, "read %q of the image: not a regular file", name)
	}
	f, err := os.Open(fmt.Sprintf("/proc/self/fd/%d", fd))
	if err != nil {
		return nil, engine.Errorf(classOf(err), "open %q of the image: %w", name, err)
	}
	defer f.Close()
	data, err := io.ReadAll(io.LimitReader(f, MaxFile+1))
	if err != nil {
		return nil, fmt.Errorf("read %q of the image: %w", name, err)
	}
	if len(data) > MaxFile {
		return nil, engine.Errorf(engine.ClassIntegrity, "read %q of the image: larger than 1 MiB", name)
	}
	return data, nil
}

// openInside tries again when the kernel met a rename elsewhere while it followed a
// ".." (EAGAIN, openat2(2)).
func openInside(root *os.File, name string) (fd int, err error) {
	for range 1000 {
		fd, err = unix.Openat2(int(root.Fd()), name, &unix.OpenHow{
			Flags:   unix.O_PATH | unix.O_CLOEXEC,
			Resolve: unix.RESOLVE_IN_ROOT | unix.RESOLVE_NO_MAGICLINKS,
		})
		if err != unix.EAGAIN && err != unix.EINTR {
			break
		}
	}
	return fd, err
}

// classOf classifies why a file of the image can't be opened: links that lead nowhere are
// the image's fault.
func classOf(err error) engine.Class {
	if errors.Is(err, unix.EACCES) || errors.Is(err, unix.EPERM) {
		return engine.ClassPermission
	}
	return engine.ClassIntegrity
}
