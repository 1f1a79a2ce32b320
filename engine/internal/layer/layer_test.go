package layer

import (
	"archive/tar"
	"bytes"
	"context"
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
	"berth/engine/internal/registry/registrytest"

	"golang.org/x/sys/unix"
)

const workerArg = "layer-worker"

func TestMain(m *testing.M) {
	if len(os.Args) > 1 && os.Args[1] == workerArg {
		os.Exit(WorkerMain(os.Args[2:]))
	}
	os.Exit(m.Run())
}

func selfWorker(args ...string) (*exec.Cmd, error) {
	return exec.Command("/proc/self/exe", append([]string{workerArg}, args...)...), nil
}

// runners returns the ways in which layers are written: as root in this process, and by a
// worker in a user namespace with one id.
func runners(t testing.TB) map[string]Runner {
	all := map[string]Runner{}
	if os.Getuid() == 0 {
		all["host"] = Runner{Map: idmap.Mapping{Mode: idmap.Host}}
	}
	one := func(id int) []idmap.Range { return []idmap.Range{{Container: 0, Host: uint32(id), Size: 1}} }
	all["single"] = Runner{Map: idmap.Mapping{Mode: idmap.Single, UIDs: one(os.Getuid()), GIDs: one(os.Getgid())}, Worker: selfWorker}
	return all
}

// forEach runs a test with every runner that this machine can have.
func forEach(t *testing.T, f func(t *testing.T, r Runner)) {
	for name, r := range runners(t) {
		t.Run(name, func(t *testing.T) {
			if name == "single" {
				ability.Need(t, ability.UserNS)
			}
			f(t, r)
		})
	}
}

// unpack writes a tar below a fresh directory and returns that.
func unpack(t testing.TB, r Runner, data []byte, limits Limits) (string, Result, error) {
	t.Helper()
	root := filepath.Join(t.TempDir(), "root")
	if err := os.Mkdir(root, 0o755); err != nil {
		t.Fatal(err)
	}
	res, err := unpackTo(t, r, root, data, limits)
	return root, res, err
}

func unpackTo(t testing.TB, r Runner, root string, data []byte, limits Limits) (Result, error) {
	t.Helper()
	dir, err := os.Open(root)
	if err != nil {
		t.Fatal(err)
	}
	defer dir.Close()
	return r.Unpack(context.Background(), dir, bytes.NewReader(data), limits)
}

func stat(t testing.TB, path ...string) unix.Stat_t {
	t.Helper()
	var st unix.Stat_t
	if err := unix.Lstat(filepath.Join(path...), &st); err != nil {
		t.Fatalf("%s: %v", filepath.Join(path...), err)
	}
	return st
}

func isWhiteout(st unix.Stat_t) bool { return st.Mode&unix.S_IFMT == unix.S_IFCHR && st.Rdev == 0 }

func xattr(t testing.TB, path, name string) string {
	t.Helper()
	buf := make([]byte, 256)
	n, err := unix.Lgetxattr(path, name, buf)
	if err != nil {
		return ""
	}
	return string(buf[:n])
}

type entry = registrytest.File

func reg(name, body string) entry {
	return entry{Header: tar.Header{Name: name, Typeflag: tar.TypeReg, Mode: 0o644}, Body: body}
}

func dir(name string) entry {
	return entry{Header: tar.Header{Name: name, Typeflag: tar.TypeDir, Mode: 0o755}}
}

func symlink(name, target string) entry {
	return entry{Header: tar.Header{Name: name, Typeflag: tar.TypeSymlink, Linkname: target}}
}

func hardlink(name, target string) entry {
	return entry{Header: tar.Header{Name: name, Typeflag: tar.TypeLink, Linkname: target}}
}

