package cgroup

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"berth/engine"

	specs "github.com/opencontainers/runtime-spec/specs-go"
)

func TestWithoutGroups(t *testing.T) {
	dir := t.TempDir()
	empty := filepath.Join(dir, "empty")
	if err := os.WriteFile(empty, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	h := DetectAt(Paths{MountInfo: empty, Self: empty})
	if h.Version() != "none" || len(h.Limits()) != 0 || h.Why() == "" {
		t.Fatalf("host without groups: %+v", h)
	}
	g, err := h.Create("/berth/x", nil)
	if err != nil || len(g.Warnings()) != 1 || g.Exists() {
		t.Fatalf("without limits: %+v, %v", g, err)
	}
	if files, err := g.Procs(); err != nil || len(files) != 0 {
		t.Errorf("Procs: %v, %v", files, err)
	}
	if err := errors.Join(g.Kill(), g.Thaw(), g.Remove()); err != nil {
		t.Error(err)
	}
	if err := g.Freeze(); engine.ClassOf(err) != engine.ClassUnsupported || engine.HintOf(err) == "" {
		t.Errorf("Freeze: %v", err)
	}
	limit := int64(1 << 30)
	_, err = h.Create("/berth/x", &specs.LinuxResources{Memory: &specs.LinuxMemory{Limit: &limit}})
	if engine.ClassOf(err) != engine.ClassUnsupported || !strings.Contains(err.Error(), "--memory") || engine.HintOf(err) == "" {
		t.Errorf("with a limit: %v", err)
	}
}

func TestNamesCantLeaveTheTree(t *testing.T) {
	for _, name := range []string{"", "/", "berth", "/../x", "/a/../../b", "/a//b"} {
		if _, err := Detect().Create(name, nil); engine.ClassOf(err) != engine.ClassInvalid {
			t.Errorf("Create(%q): %v", name, err)
		}
	}
}

// A user without any rights on the hierarchy gets a sentence, not an errno.
func TestUnprivileged(t *testing.T) {
	if os.Geteuid() == 0 {
		t.Skip("missing ability: an unprivileged user")
	}
	h := Detect()
	if h.Version() != "none" {
		t.Skip("missing ability: a host that delegates nothing")
	}
	if !strings.Contains(h.Why(), "may not") {
		t.Errorf("why: %s", h.Why())
	}
}

// A systemd host, as a user sees it from a shell in user@.service.
func TestDelegatedSubtree(t *testing.T) {
	root := t.TempDir()
	base := filepath.Join(root, "user.slice/user-1000.slice/user@1000.service")
	own := filepath.Join(base, "app.slice/term.scope")
	for dir, files := range map[string]map[string]string{
		base:                {"cgroup.procs": "", "cgroup.type": "domain\n", "cgroup.controllers": "cpu memory pids\n", "cgroup.subtree_control": "memory pids\n"},
		base + "/app.slice": {"cgroup.procs": "", "cgroup.type": "domain\n"},
		own:                 {"cgroup.procs": "77\n", "cgroup.type": "domain\n", "cgroup.controllers": "memory pids\n", "cgroup.subtree_control": ""},
	} {
		if err := os.MkdirAll(dir, 0o755); err != nil {
			t.Fatal(err)
		}
		for name, text := range files {
			if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600); err != nil {
				t.Fatal(err)
			}
		}
	}
	info, self := filepath.Join(root, "mountinfo"), filepath.Join(root, "self")
	line := "30 23 0:26 / " + root + " rw,nosuid - cgroup2 cgroup2 rw,nsdelegate\n"
	if err := errors.Join(
		os.WriteFile(info, []byte(line), 0o600),
		os.WriteFile(self, []byte("0::/user.slice/user-1000.slice/user@1000.service/app.slice/term.scope\n"), 0o600),
	); err != nil {
		t.Fatal(err)
	}
	h := DetectAt(Paths{MountInfo: info, Self: self})
	if h.Version() != "2" || h.v2.base != base {
		t.Fatalf("host is %+v, %+v", h, h.v2)
	}
	if got := h.Path("abc"); got != "/berth.slice/berth-abc.scope" {
		t.Errorf("path is %q", got)
	}
	if got := strings.Join(h.Limits(), " "); got != "cpu memory pids" {
		t.Errorf("limits are %q", got)
	}
}

// A container in which the memory controller is nested, and a bind mount hides the rest.
func TestNestedVersion1(t *testing.T) {
	root := t.TempDir()
	mem := filepath.Join(root, "memory/docker/abc")
	cpu := filepath.Join(root, "cpu")
	if err := errors.Join(os.MkdirAll(mem, 0o755), os.MkdirAll(cpu, 0o755)); err != nil {
		t.Fatal(err)
	}
	info, self := filepath.Join(root, "mountinfo"), filepath.Join(root, "self")
	lines := "30 23 0:26 / " + root + "/memory rw - cgroup cgroup rw,memory\n" +
		"31 23 0:27 /docker/abc " + cpu + " rw - cgroup cgroup rw,cpu,cpuacct\n" +
		"32 23 0:28 / " + root + "/systemd rw - cgroup cgroup rw,name=systemd\n"
	if err := errors.Join(
		os.WriteFile(info, []byte(lines), 0o600),
		os.WriteFile(self, []byte("4:memory:/docker/abc\n3:cpu,cpuacct:/docker/abc\n1:name=systemd:/x\n"), 0o600),
	); err != nil {
		t.Fatal(err)
	}
	h := DetectAt(Paths{MountInfo: info, Self: self})
	if h.Version() != "1" || len(h.v1) != 2 || h.v1[0].base != mem || h.v1[1].base != cpu {
		t.Fatalf("host is %+v", h)
	}
	if got := strings.Join(h.Limits(), " "); got != "cpu memory" {
		t.Errorf("limits are %q", got)
	}
	if h.CanFreeze() {
		t.Error("it can freeze without a freezer")
	}
}

// Controllers are in either version, never in both.
func TestHybrid(t *testing.T) {
	root := t.TempDir()
	v1, v2 := filepath.Join(root, "memory"), filepath.Join(root, "unified")
	if err := errors.Join(os.MkdirAll(v1, 0o755), os.MkdirAll(v2, 0o755),
		os.WriteFile(v2+"/cgroup.procs", nil, 0o600),
		os.WriteFile(v2+"/cgroup.controllers", []byte("pids hugetlb\n"), 0o600),
	); err != nil {
		t.Fatal(err)
	}
	info, self := filepath.Join(root, "mountinfo"), filepath.Join(root, "self")
	lines := "30 23 0:26 / " + v1 + " rw - cgroup cgroup rw,memory\n31 23 0:27 / " + v2 + " rw - cgroup2 cgroup2 rw\n"
	if err := errors.Join(os.WriteFile(info, []byte(lines), 0o600), os.WriteFile(self, []byte("1:memory:/\n0::/\n"), 0o600)); err != nil {
		t.Fatal(err)
	}
	h := DetectAt(Paths{MountInfo: info, Self: self})
	if got := strings.Join(h.Limits(), " "); h.Version() != "hybrid" || got != "memory pids" || !h.CanFreeze() {
		t.Errorf("version %q, limits %q, freezes %v", h.Version(), got, h.CanFreeze())
	}
}
