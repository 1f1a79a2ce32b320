package runtime

import (
	"errors"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"berth/engine"
	"berth/engine/enginetest/ability"
	"berth/engine/internal/caps"
	"berth/engine/internal/idmap"
	"berth/engine/internal/seccomp"

	specs "github.com/opencontainers/runtime-spec/specs-go"
	"golang.org/x/sys/unix"
)

// Images whose standard directories are links, files or fifos must either start with
// everything mounted inside, or fail; the host's files are never touched.
func TestHostileMountTargets(t *testing.T) {
	for _, tt := range []struct {
		name    string
		prepare func(root, canary string)
		fails   bool
	}{
		{"dev is a link to a directory of the host", func(r, c string) { relink(r, "dev", c) }, false},
		{"proc is a link to a directory of the host", func(r, c string) { relink(r, "proc", c) }, false},
		{"sys climbs out", func(r, c string) { relink(r, "sys", "../../../../.."+c) }, false},
		{"dev is a file", func(r, c string) { replace(r, "dev") }, true},
		{"proc is a file", func(r, c string) { replace(r, "proc") }, true},
		{"dev is a fifo", func(r, c string) { os.Remove(r + "/dev"); unix.Mkfifo(r+"/dev", 0o666) }, true},
		{"dev/pts is a link", func(r, c string) { os.Symlink(c, r+"/dev/pts") }, false},
		{"dev/null is a link", func(r, c string) { os.Symlink(c+"/file", r+"/dev/null") }, false},
		{"dev/console is a link", func(r, c string) { os.Symlink(c+"/file", r+"/dev/console") }, false},
		{"dev is a loop", func(r, c string) { relink(r, "dev", "dev") }, true},
		{"dev is a magic link", func(r, c string) { relink(r, "dev", "/proc/self/root") }, true},
		{"proc is missing", func(r, c string) { os.Remove(r + "/proc") }, false},
	} {
		t.Run(tt.name, func(t *testing.T) {
			canary := t.TempDir()
			mustDo(t, os.WriteFile(canary+"/file", []byte("canary"), 0o644))
			b := testBundle(t, image(t, func(root string) { tt.prepare(root, canary) }), "true")
			_, ws, err := try(t, b, Options{})
			if (err != nil) != tt.fails || err == nil && ws != 0 {
				t.Errorf("start: %v, status %v", err, ws)
			}
			if err != nil && engine.ClassOf(err) == engine.ClassUnknown {
				t.Errorf("unclassified: %v", err)
			}
			entries, err := os.ReadDir(canary)
			mustDo(t, err)
			data, err := os.ReadFile(canary + "/file")
			if len(entries) != 1 || string(data) != "canary" {
				t.Errorf("the host's directory was touched: %v %q %v", entries, data, err)
			}
		})
	}
}

func relink(root, name, target string) {
	os.Remove(filepath.Join(root, name))
	os.Symlink(target, filepath.Join(root, name))
}

func replace(root, name string) {
	os.Remove(filepath.Join(root, name))
	os.WriteFile(filepath.Join(root, name), nil, 0o644)
}

// What the user mounts must not land in /proc because the image has a link there.
func TestMountThroughALinkIntoProc(t *testing.T) {
	lower := image(t, func(root string) {
		os.Symlink("/proc/sys", filepath.Join(root, "data"))
		os.Symlink("/proc/self/attr", filepath.Join(root, "attr"))
	})
	for _, m := range []specs.Mount{
		{Destination: "/data/kernel", Type: "bind", Source: t.TempDir(), Options: []string{"rbind"}},
		{Destination: "/attr", Type: "tmpfs", Source: "tmpfs"},
	} {
		b := testBundle(t, lower, "true")
		b.Spec.Mounts = append(b.Spec.Mounts, m)
		_, _, err := try(t, b, Options{})
		if engine.ClassOf(err) != engine.ClassInvalid || !strings.Contains(err.Error(), "into /proc") || engine.HintOf(err) == "" {
			t.Errorf("%s: %v", m.Destination, err)
		}
	}
}