func TestUnpackKeepsWhatTheTarSays(t *testing.T) {
	when := time.Unix(1_234_567_890, 123_000_000)
	script := reg("bin/tool", "#!")
	script.Mode, script.Uid, script.Gid, script.ModTime, script.Format = 0o6755, 12, 34, when, tar.FormatPAX
	script.PAXRecords = map[string]string{
		xattrRecord + "user.note": "hello", xattrRecord + "trusted.overlay.redirect": "/etc", xattrRecord + "user.overlay.opaque": "y",
		xattrRecord + "security.selinux": "x",
	}
	bin := dir("bin")
	bin.Mode, bin.ModTime = 0o1711, when
	fifo := entry{Header: tar.Header{Name: "bin/fifo", Typeflag: tar.TypeFifo, Mode: 0o622}}
	data := registrytest.Tar(t, bin, script, hardlink("bin/same", "bin/tool"), symlink("bin/link", "/outside"), fifo)
	forEach(t, func(t *testing.T, r Runner) {
		root, res, err := unpack(t, r, data, Limits{})
		if err != nil {
			t.Fatal(err)
		}
		st := stat(t, root, "bin/tool")
		if st.Mode != unix.S_IFREG|0o6755 || st.Mtim.Sec != when.Unix() || st.Mtim.Nsec != 123_000_000 || st.Nlink != 2 {
			t.Errorf("tool: mode %o, time %v, links %d", st.Mode, st.Mtim, st.Nlink)
		}
		if owners := r.Options().Owners; owners && (st.Uid != 12 || st.Gid != 34) || !owners && xattr(t, root+"/bin/tool", ownerXattr) != "12:34" {
			t.Errorf("owner %d:%d, noted as %q", st.Uid, st.Gid, xattr(t, root+"/bin/tool", ownerXattr))
		}
		if st := stat(t, root, "bin"); st.Mode != unix.S_IFDIR|0o1711 || st.Mtim.Sec != when.Unix() {
			t.Errorf("bin: mode %o, time %v", st.Mode, st.Mtim)
		}
		if st := stat(t, root, "bin/fifo"); st.Mode != unix.S_IFIFO|0o622 {
			t.Errorf("fifo: mode %o", st.Mode)
		}
		if target, err := os.Readlink(root + "/bin/link"); err != nil || target != "/outside" {
			t.Errorf("link to %q, %v", target, err)
		}
		for name, want := range map[string]string{"user.note": "hello", "trusted.overlay.redirect": "", "user.overlay.opaque": "", "security.selinux": ""} {
			if got := xattr(t, root+"/bin/tool", name); got != want {
				t.Errorf("attribute %s is %q, want %q", name, got, want)
			}
		}
		if res.Entries != 5 || res.Size < 4096 || len(res.Implicit) != 0 {
			t.Errorf("result %+v", res)
		}
	})
}

func TestFileCapabilityIsKept(t *testing.T) {
	ability.Need(t, ability.Root)
	const netRaw = "\x01\x00\x00\x02\x00\x20\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00"
	ping := reg("ping", "x")
	ping.PAXRecords = map[string]string{xattrRecord + "security.capability": netRaw}
	root, _, err := unpack(t, runners(t)["host"], registrytest.Tar(t, ping), Limits{})
	if err != nil || xattr(t, root+"/ping", "security.capability") != netRaw {
		t.Errorf("capability %q, %v", xattr(t, root+"/ping", "security.capability"), err)
	}
}

func TestDevices(t *testing.T) {
	null := entry{Header: tar.Header{Name: "null", Typeflag: tar.TypeChar, Devmajor: 1, Devminor: 3, Mode: 0o666}}
	forEach(t, func(t *testing.T, r Runner) {
		root, _, err := unpack(t, r, registrytest.Tar(t, null), Limits{})
		if err != nil {
			t.Fatal(err)
		}
		st := stat(t, root, "null")
		if r.Options().Devices && (st.Rdev != unix.Mkdev(1, 3) || st.Mode != unix.S_IFCHR|0o666) {
			t.Errorf("device %x, mode %o", st.Rdev, st.Mode)
		}
		if !r.Options().Devices && !isWhiteout(st) {
			t.Errorf("without privilege a device must be absent: %x, mode %o", st.Rdev, st.Mode)
		}
	})
}

