package shim

import (
	"io"
	"os"
	"path/filepath"
	"syscall"
	"testing"
	"time"

	"berth/engine"
	"berth/engine/internal/bundle"
)

// reportCPU adds the processor time of the shim and its program to a benchmark: on a
// busy machine it says more than the time that passed.
func reportCPU(b *testing.B, f func()) {
	b.Helper()
	var before, after syscall.Rusage
	_ = syscall.Getrusage(syscall.RUSAGE_CHILDREN, &before)
	f()
	eventually(b, "the shims' ends", func() bool {
		left, err := filepath.Glob("/proc/self/task/*/children")
		for _, name := range left {
			data, _ := os.ReadFile(name)
			if len(data) > 0 {
				return false
			}
		}
		return err == nil
	})
	_ = syscall.Getrusage(syscall.RUSAGE_CHILDREN, &after)
	cpu := after.Utime.Nano() + after.Stime.Nano() - before.Utime.Nano() - before.Stime.Nano()
	b.ReportMetric(float64(cpu)/float64(b.N)/1e6, "cpu-ms/op")
}

// BenchmarkStart runs /bin/true from Start to the exit status.
func BenchmarkStart(b *testing.B) {
	dir := prepareDir(b, ``, func(bu *bundle.Bundle) { bu.Spec.Process.Args = []string{"/bin/true"} })
	reportCPU(b, func() {
		for b.Loop() {
			_, a, err := Start(b.Context(), StartConfig{Dir: dir, AttachFirst: &engine.AttachOptions{Stdout: io.Discard}})
			if err != nil {
				b.Fatal(err)
			}
			if _, err := a.Wait(); err != nil {
				b.Fatal(err)
			}
		}
	})
}

// BenchmarkExec runs /bin/true beside a running program.
func BenchmarkExec(b *testing.B) {
	dir := prepareDir(b, `exec sleep 1000`, nil)
	c, _ := start(b, dir, nil)
	for b.Loop() {
		_, a, err := c.Exec(b.Context(), engine.ExecConfig{Cmd: []string{"/bin/true"}}, &engine.AttachOptions{Stdout: io.Discard})
		if err != nil {
			b.Fatal(err)
		}
		if _, err := a.Wait(); err != nil {
			b.Fatal(err)
		}
	}
}

// BenchmarkTerminal is `run -t seq 1 3000000`, screen and log included.
func BenchmarkTerminal(b *testing.B) {
	dir := prepareDir(b, ``, func(bu *bundle.Bundle) {
		bu.Spec.Process.Args, bu.Spec.Process.Terminal = []string{"seq", "1", "3000000"}, true
	})
	reportCPU(b, func() {
		for b.Loop() {
			var n counter
			_, a, err := Start(b.Context(), StartConfig{Dir: dir, AttachFirst: &engine.AttachOptions{Stdout: &n, Size: engine.Size{Cols: 80, Rows: 24}}})
			if err != nil {
				b.Fatal(err)
			}
			if _, err := a.Wait(); err != nil {
				b.Fatal(err)
			}
			b.SetBytes(int64(n))
		}
	})
}

// BenchmarkPipe is `run cat`-like: a gigabyte through pipes, not logged.
func BenchmarkPipe(b *testing.B) {
	dir := prepareDir(b, `head -c 1000000000 /dev/zero`, func(bu *bundle.Bundle) { bu.Log.Path = "" })
	for b.Loop() {
		var n counter
		_, a, err := Start(b.Context(), StartConfig{Dir: dir, AttachFirst: &engine.AttachOptions{Stdout: &n}})
		if err != nil {
			b.Fatal(err)
		}
		if _, err := a.Wait(); err != nil {
			b.Fatal(err)
		}
		b.SetBytes(int64(n))
	}
}

type counter int64

func (c *counter) Write(p []byte) (int, error) {
	*c += counter(len(p))
	return len(p), nil
}

// BenchmarkReadStatus reads the records of a thousand containers at rest.
func BenchmarkReadStatus(b *testing.B) {
	dir := b.TempDir()
	if err := (Status{State: engine.StateExited, ExitCode: 1, Started: time.Now(), Finished: time.Now()}).write(dir); err != nil {
		b.Fatal(err)
	}
	for b.Loop() {
		for range 1000 {
			if _, err := ReadStatus(dir); err != nil {
				b.Fatal(err)
			}
		}
	}
}
