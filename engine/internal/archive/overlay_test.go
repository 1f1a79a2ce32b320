package archive

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"berth/engine/enginetest/ability"

	"golang.org/x/sys/unix"
)

// Both ways to mount show the merged tree and write to the upper layer, with names
// that need escaping and are too long for one parameter, and leave nothing mounted.
func TestMountOverlay(t *testing.T) {
	ability.Need(t, ability.Root, ability.Overlay)
	for _, odd := range []string{`a,b:c\d`, "plain", strings.Repeat("x", 250)} {
		testMountOverlay(t, odd)
	}
}

func testMountOverlay(t *testing.T, odd string) {
	for name, mount := range map[string]func(overlay) (*os.File, error){
		"detached": overlay.detached, "private": overlay.private, "chosen": mountOverlay,
	} {
		t.Run(name+"/"+odd[:5], func(t *testing.T) {
			odd := filepath.Join(t.TempDir(), odd)
			o := overlay{Upper: odd + "/upper", Work: odd + "/work"}
			for _, n := range []string{"top", "bottom"} {
				o.Lower = append(o.Lower, filepath.Join(odd, n))
				mkdir(t, o.Lower[len(o.Lower)-1]+"/"+n)
			}
			mkdir(t, o.Upper)
			mkdir(t, o.Work)
			root, err := mount(o)
			if err != nil {
				t.Fatal(err)
			}
			for _, n := range []string{"top", "bottom"} {
				f, err := openIn(root, n, unix.O_PATH|unix.O_DIRECTORY, 0)
				if err != nil {
					t.Errorf("layer %q is not there: %v", n, err)
					continue
				}
				f.Close()
			}
			if err := unix.Mkdirat(int(root.Fd()), "new", 0o755); err != nil {
				t.Error(err)
			}
			if _, err := os.Stat(o.Upper + "/new"); err != nil {
				t.Errorf("upper layer: %v", err)
			}
			if err := root.Close(); err != nil {
				t.Error(err)
			}
			if mounts, err := os.ReadFile("/proc/self/mountinfo"); err != nil || strings.Contains(string(mounts), "upperdir="+filepath.Dir(odd)) {
				t.Errorf("it is in this namespace's mounts, %v", err)
			}
		})
	}
}