// A rival exchanges a directory on a shared volume with a link while containers that
// mount something below it start. No mount may land outside.
func TestSwappedVolume(t *testing.T) {
	volume, canary, inner := t.TempDir(), t.TempDir(), t.TempDir()
	mustDo(t, os.WriteFile(inner+"/inner", nil, 0o644))
	mustDo(t, os.Mkdir(volume+"/a", 0o755))
	mustDo(t, os.Symlink("../../../../../../"+canary, volume+"/b"))
	stop, done := make(chan struct{}), make(chan struct{})
	go func() {
		defer close(done)
		for {
			select {
			case <-stop:
				return
			default:
				unix.Renameat2(unix.AT_FDCWD, volume+"/a", unix.AT_FDCWD, volume+"/b", unix.RENAME_EXCHANGE)
			}
		}
	}()
	b := testBundle(t, image(t), "true")
	b.Spec.Mounts = append(b.Spec.Mounts,
		specs.Mount{Destination: "/vol", Type: "bind", Source: volume, Options: []string{"rbind"}},
		specs.Mount{Destination: "/vol/a/deep/target", Type: "bind", Source: inner, Options: []string{"rbind"}},
		specs.Mount{Destination: "/vol/a/proc", Type: "proc", Source: "proc"})
	for range ability.Times(100, 5000) {
		if _, _, err := try(t, b, Options{}); err != nil && engine.ClassOf(err) == engine.ClassUnknown {
			t.Fatal(err)
		}
	}
	close(stop)
	<-done
	if entries, err := os.ReadDir(canary); err != nil || len(entries) != 0 {
		t.Errorf("something was made outside: %v %v", entries, err)
	}
}

func TestWorkingDirectoryStaysInside(t *testing.T) {
	lower := image(t, func(root string) {
		mustDo(t, os.Symlink("/proc/self/fd/7", root+"/link"))
	})
	for fd := range 12 {
		b := testBundle(t, lower, "facts")
		b.Spec.Process.Cwd = "/proc/self/fd/" + strconv.Itoa(fd)
		if _, _, err := try(t, b, Options{}); engine.ClassOf(err) != engine.ClassInvalid {
			t.Errorf("%s: %v", b.Spec.Process.Cwd, err)
		}
	}
	b := testBundle(t, lower, "facts")
	b.Spec.Process.Cwd = "/link"
	if _, _, err := try(t, b, Options{}); engine.ClassOf(err) != engine.ClassInvalid {
		t.Errorf("/link: %v", err)
	}
	b = testBundle(t, lower, "facts")
	b.Spec.Process.Cwd = "/made/for/it"
	if f := runFacts(t, b); f.Cwd != "/made/for/it" {
		t.Errorf("working directory %q", f.Cwd)
	}
	p := startSleeper(t, testBundle(t, lower, "copy"))
	for fd := range 12 {
		_, _, err := execIn(t, p, ExecSpec{Args: []string{"prog", "facts"}, Cwd: "/proc/self/fd/" + strconv.Itoa(fd)})
		if engine.ClassOf(err) != engine.ClassInvalid {
			t.Errorf("exec in /proc/self/fd/%d: %v", fd, err)
		}
	}
}

func TestMaskedAndReadOnlyPaths(t *testing.T) {
	b := testBundle(t, image(t), "cat", "/proc/interrupts", "/proc/keys", "/proc/timer_list")
	if out, _ := run(t, b); out != "" {
		t.Errorf("masked files say %q", out)
	}
	for _, file := range []string{"/proc/sys/kernel/core_pattern", "/proc/sysrq-trigger", "/sys/fs/cgroup/cpu/release_agent",
		"/sys/fs/cgroup/memory/notify_on_release", "/sys/kernel/uevent_helper", "/sys/fs/cgroup/new"} {
		out, ws := run(t, testBundle(t, image(t), "write", file, "x"))
		if ws == 0 || !(strings.Contains(out, "read-only") || strings.Contains(out, "permission denied") || strings.Contains(out, "no such file")) {
			t.Errorf("write %s: %v %q", file, ws, out)
		}
	}
}

