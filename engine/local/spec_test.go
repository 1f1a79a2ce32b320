package local

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"berth/engine"
	"berth/engine/internal/cgroup"
	"berth/engine/internal/idmap"

	"github.com/google/go-cmp/cmp"
	specs "github.com/opencontainers/runtime-spec/specs-go"
)

func TestSecurityOptions(t *testing.T) {
	profile := filepath.Join(t.TempDir(), "p.json")
	if err := os.WriteFile(profile, []byte(`{"defaultAction":"SCMP_ACT_ALLOW"}`), 0o600); err != nil {
		t.Fatal(err)
	}
	s, err := parseSecurity([]string{"no-new-privileges", "seccomp=" + profile, "apparmor=unconfined"})
	if err != nil || !s.noNewPrivileges || !strings.Contains(string(s.profile), "ALLOW") {
		t.Errorf("got %+v, %v", s, err)
	}
	if s, err := parseSecurity([]string{"seccomp=unconfined", "no-new-privileges:false"}); err != nil || !s.unconfined || s.noNewPrivileges {
		t.Errorf("got %+v, %v", s, err)
	}
	for opt, class := range map[string]engine.Class{
		"seccomp=/does/not/exist":   engine.ClassInvalid,
		"no-new-privileges=perhaps": engine.ClassInvalid,
		"magic=on":                  engine.ClassInvalid,
		"apparmor=docker-default":   engine.ClassUnsupported,
		"label=type:svirt":          engine.ClassUnsupported,
	} {
		if _, err := parseSecurity([]string{opt}); engine.ClassOf(err) != class {
			t.Errorf("%s: got %v, want class %s", opt, err, class)
		}
	}
}

func TestMountsComeParentsFirst(t *testing.T) {
	cfg := engine.ContainerConfig{
		Tmpfs: map[string]string{"/srv/a/b": "exec,size=1m"},
		Mounts: []engine.Mount{
			{Type: "bind", Source: "/y", Target: "/srv/a", ReadOnly: true},
			{Type: "bind", Source: "/x", Target: "/srv"},
			{Type: "tmpfs", Target: "/t", Size: 4096, Mode: 0o700},
		},
	}
	got := userMounts(&cfg)
	var order []string
	for _, m := range got {
		order = append(order, m.Destination)
	}
	if d := cmp.Diff([]string{"/srv", "/t", "/srv/a", "/srv/a/b"}, order); d != "" {
		t.Fatalf("order differs (-want +got):\n%s", d)
	}
	if !slices.Contains(got[2].Options, "ro") || slices.Contains(got[0].Options, "ro") {
		t.Errorf("read-only is wrong: %v %v", got[0].Options, got[2].Options)
	}
	if !slices.Contains(got[1].Options, "size=4096") || !slices.Contains(got[1].Options, "mode=700") {
		t.Errorf("tmpfs has options %v", got[1].Options)
	}
	if opts := got[3].Options; slices.Contains(opts, "noexec") || !slices.Contains(opts, "exec") || !slices.Contains(opts, "nosuid") {
		t.Errorf("exec does not replace noexec: %v", opts)
	}
}

func TestNamespacesOfAContainer(t *testing.T) {
	has := func(cfg engine.ContainerConfig, ids idmap.Mode, kind specs.LinuxNamespaceType) bool {
		return slices.ContainsFunc(namespaces(&cfg, idmap.Mapping{Mode: ids}), func(n specs.LinuxNamespace) bool { return n.Type == kind })
	}
	if !has(engine.ContainerConfig{Network: "none"}, idmap.Host, specs.NetworkNamespace) {
		t.Error("--network none shares the host's network")
	}
	if has(engine.ContainerConfig{Network: "host"}, idmap.Host, specs.NetworkNamespace) {
		t.Error("--network host makes a network namespace")
	}
	if has(engine.ContainerConfig{}, idmap.Host, specs.UserNamespace) || !has(engine.ContainerConfig{}, idmap.Single, specs.UserNamespace) {
		t.Error("a user namespace is made for root, or not for others")
	}
}

func TestLimitsThatTheHostCannotKeepAreNamed(t *testing.T) {
	asked, err := cgroup.Resources(engine.Resources{NanoCPUs: 15e8, Memory: 64 << 20, PidsLimit: 7, CpusetCpus: "0"})
	if err != nil {
		t.Fatal(err)
	}
	kept, warnings := feasible(asked, []string{"cpu", "memory", "pids", "cpuset"})
	if len(warnings) != 0 || *kept.CPU.Quota != 150_000 || *kept.Memory.Limit != 64<<20 || *kept.Pids.Limit != 7 {
		t.Errorf("kept %+v, warnings %q", kept, warnings)
	}
	kept, warnings = feasible(asked, []string{"cpu"})
	if kept.Memory != nil || kept.Pids != nil || kept.CPU.Cpus != "" || *kept.CPU.Quota != 150_000 {
		t.Errorf("kept %+v", kept)
	}
	if len(warnings) != 3 {
		t.Errorf("warnings are %q, want one for memory, CPU sets and processes", warnings)
	}
	if asked.Memory == nil || asked.CPU.Cpus != "0" {
		t.Error("what was asked for was changed")
	}
	unlimited, err := cgroup.Resources(engine.Resources{PidsLimit: -1})
	if err != nil {
		t.Fatal(err)
	}
	if _, warnings := feasible(unlimited, nil); len(warnings) != 0 {
		t.Errorf("no limit was asked for, and the warnings are %q", warnings)
	}
	if kept, warnings := feasible(nil, nil); kept != nil || warnings != nil {
		t.Errorf("without limits: %v, %q", kept, warnings)
	}
}
