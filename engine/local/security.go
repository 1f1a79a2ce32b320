package local

import (
	"os"
	"slices"
	"strings"

	"berth/engine"

	specs "github.com/opencontainers/runtime-spec/specs-go"
)

// defaultCaps are the capabilities that Docker leaves to a container.
var defaultCaps = []string{
	"CAP_CHOWN", "CAP_DAC_OVERRIDE", "CAP_FSETID", "CAP_FOWNER", "CAP_MKNOD", "CAP_NET_RAW", "CAP_SETGID",
	"CAP_SETUID", "CAP_SETFCAP", "CAP_SETPCAP", "CAP_NET_BIND_SERVICE", "CAP_SYS_CHROOT", "CAP_KILL", "CAP_AUDIT_WRITE",
}

// allCaps are the capabilities of capabilities(7), in the kernel's order.
var allCaps = []string{
	"CAP_CHOWN", "CAP_DAC_OVERRIDE", "CAP_DAC_READ_SEARCH", "CAP_FOWNER", "CAP_FSETID", "CAP_KILL", "CAP_SETGID",
	"CAP_SETUID", "CAP_SETPCAP", "CAP_LINUX_IMMUTABLE", "CAP_NET_BIND_SERVICE", "CAP_NET_BROADCAST", "CAP_NET_ADMIN",
	"CAP_NET_RAW", "CAP_IPC_LOCK", "CAP_IPC_OWNER", "CAP_SYS_MODULE", "CAP_SYS_RAWIO", "CAP_SYS_CHROOT",
	"CAP_SYS_PTRACE", "CAP_SYS_PACCT", "CAP_SYS_ADMIN", "CAP_SYS_BOOT", "CAP_SYS_NICE", "CAP_SYS_RESOURCE",
	"CAP_SYS_TIME", "CAP_SYS_TTY_CONFIG", "CAP_MKNOD", "CAP_LEASE", "CAP_AUDIT_WRITE", "CAP_AUDIT_CONTROL",
	"CAP_SETFCAP", "CAP_MAC_OVERRIDE", "CAP_MAC_ADMIN", "CAP_SYSLOG", "CAP_WAKE_ALARM", "CAP_BLOCK_SUSPEND",
	"CAP_AUDIT_READ", "CAP_PERFMON", "CAP_BPF", "CAP_CHECKPOINT_RESTORE",
}

// capabilities applies --cap-add and --cap-drop to the default set. With "ALL" dropped,
// only what is added remains; with "ALL" added, everything but what is dropped.
func capabilities(add, drop []string) ([]string, error) {
	adds, err := capNames(add)
	if err != nil {
		return nil, err
	}
	drops, err := capNames(drop)
	if err != nil {
		return nil, err
	}
	base := defaultCaps
	switch {
	case slices.Contains(adds, "ALL"):
		base = allCaps
	case slices.Contains(drops, "ALL"):
		base, drops = nil, nil
	}
	var caps []string
	for _, c := range allCaps {
		if slices.Contains(adds, c) || slices.Contains(base, c) && !slices.Contains(drops, c) {
			caps = append(caps, c)
		}
	}
	return caps, nil
}

func capNames(names []string) ([]string, error) {
	out := make([]string, 0, len(names))
	for _, n := range names {
		up := strings.ToUpper(n)
		if up != "ALL" && !strings.HasPrefix(up, "CAP_") {
			up = "CAP_" + up
		}
		if up != "ALL" && !slices.Contains(allCaps, up) {
			return nil, invalid("invalid capability: %q", n)
		}
		out = append(out, up)
	}
	return out, nil
}

// A security is what --security-opt amounts to.
type security struct {
	noNewPrivileges bool
	unconfined      bool   // no seccomp filter
	profile         []byte // a profile of the user's own, in Docker's JSON form
}

func parseSecurity(opts []string) (security, error) {
	var s security
	for _, o := range opts {
		key, value, hasValue := strings.Cut(o, "=")
		if !hasValue {
			key, value, hasValue = strings.Cut(o, ":") // Docker's older form
		}
		switch key {
		case "no-new-privileges":
			switch {
			case !hasValue || value == "true":
				s.noNewPrivileges = true
			case value != "false":
				return s, invalid("invalid --security-opt: %q", o)
			}
		case "seccomp":
			switch value {
			case "unconfined":
				s.unconfined = true
			case "", "builtin":
			default:
				data, err := os.ReadFile(value)
				if err != nil {
					return s, invalid("opening seccomp profile (%s) failed: %w", value, err)
				}
				s.profile = data
			}
		case "apparmor", "label":
			if value == "unconfined" || value == "disable" {
				continue // what happens anyway
			}
			return s, engine.Errorf(engine.ClassUnsupported, "--security-opt %q is not supported", o).
				WithHint("Berth confines with capabilities, seccomp and namespaces; leave this option out.")
		default:
			return s, invalid("invalid --security-opt: %q", o)
		}
	}
	return s, nil
}

// maskedPaths and readonlyPaths are Docker's; what a kernel lacks is skipped.
var (
	maskedPaths = []string{
		"/proc/acpi", "/proc/asound", "/proc/interrupts", "/proc/kcore", "/proc/keys", "/proc/latency_stats",
		"/proc/sched_debug", "/proc/scsi", "/proc/timer_list", "/proc/timer_stats", "/sys/devices/virtual/powercap",
		"/sys/firmware",
	}
	readonlyPaths = []string{"/proc/bus", "/proc/fs", "/proc/irq", "/proc/sys", "/proc/sysrq-trigger"}
)

// rlimits maps Docker's names of --ulimit to those of the runtime specification.
var rlimits = map[string]string{
	"core": "RLIMIT_CORE", "cpu": "RLIMIT_CPU", "data": "RLIMIT_DATA", "fsize": "RLIMIT_FSIZE",
	"locks": "RLIMIT_LOCKS", "memlock": "RLIMIT_MEMLOCK", "msgqueue": "RLIMIT_MSGQUEUE", "nice": "RLIMIT_NICE",
	"nofile": "RLIMIT_NOFILE", "nproc": "RLIMIT_NPROC", "rss": "RLIMIT_RSS", "rtprio": "RLIMIT_RTPRIO",
	"rttime": "RLIMIT_RTTIME", "sigpending": "RLIMIT_SIGPENDING", "stack": "RLIMIT_STACK",
}

func posixRlimits(ulimits []engine.Ulimit) []specs.POSIXRlimit {
	var out []specs.POSIXRlimit
	for _, u := range ulimits {
		out = append(out, specs.POSIXRlimit{
			Type: rlimits[strings.ToLower(u.Name)],
			Soft: uint64(u.Soft), // -1 is RLIM_INFINITY
			Hard: uint64(u.Hard),
		})
	}
	return out
}
