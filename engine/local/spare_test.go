package local_test

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"berth/engine"
)

// shims lists the processes that keep containers below root, or will.
func shims(root string) []string {
	files, _ := filepath.Glob("/proc/[0-9]*/cmdline")
	var pids []string
	for _, f := range files {
		if line, err := os.ReadFile(f); err == nil && strings.Contains(string(line), "\x00"+root+"/containers/") {
			pids = append(pids, filepath.Base(filepath.Dir(f)))
		}
	}
	return pids
}

func TestExpectedStartTakesTheProcessThatIsReady(t *testing.T) {
	e := pulled(t)
	ctx := testContext(t)
	info, err := e.Info(ctx)
	if err != nil {
		t.Fatal(err)
	}
	e.ExpectStart()
	e.ExpectStart() // one is enough
	var ready []string
	until(t, "a process", func() bool { ready = shims(info.Root); return len(ready) > 0 }, func() string { return fmt.Sprint(ready) })
	if _, err := e.CreateContainer(ctx, engine.ContainerConfig{Image: "missing"}); engine.ClassOf(err) != engine.ClassNotFound {
		t.Fatalf("an image that is not there: %v", err)
	}
	// The container that could not be made leaves the process to the next one.
	id := create(t, e, sh("sleep 1000"))
	if _, err := e.StartContainer(ctx, id, nil); err != nil {
		t.Fatal(err)
	}
	d, err := e.InspectContainer(ctx, id, engine.InspectOptions{})
	if err != nil {
		t.Fatal(err)
	}
	status, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", d.Pid))
	if err != nil {
		t.Fatal(err)
	}
	if len(ready) != 1 || !strings.Contains(string(status), "\nPPid:\t"+ready[0]+"\n") {
		t.Errorf("processes %q were ready, the program's parent is another one:\n%s", ready, status)
	}
	// Once used it is not used again, and one that is not used ends with the engine.
	other := create(t, e, sh("exit 3"))
	if other == id {
		t.Error("two containers have one ID")
	}
	if _, err := e.StartContainer(ctx, other, nil); err != nil {
		t.Fatal(err)
	}
	e.ExpectStart()
}
