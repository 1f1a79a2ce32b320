package diff

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"golang.org/x/sys/unix"
)

// layers makes a directory for each list of entries. An entry is "dir/", "file",
// "file=content", "-name" for a whiteout, "!dir/" for an opaque directory, "name->target"
// for a link.
func layers(t *testing.T, specs ...string) []string {
	t.Helper()
	var dirs []string
	for _, spec := range specs {
		root := t.TempDir()
		dirs = append(dirs, root)
		for _, e := range strings.Fields(spec) {
			p := filepath.Join(root, strings.TrimLeft(e, "-!"))
			var err error
			switch link, target, isLink := strings.Cut(p, "->"); {
			case isLink:
				err = os.Symlink(target, link)
			case e[0] == '-':
				err = unix.Mknod(p, unix.S_IFCHR, 0)
			case e[0] == '!':
				if err = os.MkdirAll(p, 0o755); err == nil {
					err = unix.Setxattr(p, "user.overlay.opaque", []byte("y"), 0)
				}
			case strings.HasSuffix(e, "/"):
				err = os.MkdirAll(p, 0o755)
			default:
				name, content, _ := strings.Cut(p, "=")
				if err = os.MkdirAll(filepath.Dir(name), 0o755); err == nil {
					err = os.WriteFile(name, []byte(content), 0o644)
				}
			}
			if err != nil {
				t.Fatal(err)
			}
		}
	}
	return dirs
}

func TestCompare(t *testing.T) {
	for _, c := range []struct {
		name          string
		upper, lowers string // lower layers are separated by |
		want          string
	}{
		{"nothing", "", "etc/passwd", ""},
		{"added", "new=1", "etc/passwd", "A /new"},
		{"modified file marks its parents", "a/b/f=2", "a/b/f=1", "C /a|C /a/b|C /a/b/f"},
		{"deleted", "etc/ -etc/passwd", "etc/passwd", "C /etc|D /etc/passwd"},
		{"a whiteout over nothing", "etc/ -etc/gone", "etc/passwd", ""},
		{"a directory that was copied up only", "etc/", "etc/passwd", ""},
		{"added tree", "x/y/z=1", "etc/", "A /x|A /x/y|A /x/y/z"},
		{"a lower whiteout hides what is below", "f=1", "-f|f=0", "A /f"},
		{"found in the second layer", "d/f=2", "d/other|d/f=1", "C /d|C /d/f"},
		{"a lower opaque directory hides", "d/f=2", "!d/|d/f=1", "C /d|A /d/f"},
		{"opaque above", "!d/ d/new=1", "d/a d/b|d/c", "C /d|D /d/a|D /d/b|D /d/c|A /d/new"},
		{"file in place of a directory", "d=now", "d/f", "C /d"},
		{"directory in place of a file", "d/f", "d=was", "C /d|A /d/f"},
		{"a file hides a directory of deeper layers", "d/f=1", "d=file|d/f=1", "C /d|A /d/f"},
		{"mount points of ours", "etc/hosts etc/hostname etc/resolv.conf dev/ proc/ sys/", "etc/passwd", ""},
		{"mount points with content", "etc/hosts=mine dev/x=1", "etc/passwd", "A /dev|A /dev/x|C /etc|A /etc/hosts"},
		{"links are not followed", "l->etc", "etc/passwd", "A /l"},
		{"a link in the place of a lower directory", "d/f=1", "d->/etc|d/f=0", "C /d|A /d/f"},
	} {
		t.Run(c.name, func(t *testing.T) {
			upper := layers(t, c.upper)[0]
			changes, err := compare(upper, layers(t, strings.Split(c.lowers, "|")...))
			if err != nil {
				t.Fatal(err)
			}
			var got []string
			for _, ch := range changes {
				got = append(got, string(ch.Kind)+" "+ch.Path)
			}
			if g := strings.Join(got, "|"); g != c.want {
				t.Errorf("got  %q\nwant %q", g, c.want)
			}
		})
	}
}

func TestOwnershipOfADirectoryIsAChange(t *testing.T) {
	upper, lowers := layers(t, "d/")[0], layers(t, "d/f")
	if err := os.Chmod(filepath.Join(upper, "d"), 0o700); err != nil {
		t.Fatal(err)
	}
	changes, err := compare(upper, lowers)
	if err != nil || len(changes) != 1 || changes[0].Path != "/d" || changes[0].Kind != 'C' {
		t.Errorf("got %v, %v", changes, err)
	}
}
