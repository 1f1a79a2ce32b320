package layer

import (
	"archive/tar"
	"context"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"berth/engine"
	"berth/engine/internal/registry/registrytest"
)

// evil is one hostile tar. It is refused with says in the error; or, if says is empty,
// it is unpacked and harmless. Either way nothing outside the layer's root changes.
type evil struct {
	name string
	data []byte
	says string
}

// ustar writes one raw header, for values that archive/tar refuses to write.
func ustar(name string, typ byte, link string, edit func(h []byte)) []byte {
	h := make([]byte, 512)
	copy(h, name)
	copy(h[100:], "0000644\x000000000\x000000000\x00")
	copy(h[124:], "00000000000\x0000000000000\x00")
	h[156] = typ
	copy(h[157:], link)
	copy(h[257:], "ustar\x0000")
	copy(h[329:], "0000000\x000000000\x00")
	if edit != nil {
		edit(h)
	}
	copy(h[148:], "        ")
	sum := 0
	for _, b := range h {
		sum += int(b)
	}
	copy(h[148:], fmt.Sprintf("%06o\x00 ", sum))
	return h
}

func raw(headers ...[]byte) []byte {
	var b []byte
	for _, h := range headers {
		b = append(b, h...)
	}
	return append(b, make([]byte, 1024)...)
}

// paxRaw writes a PAX record block in front of an entry.
func paxRaw(records string, then []byte) []byte {
	body := make([]byte, (len(records)+511)/512*512)
	copy(body, records)
	head := ustar("pax", 'x', "", func(h []byte) { copy(h[124:], fmt.Sprintf("%011o\x00", len(records))) })
	return append(append(head, body...), then...)
}

func record(key, value string) string {
	n := len(key) + len(value) + 3
	for len(fmt.Sprint(n))+len(key)+len(value)+3 != n {
		n = len(fmt.Sprint(n)) + len(key) + len(value) + 3
	}
	return fmt.Sprintf("%d %s=%s\n", n, key, value)
}

func special(name string, typ byte, major, minor int64) entry {
	return entry{Header: tar.Header{Name: name, Typeflag: typ, Devmajor: major, Devminor: minor, Mode: 0o666}}
}

