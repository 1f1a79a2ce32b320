package cli

import (
	"os/exec"
	"strings"
	"testing"
)

// TestCompletion asks what a shell asks at Tab.
func TestCompletion(t *testing.T) {
	b := seeded(t) // made, failed, web (running), frozen (paused)
	for line, want := range map[string]string{
		"stop ":                     "frozen web",
		"stop web ":                 "frozen",
		"rm ":                       "failed frozen made web",
		"start ":                    "failed made",
		"unpause ":                  "frozen",
		"exec w":                    "web",
		"logs web ":                 "",
		"cp fa":                     "failed:",
		"inspect f":                 "failed frozen",
		"inspect hello":             "hello-world:latest",
		"rmi ghcr.io":               "ghcr.io/acme/tools:1.2",
		"run hello":                 "hello-world:latest",
		"run --network ":            "host none",
		"run --pull=m":              "missing",
		"ps --filter st":            "status=",
		"ps -f status=ex":           "status=exited",
		"ps -f name=we":             "name=web",
		"container ls --filter vol": "volume=",
		"images -f reference=hello": "reference=hello-world:latest",
		"kill -s TE":                "TERM",
		"completion z":              "zsh",
	} {
		code, out, errs := b.run(append([]string{"__completeNoDesc"}, strings.Split(line, " ")...)...)
		if code != 0 {
			t.Errorf("%q: exit code %d: %s", line, code, errs)
		}
		words := map[string]bool{}
		for _, w := range strings.Fields(out) {
			words[w] = true
		}
		for _, w := range strings.Fields(want) {
			if !words[w] {
				t.Errorf("%q: %q is not offered in %q", line, w, out)
			}
		}
		if n := len(strings.Fields(out)) - 1; n != len(strings.Fields(want)) { // the last is a directive
			t.Errorf("%q: offered %q, want %q", line, out, want)
		}
	}
}

// TestCompletionScripts has each shell that is there read its script.
func TestCompletionScripts(t *testing.T) {
	b := newBench(t)
	for _, shell := range []string{"bash", "zsh", "fish"} {
		script := b.must("completion", shell)
		if !strings.Contains(script, "__complete") {
			t.Errorf("%s: %.80q", shell, script)
		}
		path, err := exec.LookPath(shell)
		if err != nil {
			continue
		}
		cmd := exec.Command(path, "-n") // read, not run
		cmd.Stdin = strings.NewReader(script)
		if out, err := cmd.CombinedOutput(); err != nil {
			t.Errorf("%s: %v\n%s", shell, err, out)
		}
	}
}
