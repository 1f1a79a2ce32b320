package local_test

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"testing"

	"berth/engine/shimproc"
)

// TestMain lets the test binary be its own shim, as berth is when the small program
// is not beside it, and builds the program that the toolbox image is made of.
func TestMain(m *testing.M) {
	if shimproc.Invoked() {
		os.Exit(shimproc.Main())
	}
	if what := os.Getenv(actEnv); what != "" {
		os.Exit(act(what))
	}
	code, err := run(m)
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		code = 1
	}
	os.Exit(code)
}

func run(m *testing.M) (int, error) {
	if os.Getenv("BERTH_TOOLBOX") == "" {
		dir, err := os.MkdirTemp("", "berth-test-")
		if err != nil {
			return 1, err
		}
		defer os.RemoveAll(dir)
		toolbox := filepath.Join(dir, "berth-toolbox")
		build := exec.Command("go", "build", "-o", toolbox, "berth/cmd/berth-toolbox")
		build.Env = append(os.Environ(), "CGO_ENABLED=0")
		if out, err := build.CombinedOutput(); err != nil {
			return 1, fmt.Errorf("build the toolbox: %w\n%s", err, out)
		}
		os.Setenv("BERTH_TOOLBOX", toolbox)
	}
	return m.Run(), nil
}
