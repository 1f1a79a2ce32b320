package runtime

import (
	"bufio"
	"context"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"

	"berth/engine"
	"berth/engine/internal/idmap"

	specs "github.com/opencontainers/runtime-spec/specs-go"
	"golang.org/x/sys/unix"
)

// with makes pipes: what is written to the first is the standard input, the second reads the output.
func with(t *testing.T) (*os.File, *bufio.Reader, Options) {
	t.Helper()
	inR, inW, err := os.Pipe()
	mustDo(t, err)
	outR, outW, err := os.Pipe()
	mustDo(t, err)
	t.Cleanup(func() {
		for _, f := range []*os.File{inR, inW, outR, outW} {
			f.Close()
		}
	})
	return inW, bufio.NewReader(outR), Options{Stdin: inR, Stdout: outW, Stderr: outW}
}

func TestInitForwardsSignalsAndStatus(t *testing.T) {
	b := testBundle(t, image(t), "wait-signal")
	b.Init = true
	_, out, o := with(t)
	p, err := Start(t.Context(), b, o)
	if err != nil {
		t.Fatal(err)
	}
	if line, _ := out.ReadString('\n'); line != "ready\n" {
		t.Fatal(line)
	}
	mustDo(t, p.Signal(unix.SIGTERM))
	if line, _ := out.ReadString('\n'); line != "terminated\n" {
		t.Errorf("the program got %q", line)
	}
	if ws, err := p.Wait(); err != nil || ws.ExitStatus() != 3 {
		t.Errorf("status %v %v", ws, err)
	}
	if err := p.Signal(unix.SIGTERM); engine.ClassOf(err) != engine.ClassConflict {
		t.Errorf("signal after the end: %v", err)
	}
}

func TestInitReaps(t *testing.T) {
	b := testBundle(t, image(t), "orphan")
	b.Init = true
	in, out, o := with(t)
	p, err := Start(t.Context(), b, o)
	if err != nil {
		t.Fatal(err)
	}
	o.Stdout.Close()
	in.Write([]byte("\n"))
	line, _ := out.ReadString('\n')
	if ws, err := p.Wait(); err != nil || ws != 0 || line != "" {
		t.Errorf("status %v %v, left over: %q", ws, err, line)
	}
}

func TestInitKilledProgram(t *testing.T) {
	b := testBundle(t, image(t), "kill-self")
	b.Init = true
	if _, ws := run(t, b); ws.ExitStatus() != 128+int(unix.SIGKILL) {
		t.Errorf("status %v", ws)
	}
	b = testBundle(t, image(t), "true")
	b.Init = true
	b.Spec.Process.Args = []string{"/nope"}
	if _, _, err := try(t, b, Options{}); engine.ClassOf(err) != engine.ClassCommandNotFound {
		t.Errorf("no such program: %v", err)
	}
}

// PID 1 is ours then: from inside it must be closed, and exec must still work.
func TestInitIsOutOfReach(t *testing.T) {
	b := testBundle(t, image(t), "copy")
	b.Init = true
	p := startSleeper(t, b)
	out, _, err := execIn(t, p, ExecSpec{Args: []string{"prog", "cat", "/proc/1/comm", "/proc/1/cmdline"}})
	if err != nil || strings.TrimRight(out, "\x00") != "init\ninit" {
		t.Errorf("PID 1 is called %q, %v", out, err)
	}
	out, _, err = execIn(t, p, ExecSpec{Args: []string{"prog", "reach", "1"}})
	if err != nil {
		t.Fatal(err)
	}
	for _, line := range strings.Split(strings.TrimSpace(out), "\n") {
		if !strings.HasSuffix(line, "permission denied") && !strings.HasSuffix(line, "operation not permitted") && line != "descriptors: 0" {
			t.Errorf("from inside: %s", line)
		}
	}
	if strings.Count(out, "\n") != 4 {
		t.Errorf("output %q", out)
	}
}