func TestWhiteouts(t *testing.T) {
	data := registrytest.Tar(t,
		dir("a"), reg("a/.wh.gone", ""), reg("a/.wh..wh.plnk", ""),
		dir("b"), reg("b/.wh..wh..opq", ""), reg("b/new", "n"),
		dir("c"), reg("c/x", "x"), reg(".wh.c", ""), // removes what is below, not what the layer brings
		reg(".wh.d", ""), dir("d"), // and in the other order
		reg("e", "e"), reg(".wh.e", ""),
	)
	forEach(t, func(t *testing.T, r Runner) {
		root, _, err := unpack(t, r, data, Limits{})
		if err != nil {
			t.Fatal(err)
		}
		if !isWhiteout(stat(t, root, "a/gone")) {
			t.Error("a/gone is no whiteout")
		}
		opaque := opaqueXattr(r.Options().UserXattr)
		for _, d := range []string{"b", "c", "d"} {
			if xattr(t, filepath.Join(root, d), opaque) != "y" {
				t.Errorf("%s is not opaque", d)
			}
		}
		if xattr(t, root+"/a", opaque) != "" {
			t.Error("a is opaque")
		}
		for name, want := range map[string]string{"b/new": "n", "c/x": "x", "e": "e"} {
			if got, err := os.ReadFile(filepath.Join(root, name)); err != nil || string(got) != want {
				t.Errorf("%s: %q, %v", name, got, err)
			}
		}
		if _, err := os.Lstat(root + "/a/.wh..wh.plnk"); err == nil {
			t.Error("a mark of aufs became a file")
		}
	})
}

func TestLaterEntriesReplaceEarlier(t *testing.T) {
	data := registrytest.Tar(t,
		reg("f", "old"), reg("f", "new"), dir("d"), reg("d/x", "x"), reg("d", "file"),
		reg("g", "g"), dir("g"), reg("g/y", "y"), symlink("l", "nowhere"), reg("l", "real"), dir("k"), reg("k/z", "z"), dir("k"))
	forEach(t, func(t *testing.T, r Runner) {
		root, _, err := unpack(t, r, data, Limits{})
		if err != nil {
			t.Fatal(err)
		}
		for name, want := range map[string]string{"f": "new", "d": "file", "g/y": "y", "l": "real", "k/z": "z"} {
			if got, err := os.ReadFile(filepath.Join(root, name)); err != nil || string(got) != want {
				t.Errorf("%s: %q, %v", name, got, err)
			}
		}
	})
}

// TestSparse: a file with a hole of 8 GiB, in both forms that tar writes.
func TestSparse(t *testing.T) {
	if _, err := exec.LookPath("tar"); err != nil {
		t.Skip("missing ability: the program tar")
	}
	ability.Need(t, ability.Root) // to set owners
	src := t.TempDir()
	f, err := os.Create(filepath.Join(src, "hole"))
	if err != nil {
		t.Fatal(err)
	}
	const end = 1 << 30
	for at, s := range map[int64]string{0: "begin", end: "end"} {
		if _, err := f.WriteAt([]byte(s), at); err != nil {
			t.Fatal(err)
		}
	}
	if err := f.Close(); err != nil {
		t.Fatal(err)
	}
	for _, format := range []string{"gnu", "pax"} {
		data, err := exec.Command("tar", "-C", src, "--sparse", "--format="+format, "-cf", "-", "hole").Output()
		if err != nil {
			t.Fatal(err)
		}
		root, res, err := unpack(t, Runner{Map: idmap.Mapping{Mode: idmap.Host}}, data, Limits{})
		if err != nil {
			t.Fatal(err)
		}
		st := stat(t, root, "hole")
		if st.Size != end+3 || st.Blocks*512 > 1<<20 || res.Size > 1<<20 {
			t.Errorf("%s: size %d, disk usage %d, counted %d", format, st.Size, st.Blocks*512, res.Size)
		}
	}
}

func TestDiskUsageIsTrue(t *testing.T) {
	ability.Need(t, ability.Root)
	data := registrytest.Tar(t, dir("d"), reg("d/a", strings.Repeat("a", 10_000)), reg("b", "b"), hardlink("c", "b"), reg("b2", "x"), reg("b2", "y"))
	root, res, err := unpack(t, runners(t)["host"], data, Limits{})
	if err != nil {
		t.Fatal(err)
	}
	want := int64(0)
	seen := map[uint64]bool{}
	err = filepath.Walk(root, func(path string, info os.FileInfo, err error) error {
		st := info.Sys().(*syscall.Stat_t)
		if path != root && !seen[st.Ino] {
			want += st.Blocks * 512
		}
		seen[st.Ino] = true
		return err
	})
	if err != nil || res.Size != want {
		t.Errorf("counted %d, the disk says %d (%v)", res.Size, want, err)
	}
}

