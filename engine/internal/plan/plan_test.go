package plan

import (
	"errors"
	"io"
	"os"
	"path/filepath"
	"testing"

	"golang.org/x/sys/unix"
)

func wait(t *testing.T, c *Child) unix.WaitStatus {
	t.Helper()
	var ws unix.WaitStatus
	if _, err := unix.Wait4(c.Pid, &ws, 0, nil); err != nil {
		t.Fatal(err)
	}
	c.Pidfd.Close()
	c.Close()
	return ws
}

func TestForkRunsCallsAndExits(t *testing.T) {
	dir := t.TempDir()
	p := &Plan{}
	p.Step("make", "", "", nil)
	fd := p.Slot("dir")
	p.Call(unix.SYS_OPENAT, unix.AT_FDCWD, dir, unix.O_PATH).To(fd)
	p.Call(unix.SYS_MKDIRAT, fd, "a", 0o755)
	p.Call(unix.SYS_MKDIRAT, fd, "a", 0o755).Ignore(uintptr(unix.EEXIST))
	p.Call(unix.SYS_EXIT_GROUP, 7)
	c, err := p.Fork(0)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := c.Next(); err != io.EOF {
		t.Fatalf("Next: %v, want EOF", err)
	}
	if ws := wait(t, c); ws.ExitStatus() != 7 {
		t.Errorf("exit status %d, want 7", ws.ExitStatus())
	}
	if _, err := os.Stat(filepath.Join(dir, "a")); err != nil {
		t.Error(err)
	}
}

func TestFailureNamesStepCallAndErrno(t *testing.T) {
	p := &Plan{}
	p.Step("first", "", "", nil)
	p.Step("second", `make "x"`, "", nil)
	p.Call(unix.SYS_MKDIRAT, unix.AT_FDCWD, "/", 0o755)
	c, err := p.Fork(0)
	if err != nil {
		t.Fatal(err)
	}
	_, err = c.Next()
	var f *Failure
	if !errors.As(err, &f) || f.Step.Name != "second" || !errors.Is(err, unix.EEXIST) {
		t.Errorf("Next: %v, want a failure of step second with EEXIST", err)
	}
	if err != nil && err.Error() != `make "x": mkdirat: file exists` {
		t.Errorf("text %q", err)
	}
	if ws := wait(t, c); ws.ExitStatus() != exitFailed {
		t.Errorf("exit status %d", ws.ExitStatus())
	}
}

func TestMakePath(t *testing.T) {
	tests := []struct {
		name, path string
		dir        bool
		links      map[string]string
		want       string // path below root that must exist afterwards
		errno      error
	}{
		{name: "missing directories", path: "/a/b/c", dir: true, want: "a/b/c"},
		{name: "missing file", path: "a/b/f", want: "a/b/f"},
		{name: "root itself", path: "/", dir: true, want: "."},
		{name: "dot dot stays inside", path: "/../../x/y", dir: true, want: "x/y"},
		{name: "dangling relative link", path: "/etc/resolv.conf", links: map[string]string{"etc/resolv.conf": "../run/systemd/stub"}, want: "run/systemd/stub"},
		{name: "dangling absolute link in the middle", path: "/v/run/x", dir: true, links: map[string]string{"v": "/var/v"}, want: "var/v/run/x"},
		{name: "link out of the root", path: "/esc/x", dir: true, links: map[string]string{"esc": "../../../../../../../../esc-target"}, want: "esc-target/x"},
		{name: "loop", path: "/l/x", dir: true, links: map[string]string{"l": "l"}, errno: unix.ELOOP},
		{name: "dangling loop", path: "/l/x", dir: true, links: map[string]string{"l": "m", "m": "l/no"}, errno: unix.ELOOP},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			root := t.TempDir()
			for name, target := range tt.links {
				if err := os.MkdirAll(filepath.Dir(filepath.Join(root, name)), 0o755); err != nil {
					t.Fatal(err)
				}
				if err := os.Symlink(target, filepath.Join(root, name)); err != nil {
					t.Fatal(err)
				}
			}
			p := &Plan{}
			p.Step("make path", "", "", nil)
			rootFd, to := p.Slot("root"), p.Slot("to")
			p.Call(unix.SYS_OPENAT, unix.AT_FDCWD, root, unix.O_PATH).To(rootFd)
			p.MakePath(rootFd, tt.path, tt.dir, to)
			p.Call(unix.SYS_EXIT_GROUP, 0)
			c, err := p.Fork(0)
			if err != nil {
				t.Fatal(err)
			}
			_, err = c.Next()
			wait(t, c)
			if tt.errno != nil {
				if !errors.Is(err, tt.errno) {
					t.Fatalf("error %v, want %v", err, tt.errno)
				}
				return
			}
			if err != io.EOF {
				t.Fatal(err)
			}
			st, err := os.Lstat(filepath.Join(root, tt.want))
			if err != nil {
				t.Fatal(err)
			}
			if st.IsDir() != tt.dir {
				t.Errorf("%s: directory %v, want %v", tt.want, st.IsDir(), tt.dir)
			}
		})
	}
}