func TestBinds(t *testing.T) {
	src := t.TempDir()
	mustDo(t, os.Chmod(src, 0o777))
	mustDo(t, os.Mkdir(src+"/sub", 0o777))
	mustDo(t, os.WriteFile(src+"/file", []byte("from the host"), 0o644))
	lower := image(t)
	ro := specs.Mount{Destination: "/ro", Type: "bind", Source: src, Options: []string{"rbind", "ro"}}
	file := specs.Mount{Destination: "/etc/new/file", Type: "bind", Source: src + "/file", Options: []string{"rbind", "rprivate"}}
	b := testBundle(t, lower, "cat", "/ro/file", "/etc/new/file")
	b.Spec.Mounts = append(b.Spec.Mounts, ro, file)
	if out, _ := run(t, b); out != "from the hostfrom the host" {
		t.Errorf("read %q", out)
	}
	b = testBundle(t, lower, "write", "/ro/file", "x")
	b.Spec.Mounts = append(b.Spec.Mounts, ro)
	if out, ws := run(t, b); ws == 0 || !strings.Contains(out, "read-only") {
		t.Errorf("write to a read-only bind: %v %q", ws, out)
	}
	b = testBundle(t, lower, "write", "/rw/sub/x", "inside")
	b.Spec.Mounts = append(b.Spec.Mounts, specs.Mount{Destination: "/rw", Type: "bind", Source: src, Options: []string{"rbind", "slave"}})
	if out, ws := run(t, b); ws != 0 {
		t.Error(out)
	}
	if data, _ := os.ReadFile(src + "/sub/x"); string(data) != "inside" {
		t.Errorf("written through the bind: %q", data)
	}
	b = testBundle(t, lower, "true")
	b.Spec.Mounts = append(b.Spec.Mounts, specs.Mount{Destination: "/x", Type: "bind", Source: src + "/missing", Options: []string{"rbind"}})
	if _, _, err := try(t, b, Options{}); engine.ClassOf(err) != engine.ClassInvalid {
		t.Errorf("missing source: %v", err)
	}
}

func TestReadOnlyRootAndUpperLayer(t *testing.T) {
	lower := image(t)
	b := testBundle(t, lower, "write", "/tmp/x", "1")
	if out, ws := run(t, b); ws != 0 {
		t.Fatal(out)
	}
	if _, err := os.Stat(b.Rootfs.Upper + "/tmp/x"); err != nil {
		t.Error(err)
	}
	if _, err := os.Stat(lower + "/tmp/x"); err == nil {
		t.Error("the image's layer was written to")
	}
	b = testBundle(t, lower, "write", "/tmp/x", "1")
	b.Spec.Root.Readonly = true
	if out, ws := run(t, b); ws == 0 || !strings.Contains(out, "read-only") {
		t.Errorf("%v %q", ws, out)
	}
}

func TestManyLayersAndLongPaths(t *testing.T) {
	lower := image(t)
	b := testBundle(t, lower, "cat", "/f0", "/f99")
	long := filepath.Join(t.TempDir(), strings.Repeat("long-", 40), strings.Repeat("name-", 40))
	mustDo(t, os.MkdirAll(long, 0o755))
	b.Rootfs.Lower = nil
	for i := range 100 {
		dir := filepath.Join(t.TempDir(), "layer,with:odd\\name")
		if i == 0 {
			dir = filepath.Join(long, "layer")
		}
		mustDo(t, os.Mkdir(dir, 0o755))
		mustDo(t, os.WriteFile(filepath.Join(dir, "f"+string("0123456789"[i/10])), []byte{'a' + byte(i/10)}, 0o644))
		if i == 99 {
			mustDo(t, os.WriteFile(dir+"/f99", []byte("z"), 0o644))
		}
		b.Rootfs.Lower = append(b.Rootfs.Lower, dir)
	}
	b.Rootfs.Lower = append(b.Rootfs.Lower, lower)
	if out, ws := run(t, b); ws != 0 || out != "az" {
		t.Errorf("%v %q", ws, out)
	}
}

// Kernels before 6.8 take all directories in one option; the way there is tested on newer ones, too.
func TestLegacyOverlay(t *testing.T) {
	old := appendsLowerDirs
	appendsLowerDirs = func() bool { return false }
	defer func() { appendsLowerDirs = old }()
	odd := filepath.Join(t.TempDir(), "a,b:c\\d")
	mustDo(t, os.Mkdir(odd, 0o755))
	mustDo(t, os.WriteFile(odd+"/f", []byte("x"), 0o644))
	b := testBundle(t, image(t), "cat", "/f")
	b.Rootfs.Lower = append([]string{odd}, b.Rootfs.Lower...)
	if out, ws := run(t, b); ws != 0 || out != "x" {
		t.Errorf("%v %q", ws, out)
	}
}

func TestDirectoryAsRoot(t *testing.T) {
	b := testBundle(t, image(t), "facts")
	b.Spec.Root.Path = b.Rootfs.Lower[0]
	b.Rootfs.Lower = nil
	if f := runFacts(t, b); f.Pid != 1 {
		t.Errorf("facts %+v", f)
	}
}