func TestRemoveOfWhatOwnersForbid(t *testing.T) {
	forEach(t, func(t *testing.T, r Runner) {
		locked := dir("d")
		locked.Mode = 0o1 // the tar's own mode 0 would mean the default of the test's builder
		root, _, err := unpack(t, r, registrytest.Tar(t, locked, reg("d/f", "x")), Limits{})
		if err != nil {
			t.Fatal(err)
		}
		parent, err := os.Open(filepath.Dir(root))
		if err != nil {
			t.Fatal(err)
		}
		defer parent.Close()
		for range 2 { // the second finds nothing, which is no error
			if err := r.Remove(context.Background(), parent, "root"); err != nil {
				t.Fatal(err)
			}
		}
		if _, err := os.Lstat(root); !os.IsNotExist(err) {
			t.Errorf("still there: %v", err)
		}
	})
}

func TestInherit(t *testing.T) {
	forEach(t, func(t *testing.T, r Runner) {
		tmp := dir("tmp")
		tmp.Mode = 0o1777
		tmp.PAXRecords = map[string]string{xattrRecord + "user.note": "n"}
		old := dir("old")
		old.Mode = 0o700
		bottom, _, err := unpack(t, r, registrytest.Tar(t, tmp, old), Limits{})
		if err != nil {
			t.Fatal(err)
		}
		middle, _, err := unpack(t, r, registrytest.Tar(t, reg(".wh.old", "")), Limits{})
		if err != nil {
			t.Fatal(err)
		}
		top, res, err := unpack(t, r, registrytest.Tar(t, reg("tmp/a", "a"), reg("old/b", "b")), Limits{})
		if err != nil || strings.Join(res.Implicit, " ") != "old tmp" {
			t.Fatalf("result %+v, %v", res, err)
		}
		var files []*os.File
		for _, d := range []string{top, middle, bottom} {
			f, err := os.Open(d)
			if err != nil {
				t.Fatal(err)
			}
			defer f.Close()
			files = append(files, f)
		}
		if err := r.Inherit(context.Background(), files[0], res.Implicit, files[1:]); err != nil {
			t.Fatal(err)
		}
		if st := stat(t, top, "tmp"); st.Mode&0o7777 != 0o1777 || xattr(t, top+"/tmp", "user.note") != "n" {
			t.Errorf("tmp did not inherit: mode %o", st.Mode)
		}
		if st := stat(t, top, "old"); st.Mode&0o7777 != 0o755 {
			t.Errorf("old inherited from a directory that the layer between removed: mode %o", st.Mode)
		}
	})
}

func TestLimits(t *testing.T) {
	r := Runner{Map: idmap.Mapping{Mode: idmap.Host}}
	ability.Need(t, ability.Root)
	for _, c := range []struct {
		name   string
		limits Limits
		data   []byte
	}{
		{"entries", Limits{Entries: 3}, registrytest.Tar(t, reg("a", ""), reg("b", ""), reg("c", ""), reg("d", ""))},
		{"bytes", Limits{Bytes: 10}, registrytest.Tar(t, reg("a", "12345678901"))},
		{"bytes of many", Limits{Bytes: 10}, registrytest.Tar(t, reg("a", "123456"), reg("b", "123456"))},
		{"names", Limits{Names: 200}, registrytest.Tar(t, dir("a"), dir("b"), dir("c"), dir("d"))},
		{"implicit names", Limits{Names: 200}, registrytest.Tar(t, reg("a/b/c/d/e/f", ""))},
		{"whiteouts", Limits{Names: 200}, registrytest.Tar(t, reg(".wh.a", ""), reg(".wh.b", ""), reg(".wh.c", ""), reg(".wh.d", ""))},
	} {
		if _, _, err := unpack(t, r, c.data, c.limits); engine.ClassOf(err) != engine.ClassExhausted {
			t.Errorf("%s: %v", c.name, err)
		}
	}
}
