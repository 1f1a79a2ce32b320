package idmap

import (
	"bytes"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"berth/engine"
	"berth/engine/enginetest/ability"
)

func TestToHostAndBack(t *testing.T) {
	m := Mapping{Mode: Ranges, UIDs: []Range{{0, 1000, 1}, {1, 100000, 65536}}}
	for _, c := range []struct {
		in, host uint32
		ok       bool
	}{{0, 1000, true}, {1, 100000, true}, {65536, 165535, true}, {65537, 65537, false}} {
		host, ok := ToHost(m.UIDs, c.in)
		if ok != c.ok || ok && host != c.host {
			t.Errorf("ToHost(%d) = %d, %v, want %d, %v", c.in, host, ok, c.host, c.ok)
		}
		if back, ok := ToContainer(m.UIDs, host); c.ok && (!ok || back != c.in) {
			t.Errorf("ToContainer(%d) = %d, %v, want %d", host, back, ok, c.in)
		}
	}
	if id, ok := ToHost(nil, 42); id != 42 || !ok {
		t.Errorf("without ranges ToHost(42) = %d, %v", id, ok)
	}
}

func TestString(t *testing.T) {
	for want, m := range map[string]Mapping{
		"host":      {Mode: Host},
		"1 id":      {Mode: Single, UIDs: []Range{{0, 1000, 1}}},
		"65537 ids": {Mode: Ranges, UIDs: []Range{{0, 1000, 1}, {1, 100000, 65536}}},
	} {
		if got := m.String(); got != want {
			t.Errorf("String() = %q, want %q", got, want)
		}
	}
}

func TestDetectUser(t *testing.T) {
	dir := t.TempDir()
	file := func(name, text string) string {
		path := filepath.Join(dir, name)
		if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
		return path
	}
	subuid := file("subuid", "# comment\nother:100000:65536\n4242:200000:1000\nbroken:1\n4242:200500:10\n4242:300000:65536\n4242:4294967290:100\n")
	subgid := file("subgid", "4242:200000:1000\n")
	m := detectUser(4242, 4243, subuid, subgid, "")
	want := []Range{{0, 4242, 1}, {1, 200000, 1000}, {1001, 300000, 65536}} // the overlapping and the overflowing are left out
	if m.Mode != Ranges || len(m.UIDs) != len(want) {
		t.Fatalf("mapping is %+v, want uids %v", m, want)
	}
	for i := range want {
		if m.UIDs[i] != want[i] {
			t.Errorf("uid range %d is %v, want %v", i, m.UIDs[i], want[i])
		}
	}
	if m.GIDs[0].Host != 4243 || m.GIDs[1].Host != 200000 {
		t.Errorf("gids are %v", m.GIDs)
	}

	m = detectUser(4244, 4244, subuid, subgid, "")
	if m.Mode != Single || m.String() != "1 id" {
		t.Fatalf("without a range the mapping is %+v", m)
	}
	if !strings.Contains(m.Hint, "usermod --add-subuids 365536-431071 --add-subgids 365536-431071 4244") {
		t.Errorf("hint does not name a free range: %s", m.Hint)
	}
	m = detectUser(4242, 4242, subuid, subgid, "install newuidmap")
	if m.Mode != Single || !strings.Contains(m.Hint, "install newuidmap") || strings.Contains(m.Hint, "usermod") {
		t.Errorf("without newuidmap: %+v", m)
	}
}

func TestNestedRoot(t *testing.T) {
	all := []Range{{0, 1000, 1}, {1, 100000, 65536}}
	if m := nested(all, all); m.Mode != Ranges || m.UIDs[1] != (Range{1, 1, 65536}) || m.Hint != "" {
		t.Errorf("with many ids: %+v", m)
	}
	if m := nested(all[:1], all[:1]); m.Mode != Single || m.UIDs[0] != (Range{0, 0, 1}) || m.Hint == "" {
		t.Errorf("with one id: %+v", m)
	}
}

// start runs a shell line under m and returns what it printed.
func start(t *testing.T, m Mapping, line string) string {
	t.Helper()
	var out bytes.Buffer
	cmd := exec.Command("/bin/sh", "-c", line)
	cmd.Stdout, cmd.Stderr = &out, &out
	if err := m.Start(cmd, syscall.CLONE_NEWNS); err != nil {
		t.Fatal(err)
	}
	if err := cmd.Wait(); err != nil {
		t.Fatalf("%v: %s", err, out.String())
	}
	return strings.TrimSpace(out.String())
}

const probe = `id -u; mount -t tmpfs none /tmp && touch /tmp/f && echo mounted`

func TestStartAsDetected(t *testing.T) {
	ability.Need(t, ability.UserNS)
	m, err := Detect()
	if err != nil {
		t.Fatal(err)
	}
	t.Logf("mapping: %s %+v", m, m)
	if got := start(t, m, probe); got != "0\nmounted" {
		t.Errorf("inside: %q", got)
	}
}

