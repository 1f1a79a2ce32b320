package hosttar

import (
	"archive/tar"
	"bytes"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

func tarOf(t *testing.T, headers ...tar.Header) *bytes.Buffer {
	t.Helper()
	var b bytes.Buffer
	w := tar.NewWriter(&b)
	for _, h := range headers {
		content := ""
		if h.Typeflag == tar.TypeReg {
			content = "content of " + h.Name
			h.Size = int64(len(content))
		}
		if h.Mode == 0 {
			h.Mode = 0o644
		}
		if err := w.WriteHeader(&h); err != nil {
			t.Fatal(err)
		}
		if _, err := w.Write([]byte(content)); err != nil {
			t.Fatal(err)
		}
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return &b
}

func file(name string) tar.Header { return tar.Header{Typeflag: tar.TypeReg, Name: name} }
func dir(name string) tar.Header {
	return tar.Header{Typeflag: tar.TypeDir, Name: name, Mode: 0o755}
}
func link(name, target string) tar.Header {
	return tar.Header{Typeflag: tar.TypeSymlink, Name: name, Linkname: target}
}
func hard(name, target string) tar.Header {
	return tar.Header{Typeflag: tar.TypeLink, Name: name, Linkname: target}
}

// tree lists what is below root, with the content of files.
func tree(t *testing.T, root string) string {
	t.Helper()
	var b strings.Builder
	err := filepath.WalkDir(root, func(p string, d fs.DirEntry, err error) error {
		if err != nil || p == root {
			return err
		}
		rel, _ := filepath.Rel(root, p)
		b.WriteString(rel)
		switch {
		case d.IsDir():
			b.WriteString("/")
		case d.Type()&fs.ModeSymlink != 0:
			target, _ := os.Readlink(p)
			b.WriteString(" -> " + target)
		default:
			data, err := os.ReadFile(p)
			if err != nil {
				return err
			}
			b.WriteString(": " + string(data))
		}
		b.WriteString("\n")
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return b.String()
}

func TestUnpackRenames(t *testing.T) {
	entries := []tar.Header{dir("app/"), file("app/a"), dir("app/sub"), file("app/sub/b"), link("app/l", "a"), hard("app/h", "app/a")}
	for _, c := range []struct{ to, want string }{
		{"app", "app/\napp/a: content of app/a\napp/h: content of app/a\napp/l -> a\napp/sub/\napp/sub/b: content of app/sub/b\n"},
		{"new", "new/\nnew/a: content of app/a\nnew/h: content of app/a\nnew/l -> a\nnew/sub/\nnew/sub/b: content of app/sub/b\n"},
		{".", "a: content of app/a\nh: content of app/a\nl -> a\nsub/\nsub/b: content of app/sub/b\n"},
	} {
		root := t.TempDir()
		if _, err := Unpack(tarOf(t, entries...), root, UnpackOptions{Rebase: Rebase{To: c.to}}); err != nil {
			t.Errorf("to %q: %v", c.to, err)
		}
		if got := tree(t, root); got != c.want {
			t.Errorf("to %q:\n%s\nwant:\n%s", c.to, got, c.want)
		}
	}
}

// TestUnpackStaysInside unpacks tars that try to leave the directory, beside a canary.
func TestUnpackStaysInside(t *testing.T) {
	for name, entries := range map[string][]tar.Header{
		"dot dot":                 {dir("x"), file("x/../../canary")},
		"dot dot at the top":      {file("../canary")},
		"absolute":                {dir("x"), file("/canary")},
		"write through a link":    {dir("x"), link("x/l", ".."), file("x/l/../canary")},
		"link to the parent":      {dir("x"), link("x/l", "../.."), file("x/l/canary")},
		"absolute link":           {dir("x"), link("x/l", "CANARYDIR"), file("x/l/canary")},
		"hard link outside":       {dir("x"), hard("x/h", "../canary")},
		"hard link through":       {dir("x"), link("x/l", "CANARYDIR"), hard("x/h", "x/l/canary")},
		"top becomes a link":      {link("x", "CANARYDIR"), file("x/canary")},
		"directory over the link": {dir("x"), link("x/l", "CANARYDIR"), dir("x/l"), file("x/l/canary")},
	} {
		t.Run(name, func(t *testing.T) {
			outer := t.TempDir()
			canary := filepath.Join(outer, "canary")
			if err := os.WriteFile(canary, []byte("alive"), 0o600); err != nil {
				t.Fatal(err)
			}
			root := filepath.Join(outer, "in", "root")
			if err := os.MkdirAll(root, 0o755); err != nil {
				t.Fatal(err)
			}
			for i := range entries {
				entries[i].Linkname = strings.ReplaceAll(entries[i].Linkname, "CANARYDIR", outer)
			}
			_, _ = Unpack(tarOf(t, entries...), root, UnpackOptions{Rebase: Rebase{To: "x"}})
			if data, err := os.ReadFile(canary); err != nil || string(data) != "alive" {
				t.Errorf("the canary is %q, %v", data, err)
			}
			info, err := os.Stat(canary)
			if err != nil || info.Mode().Perm() != 0o600 {
				t.Errorf("the canary has mode %v, %v", info.Mode(), err)
			}
			if list, _ := os.ReadDir(filepath.Join(outer, "in")); len(list) != 1 {
				t.Errorf("something was made beside the target: %v", list)
			}
		})
	}
}

func TestUnpackKinds(t *testing.T) {
	root := t.TempDir()
	if err := os.Mkdir(filepath.Join(root, "d"), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(root, "f"), []byte("old"), 0o644); err != nil {
		t.Fatal(err)
	}
	if _, err := Unpack(tarOf(t, file("d")), root, UnpackOptions{Rebase: Rebase{To: "d"}}); err == nil {
		t.Error("a file replaced a directory")
	}
	if _, err := Unpack(tarOf(t, dir("f")), root, UnpackOptions{Rebase: Rebase{To: "f"}}); err == nil {
		t.Error("a directory replaced a file")
	}
	when := time.Date(2020, 1, 2, 3, 4, 5, 0, time.UTC)
	h := file("f")
	h.Mode, h.ModTime = 0o4755, when
	var skipped []string
	n, err := Unpack(tarOf(t, h, tar.Header{Typeflag: tar.TypeChar, Name: "f/null"}), root,
		UnpackOptions{Rebase: Rebase{To: "f"}, Skipped: func(name string) { skipped = append(skipped, name) }})
	if err == nil {
		t.Error("a device below a file was accepted")
	}
	info, statErr := os.Stat(filepath.Join(root, "f"))
	if statErr != nil || info.Mode() != 0o755 || !info.ModTime().Equal(when) || n != int64(len("content of f")) {
		t.Errorf("f is %v of %v, %d bytes, %v: set-id bits must go, the time must stay", info.Mode(), info.ModTime(), n, statErr)
	}
	if _, err := Unpack(tarOf(t, dir("dev"), tar.Header{Typeflag: tar.TypeChar, Name: "dev/null"}), root,
		UnpackOptions{Rebase: Rebase{To: "dev"}, Skipped: func(name string) { skipped = append(skipped, name) }}); err != nil || len(skipped) != 1 {
		t.Errorf("device: %v, skipped %q", err, skipped)
	}
}

func TestPackRoundTrip(t *testing.T) {
	src := filepath.Join(t.TempDir(), "src")
	for _, d := range []string{"sub/empty", "ro"} {
		if err := os.MkdirAll(filepath.Join(src, d), 0o755); err != nil {
			t.Fatal(err)
		}
	}
	for name, text := range map[string]string{"a": "one", "sub/b": "two", "ro/c": "three"} {
		if err := os.WriteFile(filepath.Join(src, name), []byte(text), 0o640); err != nil {
			t.Fatal(err)
		}
	}
	if err := os.Symlink("../a", filepath.Join(src, "sub/l")); err != nil {
		t.Fatal(err)
	}
	if err := os.Link(filepath.Join(src, "a"), filepath.Join(src, "z")); err != nil {
		t.Fatal(err)
	}
	if err := os.Chmod(filepath.Join(src, "ro"), 0o555); err != nil {
		t.Fatal(err)
	}
	root := t.TempDir()
	t.Cleanup(func() { // else only root could remove them
		_ = os.Chmod(filepath.Join(src, "ro"), 0o755)
		_ = os.Chmod(filepath.Join(root, "copy/ro"), 0o755)
	})
	var b bytes.Buffer
	if err := Pack(&b, src, "copy"); err != nil {
		t.Fatal(err)
	}
	if _, err := Unpack(&b, root, UnpackOptions{Rebase: Rebase{To: "copy"}}); err != nil {
		t.Fatal(err)
	}
	if got, want := tree(t, filepath.Join(root, "copy")), tree(t, src); got != want {
		t.Errorf("got:\n%s\nwant:\n%s", got, want)
	}
	a, _ := os.Stat(filepath.Join(root, "copy/a"))
	z, _ := os.Stat(filepath.Join(root, "copy/z"))
	if !os.SameFile(a, z) {
		t.Error("two names of one file became two files")
	}
	if info, _ := os.Stat(filepath.Join(root, "copy/ro")); info.Mode().Perm() != 0o555 {
		t.Errorf("mode %v", info.Mode())
	}
}
