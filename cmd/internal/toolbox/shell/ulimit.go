package shell

import (
	"context"
	"fmt"
	"strconv"

	"golang.org/x/sys/unix"
	"mvdan.cc/sh/v3/interp"
)

// limits are the resources that ulimit knows: getrlimit(2). Numbers are in units of unit bytes, or plain.
var limits = []struct {
	flag     string
	name     string
	resource int
	unit     uint64
}{
	{"-c", "core file size (KiB)", unix.RLIMIT_CORE, 1024},
	{"-d", "data size (KiB)", unix.RLIMIT_DATA, 1024},
	{"-f", "file size (KiB)", unix.RLIMIT_FSIZE, 1024},
	{"-l", "locked memory (KiB)", unix.RLIMIT_MEMLOCK, 1024},
	{"-n", "open files", unix.RLIMIT_NOFILE, 1},
	{"-s", "stack size (KiB)", unix.RLIMIT_STACK, 1024},
	{"-t", "CPU time (seconds)", unix.RLIMIT_CPU, 1},
	{"-u", "processes", unix.RLIMIT_NPROC, 1},
	{"-v", "address space (KiB)", unix.RLIMIT_AS, 1024},
}

// runUlimit prints or sets this shell's limits: ulimit [-H|-S] [-a | -FLAG [LIMIT]].
func runUlimit(_ *shell, _ context.Context, hc interp.HandlerContext, args []string) error {
	flag, hard, soft := "-f", false, false
	rest := args[1:]
	for len(rest) > 0 && len(rest[0]) > 1 && rest[0][0] == '-' {
		switch rest[0] {
		case "-H":
			hard = true
		case "-S":
			soft = true
		default:
			flag = rest[0]
		}
		rest = rest[1:]
	}
	known := false
	for _, l := range limits {
		if flag != "-a" && flag != l.flag {
			continue
		}
		known = true
		var r unix.Rlimit
		if err := unix.Getrlimit(l.resource, &r); err != nil {
			return complain(hc, args, "%v", err)
		}
		value := &r.Cur
		if hard {
			value = &r.Max
		}
		switch {
		case flag == "-a":
			fmt.Fprintf(hc.Stdout, "%s  %-24s %s\n", l.flag, l.name, showLimit(*value, l.unit))
		case len(rest) == 0:
			fmt.Fprintln(hc.Stdout, showLimit(*value, l.unit))
		default:
			limit := uint64(unix.RLIM_INFINITY)
			if rest[0] != "unlimited" {
				n, err := strconv.ParseUint(rest[0], 10, 53)
				if err != nil {
					return complain(hc, args, "%q is no limit", rest[0])
				}
				limit = n * l.unit
			}
			if *value = limit; !hard && !soft { // without a flag both are set, says POSIX
				r.Max = limit
			}
			if err := unix.Setrlimit(l.resource, &r); err != nil {
				return complain(hc, args, "%s: %v", l.name, err)
			}
		}
	}
	if !known {
		return complain(hc, args, "unknown flag %q", flag)
	}
	return nil
}

func showLimit(value, unit uint64) string {
	if value == unix.RLIM_INFINITY {
		return "unlimited"
	}
	return strconv.FormatUint(value/unit, 10)
}
