package runtime

import (
	"bytes"
	"context"
	"debug/elf"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"berth/engine"
	"berth/engine/enginetest/ability"
	"berth/engine/internal/bundle"
	"berth/engine/internal/caps"
	"berth/engine/internal/idmap"

	specs "github.com/opencontainers/runtime-spec/specs-go"
	"golang.org/x/sys/unix"
)

const passwd = "root:x:0:0:root:/root:/bin/sh\nweb:x:33:34:web:/srv:/bin/sh\n"
const group = "root:x:0:\nadm:x:4:web\nwww:x:34:\n"

// image makes a layer with the program and the usual directories.
func image(t testing.TB, prepare ...func(root string)) string {
	t.Helper()
	root := t.TempDir()
	for _, d := range []string{"bin", "etc", "proc", "sys", "dev", "tmp", "root"} {
		mustDo(t, os.Mkdir(filepath.Join(root, d), 0o755))
	}
	copyProgram(t, filepath.Join(root, inside))
	mustDo(t, os.WriteFile(root+"/etc/passwd", []byte(passwd), 0o644))
	mustDo(t, os.WriteFile(root+"/etc/group", []byte(group), 0o644))
	for _, f := range prepare {
		f(root)
	}
	return root
}

func copyProgram(t testing.TB, to string) {
	t.Helper()
	exe, err := os.Executable()
	mustDo(t, err)
	file, err := elf.Open(exe)
	mustDo(t, err)
	defer file.Close()
	if file.Section(".interp") != nil {
		t.Fatal("the test binary is also the containers' program and must be static: test with CGO_ENABLED=0")
	}
	if os.Link(exe, to) == nil {
		return
	}
	data, err := os.ReadFile(exe)
	mustDo(t, err)
	mustDo(t, os.WriteFile(to, data, 0o755))
}

