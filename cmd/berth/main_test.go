package main

import (
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"berth/engine/enginetest/ability"
	"berth/engine/enginetest/leak"

	"github.com/rogpeppe/go-internal/testscript"
)

// binDir holds the programs that the stories run.
var binDir string

func TestMain(m *testing.M) {
	code, err := withPrograms(m)
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		code = 1
	}
	os.Exit(code)
}

// withPrograms runs the tests with berth and its companions in binDir: those of
// BERTH_BIN, or fresh ones. The former is how a user who can't run go tests them.
func withPrograms(m *testing.M) (int, error) {
	if binDir = os.Getenv("BERTH_BIN"); binDir != "" {
		return m.Run(), nil
	}
	dir, err := os.MkdirTemp("", "berth-stories-")
	if err != nil {
		return 0, err
	}
	defer os.RemoveAll(dir)
	if err := os.Chmod(dir, 0o755); err != nil {
		return 0, err
	}
	build := exec.Command("go", "build", "-o", dir, "berth/cmd/berth", "berth/cmd/berth-full", "berth/cmd/berth-shim", "berth/cmd/berth-toolbox")
	build.Env = append(os.Environ(), "CGO_ENABLED=0")
	if out, err := build.CombinedOutput(); err != nil {
		return 0, fmt.Errorf("build the programs: %w\n%s", err, out)
	}
	binDir = dir
	return m.Run(), nil
}

// TestStories runs each testdata/*.txtar as a user would type it, with the built-in
// images and a state directory of its own. What a story leaves running fails it.
func TestStories(t *testing.T) {
	ability.Need(t, ability.Overlay)
	testscript.Run(t, testscript.Params{
		Dir:   "testdata",
		Setup: setup,
		Cmds:  map[string]func(*testscript.TestScript, bool, []string){"exits": exits},
	})
}

func setup(env *testscript.Env) error {
	root := filepath.Join(env.WorkDir, "state")
	env.Setenv("PATH", binDir+":"+env.Getenv("PATH"))
	env.Setenv("BERTH_ROOT", root)
	env.Setenv("BERTH_DEMO", "1")
	env.Setenv("HOME", filepath.Join(env.WorkDir, "home"))
	env.Setenv("LANG", "C.UTF-8")
	env.Defer(func() { cleanUp(env, root) })
	return os.MkdirAll(env.Getenv("HOME"), 0o755)
}

// cleanUp removes all containers, which ends their shims, and images, whose files may
// belong to other ids, and checks that nothing of the story is left.
func cleanUp(env *testscript.Env, root string) {
	run := func(args ...string) string {
		c := exec.Command(filepath.Join(binDir, "berth"), append([]string{"--root", root}, args...)...)
		out, err := c.CombinedOutput()
		if err != nil {
			complain(env, "berth %s: %v\n%s", strings.Join(args, " "), err, out)
		}
		return string(out)
	}
	if ids := strings.Fields(run("ps", "-aq")); len(ids) > 0 {
		run(append([]string{"rm", "-f"}, ids...)...)
	}
	run("image", "prune", "-af")
	// A shim with --rm tidies up after its client has ended.
	for _, thing := range leak.Wait(root, 10*time.Second) {
		complain(env, "left behind: %s", thing)
	}
}

// complain fails the story. testscript's T has no Errorf, and a FailNow would skip
// the rest of the cleaning.
func complain(env *testscript.Env, format string, args ...any) {
	if t, ok := env.T().(interface{ Errorf(string, ...any) }); ok {
		t.Errorf(format, args...)
		return
	}
	env.T().Log(fmt.Sprintf(format, args...))
}

// exits is the story's word for a command and its exit code: exits 7 berth run ...
func exits(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) < 2 {
		ts.Fatalf("usage: exits CODE COMMAND [ARG...]")
	}
	err := ts.Exec(args[1], args[2:]...)
	code := 0
	var exit *exec.ExitError
	switch {
	case errors.As(err, &exit):
		code = exit.ExitCode()
	case err != nil:
		ts.Fatalf("%v", err)
	}
	if got := strconv.Itoa(code); got != args[0] {
		ts.Fatalf("exit code %s, want %s", got, args[0])
	}
}