// Masks are put on the procfs that was mounted, wherever a link has led it.
func TestMasksFollowProcfs(t *testing.T) {
	lower := image(t, func(root string) {
		relink(root, "proc", "/elsewhere")
		mustDo(t, os.Mkdir(root+"/elsewhere", 0o755))
	})
	if out, ws := run(t, testBundle(t, lower, "cat", "/elsewhere/interrupts", "/proc/interrupts")); out != "" || ws != 0 {
		t.Errorf("status %v, output %q", ws, out)
	}
}

func TestCapabilities(t *testing.T) {
	set, err := caps.Parse(caps.Default())
	mustDo(t, err)
	want := hex16(uint64(set))
	check := func(name string, f facts, effective string) {
		t.Helper()
		for key, v := range map[string]string{"CapBnd": want, "CapPrm": effective, "CapEff": effective, "CapInh": hex16(0), "CapAmb": hex16(0)} {
			if f.Status[key] != v {
				t.Errorf("%s: %s is %s, want %s", name, key, f.Status[key], v)
			}
		}
	}
	lower := image(t)
	b := testBundle(t, lower, "facts")
	check("root", runFacts(t, b), want)
	p := startSleeper(t, testBundle(t, lower, "copy"))
	out, _, err := execIn(t, p, ExecSpec{Args: []string{"prog", "facts"}})
	mustDo(t, err)
	check("exec", decode(t, out), want)
	if b.IDMap.Mode == idmap.Single {
		return
	}
	b.User = "web"
	f := runFacts(t, b)
	check("user", f, hex16(0))
	if f.UID != 33 || f.GID != 34 || len(f.Groups) != 2 {
		t.Errorf("user %d:%d %v", f.UID, f.GID, f.Groups)
	}
	out, _, err = execIn(t, p, ExecSpec{Args: []string{"prog", "facts"}, User: "33:33"})
	mustDo(t, err)
	f = decode(t, out)
	check("exec as user", f, hex16(0))
	if f.UID != 33 || f.GID != 33 || len(f.Groups) != 1 {
		t.Errorf("exec as 33:33: %d:%d %v", f.UID, f.GID, f.Groups)
	}
}

func hex16(v uint64) string {
	s := strconv.FormatUint(v, 16)
	return strings.Repeat("0", 16-len(s)) + s
}

func TestUsersThatCantBe(t *testing.T) {
	lower := image(t)
	for _, u := range []string{"4294967296", "1000:", "nobody-here", "0:nogroup", "-1"} {
		b := testBundle(t, lower, "true")
		b.User = u
		if _, _, err := try(t, b, Options{}); engine.ClassOf(err) != engine.ClassInvalid {
			t.Errorf("user %q: %v", u, err)
		}
	}
	fifo := image(t, func(root string) {
		mustDo(t, os.Remove(root+"/etc/passwd"))
		mustDo(t, unix.Mkfifo(root+"/etc/passwd", 0o644))
	})
	if _, _, err := try(t, testBundle(t, fifo, "true"), Options{}); engine.ClassOf(err) != engine.ClassIntegrity {
		t.Errorf("passwd is a fifo: %v", err)
	}
}

