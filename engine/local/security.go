package local

import (
	"os"
	"strings"

	"berth/engine"

	specs "github.com/opencontainers/runtime-spec/specs-go"
)

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
