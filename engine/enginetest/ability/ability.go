// Package ability lets a test say what it needs of the host and the user that
// runs it: root, user namespaces, overlay, a cgroup controller. Each ability is
// tried, never guessed from a version or a file, and tried once in a process.
//
// A missing ability skips the test and says why. Where nothing may be skipped
// silently, the environment variable BERTH_TEST_MUST lists the abilities
// (comma separated names, or "all") whose absence fails the test instead.
//
// It is for test binaries only. A test binary that links it runs itself again,
// by a name of its own in argv[0], to try things that need a fresh process.
package ability

import (
	"os"
	"strings"
	"sync"
	"testing"
)

// MustEnv names the environment variable with the abilities that must not be missing.
const MustEnv = "BERTH_TEST_MUST"

// An Ability is something that a host or a user may lack. Its value is the name
// that is printed and that BERTH_TEST_MUST lists.
type Ability string

// The abilities.
const (
	Root          Ability = "root"           // user 0 in a namespace that may mount
	UserNS        Ability = "userns"         // this user may make user namespaces
	SubIDs        Ability = "subids"         // newuidmap and newgidmap map a subordinate range of this user
	Overlay       Ability = "overlay"        // an overlay on the temporary directory, in a user namespace unless root
	NetNS         Ability = "netns"          // a network namespace, in a user namespace unless root
	CgroupFreezer Ability = "cgroup-freezer" // a cgroup of ours can be frozen
	CgroupMemory  Ability = "cgroup-memory"  // a cgroup of ours can limit memory
	CgroupCPU     Ability = "cgroup-cpu"     // a cgroup of ours can limit CPU time
	CgroupPids    Ability = "cgroup-pids"    // a cgroup of ours can limit the number of processes
	CgroupV2      Ability = "cgroup2"        // a cgroup of ours in the version 2 hierarchy
	DeviceBPF     Ability = "device-bpf"     // device programs can be loaded for version 2 cgroups
	PTY           Ability = "pty"            // pseudo-terminals
	Tmux          Ability = "tmux"           // the program tmux
)

var trials = map[Ability]func() error{
	Root:          sync.OnceValue(tryRoot),
	UserNS:        sync.OnceValue(tryUserNS),
	SubIDs:        sync.OnceValue(trySubIDs),
	Overlay:       sync.OnceValue(tryOverlay),
	NetNS:         sync.OnceValue(tryNetNS),
	CgroupFreezer: sync.OnceValue(func() error { return tryCgroup("freezer") }),
	CgroupMemory:  sync.OnceValue(func() error { return tryCgroup("memory") }),
	CgroupCPU:     sync.OnceValue(func() error { return tryCgroup("cpu") }),
	CgroupPids:    sync.OnceValue(func() error { return tryCgroup("pids") }),
	CgroupV2:      sync.OnceValue(tryCgroup2),
	DeviceBPF:     sync.OnceValue(tryDeviceBPF),
	PTY:           sync.OnceValue(tryPTY),
	Tmux:          sync.OnceValue(tryTmux),
}

// All returns every ability, in a stable order.
func All() []Ability {
	return []Ability{
		Root, UserNS, SubIDs, Overlay, NetNS, CgroupFreezer, CgroupMemory, CgroupCPU, CgroupPids,
		CgroupV2, DeviceBPF, PTY, Tmux,
	}
}

// Try returns nil if the ability is there, else why not.
func Try(a Ability) error {
	try, ok := trials[a]
	if !ok {
		return errUnknown
	}
	return try()
}

// Need skips t unless all abilities are there; it fails t instead if
// BERTH_TEST_MUST lists the one that is missing.
func Need(t testing.TB, abilities ...Ability) {
	t.Helper()
	for _, a := range abilities {
		err := Try(a)
		if err == nil {
			continue
		}
		if must(os.Getenv(MustEnv), a) {
			t.Fatalf("missing ability: %s (%v), but %s demands it", a, err, MustEnv)
		}
		t.Skipf("missing ability: %s (%v)", a, err)
	}
}

// must reports whether list names a, or all.
func must(list string, a Ability) bool {
	for name := range strings.SplitSeq(list, ",") {
		if name = strings.TrimSpace(name); name == string(a) || name == "all" {
			return true
		}
	}
	return false
}