func TestSeccompInKernel(t *testing.T) {
	filter, err := seccomp.Compile(nil, caps.Default())
	mustDo(t, err)
	lower := image(t)
	for _, nnp := range []bool{false, true} {
		for _, tt := range []struct {
			name string
			args []int
			want unix.Errno
		}{
			{"socket AF_ALG", []int{unix.SYS_SOCKET, unix.AF_ALG, unix.SOCK_SEQPACKET, 0}, unix.EPERM},
			{"socket AF_ALG with a high bit", []int{unix.SYS_SOCKET, 1<<32 | unix.AF_ALG, unix.SOCK_SEQPACKET, 0}, unix.EPERM},
			{"socket AF_VSOCK", []int{unix.SYS_SOCKET, unix.AF_VSOCK, unix.SOCK_STREAM, 0}, unix.EPERM},
			{"socket AF_INET", []int{unix.SYS_SOCKET, unix.AF_INET, unix.SOCK_STREAM, 0}, 0},
			{"keyctl", []int{unix.SYS_KEYCTL, 0, -3, 0}, unix.EPERM},
			{"bpf", []int{unix.SYS_BPF, 0, 0, 0}, unix.EPERM},
			{"unshare user", []int{unix.SYS_UNSHARE, unix.CLONE_NEWUSER}, unix.EPERM},
			{"clone3", []int{unix.SYS_CLONE3, 0, 0}, unix.ENOSYS},
			{"getpid", []int{unix.SYS_GETPID}, 0},
			{"mount", []int{unix.SYS_MOUNT, 0, 0, 0, unix.MS_BIND, 0}, unix.EPERM},
			{"umount2", []int{unix.SYS_UMOUNT2, 0, 0}, unix.EPERM},
			{"fsopen", []int{unix.SYS_FSOPEN, 0, 0}, unix.EPERM},
			{"open_tree", []int{unix.SYS_OPEN_TREE, -100, 0, 1}, unix.EPERM},
			{"pivot_root", []int{unix.SYS_PIVOT_ROOT, 0, 0}, unix.EPERM},
			{"setns", []int{unix.SYS_SETNS, -1, 0}, unix.EPERM},
			{"clone with a user namespace", []int{unix.SYS_CLONE, unix.CLONE_NEWUSER | int(unix.SIGCHLD), 0, 0, 0, 0}, unix.EPERM},
			{"add_key", []int{unix.SYS_ADD_KEY, 0, 0, 0, 0, 0}, unix.EPERM},
			{"request_key", []int{unix.SYS_REQUEST_KEY, 0, 0, 0, 0}, unix.EPERM},
			{"perf_event_open", []int{unix.SYS_PERF_EVENT_OPEN, 0, 0, -1, -1, 0}, unix.EPERM},
			{"userfaultfd", []int{unix.SYS_USERFAULTFD, 0}, unix.EPERM},
			{"io_uring_setup", []int{unix.SYS_IO_URING_SETUP, 1, 0}, unix.EPERM},
			{"init_module", []int{unix.SYS_INIT_MODULE, 0, 0, 0}, unix.EPERM},
			{"kexec_load", []int{unix.SYS_KEXEC_LOAD, 0, 0, 0, 0}, unix.EPERM},
			{"reboot", []int{unix.SYS_REBOOT, 0, 0, 0, 0}, unix.EPERM},
			{"swapon", []int{unix.SYS_SWAPON, 0, 0}, unix.EPERM},
			{"open_by_handle_at", []int{unix.SYS_OPEN_BY_HANDLE_AT, 0, 0, 0}, unix.EPERM},
			{"acct", []int{unix.SYS_ACCT, 0}, unix.EPERM},
			{"settimeofday", []int{unix.SYS_SETTIMEOFDAY, 0, 0}, unix.EPERM},
			{"personality without randomisation", []int{unix.SYS_PERSONALITY, 0x0040000}, unix.EPERM},
			// Allowed since Linux 4.8, where a tracer no longer gets past the filter.
			{"ptrace", []int{unix.SYS_PTRACE, unix.PTRACE_TRACEME, 0, 0, 0}, 0},
			{"process_vm_readv", []int{unix.SYS_PROCESS_VM_READV, 1, 0, 0, 0, 0, 0}, 0},
		} {
			b := testBundle(t, lower, "syscall")
			for _, a := range tt.args {
				b.Spec.Process.Args = append(b.Spec.Process.Args, strconv.Itoa(a))
			}
			b.Seccomp = filter
			b.Spec.Process.NoNewPrivileges = nnp
			if out, _ := run(t, b); strings.TrimSpace(out) != strconv.Itoa(int(tt.want)) {
				t.Errorf("%s: errno %s, want %d", tt.name, strings.TrimSpace(out), tt.want)
			}
		}
		b := testBundle(t, lower, "facts")
		b.Seccomp, b.Spec.Process.NoNewPrivileges = filter, nnp
		f := runFacts(t, b)
		if f.Status["Seccomp"] != "2" || (f.Status["NoNewPrivs"] == "1") != nnp {
			t.Errorf("seccomp %s, no_new_privs %s", f.Status["Seccomp"], f.Status["NoNewPrivs"])
		}
	}
}

