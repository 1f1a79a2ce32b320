package archive

import (
	"archive/tar"
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"berth/engine"
	"berth/engine/enginetest/ability"
	"berth/engine/internal/idmap"
)

// TestMain lets this binary be a worker, and a container's program.
func TestMain(m *testing.M) {
	switch os.Args[0] {
	case "archive-worker":
		os.Exit(WorkerMain(os.Args[1:]))
	case "archive-pause":
		if err := syscall.Chroot(os.Args[1]); err != nil {
			fmt.Println(err)
			os.Exit(1)
		}
		fmt.Println("inside")
		io.Copy(io.Discard, os.Stdin) //nolint:errcheck // until the test closes it
		os.Exit(0)
	}
	os.Exit(m.Run())
}

func worker(args ...string) (*exec.Cmd, error) {
	cmd := exec.Command("/proc/self/exe", args...)
	cmd.Args[0] = "archive-worker"
	return cmd, nil
}

// mappings returns the ones that this user can have: that of root, or Single and, where
// there are ranges, Ranges.
func mappings(t testing.TB) []idmap.Mapping {
	t.Helper()
	m, err := idmap.Detect()
	if err != nil {
		t.Skipf("missing ability: %s (%v)", ability.UserNS, err)
	}
	single := idmap.Mapping{Mode: idmap.Single,
		UIDs: []idmap.Range{{Host: uint32(os.Geteuid()), Size: 1}}, GIDs: []idmap.Range{{Host: uint32(os.Getegid()), Size: 1}}}
	if m.Mode == idmap.Single {
		return []idmap.Mapping{m}
	}
	return []idmap.Mapping{m, single}
}

// each runs f on a container that is stopped and on one that runs, for each mapping.
// The tree has a file /etc/motd and a link /lib to usr/lib; host is a directory
// outside of it.
func each(t *testing.T, f func(t *testing.T, r *Root, host string)) {
	for _, m := range mappings(t) {
		t.Run(string(m.Mode)+"/stopped", func(t *testing.T) {
			ability.Need(t, ability.Overlay)
			dir := tempDir(t)
			fill(t, filepath.Join(dir, "lower"))
			for _, d := range []string{"upper", "work", "host"} {
				mkdir(t, filepath.Join(dir, d))
			}
			f(t, open(t, Target{
				Lower: []string{filepath.Join(dir, "lower")}, Upper: filepath.Join(dir, "upper"), Work: filepath.Join(dir, "work"),
				UserXattr: m.Mode != idmap.Host, IDMap: m, Worker: worker,
			}), filepath.Join(dir, "host"))
		})
		t.Run(string(m.Mode)+"/running", func(t *testing.T) {
			dir := tempDir(t)
			root := filepath.Join(dir, "root")
			fill(t, root)
			mkdir(t, filepath.Join(dir, "host"))
			pid := start(t, root, m)
			f(t, open(t, Target{Pid: pid, IDMap: m, Worker: worker}), filepath.Join(dir, "host"))
		})
	}
}

// tempDir is t.TempDir for trees that hold files of other users, which need their
// own root to remove.
func tempDir(t *testing.T) string {
	t.Helper()
	dir, err := os.MkdirTemp("", "berth-archive-")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if os.RemoveAll(dir) == nil {
			return
		}
		if m, err := idmap.Detect(); err == nil {
			cmd := exec.Command("rm", "-rf", dir)
			if m.Start(cmd, 0) == nil {
				cmd.Wait() //nolint:errcheck // what is left is looked at
			}
		}
		if _, err := os.Stat(dir); err == nil {
			t.Errorf("%s is left", dir)
		}
	})
	return dir
}

func open(t *testing.T, target Target) *Root {
	t.Helper()
	r, err := Open(target)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := r.Close(); err != nil {
			t.Error(err)
		}
	})
	return r
}

func mkdir(t *testing.T, dir string) {
	t.Helper()
	if err := os.MkdirAll(dir, 0o755); err != nil {
		t.Fatal(err)
	}
}

func fill(t *testing.T, root string) {
	t.Helper()
	mkdir(t, root+"/etc")
	mkdir(t, root+"/usr/lib")
	if err := errors.Join(
		os.WriteFile(root+"/etc/motd", []byte("hello"), 0o644),
		os.WriteFile(root+"/usr/lib/libc", []byte("libc"), 0o755),
		os.Symlink("usr/lib", root+"/lib"),
		os.Link(root+"/etc/motd", root+"/etc/motd.2"),
	); err != nil {
		t.Fatal(err)
	}
}

// start runs a program whose root is root, in a user namespace with the mapping.
func start(t *testing.T, root string, m idmap.Mapping) int {
	t.Helper()
	cmd := exec.Command("/proc/self/exe", root)
	cmd.Args[0] = "archive-pause"
	in, err := cmd.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := m.Start(cmd, syscall.CLONE_NEWNS); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		in.Close()
		if err := cmd.Wait(); err != nil {
			t.Error(err)
		}
	})
	if said, err := bufio.NewReader(out).ReadString('\n'); said != "inside\n" {
		t.Fatalf("container's process: %q, %v", said, err)
	}
	return cmd.Process.Pid
}

