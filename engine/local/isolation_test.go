package local_test

import (
	"os"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"

	"berth/engine"
	"berth/engine/enginetest/ability"
)

// field returns the value of a "Name:\tvalue" line, as in /proc/PID/status.
func field(t testing.TB, text, name string) string {
	t.Helper()
	m := regexp.MustCompile(`(?m)^` + name + `:\s*(.*)$`).FindStringSubmatch(text)
	if m == nil {
		t.Fatalf("no %s in %q", name, text)
	}
	return strings.TrimSpace(m[1])
}

func TestPrivilegesInside(t *testing.T) {
	e := pulled(t)
	id := start(t, e, sh("cat /proc/self/status; sleep 600"))
	var log strings.Builder
	until(t, "the status in the log", func() bool {
		log.Reset()
		e.Logs(testContext(t), id, engine.LogOptions{Stdout: true, Tail: -1}, func(l engine.LogEntry) error {
			log.Write(l.Line)
			return nil
		})
		return strings.Contains(log.String(), "nonvoluntary_ctxt_switches")
	}, log.String)
	var exec output
	_, a, err := e.Exec(testContext(t), id, engine.ExecConfig{Cmd: []string{"cat", "/proc/self/status"}}, &engine.AttachOptions{Stdout: &exec})
	if err != nil {
		t.Fatal(err)
	}
	a.Wait()
	const dockers = "00000000a80425fb" // the fourteen default capabilities as a mask
	for how, status := range map[string]string{"run": log.String(), "exec": exec.String()} {
		for name, want := range map[string]string{
			"CapInh": "0000000000000000", "CapAmb": "0000000000000000",
			"CapBnd": dockers, "CapPrm": dockers, "CapEff": dockers, "Seccomp": "2", "NoNewPrivs": "0",
		} {
			if got := field(t, status, name); got != want {
				t.Errorf("%s: %s is %s, want %s", how, name, got, want)
			}
		}
	}
}

func TestOnlyTheStandardDescriptorsAreOpen(t *testing.T) {
	e := pulled(t)
	id := start(t, e, engine.ContainerConfig{Image: "toolbox", Entrypoint: []string{}, Cmd: []string{"sleep", "600"}})
	for _, dir := range []string{"/proc/1/fd", "/proc/self/fd"} {
		var out output
		_, a, err := e.Exec(testContext(t), id, engine.ExecConfig{Cmd: []string{"ls", "-l", dir}}, &engine.AttachOptions{Stdout: &out})
		if err != nil {
			t.Fatal(err)
		}
		a.Wait()
		shown := 0
		for line := range strings.Lines(out.String()) {
			link, target, ok := strings.Cut(strings.TrimSpace(line), " -> ")
			if !ok {
				continue
			}
			shown++
			fd := link[strings.LastIndexByte(link, ' ')+1:]
			// The programs' own: their runtime's poller and its look at the CPU limit,
			// and the directory that ls reads.
			own := target == "anon_inode:[eventpoll]" || target == "anon_inode:[eventfd]" ||
				strings.HasPrefix(target, "/sys/fs/cgroup/") || strings.HasPrefix(target, "/proc/")
			if fd != "0" && fd != "1" && fd != "2" && !own {
				t.Errorf("%s has descriptor %s, which is %s", dir, fd, target)
			}
		}
		if shown < 3 {
			t.Errorf("%s shows %q", dir, out.String())
		}
	}
}

func TestNamespacesDiffer(t *testing.T) {
	e := pulled(t)
	id := start(t, e, sh("sleep 600"))
	d := inspect(t, e, id)
	for _, ns := range []string{"pid", "mnt", "net", "uts", "ipc", "cgroup"} {
		link, err := os.Readlink("/proc/self/ns/" + ns)
		if err != nil {
			t.Fatal(err)
		}
		if inside := d.Namespaces[ns]; inside == 0 || strings.Contains(link, strconv.FormatUint(inside, 10)) {
			t.Errorf("%s: container has %d, we are in %s", ns, inside, link)
		}
	}
	cfg := sh("echo $$; hostname; cat /etc/hostname; ls /sys/class/net")
	cfg.Hostname = "box"
	if out, _, _ := runs(t, e, cfg); out != "1\nbox\nbox\nlo\n" {
		t.Errorf("inside looks like %q", out)
	}
}