// A profile of the user's own may forbid all that the start would need to talk.
func TestProfileThatAllowsAlmostNothing(t *testing.T) {
	profile := `{"defaultAction":"SCMP_ACT_ERRNO","syscalls":[{"action":"SCMP_ACT_ALLOW","names":[
		"execve","exit","exit_group","prctl","capset","setgroups","setresuid","setresgid"]}]}`
	filter, err := seccomp.Compile([]byte(profile), nil)
	mustDo(t, err)
	lower := image(t, func(root string) { writeTrue(t, root+"/bin/true") })
	for _, nnp := range []bool{false, true} {
		b := testBundle(t, lower)
		b.Seccomp, b.Spec.Process.NoNewPrivileges = filter, nnp
		b.Spec.Process.Args = []string{"true"}
		if out, ws := run(t, b); ws != 0 {
			t.Errorf("%v %s", ws, out)
		}
		b.Spec.Process.Args = []string{"nope"}
		if _, _, err := try(t, b, Options{}); engine.ClassOf(err) != engine.ClassCommandNotFound {
			t.Errorf("no such program: %v", err)
		}
	}
}

// The exec'd process must not be open to the container's at any moment before its
// program runs: a container tries to read every /proc/PID/exe and /proc/PID/fd.
func TestNothingOfOursIsReachableDuringExec(t *testing.T) {
	p := startSleeper(t, testBundle(t, image(t), "spy"))
	for range ability.Times(100, 1000) {
		if _, _, err := execIn(t, p, ExecSpec{Args: []string{"prog", "true"}}); err != nil {
			t.Fatal(err)
		}
	}
	out, _, err := execIn(t, p, ExecSpec{Args: []string{"prog", "cat", "/tmp/seen"}})
	mustDo(t, err)
	if out != "" {
		t.Errorf("seen from inside: %s", out)
	}
}

// Nothing is left after starts that failed at any point.
func TestFailedStartLeavesNothing(t *testing.T) {
	before := mountCount(t)
	lower := image(t)
	names := []string{}
	steps, err := Describe(testBundle(t, lower, "true"))
	mustDo(t, err)
	for _, s := range steps {
		names = append(names, s.Name)
	}
	for i := range names {
		n := 0
		boom := errors.New("boom")
		_, _, err := try(t, testBundle(t, lower, "true"), Options{Gate: func(string) error {
			if n++; n > i {
				return boom
			}
			return nil
		}})
		if !errors.Is(err, boom) {
			t.Errorf("stopped at %q: %v", names[i], err)
		}
	}
	if after := mountCount(t); after != before {
		t.Errorf("%d mounts, before %d", after, before)
	}
	var ws unix.WaitStatus
	if pid, err := unix.Wait4(-1, &ws, unix.WNOHANG, nil); err != unix.ECHILD {
		t.Errorf("a child is left: %d %v", pid, err)
	}
}

func mountCount(t *testing.T) int {
	data, err := os.ReadFile("/proc/self/mountinfo")
	mustDo(t, err)
	return strings.Count(string(data), "\n")
}