// listing returns the entries of a tar, one a line: type, name, link or content.
func listing(t *testing.T, data []byte) string {
	t.Helper()
	var out []string
	for in := tar.NewReader(bytes.NewReader(data)); ; {
		h, err := in.Next()
		if err == io.EOF {
			return strings.Join(out, "\n")
		}
		if err != nil {
			t.Fatal(err)
		}
		content, err := io.ReadAll(in)
		if err != nil {
			t.Fatal(err)
		}
		out = append(out, strings.TrimSpace(fmt.Sprintf("%c %s %s%s", h.Typeflag, h.Name, h.Linkname, content)))
	}
}

func take(t *testing.T, r *Root, path string) string {
	t.Helper()
	var b bytes.Buffer
	if err := r.Tar(t.Context(), path, &b); err != nil {
		t.Fatal(err)
	}
	return listing(t, b.Bytes())
}

func makeTar(t *testing.T, entries ...tar.Header) []byte {
	t.Helper()
	var b bytes.Buffer
	w := tar.NewWriter(&b)
	for _, h := range entries {
		content := h.PAXRecords["content"]
		h.PAXRecords = nil
		if h.Mode == 0 {
			h.Mode = 0o644
		}
		if h.Typeflag == 0 {
			h.Typeflag = tar.TypeReg
		}
		h.Size = int64(len(content))
		if err := w.WriteHeader(&h); err != nil {
			t.Fatal(err)
		}
		if _, err := io.WriteString(w, content); err != nil {
			t.Fatal(err)
		}
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

func content(s string) map[string]string { return map[string]string{"content": s} }

func TestTar(t *testing.T) {
	each(t, func(t *testing.T, r *Root, _ string) {
		for path, want := range map[string]string{
			"/etc":       "5 etc/\n0 etc/motd hello\n1 etc/motd.2 etc/motd",
			"etc/motd":   "0 motd hello",
			"/lib":       "2 lib usr/lib",
			"/lib/":      "5 lib/\n0 lib/libc libc",
			"/lib/libc":  "0 libc libc",
			"/../../etc": "5 etc/\n0 etc/motd hello\n1 etc/motd.2 etc/motd",
		} {
			if got := take(t, r, path); got != want {
				t.Errorf("Tar(%q):\n%s\nwant\n%s", path, got, want)
			}
		}
		if err := r.Tar(t.Context(), "/no/such", io.Discard); engine.ClassOf(err) != engine.ClassNotFound {
			t.Errorf("missing path: %v", err)
		}
	})
}

func TestStat(t *testing.T) {
	each(t, func(t *testing.T, r *Root, _ string) {
		st, err := r.Stat(t.Context(), "/etc/motd")
		if err != nil || st.Name != "motd" || st.Size != 5 || fs.FileMode(st.Mode) != 0o644 || time.Since(st.ModTime) > time.Hour {
			t.Errorf("motd: %+v, %v", st, err)
		}
		if st, err = r.Stat(t.Context(), "/lib"); err != nil || st.LinkTarget != "/usr/lib" || fs.FileMode(st.Mode)&fs.ModeSymlink == 0 {
			t.Errorf("lib: %+v, %v", st, err)
		}
		if st, err = r.Stat(t.Context(), "/"); err != nil || st.Name != "/" || !fs.FileMode(st.Mode).IsDir() {
			t.Errorf("root: %+v, %v", st, err)
		}
		if _, err = r.Stat(t.Context(), "/etc/motd/"); engine.ClassOf(err) != engine.ClassInvalid {
			t.Errorf("a file as directory: %v", err)
		}
	})
}

func TestUntar(t *testing.T) {
	each(t, func(t *testing.T, r *Root, _ string) {
		data := makeTar(t,
			tar.Header{Typeflag: tar.TypeDir, Name: "d/", Mode: 0o750, ModTime: time.Unix(1000, 0)},
			tar.Header{Name: "d/f", Mode: 0o4755, Uid: 77, PAXRecords: content("new"), ModTime: time.Unix(2000, 0)},
			tar.Header{Name: "d/deep/er/f", PAXRecords: content("implicit")},
			tar.Header{Typeflag: tar.TypeSymlink, Name: "d/l", Linkname: "/etc/motd"},
			tar.Header{Typeflag: tar.TypeLink, Name: "d/h", Linkname: "d/f"},
			tar.Header{Typeflag: tar.TypeFifo, Name: "d/p"},
			tar.Header{Name: "motd", PAXRecords: content("changed")},
		)
		if err := r.Untar(t.Context(), "/etc", bytes.NewReader(data), engine.CopyToOptions{}); err != nil {
			t.Fatal(err)
		}
		want := "5 d/\n5 d/deep/\n5 d/deep/er/\n0 d/deep/er/f implicit\n0 d/f new\n1 d/h d/f\n2 d/l /etc/motd\n6 d/p"
		if got := take(t, r, "/etc/d"); got != want {
			t.Errorf("unpacked:\n%s\nwant\n%s", got, want)
		}
		if got := take(t, r, "/etc/motd"); got != "0 motd changed" {
			t.Errorf("motd is %q", got)
		}
		if got := take(t, r, "/etc/motd.2"); got != "0 motd.2 hello" {
			t.Errorf("the old file's other name now is %q", got)
		}
		st, err := r.Stat(t.Context(), "/etc/d/f")
		if err != nil || fs.FileMode(st.Mode) != fs.ModeSetuid|0o755 || st.ModTime.Unix() != 2000 {
			t.Errorf("d/f: %+v, %v", st, err)
		}
		if st, err = r.Stat(t.Context(), "/etc/d"); err != nil || st.ModTime.Unix() != 1000 || fs.FileMode(st.Mode).Perm() != 0o750 {
			t.Errorf("d: %+v, %v", st, err)
		}
	})
}

func TestUntarOwners(t *testing.T) {
	each(t, func(t *testing.T, r *Root, _ string) {
		data := makeTar(t, tar.Header{Name: "f", Uid: 33, Gid: 34, PAXRecords: content("x")})
		// With one id only, the owner is at least not lost.
		if err := r.Untar(t.Context(), "/", bytes.NewReader(data), engine.CopyToOptions{KeepOwner: true}); err != nil {
			t.Fatal(err)
		}
		if uid, gid := owner(t, r, "/f"); uid != 33 || gid != 34 {
			t.Errorf("owner is %d:%d", uid, gid)
		}
		if err := r.Untar(t.Context(), "/", bytes.NewReader(data), engine.CopyToOptions{}); err != nil {
			t.Fatal(err)
		}
		if uid, gid := owner(t, r, "/f"); uid != 0 || gid != 0 {
			t.Errorf("without KeepOwner the owner is %d:%d", uid, gid)
		}
	})
}

func owner(t *testing.T, r *Root, path string) (int, int) {
	t.Helper()
	var b bytes.Buffer
	if err := r.Tar(t.Context(), path, &b); err != nil {
		t.Fatal(err)
	}
	h, err := tar.NewReader(&b).Next()
	if err != nil {
		t.Fatal(err)
	}
	return h.Uid, h.Gid
}

func TestUntarOverwriting(t *testing.T) {
	each(t, func(t *testing.T, r *Root, _ string) {
		file := makeTar(t, tar.Header{Name: "usr", PAXRecords: content("x")})
		dir := makeTar(t, tar.Header{Typeflag: tar.TypeDir, Name: "motd/", Mode: 0o755})
		no := engine.CopyToOptions{NoOverwriteDir: true}
		if err := r.Untar(t.Context(), "/", bytes.NewReader(file), no); engine.ClassOf(err) != engine.ClassConflict {
			t.Errorf("file over directory: %v", err)
		}
		if err := r.Untar(t.Context(), "/etc", bytes.NewReader(dir), no); engine.ClassOf(err) != engine.ClassConflict {
			t.Errorf("directory over file: %v", err)
		}
		if err := r.Untar(t.Context(), "/", bytes.NewReader(file), engine.CopyToOptions{}); err != nil {
			t.Errorf("file over directory, allowed: %v", err)
		}
		if err := r.Untar(t.Context(), "/etc", bytes.NewReader(dir), engine.CopyToOptions{}); err != nil {
			t.Errorf("directory over file, allowed: %v", err)
		}
		for path, class := range map[string]engine.Class{"/nowhere": engine.ClassNotFound, "/etc/motd.2": engine.ClassInvalid} {
			if err := r.Untar(t.Context(), path, bytes.NewReader(file), no); engine.ClassOf(err) != class {
				t.Errorf("Untar to %q: %v", path, err)
			}
		}
	})
}

func TestWriterErrorIsReturned(t *testing.T) {
	each(t, func(t *testing.T, r *Root, _ string) {
		want := errors.New("reader went away")
		if err := r.Tar(t.Context(), "/usr", failing{want}); !errors.Is(err, want) {
			t.Errorf("error is %v", err)
		}
	})
}

type failing struct{ err error }

func (f failing) Write([]byte) (int, error) { return 0, f.err }

func TestCanceled(t *testing.T) {
	each(t, func(t *testing.T, r *Root, _ string) {
		ctx, cancel := context.WithCancel(t.Context())
		cancel()
		if err := r.Tar(ctx, "/", io.Discard); engine.ClassOf(err) != engine.ClassCanceled {
			t.Errorf("error is %v", err)
		}
	})
}

func TestProcessIsGone(t *testing.T) {
	if _, err := Open(Target{Pid: 1 << 29}); engine.ClassOf(err) != engine.ClassNotFound {
		t.Errorf("error is %v", err)
	}
}