// corpus is built for a canary outside the root: its absolute path, and relative ones.
func corpus(t testing.TB, canary string) []evil {
	mk := func(files ...entry) []byte { return registrytest.Tar(t, files...) }
	long := strings.Repeat("x", 300)
	deep := strings.Repeat("d/", 1000)
	outside := filepath.Dir(canary)
	return []evil{
		// Names that leave the root.
		{"dotdot", mk(reg("../canary", "x")), `can't hold ".."`},
		{"dotdot inside", mk(reg("a/../../canary", "x")), `can't hold ".."`},
		{"dotdot that stays inside", mk(reg("a/../b", "x")), `can't hold ".."`},
		{"dotdot at the end", mk(dir("a/..")), `can't hold ".."`},
		{"only dotdot", mk(dir("..")), `can't hold ".."`},
		{"dotdot after slashes", mk(reg("//../canary", "x")), `can't hold ".."`},
		{"absolute", mk(reg(canary, "x")), ""},
		{"absolute directory", mk(dir(outside)), ""},
		{"many slashes", mk(reg("////etc////x", "x")), ""},
		{"dots that are no parent", mk(reg("..a/...", "x")), ""},
		{"empty name", raw(ustar("", '0', "", nil)), "root of a layer must be a directory"},
		{"zero byte in PAX name", raw(paxRaw(record("path", "a\x00b"), ustar("a", '0', "", nil))), "broken tar"},
		{"newline and escape in a name", mk(reg("a\n\x1b]52;c;x\x07", "x")), ""},
		{"backslashes", mk(reg(`..\..\canary`, "x")), ""},
		{"name too long for the file system", mk(reg(long, "x")), "file name too long"},
		{"path too deep", mk(reg(deep+deep+deep+"f", "x")), "file name too long"},
		{"1000 levels", mk(reg(deep+"f", "x")), ""},

		// The root itself.
		{"root as link", mk(symlink(".", outside)), "root of a layer must be a directory"},
		{"root as link, dot slash", raw(ustar("./", '2', outside, nil), ustar("canary", '0', "", nil)), "root of a layer must be a directory"},
		{"root as file", mk(reg(".", "x")), "root of a layer must be a directory"},
		{"root as hard link", mk(hardlink(".", "a")), "root of a layer must be a directory"},
		{"root as device", raw(ustar("/", '3', "", nil)), "root of a layer must be a directory"},
		{"whiteout of the root", mk(reg(".wh..", "")), "whiteout needs a name"},
		{"whiteout of the parent", mk(reg(".wh...", "")), "whiteout needs a name"},
		{"whiteout of the parent, deeper", mk(reg("a/.wh...", "")), "whiteout needs a name"},
		{"whiteout of nothing", mk(reg(".wh.", "")), "whiteout needs a name"},
		{"whiteout as directory", mk(reg(".wh.a/b", "")), "whiteout can't be a directory"},

		// Writing through links.
		{"absolute link, then through it", mk(symlink("l", outside), reg("l/canary", "x")), "leads nowhere"},
		{"relative link, then through it", mk(symlink("l", ".."), reg("l/canary", "x")), ""},
		{"many levels up, then through it", mk(symlink("l", "../../../../../.."), reg("l"+canary, "x")), ""},
		{"chain of links", mk(symlink("a", "b"), symlink("b", "c"), symlink("c", ".."), reg("a/canary", "x")), ""},
		{"link to itself", mk(symlink("l", "l"), reg("l/x", "x")), "too many levels"},
		{"links in a circle", mk(symlink("a", "b"), symlink("b", "a"), dir("a/d")), "too many levels"},
		{"link to a link to proc", mk(symlink("p", "/proc/self/root"), reg("p"+canary, "x")), "leads nowhere"},
		{"link replaced by directory", mk(symlink("l", outside), dir("l"), reg("l/canary", "x")), ""},
		{"directory replaced by link", mk(dir("d"), reg("d/x", "x"), symlink("d", outside), reg("d/canary", "x")), "leads nowhere"},
		{"file through file link", mk(symlink("f", canary), reg("f", "x")), ""},
		{"file through dangling link", mk(symlink("f", outside+"/new"), reg("f", "x")), ""},
		{"directory over link keeps no target", mk(symlink("l", ".."), dir("l")), ""},
		{"mode through link", mk(symlink("l", canary), entry{Header: tar.Header{Name: "l", Typeflag: tar.TypeLink, Linkname: "l", Mode: 0o777}}), ""},
		{"whiteout through link", mk(symlink("l", ".."), reg("l/.wh.canary", "")), ""},
		{"opaque through link", mk(symlink("l", ".."), reg("l/.wh..wh..opq", "")), ""},
		{"directory time through link", mk(dir("d"), symlink("d", ".."), dir("e")), ""},
		{"link without target", raw(ustar("l", '2', "", nil)), "needs a target"},
		{"link with a very long target", mk(symlink("l", strings.Repeat("y", 5000))), "too long"},
		{"link within the layer", mk(dir("usr"), dir("usr/lib"), symlink("lib", "usr/lib"), reg("lib/x", "x")), ""},
		{"absolute link within the layer", mk(dir("usr"), dir("usr/lib"), symlink("lib", "/usr/lib"), reg("lib/x", "x")), ""},

		// Hard links.
		{"hard link to outside, absolute", mk(hardlink("h", canary), reg("h", "x")), "which the layer does not hold"},
		{"hard link to outside, relative", mk(hardlink("h", "../canary")), "leaves the layer"},
		{"hard link through link", mk(symlink("l", outside), hardlink("h", "l/canary"), reg("h", "x")), "which the layer does not hold"},
		{"hard link to a link, then written", mk(symlink("l", canary), hardlink("h", "l"), reg("h", "x")), ""},
		{"hard link to a directory", mk(dir("d"), hardlink("h", "d")), "which is no file"},
		{"hard link to itself", mk(reg("a", "a"), hardlink("a", "a")), ""},
		{"hard link to the root", mk(hardlink("h", ".")), "hard link to the root"},
		{"hard link to a later entry", mk(hardlink("h", "a"), reg("a", "a")), "which the layer does not hold"},
		{"hard link with empty target", raw(ustar("h", '1', "", nil)), "hard link"},
		{"hard link with a size", raw(ustar("a", '0', "", nil), ustar("h", '1', "a", func(h []byte) { copy(h[124:], "00000000777\x00") })), ""},

		// Files in the way.
		{"file as parent", mk(reg("a", "a"), reg("a/b", "b")), "not a directory"},
		{"device as parent", mk(special("a", tar.TypeFifo, 0, 0), reg("a/b", "b")), "not a directory"},
		{"fifo opened for writing", mk(special("f", tar.TypeFifo, 0, 0), reg("f", "x")), ""},
		{"10,000 times the same name", mk(repeat(reg("a", "x"), 10_000)...), ""},
		{"file and directory in turn", mk(repeat(reg("a", "x"), 50, dir("a"), reg("a/b", "y"))...), ""},

		// Numbers.
		{"huge owner", mk(entry{Header: tar.Header{Name: "a", Uid: 1<<32 - 1, Format: tar.FormatPAX}}), "out of range"},
		{"owner beyond 32 bits", mk(entry{Header: tar.Header{Name: "a", Gid: 1 << 33, Format: tar.FormatPAX}}), "out of range"},
		{"negative owner", raw(paxRaw(record("uid", "-1"), ustar("a", '0', "", nil))), "out of range"},
		{"device number too large", mk(special("d", tar.TypeChar, 1<<20, 1)), "out of range"},
		{"minor too large", mk(special("d", tar.TypeBlock, 1, 1<<21-1)), "out of range"},
		{"negative size", raw(paxRaw(record("size", "-5"), ustar("a", '0', "", nil))), "broken tar"},
		{"exabyte file", raw(ustar("a", '0', "", func(h []byte) { copy(h[124:], "\x80\x00\x00\x00\x10\x00\x00\x00\x00\x00\x00\x00") })), "refused"},
		{"time before 1970", raw(paxRaw(record("mtime", "-99999999999.5"), ustar("a", '0', "", nil))), ""},
		{"time at the end of all", raw(paxRaw(record("mtime", "9223372036854775807"), ustar("a", '0', "", nil))), ""},
		{"mode with file type bits", raw(ustar("a", '0', "", func(h []byte) { copy(h[100:], "0177777\x00") })), ""},

		// Broken and strange streams.
		{"cut in a header", registrytest.Tar(t, reg("a", "a"))[:300], "broken tar"},
		{"cut in a file", registrytest.Tar(t, reg("a", strings.Repeat("a", 5000)))[:2000], "broken tar"},
		{"garbage", []byte(strings.Repeat("garbage!", 1000)), "broken tar"},
		{"garbage after the end", append(registrytest.Tar(t, reg("a", "a")), strings.Repeat("z", 5000)...), ""},
		{"empty stream", nil, ""},
		{"wrong checksum", append([]byte("x"), registrytest.Tar(t, reg("a", "a"))[1:]...), "broken tar"},
		{"unknown type", raw(ustar("a", 'Z', "", nil)), "unknown type"},
		{"multi-volume", raw(ustar("a", 'M', "", nil)), "unknown type"},
		{"PAX header of a gigabyte", raw(ustar("pax", 'x', "", func(h []byte) { copy(h[124:], "10000000000\x00") })), "broken tar"},
		{"PAX record with wrong length", raw(paxRaw("99 path=a\n", ustar("a", '0', "", nil))), "broken tar"},
		{"global header sets a path", raw(append(ustar("g", 'g', "", func(h []byte) { copy(h[124:], fmt.Sprintf("%011o\x00", len(record("path", "../canary")))) }),
			append(append([]byte(record("path", "../canary")), make([]byte, 512-len(record("path", "../canary")))...), ustar("a", '0', "", nil)...)...)), ""},
		{"sparse file of a terabyte", raw(paxRaw(record("GNU.sparse.major", "0")+record("GNU.sparse.minor", "1")+record("GNU.sparse.size", "1099511627776")+
			record("GNU.sparse.numblocks", "0")+record("GNU.sparse.map", ""), ustar("a", '0', "", nil))), "sparse file"},
		{"sparse map beyond the size", raw(paxRaw(record("GNU.sparse.major", "0")+record("GNU.sparse.minor", "1")+record("GNU.sparse.size", "10")+
			record("GNU.sparse.numblocks", "1")+record("GNU.sparse.map", "100,100"), ustar("a", '0', "", nil))), "broken tar"},

		// Attributes.
		{"overlay redirect", mk(withXattr(dir("d"), "trusted.overlay.redirect", "/")), ""},
		{"overlay redirect, user", mk(withXattr(dir("d"), "user.overlay.redirect", "/")), ""},
		{"attribute name too long", mk(withXattr(reg("a", ""), "user."+long, "x")), "set attribute"},
		{"attribute too large", mk(withXattr(reg("a", ""), "user.a", strings.Repeat("x", 100_000))), "set attribute"},
		{"attribute without name", mk(withXattr(reg("a", ""), "", "x")), ""},
		{"broken capability", mk(withXattr(reg("a", ""), "security.capability", "x")), "set attribute"},
		{"our own mark", mk(withXattr(reg("a", ""), ownerXattr, "0:0")), ""},
	}
}

