package shim

import (
	"bytes"
	"fmt"
	"os"
	"runtime"
	"strconv"
	"testing"

	"berth/engine"
	"berth/engine/internal/bundle"
)

// memory returns the resident memory of a process that is its own alone, in kB.
func memory(t testing.TB, pid int) int {
	t.Helper()
	return statusField(t, pid, "RssAnon:")
}

// statusField returns a size in /proc/PID/status, in kB.
func statusField(t testing.TB, pid int, name string) int {
	t.Helper()
	data, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", pid))
	if err != nil {
		t.Fatal(err)
	}
	for line := range bytes.Lines(data) {
		if f := bytes.Fields(line); len(f) > 1 && string(f[0]) == name {
			kb, _ := strconv.Atoi(string(f[1]))
			return kb
		}
	}
	t.Fatalf("no %s", name)
	return 0
}

// TestMemory holds the shim to 4 MB of its own while idle, and to little more than its
// scrollback beside that after 20 MB went over its screen.
func TestMemory(t *testing.T) {
	if raceEnabled {
		t.Skip("the race detector needs memory of its own")
	}
	dir := prepareDir(t, `echo up; read x; seq 1 2500000; echo END; read x`, func(b *bundle.Bundle) { b.Spec.Process.Terminal, b.Stdin = true, true })
	var out tail
	c, a := start(t, dir, &engine.AttachOptions{Stdout: &out, Stdin: true, Size: engine.Size{Cols: 80, Rows: 24}})
	eventually(t, "the program", func() bool { return out.has("up") })
	st, err := c.State(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	// The pages of the program's file are left out: the shims share them, and how many
	// count as resident depends on how the file came into the page cache.
	idle := memory(t, st.ShimPid)
	if t.Logf("idle: %d kB", idle); idle > 4<<10 {
		t.Error("that is more than 4 MB")
	}
	// Most of the program's file was for the start, and is let go of behind it.
	eventually(t, "the pages of the start to be given back", func() bool { return statusField(t, st.ShimPid, "RssFile:") < 3<<10 })
	_, _ = a.Write([]byte("\r"))
	eventually(t, "the burst", func() bool { return out.has("END") })
	// The collector's own records grow with the heap, and each processor keeps up to
	// half a megabyte of free pages to itself.
	limit := idle + scrollback>>10 + 2<<10 + runtime.NumCPU()<<9
	after := 0
	eventually(t, "the memory of the burst to be given back", func() bool {
		after = memory(t, st.ShimPid)
		return after < limit
	})
	t.Logf("kept of the burst: %d kB", after-idle)
}
