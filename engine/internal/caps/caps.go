// Package caps knows the names of Linux capabilities (capabilities(7)), Docker's
// default set, and how --cap-add and --cap-drop change it. It runs in berth and in
// the shim.
package caps

import (
	"slices"
	"strings"

	"berth/engine"
)

// names holds the capabilities in the order of their numbers.
var names = []string{
	"CAP_CHOWN", "CAP_DAC_OVERRIDE", "CAP_DAC_READ_SEARCH", "CAP_FOWNER", "CAP_FSETID", "CAP_KILL", "CAP_SETGID",
	"CAP_SETUID", "CAP_SETPCAP", "CAP_LINUX_IMMUTABLE", "CAP_NET_BIND_SERVICE", "CAP_NET_BROADCAST", "CAP_NET_ADMIN",
	"CAP_NET_RAW", "CAP_IPC_LOCK", "CAP_IPC_OWNER", "CAP_SYS_MODULE", "CAP_SYS_RAWIO", "CAP_SYS_CHROOT",
	"CAP_SYS_PTRACE", "CAP_SYS_PACCT", "CAP_SYS_ADMIN", "CAP_SYS_BOOT", "CAP_SYS_NICE", "CAP_SYS_RESOURCE",
	"CAP_SYS_TIME", "CAP_SYS_TTY_CONFIG", "CAP_MKNOD", "CAP_LEASE", "CAP_AUDIT_WRITE", "CAP_AUDIT_CONTROL",
	"CAP_SETFCAP", "CAP_MAC_OVERRIDE", "CAP_MAC_ADMIN", "CAP_SYSLOG", "CAP_WAKE_ALARM", "CAP_BLOCK_SUSPEND",
	"CAP_AUDIT_READ", "CAP_PERFMON", "CAP_BPF", "CAP_CHECKPOINT_RESTORE",
}

// Count is the number of capabilities known here.
var Count = len(names)

// A Set is a set of capabilities, bit n for number n.
type Set uint64

// Default returns Docker's fourteen default capabilities, sorted by number.
func Default() []string {
	return []string{
		"CAP_CHOWN", "CAP_DAC_OVERRIDE", "CAP_FOWNER", "CAP_FSETID", "CAP_KILL", "CAP_SETGID", "CAP_SETUID", "CAP_SETPCAP",
		"CAP_NET_BIND_SERVICE", "CAP_NET_RAW", "CAP_SYS_CHROOT", "CAP_MKNOD", "CAP_AUDIT_WRITE", "CAP_SETFCAP",
	}
}

// Parse turns names, with or without "CAP_" and in any case, into a Set.
// ClassInvalid names the first that is unknown.
func Parse(list []string) (Set, error) {
	var s Set
	for _, n := range list {
		i := slices.Index(names, normal(n))
		if i < 0 {
			return 0, engine.Errorf(engine.ClassInvalid, "capability %q is unknown", n)
		}
		s |= 1 << i
	}
	return s, nil
}

// Names returns the capabilities of the set, sorted by number.
func (s Set) Names() []string {
	var out []string
	for i, n := range names {
		if s.Has(i) {
			out = append(out, n)
		}
	}
	return out
}

// Has reports whether capability number n is in the set.
func (s Set) Has(n int) bool { return s&(1<<n) != 0 }

// Adjust changes the default set as --cap-add and --cap-drop say: drops first with
// "ALL" among them, else adds and then drops, as Docker does. ClassInvalid names an
// unknown capability.
func Adjust(add, drop []string) ([]string, error) {
	base, err := Parse(Default())
	if err != nil {
		return nil, err
	}
	addAll, adds, err := split(add)
	if err != nil {
		return nil, err
	}
	dropAll, drops, err := split(drop)
	if err != nil {
		return nil, err
	}
	switch {
	case addAll:
		return ((Set(1)<<Count - 1) &^ drops).Names(), nil
	case dropAll:
		return adds.Names(), nil
	}
	return ((base | adds) &^ drops).Names(), nil
}

func split(list []string) (all bool, s Set, err error) {
	list = slices.DeleteFunc(slices.Clone(list), func(n string) bool {
		if normal(n) == "CAP_ALL" {
			all = true
			return true
		}
		return false
	})
	s, err = Parse(list)
	return all, s, err
}

func normal(n string) string {
	n = strings.ToUpper(n)
	if !strings.HasPrefix(n, "CAP_") {
		n = "CAP_" + n
	}
	return n
}