func withXattr(e entry, name, value string) entry {
	e.PAXRecords = map[string]string{xattrRecord + name: value}
	return e
}

func repeat(e entry, n int, more ...entry) []entry {
	var all []entry
	for range n {
		all = append(append(all, e), more...)
	}
	return all
}

// survey describes everything outside the layer's root, and the canary whole.
func survey(t testing.TB, base, root string) string {
	t.Helper()
	var b strings.Builder
	err := filepath.WalkDir(base, func(path string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if path == root {
			return fs.SkipDir
		}
		st := stat(t, path)
		fmt.Fprintf(&b, "%s %o %d:%d %d %d\n", path, st.Mode, st.Uid, st.Gid, st.Size, st.Nlink)
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return b.String()
}

func TestHostileTars(t *testing.T) {
	forEach(t, func(t *testing.T, r Runner) {
		base := filepath.Join(t.TempDir(), "outside")
		canary, root := filepath.Join(base, "canary"), filepath.Join(base, "root")
		if err := os.Mkdir(base, 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(canary, []byte("alive"), 0o600); err != nil {
			t.Fatal(err)
		}
		for _, e := range corpus(t, canary) {
			t.Run(e.name, func(t *testing.T) {
				if err := os.Mkdir(root, 0o755); err != nil {
					t.Fatal(err)
				}
				before := survey(t, base, root)
				_, err := unpackTo(t, r, root, e.data, Limits{})
				if after := survey(t, base, root); after != before {
					t.Fatalf("something outside the root changed:\n%s\nbefore:\n%s", after, before)
				}
				if got, rerr := os.ReadFile(canary); rerr != nil || string(got) != "alive" {
					t.Fatalf("the canary: %q, %v", got, rerr)
				}
				expect(t, e, err)
				dir, err := os.Open(base)
				if err != nil {
					t.Fatal(err)
				}
				defer dir.Close()
				if err := r.Remove(context.Background(), dir, "root"); err != nil {
					t.Fatalf("what was unpacked can't be removed: %v", err)
				}
			})
		}
	})
}

func expect(t *testing.T, e evil, err error) {
	t.Helper()
	if e.says == "" {
		if err != nil {
			t.Errorf("harmless, but refused: %v", err)
		}
		return
	}
	if err == nil || !strings.Contains(err.Error(), e.says) {
		t.Errorf("not refused with %q: %v", e.says, err)
		return
	}
	if c := engine.ClassOf(err); c == engine.ClassUnknown && !strings.Contains(e.says, "attribute") {
		t.Errorf("not classified: %v", err)
	}
}

// FuzzUnpack looks for any tar that changes something outside its root.
func FuzzUnpack(f *testing.F) {
	for _, e := range corpus(f, "/etc/canary") {
		if len(e.data) < 64<<10 {
			f.Add(e.data)
		}
	}
	r := Runner{Map: runners(f)["host"].Map}
	if r.Map.Mode == "" {
		f.Skip("needs ability root")
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		base := t.TempDir()
		root := filepath.Join(base, "root")
		if err := os.Mkdir(root, 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(filepath.Join(base, "canary"), []byte("alive"), 0o600); err != nil {
			t.Fatal(err)
		}
		before := survey(t, base, root)
		_, _ = unpackTo(t, r, root, data, Limits{Entries: 1000, Bytes: 1 << 20, Names: 1 << 16})
		if after := survey(t, base, root); after != before {
			t.Fatalf("something outside the root changed:\n%s\nbefore:\n%s", after, before)
		}
	})
}
