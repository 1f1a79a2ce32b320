package local

import (
	"strings"
	"testing"

	"berth/engine"
	"berth/engine/internal/idmap"

	"golang.org/x/sys/unix"
)

func TestNothingIsMountedOverProc(t *testing.T) {
	for target, ok := range map[string]bool{
		"/proc": false, "/proc/": false, "/x/../proc": false, "/proc/self/attr": false, "/proc/sys": false, "/proc/self/../cpuinfo/x": false,
		"/proc/cpuinfo": true, "/proc//uptime": true, "/proc/sys/kernel/ns_last_pid": true, "/processes": true, "/srv/proc": true,
	} {
		for _, cfg := range []engine.ContainerConfig{
			{Mounts: []engine.Mount{{Type: "bind", Source: "/srv", Target: target}}},
			{Tmpfs: map[string]string{target: ""}},
		} {
			err := validate(&cfg)
			if (err == nil) != ok || err != nil && !strings.Contains(err.Error(), "inside /proc") {
				t.Errorf("%s: %v", target, err)
			}
		}
	}
}

func TestALimitThatStaysLowerIsTold(t *testing.T) {
	var now unix.Rlimit
	if err := unix.Getrlimit(unix.RLIMIT_NOFILE, &now); err != nil {
		t.Fatal(err)
	}
	if now.Max == unix.RLIM_INFINITY {
		t.Skip("missing ability: a limit of open files")
	}
	e := &Engine{ids: idmap.Mapping{Mode: idmap.Single}} // in a user namespace nobody may raise one
	below, beyond := int64(now.Max), int64(now.Max)+1
	if w := e.ulimitWarnings([]engine.Ulimit{{Name: "nofile", Soft: 10, Hard: below}, {Name: "core", Soft: 0, Hard: 0}}); w != nil {
		t.Errorf("what can be kept: %q", w)
	}
	for _, hard := range []int64{beyond, -1} {
		w := e.ulimitWarnings([]engine.Ulimit{{Name: "NoFile", Soft: 10, Hard: hard}})
		if len(w) != 1 || !strings.Contains(w[0], "nofile") && !strings.Contains(w[0], "NoFile") || strings.Count(w[0], ". ") != 0 {
			t.Errorf("%d: %q", hard, w)
		}
	}
}