func TestWhatMustNotBeWritten(t *testing.T) {
	e := pulled(t)
	for _, path := range []string{"/proc/sys/kernel/hostname", "/proc/sysrq-trigger", "/sys/kernel/x", "/sys/fs/cgroup/x"} {
		if _, _, st := runs(t, e, sh("echo x > "+path)); st.Code == 0 {
			t.Errorf("%s was written", path)
		}
	}
	if out, _, _ := runs(t, e, sh("cat /proc/kcore /proc/keys /proc/timer_list | wc -c")); strings.TrimSpace(out) != "0" {
		t.Errorf("masked files hold %s bytes", out)
	}
}

func TestReadOnlyRootWithTmpfs(t *testing.T) {
	e := pulled(t)
	cfg := sh("touch /x && exit 1; touch /tmp/x && touch /dev/shm/x && exit 0; exit 2")
	cfg.ReadOnly, cfg.Tmpfs = true, map[string]string{"/tmp": "size=1m"}
	if _, errs, st := runs(t, e, cfg); st.Code != 0 {
		t.Errorf("exit %d, %s", st.Code, errs)
	}
}

func TestBindMounts(t *testing.T) {
	e := pulled(t)
	rw, ro := t.TempDir(), t.TempDir()
	for _, dir := range []string{rw, ro} {
		os.Chmod(dir, 0o777)
		if err := os.WriteFile(filepath.Join(dir, "f"), []byte("host\n"), 0o666); err != nil {
			t.Fatal(err)
		}
	}
	cfg := sh("cat /a/f /b/c/f; echo new > /a/new; echo no > /b/c/f && exit 1; exit 0")
	cfg.Mounts = []engine.Mount{
		{Type: "bind", Source: ro, Target: "/b/c", ReadOnly: true},
		{Type: "bind", Source: rw, Target: "/a"},
	}
	out, errs, st := runs(t, e, cfg)
	if out != "host\nhost\n" || st.Code != 0 {
		t.Errorf("stdout %q, stderr %q, exit %d", out, errs, st.Code)
	}
	if data, _ := os.ReadFile(filepath.Join(rw, "new")); string(data) != "new\n" {
		t.Errorf("the host sees %q", data)
	}
	missing := sh("true")
	missing.Mounts = []engine.Mount{{Type: "bind", Source: filepath.Join(rw, "gone"), Target: "/x"}}
	_, err := e.CreateContainer(testContext(t), missing)
	wantClass(t, err, engine.ClassInvalid)
}

func TestMemoryLimitKills(t *testing.T) {
	e := pulled(t)
	ability.Need(t, ability.Root, ability.CgroupMemory)
	cfg := sh("dd if=/dev/zero of=/dev/null bs=268435456 count=1")
	cfg.Resources.Memory = 32 << 20
	id := start(t, e, cfg)
	st, err := e.WaitContainer(testContext(t), id, engine.WaitNotRunning)
	if err != nil {
		t.Fatal(err)
	}
	if st.Code == 0 || !inspect(t, e, id).OOMKilled {
		t.Errorf("ended with %+v", st)
	}
}