func TestStartSingle(t *testing.T) {
	ability.Need(t, ability.UserNS)
	m := Mapping{Mode: Single, UIDs: []Range{{0, uint32(os.Geteuid()), 1}}, GIDs: []Range{{0, uint32(os.Getegid()), 1}}}
	if got := start(t, m, probe); got != "0\nmounted" {
		t.Errorf("inside: %q", got)
	}
	if got := start(t, m, "cat /proc/self/setgroups"); got != "deny" {
		t.Errorf("setgroups is %q", got)
	}
}

// TestStartRanges uses direct writes as root and newuidmap otherwise.
func TestStartRanges(t *testing.T) {
	ability.Need(t, ability.UserNS)
	m := Mapping{Mode: Ranges, UIDs: []Range{{0, 0, 1}, {1, 100000, 65536}}, GIDs: []Range{{0, 0, 1}, {1, 100000, 65536}}}
	if os.Geteuid() != 0 {
		ability.Need(t, ability.SubIDs)
	}
	if detected, err := Detect(); err != nil {
		t.Fatal(err)
	} else if detected.Mode != Host {
		m = detected
	}
	if m.Mode != Ranges {
		t.Fatalf("mode is %q", m.Mode)
	}
	if got := start(t, m, probe); got != "0\nmounted" {
		t.Errorf("inside: %q", got)
	}
	line := `mount -t tmpfs none /tmp && touch /tmp/f && chown 33:34 /tmp/f && stat -c %u:%g /tmp/f`
	if got := start(t, m, line); got != "33:34" {
		t.Errorf("owner of a file given to another user is %q", got)
	}
}

func TestStartReportsMissingProgram(t *testing.T) {
	ability.Need(t, ability.UserNS)
	m := Mapping{Mode: Ranges, UIDs: []Range{{0, uint32(os.Geteuid()), 1}}, GIDs: []Range{{0, uint32(os.Getegid()), 1}}}
	if err := m.Start(exec.Command("/no/such/program"), 0); !os.IsNotExist(err) {
		t.Errorf("error is %v", err)
	}
}

func TestWriteRefusedIsClassified(t *testing.T) {
	if os.Geteuid() == 0 {
		t.Skip("missing ability: an unprivileged user (this is root, who may write any mapping)")
	}
	ability.Need(t, ability.UserNS, ability.SubIDs)
	cmd := exec.Command("cat")
	cmd.SysProcAttr = &syscall.SysProcAttr{Cloneflags: syscall.CLONE_NEWUSER}
	in, err := cmd.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	cmd.Stdout = io.Discard
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	defer cmd.Wait() //nolint:errcheck // it ends with its input
	defer in.Close()
	m := Mapping{Mode: Ranges, UIDs: []Range{{0, 0, 1000}}, GIDs: []Range{{0, 0, 1000}}}
	err = m.Write(cmd.Process.Pid)
	if engine.ClassOf(err) != engine.ClassPermission || engine.HintOf(err) == "" {
		t.Errorf("foreign ids: %v, class %v, hint %q", err, engine.ClassOf(err), engine.HintOf(err))
	}
}

func TestRefusal(t *testing.T) {
	file := filepath.Join(t.TempDir(), "max")
	s := []sysctl{{file, "0", "sysctl -w x=1", "none are allowed"}}
	if err := refusal(nil, s); err != nil {
		t.Errorf("without the setting: %v", err)
	}
	if err := os.WriteFile(file, []byte("0\n"), 0o644); err != nil {
		t.Fatal(err)
	}
	err := refusal(syscall.EPERM, s)
	if engine.ClassOf(err) != engine.ClassUnsupported || !strings.Contains(engine.HintOf(err), "`sysctl -w x=1`") {
		t.Errorf("error %v, hint %q", err, engine.HintOf(err))
	}
}

func TestExplainLimit(t *testing.T) {
	err := Explain(&os.PathError{Op: "fork/exec", Path: "x", Err: syscall.ENOSPC})
	if engine.ClassOf(err) != engine.ClassExhausted || !strings.Contains(engine.HintOf(err), "user.max_user_namespaces") {
		t.Errorf("error %v, hint %q", err, engine.HintOf(err))
	}
}

func BenchmarkStartRanges(b *testing.B) {
	ability.Need(b, ability.UserNS)
	m, err := Detect()
	if err != nil {
		b.Fatal(err)
	}
	for b.Loop() {
		cmd := exec.Command("/bin/true")
		if err := m.Start(cmd, syscall.CLONE_NEWNS); err != nil {
			b.Fatal(err)
		}
		if err := cmd.Wait(); err != nil {
			b.Fatal(err)
		}
	}
}
