package user

import (
	"math"
	"os"
	"testing"

	"berth/engine"
)

// Whatever the image's files hold, a lookup gives ids in range or a classified error.
func FuzzLookup(f *testing.F) {
	f.Add(passwd, group, "web:www")
	f.Add("a:x:0:0", "a:x:0:a\n", "a")
	f.Add(":::::::\n", "::::\n", "")
	f.Add("x:x:-1:4294967296::/:\n", "g:x:4294967295:x", "x:g")
	dir := f.TempDir()
	if err := os.Mkdir(dir+"/etc", 0o755); err != nil {
		f.Fatal(err)
	}
	root, err := os.Open(dir)
	if err != nil {
		f.Fatal(err)
	}
	defer root.Close()
	f.Fuzz(func(t *testing.T, passwd, group, spec string) {
		write(t, dir+"/etc/passwd", passwd)
		write(t, dir+"/etc/group", group)
		u, err := Lookup(root, spec)
		if err != nil {
			if engine.ClassOf(err) == engine.ClassUnknown {
				t.Fatalf("unclassified: %v", err)
			}
			return
		}
		for _, id := range append(u.Groups, u.UID, u.GID) {
			if id > math.MaxInt32 {
				t.Fatalf("%q: id %d", spec, id)
			}
		}
		if u.Home == "" || len(u.Groups) == 0 {
			t.Fatalf("%q: %+v", spec, u)
		}
	})
}