func TestLimitsAreTheCgroups(t *testing.T) {
	e := pulled(t)
	ability.Need(t, ability.Root, ability.CgroupMemory, ability.CgroupPids)
	cfg := sh("sleep 600")
	cfg.Resources.Memory, cfg.Resources.PidsLimit = 64<<20, 12
	id := start(t, e, cfg)
	st, err := e.Stats(testContext(t), id)
	if err != nil {
		t.Fatal(err)
	}
	if st.MemoryLimit != 64<<20 || st.PidsLimit != 12 || st.Pids < 1 || st.Memory <= 0 {
		t.Errorf("stats are %+v", st)
	}
	if err := e.UpdateContainer(testContext(t), id, engine.ContainerUpdate{Resources: engine.Resources{Memory: 96 << 20, MemorySwap: 192 << 20}}); err != nil {
		t.Fatal(err)
	}
	if st, _ = e.Stats(testContext(t), id); st.MemoryLimit != 96<<20 {
		t.Errorf("after the update the limit is %d", st.MemoryLimit)
	}
}

func TestPauseFreezes(t *testing.T) {
	e := pulled(t)
	ability.Need(t, ability.Root, ability.CgroupFreezer)
	id := start(t, e, sh("while :; do date; sleep 0.01; done"))
	if err := e.PauseContainer(testContext(t), id); err != nil {
		t.Fatal(err)
	}
	if d := inspect(t, e, id); d.State != engine.StatePaused {
		t.Errorf("state %q", d.State)
	}
	wantClass(t, e.PauseContainer(testContext(t), id), engine.ClassConflict)
	_, _, err := e.Exec(testContext(t), id, engine.ExecConfig{Cmd: []string{"true"}}, nil)
	wantClass(t, err, engine.ClassConflict)
	if err := e.UnpauseContainer(testContext(t), id); err != nil {
		t.Fatal(err)
	}
	if d := inspect(t, e, id); d.State != engine.StateRunning {
		t.Errorf("state %q", d.State)
	}
}

func TestUsersAreLookedUpInTheImage(t *testing.T) {
	e := pulled(t)
	ability.Need(t, ability.SubIDs)
	for user, want := range map[string]string{"nobody": "65534", "0": "0", "1234:5": "1234"} {
		cfg := sh("id -u")
		cfg.User = user
		if out, errs, _ := runs(t, e, cfg); strings.TrimSpace(out) != want {
			t.Errorf("--user %s runs as %q %s", user, out, errs)
		}
	}
	for _, user := range []string{"no-such-user", "4294967296", "root:no-such-group"} {
		cfg := sh("id -u")
		cfg.User = user
		id := create(t, e, cfg)
		if _, err := e.StartContainer(testContext(t), id, nil); err == nil {
			t.Errorf("--user %s was accepted", user)
		}
	}
}

func TestDiffAndCopy(t *testing.T) {
	e := pulled(t)
	id := start(t, e, sh("echo text > /new; rm /etc/os-release; sleep 600"))
	until(t, "the changes", func() bool {
		ch, err := e.DiffContainer(testContext(t), id)
		return err == nil && len(ch) >= 3
	}, func() string { return "" })
	changes, err := e.DiffContainer(testContext(t), id)
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, c := range changes {
		got = append(got, string(c.Kind)+" "+c.Path)
	}
	if want := "C /etc|D /etc/os-release|A /new"; strings.Join(got, "|") != want {
		t.Errorf("diff is %q, want %q", strings.Join(got, "|"), want)
	}
	for _, state := range []string{"running", "stopped"} {
		var tar output
		if err := e.CopyFrom(testContext(t), id, "/new", &tar); err != nil || !strings.Contains(tar.String(), "text") {
			t.Errorf("copy from a %s container: %v", state, err)
		}
		if err := e.CopyTo(testContext(t), id, "/tmp", strings.NewReader(tar.String()), engine.CopyToOptions{}); err != nil {
			t.Errorf("copy to a %s container: %v", state, err)
		}
		if st, err := e.StatPath(testContext(t), id, "/tmp/new"); err != nil || st.Size != 5 {
			t.Errorf("in a %s container the copy is %+v, %v", state, st, err)
		}
		if err := e.KillContainer(testContext(t), id, ""); state == "running" && err != nil {
			t.Fatal(err)
		}
	}
	_, err = e.StatPath(testContext(t), id, "/nope")
	wantClass(t, err, engine.ClassNotFound)
}
