package user

import (
	"os"
	"path/filepath"
	"testing"

	"berth/engine"

	"github.com/google/go-cmp/cmp"
	"golang.org/x/sys/unix"
)

const passwd = `# comment
root:x:0:0:root:/root:/bin/sh
web:x:33:34:web:/srv/www:/bin/false
broken:x:abc:0::/:
short:x
huge:x:99999999999:0::/:
`

const group = `root:x:0:
www:x:34:
adm:x:4:web,root
disk:x:6:root
disk2:x:6:root
`

func tree(t *testing.T, prepare func(etc string)) *os.File {
	t.Helper()
	dir := t.TempDir()
	etc := filepath.Join(dir, "etc")
	if err := os.Mkdir(etc, 0o755); err != nil {
		t.Fatal(err)
	}
	prepare(etc)
	f, err := os.Open(dir)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { f.Close() })
	return f
}

func write(t *testing.T, name, text string) {
	t.Helper()
	if err := os.WriteFile(name, []byte(text), 0o644); err != nil {
		t.Fatal(err)
	}
}

func TestLookup(t *testing.T) {
	root := tree(t, func(etc string) {
		write(t, etc+"/passwd", passwd)
		write(t, etc+"/group", group)
	})
	for _, tt := range []struct {
		spec  string
		want  User
		class engine.Class
	}{
		{spec: "", want: User{0, 0, []uint32{0, 4, 6}, "/root", "root"}},
		{spec: "root", want: User{0, 0, []uint32{0, 4, 6}, "/root", "root"}},
		{spec: "web", want: User{33, 34, []uint32{34, 4}, "/srv/www", "web"}},
		{spec: "33", want: User{33, 34, []uint32{34, 4}, "/srv/www", "web"}},
		{spec: "web:disk", want: User{33, 6, []uint32{6}, "/srv/www", "web"}},
		{spec: "1000", want: User{1000, 0, []uint32{0}, "/", ""}},
		{spec: "1000:1001", want: User{1000, 1001, []uint32{1001}, "/", ""}},
		{spec: "2147483647:5", want: User{2147483647, 5, []uint32{5}, "/", ""}},
		{spec: "nobody", class: engine.ClassInvalid},
		{spec: "web:nogroup", class: engine.ClassInvalid},
		{spec: "4294967296", class: engine.ClassInvalid},
		{spec: "2147483648", class: engine.ClassInvalid},
		{spec: "-1", class: engine.ClassInvalid},
		{spec: "0:4294967296", class: engine.ClassInvalid},
		{spec: "1000:", class: engine.ClassInvalid},
		{spec: ":5", class: engine.ClassInvalid},
		{spec: "broken", class: engine.ClassInvalid},
		{spec: "huge", class: engine.ClassInvalid},
	} {
		got, err := Lookup(root, tt.spec)
		if engine.ClassOf(err) != tt.class || (err != nil) != (tt.class != 0) {
			t.Errorf("Lookup(%q): error %v, want class %v", tt.spec, err, tt.class)
			continue
		}
		if diff := cmp.Diff(tt.want, got); err == nil && diff != "" {
			t.Errorf("Lookup(%q): %s", tt.spec, diff)
		}
	}
}

func TestLookupInHostileImages(t *testing.T) {
	for _, tt := range []struct {
		name    string
		prepare func(etc string)
		class   engine.Class
	}{
		{"no files", func(string) {}, 0},
		{"fifo", func(etc string) { unix.Mkfifo(etc+"/passwd", 0o644) }, engine.ClassIntegrity},
		{"directory", func(etc string) { os.Mkdir(etc+"/passwd", 0o755) }, engine.ClassIntegrity},
		{"sparse 5 GB group", func(etc string) {
			write(t, etc+"/group", "")
			os.Truncate(etc+"/group", 5<<30)
		}, engine.ClassIntegrity},
		{"link out of the root finds nothing", func(etc string) {
			outside := filepath.Join(t.TempDir(), "passwd")
			write(t, outside, "root:x:7:7::/outside:\n")
			os.Symlink(outside, etc+"/passwd")
		}, 0},
	} {
		t.Run(tt.name, func(t *testing.T) {
			u, err := Lookup(tree(t, tt.prepare), "0")
			if engine.ClassOf(err) != tt.class {
				t.Fatalf("error %v, want class %v", err, tt.class)
			}
			if err == nil && (u.UID != 0 || u.Home != "/") {
				t.Errorf("user %+v", u)
			}
		})
	}
}
