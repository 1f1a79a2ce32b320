package shim

import (
	"bytes"
	"fmt"
	"os"
	"strconv"
	"testing"

	"berth/engine"
	"berth/engine/internal/bundle"
)

// resident returns a process's resident memory in kB.
func resident(t testing.TB, pid int) int {
	t.Helper()
	data, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", pid))
	if err != nil {
		t.Fatal(err)
	}
	for line := range bytes.Lines(data) {
		if f := bytes.Fields(line); len(f) > 1 && string(f[0]) == "VmRSS:" {
			kb, _ := strconv.Atoi(string(f[1]))
			return kb
		}
	}
	t.Fatal("no VmRSS")
	return 0
}

// TestMemory holds the shim to its 8 MB while idle, and to little more than its
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
	idle := resident(t, st.ShimPid)
	if t.Logf("idle: %d kB", idle); idle > 8<<10 {
		t.Error("that is more than 8 MB")
	}
	_, _ = a.Write([]byte("\r"))
	eventually(t, "the burst", func() bool { return out.has("END") })
	kb := 0
	eventually(t, "the memory of the burst to be given back", func() bool {
		kb = resident(t, st.ShimPid)
		return kb < idle+scrollback>>10+2<<10
	})
	t.Logf("after the burst: %d kB", kb)
}