func TestHostNetwork(t *testing.T) {
	b := testBundle(t, image(t), "facts", "/sys/class/net")
	b.Spec.Linux.Namespaces = slices.DeleteFunc(b.Spec.Linux.Namespaces, func(n specs.LinuxNamespace) bool { return n.Type == specs.NetworkNamespace })
	host, err := os.Readlink("/proc/self/ns/net")
	mustDo(t, err)
	f := runFacts(t, b)
	if f.Namespaces["net"] != host || !f.Names["/sys/class/net"] {
		t.Errorf("network namespace %s, host %s, names %v", f.Namespaces["net"], host, f.Names)
	}
}

func TestLimitsAndUmask(t *testing.T) {
	b := testBundle(t, image(t), "facts")
	if f := runFacts(t, b); f.Nofile.Cur > 20000 && f.Nofile.Cur == f.Nofile.Max || f.Umask != 0o022 {
		t.Errorf("open files %+v, umask %o", f.Nofile, f.Umask)
	}
	b = testBundle(t, image(t), "facts")
	b.Spec.Process.Rlimits = []specs.POSIXRlimit{{Type: "RLIMIT_NOFILE", Soft: 100, Hard: 200}, {Type: "RLIMIT_CORE", Soft: 0, Hard: 0}}
	if f := runFacts(t, b); f.Nofile.Max != 200 {
		t.Errorf("open files %+v", f.Nofile)
	}
	b = testBundle(t, image(t), "facts")
	b.Spec.Process.Rlimits = []specs.POSIXRlimit{{Type: "RLIMIT_NOFILE", Soft: 1 << 30, Hard: 1 << 30}}
	if f := runFacts(t, b); f.Nofile.Max == 0 {
		t.Errorf("a limit that can't be raised: %+v", f.Nofile)
	}
}

func TestOomScore(t *testing.T) {
	b := testBundle(t, image(t), "cat", "/proc/self/oom_score_adj")
	adj := 777
	b.Spec.Process.OOMScoreAdj = &adj
	if out, _ := run(t, b); out != "777\n" {
		t.Errorf("oom_score_adj %q", out)
	}
}

// A pipe that does not block is a surprise to most programs.
func TestStandardStreamsBlock(t *testing.T) {
	r, w, err := os.Pipe()
	mustDo(t, err)
	defer r.Close()
	defer w.Close()
	out, ws, err := try(t, testBundle(t, image(t), "nonblocking"), Options{Stdin: r})
	if err != nil || ws != 0 || out != "false false false\n" {
		t.Errorf("O_NONBLOCK of 0, 1 and 2: %s %v %v", out, ws, err)
	}
}

func TestSysctl(t *testing.T) {
	b := testBundle(t, image(t), "cat", "/proc/sys/net/ipv4/ip_default_ttl")
	b.Spec.Linux.Sysctl = map[string]string{"net.ipv4.ip_default_ttl": "77"}
	if out, ws := run(t, b); ws != 0 || out != "77\n" {
		t.Errorf("%v %q", ws, out)
	}
	b.Spec.Linux.Sysctl = map[string]string{"net.no.such": "1"}
	if _, _, err := try(t, b, Options{}); engine.ClassOf(err) != engine.ClassInvalid {
		t.Errorf("no such parameter: %v", err)
	}
}

func TestStandardStreamsBelongToTheUser(t *testing.T) {
	b := testBundle(t, image(t), "write", "/dev/stdout", "again")
	if b.IDMap.Mode != idmap.Single {
		b.User = "web"
	}
	if out, ws := run(t, b); ws != 0 || out != "again" {
		t.Errorf("%v %q", ws, out)
	}
}

func TestDevicesAreForEverybody(t *testing.T) {
	for _, dev := range []string{"/dev/null", "/dev/zero", "/dev/shm/x"} {
		b := testBundle(t, image(t), "write", dev, "x")
		if b.IDMap.Mode != idmap.Single {
			b.User = "1234:1234"
		}
		if out, ws := run(t, b); ws != 0 {
			t.Errorf("write %s: %s", dev, out)
		}
	}
}

func TestWrongMountOptionIsNamed(t *testing.T) {
	b := testBundle(t, image(t), "true")
	b.Spec.Mounts = append(b.Spec.Mounts, specs.Mount{Destination: "/t", Type: "tmpfs", Source: "tmpfs", Options: []string{"size=nonsense"}})
	_, _, err := try(t, b, Options{})
	if engine.ClassOf(err) != engine.ClassInvalid || err.Error() != `mount tmpfs on "/t": set "size" to "nonsense": tmpfs: Bad value for 'size': invalid argument` {
		t.Errorf("%v (%v)", err, engine.ClassOf(err))
	}
}

