package archive

import (
	"archive/tar"
	"bytes"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"

	"berth/engine"

	"golang.org/x/sys/unix"
)

// Whatever a tar names, nothing outside changes.
func TestEvilTars(t *testing.T) {
	each(t, func(t *testing.T, r *Root, host string) {
		canary := filepath.Join(host, "canary")
		if err := os.WriteFile(canary, []byte("alive"), 0o666); err != nil {
			t.Fatal(err)
		}
		link := func(name, target string) tar.Header {
			return tar.Header{Typeflag: tar.TypeSymlink, Name: name, Linkname: target}
		}
		file := func(name string) tar.Header { return tar.Header{Name: name, PAXRecords: content("dead")} }
		for name, entries := range map[string][]tar.Header{
			"dots":                  {file("../../../../../../../.." + canary)},
			"dots inside":           {file("a/../../../../../../../.." + canary)},
			"absolute":              {file(canary)},
			"link to directory":     {link("l", host), file("l/canary")},
			"link to file":          {link("canary", canary), file("canary")},
			"relative link":         {link("l", "../../../../../../../.."+host), file("l/canary")},
			"link chain":            {link("a", host), link("b", "a"), file("b/canary")},
			"hard link outside":     {{Typeflag: tar.TypeLink, Name: "h", Linkname: canary}, file("h")},
			"hard link by dots":     {{Typeflag: tar.TypeLink, Name: "h", Linkname: "../../../../../.." + canary}},
			"hard link over a link": {link("l", host), {Typeflag: tar.TypeLink, Name: "h", Linkname: "l/canary"}},
			"the directory itself":  {link(".", host), file("canary")},
			"proc":                  {link("l", "/proc/self/root"), file("l" + canary)},
			"magic link":            {link("l", "/proc/self/cwd"), file("l/canary")},
			"directory over link":   {link("l", host), {Typeflag: tar.TypeDir, Name: "l/", Mode: 0o777}, file("l/canary")},
			"device number":         {{Typeflag: tar.TypeChar, Name: "d", Devmajor: 1 << 20, Devminor: 3}},
		} {
			err := r.Untar(t.Context(), "/etc", bytes.NewReader(makeTar(t, entries...)), engine.CopyToOptions{})
			if err != nil && engine.ClassOf(err) == engine.ClassUnknown {
				t.Errorf("%s: error without a class: %v", name, err)
			}
			if got, err := os.ReadFile(canary); err != nil || string(got) != "alive" {
				t.Fatalf("%s: the host's file is %q, %v", name, got, err)
			}
			if entries, err := os.ReadDir(host); err != nil || len(entries) != 1 {
				t.Fatalf("%s: the host's directory holds %v, %v", name, entries, err)
			}
		}
		for name, data := range map[string][]byte{"garbage": bytes.Repeat([]byte("x"), 2000), "cut off": makeTar(t, file("f"))[:514]} {
			if err := r.Untar(t.Context(), "/etc", bytes.NewReader(data), engine.CopyToOptions{}); engine.ClassOf(err) != engine.ClassInvalid {
				t.Errorf("%s: %v", name, err)
			}
		}
	})
}

// A process in the container swaps a directory with links to the host's while copies
// go in and out: the host's file is neither changed nor read.
func TestSwapper(t *testing.T) {
	for _, m := range mappings(t) {
		t.Run(string(m.Mode), func(t *testing.T) {
			dir := tempDir(t)
			root, host := filepath.Join(dir, "root"), filepath.Join(dir, "host")
			fill(t, root)
			mkdir(t, root+"/a/d")
			mkdir(t, host+"/d")
			canary := filepath.Join(host, "d/secret")
			if err := errors.Join(os.WriteFile(canary, []byte("host's"), 0o644), os.WriteFile(root+"/a/d/secret", []byte("inner"), 0o644),
				os.Symlink("../../../../../../.."+host, root+"/b"), os.Symlink(canary, root+"/a/d/other")); err != nil {
				t.Fatal(err)
			}
			r := open(t, Target{Pid: start(t, root, m), IDMap: m, Worker: worker})
			var stop atomic.Bool
			done := make(chan int)
			go func() {
				n := 0
				for !stop.Load() {
					for _, pair := range [][2]string{{"a", "b"}, {"a/d/secret", "a/d/other"}} {
						swap(filepath.Join(root, pair[0]), filepath.Join(root, pair[1]))
						n++
					}
				}
				done <- n
			}()
			rounds := 300
			if r.remote() {
				rounds = 40 // each starts a worker
			}
			for range rounds {
				var b bytes.Buffer
				if err := r.Tar(t.Context(), "/a", &b); err == nil && strings.Contains(listing(t, b.Bytes()), "host's") {
					t.Error("the host's file was copied out")
				}
				data := makeTar(t, tar.Header{Name: "d/secret", PAXRecords: content("from outside")})
				r.Untar(t.Context(), "/a", bytes.NewReader(data), engine.CopyToOptions{}) //nolint:errcheck // often in vain
			}
			stop.Store(true)
			if n := <-done; n < 10 {
				t.Errorf("only %d swaps took place", n)
			}
			if got, err := os.ReadFile(canary); err != nil || string(got) != "host's" {
				t.Errorf("the host's file is %q, %v", got, err)
			}
		})
	}
}

// swap exchanges two names atomically.
func swap(a, b string) {
	unix.Renameat2(unix.AT_FDCWD, a, unix.AT_FDCWD, b, unix.RENAME_EXCHANGE) //nolint:errcheck // the next round tries again
}
