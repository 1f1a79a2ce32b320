package runtime

import (
	"fmt"
	"os"
	"sync"

	"berth/engine"
	"berth/engine/internal/caps"
	"berth/engine/internal/idmap"
	"berth/engine/internal/plan"
	"berth/engine/internal/user"

	"golang.org/x/sys/unix"
)

// maxHome is the longest home directory that passwd can name, its NUL included.
const maxHome = 1024

// An identity is the memory into which the parent's answer about the user goes:
// the child's later calls point into it.
type identity struct {
	head      []uint32 // uid, gid, number of groups, then capset's header and data
	headBytes []byte
	home      []byte // "HOME=", then room for the value
	groups    []uint32
	groupMem  []byte

	uid, gid, count plan.Slot
}

// Positions in identity.head. The data are two triples of effective, permitted and
// inheritable capabilities (capget(2)).
const (
	headUID = iota
	headGID
	headGroups
	headCapVersion
	headCapPid
	headCapData
	headLen = headCapData + 6
)

const homePrefix = "HOME="

func newIdentity() *identity {
	id := &identity{home: make([]byte, len(homePrefix)+maxHome)}
	copy(id.home, homePrefix)
	id.head, id.headBytes = plan.Words(headLen)
	id.groups, id.groupMem = plan.Words(user.MaxGroups)
	return id
}

const gateUser = "user"

// lookUpUser has the parent find the user in the image's files, through the root as
// it is mounted now. With a terminal the parent also opens it, in the container's own devpts.
func (b *builder) lookUpUser() {
	id := newIdentity()
	b.identity = id
	b.Step("look up user", fmt.Sprintf("look up user %q", b.b.User),
		"Find the user and groups in the image's own passwd and group files.", b.b.User)
	into := [][]byte{id.headBytes, id.home[len(homePrefix):], id.groupMem}
	var tty *uint32
	if b.ahead {
		b.Await(into...)
	} else {
		send := []plan.Slot{b.root}
		if b.devpts >= 0 {
			send = append(send, b.devpts)
		}
		tty = b.Gate(gateUser, send, -1, into...)
	}
	id.uid, id.gid, id.count = b.Slot("uid"), b.Slot("gid"), b.Slot("number of groups")
	b.Load(id.uid, &id.head[headUID])
	b.Load(id.gid, &id.head[headGID])
	b.Load(id.count, &id.head[headGroups])
	if b.slave >= 0 {
		b.Load(b.slave, tty)
	}
}

// answer makes the reply to gateUser.
func (b *builder) answer(u user.User, set caps.Set) ([]byte, error) {
	if len(u.Home) >= maxHome {
		return nil, engine.Errorf(engine.ClassIntegrity, "look up user %q: the home directory's name is too long", b.b.User)
	}
	head, bytes := plan.Words(headLen)
	head[headUID], head[headGID], head[headGroups] = u.UID, u.GID, uint32(len(u.Groups))
	head[headCapVersion] = unix.LINUX_CAPABILITY_VERSION_3
	if u.UID == 0 {
		for half := range 2 {
			word := uint32(set >> (32 * half))
			head[headCapData+3*half], head[headCapData+3*half+1] = word, word
		}
	}
	out := append([]byte{}, bytes...)
	home := make([]byte, maxHome)
	copy(home, u.Home)
	out = append(out, home...)
	if len(u.Groups) > 0 {
		groups, mem := plan.Words(len(u.Groups))
		copy(groups, u.Groups)
		out = append(out, mem...)
	}
	return out, nil
}

// findUser looks the user up and checks that the id mapping has it.
func (b *builder) findUser(root *os.File, spec string) (user.User, error) {
	u, err := user.Lookup(root, spec)
	if err != nil || !b.userns() {
		return u, err
	}
	m := b.b.IDMap
	_, okUID := idmap.ToHost(m.UIDs, u.UID)
	_, okGID := idmap.ToHost(m.GIDs, u.GID)
	if !okUID || !okGID {
		return u, engine.Errorf(engine.ClassUnsupported,
			"look up user %q: the ids %d:%d are not in the container's id mapping", spec, u.UID, u.GID).WithHint("%s", m.Hint)
	}
	kept := u.Groups[:0]
	for _, g := range u.Groups {
		if _, ok := idmap.ToHost(m.GIDs, g); ok {
			kept = append(kept, g)
		}
	}
	u.Groups = kept
	return u, nil
}