func TestPrivilegedExecHasMoreCapabilities(t *testing.T) {
	p := startSleeper(t, testBundle(t, image(t), "copy"))
	out, _, err := execIn(t, p, ExecSpec{Args: []string{"prog", "facts"}, Privileged: true})
	mustDo(t, err)
	f := decode(t, out)
	eff, err := strconv.ParseUint(f.Status["CapEff"], 16, 64)
	mustDo(t, err)
	if eff&(1<<unix.CAP_SYS_ADMIN) == 0 || f.Status["CapInh"] != hex16(0) {
		t.Errorf("capabilities %s, inheritable %s", f.Status["CapEff"], f.Status["CapInh"])
	}
}

// A container must not outlive the process that keeps its terminal and its logs.
func TestContainerDiesWithItsShim(t *testing.T) {
	for _, init := range []string{"", "init"} {
		lower := image(t)
		testBundle(t, lower) // for the abilities that it needs
		cmd := exec.Command("/proc/self/exe", "shim", lower, t.TempDir(), init)
		cmd.Args[0] = inside
		out, err := cmd.StdoutPipe()
		mustDo(t, err)
		mustDo(t, cmd.Start())
		line, err := bufio.NewReader(out).ReadString('\n')
		if err != nil {
			t.Fatal(err)
		}
		pid, err := strconv.Atoi(strings.TrimSpace(line))
		if err != nil {
			t.Fatal(line)
		}
		pidfd, err := unix.PidfdOpen(pid, 0)
		mustDo(t, err)
		defer unix.Close(pidfd)
		mustDo(t, cmd.Process.Kill())
		cmd.Wait()
		n, err := unix.Poll([]unix.PollFd{{Fd: int32(pidfd), Events: unix.POLLIN}}, 10_000)
		if n != 1 || err != nil {
			t.Errorf("%s container runs on after its shim was killed: %v", init, err)
			unix.PidfdSendSignal(pidfd, unix.SIGKILL, nil, 0)
		}
	}
}

func TestCancelledStartLeavesNothing(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	_, err := Start(ctx, testBundle(t, image(t), "true"), Options{BeforeExec: func(int) error { cancel(); return nil }})
	if err != nil && !errors.Is(err, context.Canceled) {
		t.Error(err)
	}
	ctx, cancel = context.WithCancel(t.Context())
	cancel()
	if _, err := Start(ctx, testBundle(t, image(t), "true"), Options{}); engine.ClassOf(err) != engine.ClassCanceled {
		t.Errorf("start with an ended context: %v", err)
	}
	p := startSleeper(t, testBundle(t, image(t), "copy"))
	if _, err := p.Exec(ctx, ExecSpec{Args: []string{"prog", "true"}}, Options{}); engine.ClassOf(err) != engine.ClassCanceled {
		t.Errorf("exec with an ended context: %v", err)
	}
	if _, _, err := execIn(t, p, ExecSpec{Args: []string{"prog", "true"}}); err != nil {
		t.Errorf("exec afterwards: %v", err)
	}
}

func TestBeforeExecSeesTheProcess(t *testing.T) {
	seen := 0
	p, err := Start(t.Context(), testBundle(t, image(t), "true"), Options{BeforeExec: func(pid int) error {
		seen = pid
		_, err := os.Stat("/proc/self")
		return err
	}})
	if err != nil {
		t.Fatal(err)
	}
	if seen != p.Pid() {
		t.Errorf("pid %d, want %d", seen, p.Pid())
	}
	p.Wait()
}

func TestStepModeStopsBeforeEachStep(t *testing.T) {
	b := testBundle(t, image(t), "true")
	plan, err := Describe(b)
	mustDo(t, err)
	var asked, published []string
	_, ws, err := try(t, b, Options{
		Gate:  func(name string) error { asked = append(asked, name); return nil },
		Steps: func(s Step) { published = append(published, s.Name) },
	})
	if err != nil || ws != 0 {
		t.Fatal(ws, err)
	}
	var want []string
	for _, s := range plan {
		want = append(want, s.Name)
	}
	if !slices.Equal(asked, want) || !slices.Equal(published, want) {
		t.Errorf("asked for %q, published %q, described %q", asked, published, want)
	}
}

func TestExecAfterTheEnd(t *testing.T) {
	p, err := Start(t.Context(), testBundle(t, image(t), "true"), Options{})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := p.Wait(); err != nil {
		t.Fatal(err)
	}
	if _, err := p.Exec(t.Context(), ExecSpec{Args: []string{"prog", "true"}}, Options{}); engine.ClassOf(err) != engine.ClassConflict {
		t.Errorf("exec after the end: %v", err)
	}
}
