package doctor

import (
	"slices"

	"berth/engine"
	"berth/engine/internal/cgroup"
)

// delegate makes systemd hand the controllers of version 2 to users.
const delegate = "Run `sudo mkdir -p /etc/systemd/system/user@.service.d && printf '[Service]\\nDelegate=cpu cpuset io memory pids\\n' | " +
	"sudo tee /etc/systemd/system/user@.service.d/delegate.conf && sudo systemctl daemon-reload`, log in again and " +
	"start berth with `systemd-run --user --scope`; or run berth as root."

// knobs are the limits, with the options and kernel settings that they hang on.
var knobs = []struct{ controller, option, remedy string }{
	{"cpu", "--cpus", "Boot a kernel with CONFIG_CFS_BANDWIDTH."},
	{"memory", "--memory", "Boot with `cgroup_enable=memory` on the kernel's command line."},
	{"pids", "--pids-limit", "Boot a kernel with CONFIG_CGROUP_PIDS."},
	{"io", "--blkio-weight", "Boot a kernel with CONFIG_BLK_CGROUP."},
	{"cpuset", "--cpuset-cpus", "Boot a kernel with CONFIG_CPUSETS."},
}

func cgroups(h *cgroup.Host, root bool) []engine.Check {
	if h.Version() == "none" && root {
		return []engine.Check{warn("cgroups", "Run `mount -t cgroup2 none /sys/fs/cgroup`; in an outer container, give that one CAP_SYS_ADMIN and a writable cgroup mount.",
			"no limits, no pause: %s", h.Why())}
	}
	if h.Version() == "none" {
		return []engine.Check{warn("cgroups", delegate, "no limits, no pause: %s", h.Why())}
	}
	checks := []engine.Check{ok("cgroups", "version %s", h.Version())}
	for _, k := range knobs {
		name, remedy := "cgroup "+k.controller, k.remedy
		if h.Version() == "2" {
			remedy = delegate
		}
		if slices.Contains(h.Limits(), k.controller) {
			checks = append(checks, ok(name, "%s works", k.option))
		} else {
			checks = append(checks, warn(name, remedy, "%s has no effect", k.option))
		}
	}
	if h.CanFreeze() {
		return append(checks, ok("cgroup freezer", "pause works"))
	}
	return append(checks, warn("cgroup freezer", "Boot a kernel with CONFIG_CGROUP_FREEZER.", "pause does not work"))
}
