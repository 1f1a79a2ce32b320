package main

import (
	"os"
	"os/exec"
	"path/filepath"
	"syscall"
	"testing"
	"time"

	"berth/engine/enginetest/ability"
)

// user returns a function that runs berth on a state directory of its own, with the
// built-in images.
func user(b *testing.B) func(args ...string) {
	root := filepath.Join(b.TempDir(), "state")
	return func(args ...string) {
		b.Helper()
		c := exec.Command(filepath.Join(binDir, "berth"), args...)
		c.Env = append(os.Environ(), "BERTH_ROOT="+root, "BERTH_DEMO=1")
		if out, err := c.CombinedOutput(); err != nil {
			b.Fatalf("berth %q: %v: %s", args, err, out)
		}
	}
}

// repeat is the loop of a benchmark. The processor time of berth's own processes says
// more on a busy machine than the time that passed; a shim that outlives its berth is
// not in it.
func repeat(b *testing.B, f func()) {
	used := func() time.Duration {
		var u syscall.Rusage
		_ = syscall.Getrusage(syscall.RUSAGE_CHILDREN, &u)
		return time.Duration(u.Utime.Nano() + u.Stime.Nano())
	}
	before := used()
	for b.Loop() {
		f()
	}
	b.ReportMetric(float64((used()-before).Microseconds())/1000/float64(b.N), "cpu-ms/op")
}

// BenchmarkProcess is a whole berth process, from fork to exit, on an empty state
// directory. What packages do before main counts too: a table that one of them fills
// is paid for by every `berth ps`.
func BenchmarkProcess(b *testing.B) {
	berth := user(b)
	for _, args := range [][]string{{"version"}, {"images"}, {"ps", "-a"}} {
		b.Run(args[0], func(b *testing.B) {
			repeat(b, func() { berth(args...) })
		})
	}
}

// BenchmarkRun is `berth run --rm` of a program that prints a few lines.
func BenchmarkRun(b *testing.B) {
	ability.Need(b, ability.Overlay)
	berth := user(b)
	berth("pull", "-q", "hello-world")
	repeat(b, func() { berth("run", "--rm", "hello-world") })
	berth("image", "prune", "-af")
}

// BenchmarkExec is `berth exec` of a program that does nothing.
func BenchmarkExec(b *testing.B) {
	ability.Need(b, ability.Overlay)
	berth := user(b)
	berth("run", "-d", "--name", "there", "toolbox", "sleep", "100000")
	repeat(b, func() { berth("exec", "there", "true") })
	berth("rm", "-f", "there")
	berth("image", "prune", "-af")
}
