package idmap

import (
	"fmt"
	"os"
	"os/exec"
	"os/user"
	"strconv"
	"strings"

	"golang.org/x/sys/unix"
)

// whole is what /proc/self/uid_map says in the initial user namespace.
const whole = 1<<32 - 1

// extents is the most that the kernel takes in one mapping (user_namespaces(7)).
const extents = 340

// Detect returns the mapping that this process's user gets for containers:
//
//   - Host for root in the initial user namespace;
//   - Ranges over all ids of its own namespace for root in any other, since there the
//     kernel treats it as unprivileged towards file systems and cgroups;
//   - Ranges of /etc/subuid and /etc/subgid where newuidmap(1) and newgidmap(1) can
//     apply them;
//   - else Single, whose Hint names the remedy.
//
// It reads a handful of files and starts nothing. ClassUnsupported says that this
// user can't make user namespaces at all, with the remedy as its hint.
func Detect() (Mapping, error) {
	uids, err := ownMap("/proc/self/uid_map")
	if err != nil {
		return Mapping{}, err
	}
	if os.Geteuid() == 0 && capable(unix.CAP_SYS_ADMIN) && uids[0].Size == whole {
		return Mapping{Mode: Host}, nil
	}
	if err := Disabled(); err != nil {
		return Mapping{}, err
	}
	if os.Geteuid() == 0 && writesDirectly() {
		gids, err := ownMap("/proc/self/gid_map")
		if err != nil {
			return Mapping{}, err
		}
		return nested(uids, gids), nil
	}
	return detectUser(os.Geteuid(), os.Getegid(), "/etc/subuid", "/etc/subgid", missingTool()), nil
}

// nested returns the mapping for root in a namespace that has the given ids.
func nested(uids, gids []Range) Mapping {
	m := Mapping{Mode: Ranges, UIDs: identity(uids), GIDs: identity(gids)}
	if len(uids) == 1 && uids[0].Size == 1 || len(gids) == 1 && gids[0].Size == 1 {
		m.Mode, m.UIDs, m.GIDs = Single, m.UIDs[:1], m.GIDs[:1]
		m.UIDs[0].Size, m.GIDs[0].Size = 1, 1
		m.Hint = onlyRoot + "give the user namespace in which berth runs more ids (`unshare --map-root-user --map-auto`)."
	}
	return m
}

// onlyRoot begins the hint of every Single mapping.
const onlyRoot = "Only root exists inside containers, so programs that change to another user, and files of other owners, will not work: "

// detectUser chooses between Ranges and Single; missing says why ranges can't be
// applied, and is empty if they can.
func detectUser(uid, gid int, subuid, subgid, missing string) Mapping {
	name := strconv.Itoa(uid)
	if u, err := user.LookupId(name); err == nil {
		name = u.Username
	}
	uids := stack(uint32(uid), subordinate(subuid, name, uid))
	gids := stack(uint32(gid), subordinate(subgid, name, uid))
	if missing == "" && len(uids) > 1 && len(gids) > 1 {
		return Mapping{Mode: Ranges, UIDs: uids, GIDs: gids}
	}
	var remedies []string
	if missing != "" {
		remedies = append(remedies, missing)
	}
	if len(uids) == 1 || len(gids) == 1 {
		start := nextFree(subuid, subgid)
		r := fmt.Sprintf("%d-%d", start, start+65535)
		remedies = append(remedies, fmt.Sprintf("run `sudo usermod --add-subuids %s --add-subgids %s %s`", r, r, name))
	}
	return Mapping{
		Mode: Single, UIDs: uids[:1], GIDs: gids[:1],
		Hint: onlyRoot + strings.Join(remedies, " and ") + ".",
	}
}

// missingTool says what to do before newuidmap and newgidmap can be used.
func missingTool() string {
	for _, tool := range []string{"newuidmap", "newgidmap"} {
		if _, err := exec.LookPath(tool); err != nil {
			return "install newuidmap and newgidmap (`sudo apt install uidmap` or `sudo dnf install shadow-utils`)"
		}
	}
	if v, err := unix.PrctlRetInt(unix.PR_GET_NO_NEW_PRIVS, 0, 0, 0, 0); err == nil && v == 1 {
		return "start berth without no_new_privs, under which newuidmap has no privilege (systemd: `NoNewPrivileges=no`)"
	}
	return ""
}

