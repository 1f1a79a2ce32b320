package main

import (
	"os"
	"os/exec"
	"path/filepath"
	"testing"
)

// BenchmarkProcess is a whole berth process, from fork to exit, on an empty state
// directory. What packages do before main counts too: a table that one of them fills
// is paid for by every `berth ps`.
func BenchmarkProcess(b *testing.B) {
	root := filepath.Join(b.TempDir(), "state")
	for _, args := range [][]string{{"version"}, {"images"}, {"ps", "-a"}} {
		b.Run(args[0], func(b *testing.B) {
			for b.Loop() {
				c := exec.Command(filepath.Join(binDir, "berth"), args...)
				c.Env = append(os.Environ(), "BERTH_ROOT="+root)
				if out, err := c.CombinedOutput(); err != nil {
					b.Fatalf("%v: %s", err, out)
				}
			}
		})
	}
}
