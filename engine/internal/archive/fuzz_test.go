package archive

import (
	"archive/tar"
	"bytes"
	"os"
	"path/filepath"
	"testing"

	"berth/engine"
)

// Whatever bytes come as a tar, nothing outside the root changes, and an error that
// is the tar's fault says so.
func FuzzUntar(f *testing.F) {
	for _, entries := range [][]tar.Header{
		{{Name: "a/b", PAXRecords: content("x")}},
		{{Typeflag: tar.TypeSymlink, Name: "l", Linkname: "/host"}, {Name: "l/canary", PAXRecords: content("x")}},
		{{Typeflag: tar.TypeLink, Name: "h", Linkname: "../host/canary"}},
		{{Typeflag: tar.TypeDir, Name: "./", Mode: 0}, {Typeflag: tar.TypeFifo, Name: "p"}},
		{{Typeflag: tar.TypeChar, Name: "c", Devmajor: 1, Devminor: 3}},
	} {
		var b bytes.Buffer
		w := tar.NewWriter(&b)
		for _, h := range entries {
			h.Size, h.PAXRecords = int64(len(h.PAXRecords["content"])), nil
			if err := w.WriteHeader(&h); err != nil {
				f.Fatal(err)
			}
			w.Write(make([]byte, h.Size)) //nolint:errcheck // a buffer takes all
		}
		if err := w.Close(); err != nil {
			f.Fatal(err)
		}
		f.Add(b.Bytes())
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		dir := t.TempDir()
		host, inside := filepath.Join(dir, "host"), filepath.Join(dir, "root")
		mkdir(t, host)
		mkdir(t, inside+"/dest")
		if err := os.WriteFile(host+"/canary", []byte("alive"), 0o644); err != nil {
			t.Fatal(err)
		}
		root, err := openPath(inside)
		if err != nil {
			t.Fatal(err)
		}
		defer root.Close()
		err = untar(t.Context(), root, "/dest", bytes.NewReader(data), engine.CopyToOptions{}, os.Geteuid() != 0)
		if err != nil && bytes.Contains([]byte(err.Error()), []byte("malicious")) && engine.ClassOf(err) != engine.ClassInvalid {
			t.Errorf("class of %v is %v", err, engine.ClassOf(err))
		}
		if got, err := os.ReadFile(host + "/canary"); err != nil || string(got) != "alive" {
			t.Errorf("the host's file is %q, %v", got, err)
		}
		for _, d := range []string{dir, host} {
			if entries, err := os.ReadDir(d); err != nil || len(entries) != map[string]int{dir: 2, host: 1}[d] {
				t.Errorf("%s holds %v, %v", d, entries, err)
			}
		}
		os.Chmod(inside+"/dest", 0o755) //nolint:errcheck // for the removal
	})
}