func mustDo(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// testBundle is an ordinary container that runs prog with args.
func testBundle(t testing.TB, lower string, args ...string) *bundle.Bundle {
	t.Helper()
	ids, err := idmap.Detect()
	mustDo(t, err)
	if ids.Mode == idmap.Host {
		ability.Need(t, ability.Root, ability.Overlay)
	} else {
		ability.Need(t, ability.UserNS, ability.Overlay)
	}
	b, err := makeBundle(ids, lower, t.TempDir(), args...)
	mustDo(t, err)
	return b
}

// standIn is a process in the place of the shim: it starts a container, says its PID
// and waits to be killed.
func standIn(lower, dir string, init bool) int {
	ids, err := idmap.Detect()
	if err != nil {
		return 1
	}
	b, err := makeBundle(ids, lower, dir, "copy")
	if err != nil {
		return 1
	}
	b.Init = init
	r, _, err := os.Pipe()
	if err != nil {
		return 1
	}
	p, err := Start(context.Background(), b, Options{Stdin: r})
	if err != nil {
		fmt.Println(err)
		return 1
	}
	fmt.Println(p.Pid())
	p.Wait()
	return 0
}

func makeBundle(ids idmap.Mapping, lower, dir string, args ...string) (*bundle.Bundle, error) {
	for _, d := range []string{"upper", "work"} {
		if err := os.Mkdir(filepath.Join(dir, d), 0o755); err != nil {
			return nil, err
		}
	}
	kinds := []specs.LinuxNamespaceType{specs.PIDNamespace, specs.MountNamespace, specs.UTSNamespace, specs.IPCNamespace, specs.CgroupNamespace, specs.NetworkNamespace}
	var ns []specs.LinuxNamespace
	for _, k := range kinds {
		ns = append(ns, specs.LinuxNamespace{Type: k})
	}
	set := caps.Default()
	return &bundle.Bundle{
		Version: bundle.Version, ID: "test",
		Rootfs: bundle.Rootfs{Lower: []string{lower}, Upper: dir + "/upper", Work: dir + "/work", UserXattr: ids.Mode != idmap.Host},
		IDMap:  ids,
		Spec: &specs.Spec{
			Hostname: "box",
			Root:     &specs.Root{},
			Process: &specs.Process{
				Args: append([]string{inside}, args...), Cwd: "/",
				Env:          []string{"PATH=/bin", "A=1"},
				Capabilities: &specs.LinuxCapabilities{Bounding: set, Permitted: set, Effective: set},
			},
			Mounts: []specs.Mount{
				{Destination: "/proc", Type: "proc", Source: "proc", Options: []string{"nosuid", "noexec", "nodev"}},
				{Destination: "/dev", Type: "tmpfs", Source: "tmpfs", Options: []string{"nosuid", "strictatime", "mode=755", "size=65536k"}},
				{Destination: "/dev/pts", Type: "devpts", Source: "devpts", Options: []string{"nosuid", "noexec", "newinstance", "ptmxmode=0666", "mode=0620", "gid=5"}},
				{Destination: "/dev/mqueue", Type: "mqueue", Source: "mqueue", Options: []string{"nosuid", "noexec", "nodev"}},
				{Destination: "/dev/shm", Type: "tmpfs", Source: "shm", Options: []string{"nosuid", "noexec", "nodev", "mode=1777", "size=67108864"}},
				{Destination: "/sys", Type: "sysfs", Source: "sysfs", Options: []string{"nosuid", "noexec", "nodev", "ro"}},
				{Destination: "/sys/fs/cgroup", Type: "cgroup", Source: "cgroup", Options: []string{"nosuid", "noexec", "nodev", "ro"}},
			},
			Linux: &specs.Linux{
				Namespaces:    ns,
				MaskedPaths:   []string{"/proc/acpi", "/proc/interrupts", "/proc/kcore", "/proc/keys", "/proc/timer_list", "/proc/scsi", "/sys/firmware", "/proc/no-such"},
				ReadonlyPaths: []string{"/proc/bus", "/proc/fs", "/proc/irq", "/proc/sys", "/proc/sysrq-trigger"},
			},
		},
	}, nil
}

// run starts b with pipes and returns its output and status.
func run(t testing.TB, b *bundle.Bundle) (string, unix.WaitStatus) {
	t.Helper()
	out, ws, err := try(t, b, Options{})
	if err != nil {
		t.Fatalf("start: %v", err)
	}
	return out, ws
}

func try(t testing.TB, b *bundle.Bundle, o Options) (string, unix.WaitStatus, error) {
	t.Helper()
	r, w, err := os.Pipe()
	mustDo(t, err)
	defer r.Close()
	o.Stdout, o.Stderr = w, w
	p, err := Start(t.Context(), b, o)
	w.Close()
	if err != nil {
		return "", 0, err
	}
	out, err := io.ReadAll(r)
	mustDo(t, err)
	ws, err := p.Wait()
	mustDo(t, err)
	return string(out), ws, nil
}

func runFacts(t testing.TB, b *bundle.Bundle) facts {
	t.Helper()
	out, ws := run(t, b)
	if ws != 0 {
		t.Fatalf("status %v, output %q", ws, out)
	}
	return decode(t, out)
}

func decode(t testing.TB, out string) facts {
	t.Helper()
	var f facts
	if err := json.Unmarshal([]byte(out), &f); err != nil {
		t.Fatalf("%v: %q", err, out)
	}
	return f
}

func TestStartIsolates(t *testing.T) {
	var steps []Step
	b := testBundle(t, image(t), "facts", "/dev/null", "/dev/pts/ptmx", "/host-only")
	out, ws, err := try(t, b, Options{Steps: func(s Step) { steps = append(steps, s) }})
	if err != nil {
		t.Fatal(err)
	}
	if ws != 0 {
		t.Fatal(ws, out)
	}
	f := decode(t, out)
	if f.Pid != 1 || f.UID != 0 || f.Hostname != "box" || f.Cwd != "/" || f.SID != 1 {
		t.Errorf("facts %+v", f)
	}
	for ns, id := range f.Namespaces {
		host, err := os.Readlink("/proc/self/ns/" + ns)
		mustDo(t, err)
		if ns == "user" && b.IDMap.Mode == idmap.Host {
			continue
		}
		if id == host {
			t.Errorf("namespace %s is the host's", ns)
		}
	}
	checkDescriptors(t, f)
	if !f.Names["/dev/null"] || !f.Names["/dev/pts/ptmx"] || f.Names["/host-only"] {
		t.Errorf("names %v", f.Names)
	}
	if !slices.Contains(f.Env, "HOME=/root") || !slices.Contains(f.Env, "HOSTNAME=box") || !slices.Contains(f.Env, "A=1") {
		t.Errorf("environment %q", f.Env)
	}
	if !f.Loopback {
		t.Error("loopback is down")
	}
	if len(steps) < 15 || steps[0].Name != "clone" || steps[len(steps)-1].Name != "exec" {
		t.Errorf("%d steps", len(steps))
	}
	for _, s := range steps {
		data, err := json.Marshal(s.Data)
		if err != nil || s.Err != nil || s.Explain == "" || bytes.Contains(data, []byte("syscall ")) {
			t.Errorf("step %q: %v %v %s", s.Name, err, s.Err, data)
		}
	}
}

// checkDescriptors reports descriptors inside above 2, but for those that the Go
// runtime of the program opens for itself.
func checkDescriptors(t *testing.T, f facts) {
	t.Helper()
	for fd, link := range f.FDs {
		if fd > "2" && !strings.HasPrefix(link, "anon_inode:[event") && !strings.HasPrefix(link, "/sys/fs/cgroup/") {
			t.Errorf("descriptor %s is open: %s", fd, link)
		}
	}
}

func TestExitStatus(t *testing.T) {
	lower := image(t)
	if _, ws := run(t, testBundle(t, lower, "exit", "42")); ws.ExitStatus() != 42 {
		t.Errorf("status %v", ws)
	}
}

func TestExecErrorsAreClassified(t *testing.T) {
	lower := image(t, func(root string) {
		mustDo(t, os.WriteFile(root+"/bin/text", []byte("hello"), 0o644))
		mustDo(t, os.WriteFile(root+"/bin/garbage", []byte("hello"), 0o755))
	})
	for _, tt := range []struct {
		arg   string
		class engine.Class
		text  string
	}{
		{"nope", engine.ClassCommandNotFound, `exec: "nope": executable file not found in $PATH`},
		{"/nope", engine.ClassCommandNotFound, `exec: "/nope": stat /nope: no such file or directory`},
		{"/bin/text", engine.ClassCommandNotInvokable, `exec: "/bin/text": permission denied`},
		{"/bin", engine.ClassCommandNotInvokable, `exec: "/bin": permission denied`},
		{"garbage", engine.ClassCommandNotInvokable, `exec: "garbage": exec format error`},
	} {
		b := testBundle(t, lower)
		b.Spec.Process.Args = []string{tt.arg}
		_, _, err := try(t, b, Options{})
		if engine.ClassOf(err) != tt.class || err.Error() != tt.text {
			t.Errorf("%s: %v (%v)", tt.arg, err, engine.ClassOf(err))
		}
	}
}