// capabilities returns what the process may have: what the specification lists, as
// far as this host has it.
func (b *builder) capabilities(privileged bool) (caps.Set, error) {
	var set caps.Set
	if c := b.b.Spec.Process.Capabilities; c != nil {
		var err error
		if set, err = caps.Parse(c.Bounding); err != nil {
			return 0, err
		}
	}
	all := caps.Set(1)<<(lastCap()+1) - 1
	if privileged {
		set = all
	}
	if !b.userns() { // in a user namespace of its own the child has them all
		own, err := permitted()
		if err != nil {
			return 0, err
		}
		all &= own
	}
	return set & all, nil
}

// lastCap is the highest capability that the kernel knows.
var lastCap = sync.OnceValue(func() int {
	for n := range 64 {
		if _, err := unix.PrctlRetInt(unix.PR_CAPBSET_READ, uintptr(n), 0, 0, 0); err != nil {
			return n - 1
		}
	}
	return 63
})

// permitted returns this process's permitted capabilities.
func permitted() (caps.Set, error) {
	h := unix.CapUserHeader{Version: unix.LINUX_CAPABILITY_VERSION_3}
	var d [2]unix.CapUserData
	if err := unix.Capget(&h, &d[0]); err != nil {
		return 0, fmt.Errorf("read own capabilities: %w", err)
	}
	return caps.Set(d[0].Permitted) | caps.Set(d[1].Permitted)<<32, nil
}

// dropPrivileges makes the process the user that was looked up, with no more
// capabilities than set. Inheritable and ambient stay empty (CVE-2022-24769 and others),
// and the groups are always set (CVE-2022-2989), but where the kernel forbids it.
func (b *builder) dropPrivileges(set caps.Set) {
	proc := b.b.Spec.Process
	detail := struct {
		Capabilities    []string
		NoNewPrivileges bool
	}{set.Names(), proc.NoNewPrivileges}
	if proc.NoNewPrivileges {
		b.Step("forbid new privileges", "", "Let no program inside gain privileges by being executed.", nil)
		b.Call(unix.SYS_PRCTL, unix.PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0)
	} else {
		b.loadSeccomp() // takes CAP_SYS_ADMIN without no_new_privs
	}
	b.Step("drop capabilities", "", "Give up what root may do beyond the container's share, for good, and become the container's user.", detail)
	for n := 0; n <= lastCap(); n++ {
		from := n
		for n <= lastCap() && !set.Has(n) {
			n++
		}
		if n > from {
			b.Call(unix.SYS_PRCTL, unix.PR_CAPBSET_DROP, from, 0, 0, 0).Repeat(1, n-from)
		}
	}
	b.Call(unix.SYS_PRCTL, unix.PR_CAP_AMBIENT, unix.PR_CAP_AMBIENT_CLEAR_ALL, 0, 0, 0)
	id := b.identity
	if b.b.IDMap.Mode != idmap.Single {
		b.Call(unix.SYS_SETGROUPS, id.count, id.groups)
	}
	b.Call(unix.SYS_SETRESGID, id.gid, id.gid, id.gid)
	b.Call(unix.SYS_SETRESUID, id.uid, id.uid, id.uid)
	b.Call(unix.SYS_CAPSET, id.head[headCapVersion:headCapData], id.head[headCapData:])
	// Only now: the kernel forgets it when credentials change.
	b.Call(unix.SYS_PRCTL, unix.PR_SET_PDEATHSIG, int(unix.SIGKILL), 0, 0, 0)
	if proc.NoNewPrivileges {
		b.loadSeccomp()
	}
}

func (b *builder) loadSeccomp() {
	if len(b.filter) == 0 {
		return
	}
	b.Step("load seccomp", "", "Have the kernel refuse the system calls that a container has no need for.",
		map[string]int{"instructions": len(b.filter)})
	prog := &unix.SockFprog{Len: uint16(len(b.filter)), Filter: &b.filter[0]}
	b.Call(unix.SYS_SECCOMP, unix.SECCOMP_SET_MODE_FILTER, unix.SECCOMP_FILTER_FLAG_SPEC_ALLOW, prog)
}
