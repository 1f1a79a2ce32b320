package local

import (
	"fmt"
	"path"
	"slices"
	"strings"

	"berth/engine"
	"berth/engine/internal/idmap"

	"golang.org/x/sys/unix"
)

// overProc are the files of /proc over which something may be mounted, as with runc:
// they only inform, and programs that fake them for containers (lxcfs) do that.
var overProc = []string{
	"cpuinfo", "diskstats", "meminfo", "stat", "swaps", "uptime", "loadavg", "slabinfo",
	"sys/kernel/ns_last_pid", "sys/crypto/fips_enabled",
}

// validateProc refuses a mount over the kernel's interface: what the runtime reads and
// writes there, and what it masks, must be the kernel's own (CVE-2019-16884, CVE-2019-19921).
func validateProc(target string) error {
	inside, ok := strings.CutPrefix(path.Clean(target)+"/", "/proc/")
	if !ok || slices.Contains(overProc, strings.TrimSuffix(inside, "/")) {
		return nil
	}
	return invalid("invalid mount target %q: it cannot be mounted because it is inside /proc", target)
}

// resourceOf maps the names of --ulimit to the kernel's numbers.
var resourceOf = map[string]int{
	"core": unix.RLIMIT_CORE, "cpu": unix.RLIMIT_CPU, "data": unix.RLIMIT_DATA, "fsize": unix.RLIMIT_FSIZE,
	"locks": unix.RLIMIT_LOCKS, "memlock": unix.RLIMIT_MEMLOCK, "msgqueue": unix.RLIMIT_MSGQUEUE, "nice": unix.RLIMIT_NICE,
	"nofile": unix.RLIMIT_NOFILE, "nproc": unix.RLIMIT_NPROC, "rss": unix.RLIMIT_RSS, "rtprio": unix.RLIMIT_RTPRIO,
	"rttime": unix.RLIMIT_RTTIME, "sigpending": unix.RLIMIT_SIGPENDING, "stack": unix.RLIMIT_STACK,
}

// ulimitWarnings says which limits stay lower than wanted, because this user may not
// raise them. Docker's daemon, which may, would fail where it may not.
func (e *Engine) ulimitWarnings(ulimits []engine.Ulimit) []string {
	var out []string
	for _, u := range ulimits {
		var now unix.Rlimit
		nr, ok := resourceOf[strings.ToLower(u.Name)]
		if !ok || unix.Getrlimit(nr, &now) != nil || uint64(u.Hard) <= now.Max { // -1 is the largest
			continue
		}
		if e.ids.Mode == idmap.Host && mayRaiseLimits() {
			continue
		}
		want := fmt.Sprint(u.Hard)
		if u.Hard == -1 {
			want = "unlimited"
		}
		out = append(out, fmt.Sprintf("The limit %s stays at %d: raising it to %s takes a privilege (CAP_SYS_RESOURCE) that Berth does not have here.",
			u.Name, now.Max, want))
	}
	return out
}

// mayRaiseLimits reports whether this process may raise a hard limit.
func mayRaiseLimits() bool {
	h := unix.CapUserHeader{Version: unix.LINUX_CAPABILITY_VERSION_3}
	var d [2]unix.CapUserData
	return unix.Capget(&h, &d[0]) == nil && d[0].Effective&(1<<unix.CAP_SYS_RESOURCE) != 0
}