func TestGateCarriesDataAndDescriptorsBothWays(t *testing.T) {
	r, w, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	p := &Plan{}
	p.Step("talk", "", "", nil)
	p.KeepOnly()
	fd, got, status := p.Slot("dir"), p.Slot("pipe"), p.Slot("status")
	p.Call(unix.SYS_OPENAT, unix.AT_FDCWD, "/proc", unix.O_PATH).To(fd)
	words := make([]byte, 4)
	in := p.Gate("hello", []Slot{fd}, fd, words)
	p.Load(got, in)
	p.Call(unix.SYS_WRITE, got, words, 4)
	p.Call(unix.SYS_EXIT_GROUP, status)
	c, err := p.Fork(0)
	if err != nil {
		t.Fatal(err)
	}
	m, err := c.Next()
	if err != nil {
		t.Fatal(err)
	}
	if m.Name != "hello" || len(m.Files) != 1 || m.Value == 0 {
		t.Fatalf("message %+v", m)
	}
	var st unix.Statfs_t
	if err := unix.Fstatfs(int(m.Files[0].Fd()), &st); err != nil || st.Type != unix.PROC_SUPER_MAGIC {
		t.Errorf("descriptor received is not /proc: %v %#x", err, st.Type)
	}
	m.Files[0].Close()
	if err := c.Reply([]byte("data"), w); err != nil {
		t.Fatal(err)
	}
	w.Close()
	text, err := io.ReadAll(r)
	if string(text) != "data" {
		t.Errorf("child wrote %q, %v", text, err)
	}
	if _, err := c.Next(); err != io.EOF {
		t.Error(err)
	}
	wait(t, c)
	if b := c.plan.Calls(0); len(b) == 0 {
		t.Error("no calls shown")
	}
}

func TestGateEndsChildWhenParentIsGone(t *testing.T) {
	p := &Plan{}
	p.Step("wait", "", "", nil)
	p.Gate("g", nil, -1)
	p.Call(unix.SYS_EXIT_GROUP, 0)
	c, err := p.Fork(0)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := c.Next(); err != nil {
		t.Fatal(err)
	}
	c.Close()
	if ws := wait(t, c); ws.ExitStatus() != exitFailed {
		t.Errorf("exit status %d", ws.ExitStatus())
	}
}

func TestExecSearch(t *testing.T) {
	dir := t.TempDir()
	denied := filepath.Join(dir, "denied")
	if err := os.WriteFile(denied, []byte("x"), 0o644); err != nil {
		t.Fatal(err)
	}
	bad := filepath.Join(dir, "bad")
	if err := os.WriteFile(bad, []byte("not a program"), 0o755); err != nil {
		t.Fatal(err)
	}
	for _, tt := range []struct {
		name       string
		candidates []string
		want       error
	}{
		{"missing", []string{dir + "/no", "/dev/null/no"}, unix.ENOENT},
		{"denied wins over missing", []string{denied, dir + "/no"}, unix.EACCES},
		{"not a program", []string{dir + "/no", bad}, unix.ENOEXEC},
		{"found", []string{dir + "/no", denied, "/proc/self/exe"}, io.EOF},
	} {
		t.Run(tt.name, func(t *testing.T) {
			p := &Plan{}
			p.Step("exec", "", "", nil)
			p.Exec(tt.candidates, NewStrings([]string{"x", "-test.list=^$"}), NewStrings(nil))
			c, err := p.Fork(0)
			if err != nil {
				t.Fatal(err)
			}
			if _, err := c.Next(); !errors.Is(err, tt.want) {
				t.Errorf("error %v, want %v", err, tt.want)
			}
			wait(t, c)
		})
	}
}

func BenchmarkForkExit(b *testing.B) {
	for b.Loop() {
		p := &Plan{}
		p.Step("exit", "", "", nil)
		p.Call(unix.SYS_EXIT_GROUP, 0)
		c, err := p.Fork(0)
		if err != nil {
			b.Fatal(err)
		}
		c.Next()
		unix.Wait4(c.Pid, nil, 0, nil)
		c.Pidfd.Close()
		c.Close()
	}
}