// stack puts the ranges one after the other above the own id, which becomes root.
// A range that the kernel would refuse beside the others is left out.
func stack(own uint32, ranges []Range) []Range {
	out := []Range{{Container: 0, Host: own, Size: 1}}
	next := uint32(1)
	for _, r := range ranges {
		if len(out) == extents || r.Size > whole-next || overlaps(out, r) {
			continue
		}
		out = append(out, Range{Container: next, Host: r.Host, Size: r.Size})
		next += r.Size
	}
	return out
}

func overlaps(ranges []Range, r Range) bool {
	for _, o := range ranges {
		if uint64(r.Host) < uint64(o.Host)+uint64(o.Size) && uint64(o.Host) < uint64(r.Host)+uint64(r.Size) {
			return true
		}
	}
	return false
}

// subordinate returns the ranges of a user in a file in the form of subuid(5), where
// a line begins with the user's name or number, in /etc/subgid too.
func subordinate(file, name string, uid int) []Range {
	var out []Range
	for owner, r := range subLines(file) {
		if owner == name || owner == strconv.Itoa(uid) {
			out = append(out, r)
		}
	}
	return out
}

// nextFree returns the first id, from the customary 100000 on, above all ranges of the files.
func nextFree(files ...string) uint64 {
	start := uint64(100000)
	for _, file := range files {
		for _, r := range subLines(file) {
			start = max(start, uint64(r.Host)+uint64(r.Size))
		}
	}
	return start
}

// subLines yields the valid lines of a file in the form of subuid(5). A file that
// can't be read has none: that is the same remedy.
func subLines(file string) func(yield func(owner string, r Range) bool) {
	return func(yield func(string, Range) bool) {
		data, err := os.ReadFile(file)
		if err != nil {
			return
		}
		for line := range strings.Lines(string(data)) {
			f := strings.Split(strings.TrimSpace(line), ":")
			if len(f) != 3 {
				continue
			}
			start, err1 := strconv.ParseUint(f[1], 10, 32)
			size, err2 := strconv.ParseUint(f[2], 10, 32)
			if err1 != nil || err2 != nil || size == 0 || start+size > whole {
				continue
			}
			if !yield(f[0], Range{Host: uint32(start), Size: uint32(size)}) {
				return
			}
		}
	}
}

// ownMap reads a mapping of this process's own namespace.
func ownMap(file string) ([]Range, error) {
	data, err := os.ReadFile(file)
	if err != nil {
		return nil, fmt.Errorf("read own id mapping: %w", err)
	}
	var out []Range
	for line := range strings.Lines(string(data)) {
		var r Range
		if _, err := fmt.Sscan(line, &r.Container, &r.Host, &r.Size); err != nil {
			return nil, fmt.Errorf("read own id mapping %q: %w", file, err)
		}
		out = append(out, r)
	}
	if len(out) == 0 {
		return nil, fmt.Errorf("read own id mapping: %q is empty, this user namespace is not set up", file)
	}
	return out, nil
}

// identity maps the ids that exist in the own namespace to themselves.
func identity(own []Range) []Range {
	out := make([]Range, len(own))
	for i, r := range own {
		out[i] = Range{Container: r.Container, Host: r.Container, Size: r.Size}
	}
	return out
}

// writesDirectly reports whether this process may write any mapping of ids that it has.
func writesDirectly() bool { return capable(unix.CAP_SETUID) && capable(unix.CAP_SETGID) }

// capable reports whether a capability is effective.
func capable(capability int) bool {
	hdr := unix.CapUserHeader{Version: unix.LINUX_CAPABILITY_VERSION_3}
	var data [2]unix.CapUserData
	if err := unix.Capget(&hdr, &data[0]); err != nil {
		return false
	}
	return data[capability/32].Effective&(1<<(capability%32)) != 0
}
