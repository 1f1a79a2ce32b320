package doctor

import (
	"context"
	"fmt"
	"strings"

	"berth/engine"
	"berth/engine/internal/idmap"

	"golang.org/x/sys/unix"
)

func userNamespaces(o Options) engine.Check {
	const name = "user namespaces"
	err := idmap.Disabled()
	switch {
	case err == nil:
		return ok(name, "can be made")
	case o.IDMap.Mode == idmap.Host:
		return warn(name, engine.HintOf(err), "not for users other than root: %v", err)
	}
	return fail(name, engine.HintOf(err), "%v", err)
}

// isolation are the namespaces that every container gets.
var isolation = []struct {
	name, config string
	flag         uintptr
}{
	{"mount", "CONFIG_NAMESPACES", unix.CLONE_NEWNS},
	{"pid", "CONFIG_PID_NS", unix.CLONE_NEWPID},
	{"network", "CONFIG_NET_NS", unix.CLONE_NEWNET},
	{"host name", "CONFIG_UTS_NS", unix.CLONE_NEWUTS},
	{"ipc", "CONFIG_IPC_NS", unix.CLONE_NEWIPC},
	{"cgroup", "CONFIG_CGROUPS", unix.CLONE_NEWCGROUP},
}

// namespaces starts a process in all of them at once, and if that fails in each by
// itself, to name the one that lacks.
func namespaces(ctx context.Context, o Options) engine.Check {
	const name = "namespaces"
	var names []string
	var all uintptr
	for _, ns := range isolation {
		names, all = append(names, ns.name), all|ns.flag
	}
	err := runWorker(ctx, o, all)
	if err == nil {
		return ok(name, "%s", strings.Join(names, ", "))
	}
	if hint := engine.HintOf(err); hint != "" {
		return fail(name, hint, "%v", err)
	}
	for _, ns := range isolation {
		if one := runWorker(ctx, o, ns.flag); one != nil {
			return fail(name, fmt.Sprintf("Boot a kernel with %s; in an outer container, give that one CAP_SYS_ADMIN (docker run --privileged).", ns.config),
				"no %s namespace: %v", ns.name, one)
		}
	}
	return fail(name, "Raise the limits: `sudo sysctl -w user.max_mnt_namespaces=15000 user.max_pid_namespaces=15000 user.max_net_namespaces=15000`.", "%v", err)
}
