package cli

import (
	"os"
	"path/filepath"
	"testing"

	"berth/engine"
)

func TestSplitCopyArg(t *testing.T) {
	for arg, want := range map[string][2]string{
		"web:/etc": {"web", "/etc"}, "/etc:x": {"", "/etc:x"}, "./a:b": {"", "./a:b"}, "../x:y": {"", "../x:y"}, "file": {"", "file"},
		"web:": {"web", ""}, "-": {"", "-"}, ":x": {"", ":x"}, "web:a:b": {"web", "a:b"},
	} {
		if id, p := splitCopyArg(arg); id != want[0] || p != want[1] {
			t.Errorf("splitCopyArg(%q) = %q, %q; want %q", arg, id, p, want)
		}
	}
}

// TestHostTarget goes through Docker's rules for what a copy is called on the host.
func TestHostTarget(t *testing.T) {
	dir := t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, "file"), nil, 0o600); err != nil {
		t.Fatal(err)
	}
	if err := os.Symlink("file", filepath.Join(dir, "link")); err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		dst             string
		isDir, contents bool
		dir, top        string
		class           engine.Class
	}{
		{dst: ".", dir: ".", top: "src"},
		{dst: ".", isDir: true, dir: ".", top: "src"},
		{dst: ".", isDir: true, contents: true, dir: ".", top: "."},
		{dst: "new", dir: "./", top: "new"},
		{dst: "new", isDir: true, dir: "./", top: "new"},
		{dst: "new/", isDir: true, dir: "./", top: "new"},
		{dst: "new/", class: engine.ClassNotFound},
		{dst: "file", dir: "./", top: "file"},
		{dst: "link", dir: "./", top: "file"},
		{dst: "file", isDir: true, class: engine.ClassConflict},
		{dst: "no/such", class: engine.ClassNotFound},
		{dst: "no/such", isDir: true, class: engine.ClassNotFound},
		{dst: "file/below", class: engine.ClassInvalid},
	} {
		t.Run(c.dst, func(t *testing.T) {
			t.Chdir(dir)
			got, top, err := (&App{}).hostTarget(c.dst, "src", c.isDir, c.contents)
			if err != nil {
				if engine.ClassOf(err) != c.class {
					t.Errorf("error %v of class %v, want %v", err, engine.ClassOf(err), c.class)
				}
				return
			}
			if filepath.Clean(got) != filepath.Clean(c.dir) || top != c.top || c.class != 0 {
				t.Errorf("got %q, %q; want %q, %q", got, top, c.dir, c.top)
			}
		})
	}
}

func TestContainerTarget(t *testing.T) {
	for _, c := range []struct {
		target, dst                               string
		srcIsDir, contents, exists, dstIsDir, bad bool
		dir, top                                  string
	}{
		{target: "/srv", dst: "/srv", exists: true, dstIsDir: true, dir: "/srv", top: "src"},
		{target: "/srv", dst: "/srv", exists: true, dstIsDir: true, srcIsDir: true, contents: true, dir: "/srv", top: "."},
		{target: "/a", dst: "/a", exists: true, dir: "/", top: "a"},
		{target: "/a", dst: "/a", exists: true, srcIsDir: true, bad: true},
		{target: "/new", dst: "/new", dir: "/", top: "new"},
		{target: "/x/new", dst: "/x/new/", srcIsDir: true, dir: "/x", top: "new"},
		{target: "/new", dst: "/new/", bad: true},
	} {
		dir, top, err := containerTarget(c.target, c.dst, "src", c.srcIsDir, c.contents, c.exists, c.dstIsDir)
		if (err != nil) != c.bad || dir != c.dir || top != c.top {
			t.Errorf("%+v: got %q, %q, %v", c, dir, top, err)
		}
	}
}

func TestCopyThroughTheEngine(t *testing.T) {
	b := newBench(t)
	b.must("pull", "-q", "toolbox")
	b.must("create", "--name", "box", "toolbox")
	dir := t.TempDir()
	src := filepath.Join(dir, "src")
	if err := os.WriteFile(src, []byte("hello"), 0o640); err != nil {
		t.Fatal(err)
	}
	b.must("cp", src, "box:/tmp")
	b.must("cp", "box:/tmp/src", filepath.Join(dir, "back"))
	if data, err := os.ReadFile(filepath.Join(dir, "back")); err != nil || string(data) != "hello" {
		t.Errorf("came back as %q, %v", data, err)
	}
	for _, args := range [][]string{
		{"cp", "box:/nonesuch", dir}, {"cp", "nonesuch:/x", dir}, {"cp", filepath.Join(dir, "nonesuch"), "box:/"}, {"cp", "box:", dir},
	} {
		if code, out, errs := b.run(args...); code != 1 || errs == "" {
			t.Errorf("%v: code %d, %q, %q", args, code, out, errs)
		}
	}
}
