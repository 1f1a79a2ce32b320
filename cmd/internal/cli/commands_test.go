package cli

import (
	"context"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"berth/engine"
	"berth/engine/enginetest"

	"github.com/spf13/cobra"
)

// TestEveryCommandHasItsHelp walks the whole tree: a command without a sentence about
// itself, or a flag without one, is not documented.
func TestEveryCommandHasItsHelp(t *testing.T) {
	a, _, _ := newBench(t).app()
	var walk func(c *cobra.Command)
	walk = func(c *cobra.Command) {
		if c.Short == "" && c.Name() != "no-help" {
			t.Errorf("%s has no short help", c.CommandPath())
		}
		if c.HasParent() && c.RunE == nil && c.Run == nil {
			t.Errorf("%s does nothing", c.CommandPath())
		}
		for _, child := range c.Commands() {
			walk(child)
		}
	}
	root := a.rootCommand(nil)
	walk(root)
	for _, line := range []string{"ps", "run", "container ls", "image rm", "system df"} {
		if c, _, err := root.Find(strings.Fields(line)); err != nil || c == root {
			t.Errorf("%s is not found: %v", line, err)
		}
	}
}

func TestLogs(t *testing.T) {
	b := newBench(t)
	b.must("pull", "-q", "toolbox")
	b.must("run", "--name", "talk", "toolbox", "sh", "-c", "echo one; echo two")
	b.clock.Advance(time.Minute)
	for _, c := range []struct{ line, want string }{
		{"logs talk", "one\ntwo\n"},
		{"logs -n 1 talk", "two\n"},
		{"logs --tail 0 talk", ""},
		{"logs --tail all talk", "one\ntwo\n"},
		{"logs -t talk", "2026-03-04T12:00:00.000000000Z one\n2026-03-04T12:00:00.000000000Z two\n"},
		{"logs --since 30s talk", ""},
		{"logs --since 2m talk", "one\ntwo\n"},
		{"logs --until 2m talk", ""},
		{"logs --since 2026-03-04 talk", "one\ntwo\n"},
		{"logs -f talk", "one\ntwo\n"},
	} {
		code, out, errs := b.run(strings.Fields(c.line)...)
		if code != 0 || out != c.want {
			t.Errorf("%s: code %d, %q, %q; want %q", c.line, code, out, errs, c.want)
		}
	}
}

func TestParseTime(t *testing.T) {
	a := &App{Now: func() time.Time { return noon }}
	for in, want := range map[string]time.Time{
		"":                               {},
		"42m":                            noon.Add(-42 * time.Minute),
		"0s":                             noon,
		"1772625600":                     noon,
		"1772625600.5":                   noon.Add(500 * time.Millisecond),
		"2026-03-04":                     noon.Add(-12 * time.Hour),
		"2026-03-04T12:00":               noon,
		"2026-03-04T13:00:00.25+01:00":   noon.Add(250 * time.Millisecond),
		"2026-03-04T12:00:00.123456789Z": noon.Add(123456789),
	} {
		if got, err := a.parseTime("since", in); err != nil || !got.Equal(want) {
			t.Errorf("%q: %v, %v; want %v", in, got, err, want)
		}
	}
	for _, in := range []string{"yesterday", "1e9", "2026-13-01", "5 minutes"} {
		if got, err := a.parseTime("since", in); engine.ClassOf(err) != engine.ClassInvalid {
			t.Errorf("%q: %v, %v", in, got, err)
		}
	}
}

func TestLogin(t *testing.T) {
	b := newBench(t)
	b.in = "s3cret\n"
	if code, out, errs := b.run("login", "-u", "ada", "--password-stdin", "registry.example"); code != 0 || out != "Login Succeeded\n" || !strings.Contains(errs, "unencrypted in '/home/ada/.docker/config.json'") {
		t.Errorf("code %d, %q, %q", code, out, errs)
	}
	if code, out, _ := b.run("logout", "registry.example"); code != 0 || out != "Removing login credentials for registry.example\n" {
		t.Errorf("code %d, %q", code, out)
	}
	if code, _, errs := b.run("login", "--password-stdin"); code != 1 || !strings.Contains(errs, "--username") {
		t.Errorf("code %d, %q", code, errs)
	}
	if code, _, errs := b.run("login", "-u", "ada", "-p", "x"); code != 0 || !strings.Contains(errs, "insecure") {
		t.Errorf("code %d, %q", code, errs)
	}
	// On a terminal it asks, and does not show the password.
	u := newUser(t)
	code := u.runs(t.Context(), b, "login")
	u.sees("Username: ")
	u.types("ada\n")
	u.sees("Password: ")
	u.types("hidden\n")
	u.sees("Login Succeeded")
	u.expectCode(code, 0)
	u.mu.Lock()
	defer u.mu.Unlock()
	if strings.Contains(u.seen.String(), "hidden") {
		t.Error("the password was shown")
	}
}

func TestQuestionsCanBeInterrupted(t *testing.T) {
	for _, c := range []struct {
		args, question string
		code           int
	}{
		{"login", "Username: ", 130},
		{"login -u ada", "Password: ", 130},
		{"container prune", "[y/N] ", 130},
	} {
		b, u := newBench(t), newUser(t)
		ctx, cancel := context.WithCancelCause(t.Context())
		code := u.runs(ctx, b, strings.Fields(c.args)...)
		u.sees(c.question)
		cancel(&signalError{syscall.SIGINT})
		u.expectCode(code, c.code)
	}
}

func TestPruneAsks(t *testing.T) {
	b := newBench(t)
	b.must("pull", "-q", "toolbox")
	b.must("create", "--name", "idle", "toolbox")
	for in, code := range map[string]int{"n\n": 0, "": 0, "yes please\n": 0} {
		b.in = in
		if got, out, _ := b.run("container", "prune"); got != code || !strings.Contains(out, "WARNING!") {
			t.Errorf("answer %q: code %d, %q", in, got, out)
		}
	}
	if b.must("ps", "-aq") == "" {
		t.Fatal("the container was removed without consent")
	}
	b.in = "y\n"
	b.must("container", "prune")
	if got := b.must("ps", "-aq"); got != "" {
		t.Errorf("%q is left", got)
	}
}

func TestCIDFile(t *testing.T) {
	b := newBench(t)
	b.must("pull", "-q", "toolbox")
	file := filepath.Join(t.TempDir(), "cid")
	if code, _, _ := b.run("create", "--cidfile", file, "--pull", "never", "nonesuch"); code == 0 {
		t.Error("an unknown image was created")
	}
	if _, err := os.Stat(file); !os.IsNotExist(err) {
		t.Errorf("a file is left without a container: %v", err)
	}
	id := b.must("create", "--cidfile", file, "toolbox")
	if data, err := os.ReadFile(file); err != nil || string(data) != id {
		t.Errorf("%q, %v; want %q", data, err, id)
	}
	if code, _, errs := b.run("create", "--cidfile", file, "toolbox"); code != 1 || !strings.Contains(errs, "exists") {
		t.Errorf("code %d, %q", code, errs)
	}
}

// TestTerminalNeverGetsControlCharacters prints a hostile label in every way there is.
func TestTerminalNeverGetsControlCharacters(t *testing.T) {
	b := newBench(t)
	b.must("pull", "-q", "toolbox")
	const evil = "x\x1b]0;owned\x07\u202e"
	if _, err := b.fake.AddContainer(enginetest.ContainerSeed{Config: engine.ContainerConfig{
		Name: "box", Image: "toolbox", Labels: map[string]string{"evil": evil}, Cmd: []string{"echo", evil}}}); err != nil {
		t.Fatal(err)
	}
	for _, args := range [][]string{
		{"ps", "-a", "--no-trunc"}, {"ps", "-a", "--format", "{{.Labels}}"}, {"ps", "-a", "--format", `table {{.Label "evil"}}`},
		{"inspect", "-f", "{{.Config.Labels.evil}} {{.Args}}", "box"}, {"rm", evil}, {"run", evil}, {"pull", evil}, {"events", "--since", "1h", "--until", "0s"},
	} {
		u := newUser(t)
		code := u.runs(t.Context(), b, args...)
		<-code
		if _, err := u.slave.WriteString("THE END"); err != nil {
			t.Fatal(err)
		}
		u.mu.Lock()
		for !strings.Contains(u.seen.String(), "THE END") && !u.gone {
			u.more.Wait()
		}
		if s := u.seen.String(); strings.Contains(s, "\x1b]") || strings.Contains(s, "\x07") || strings.Contains(s, "\u202e") {
			t.Errorf("%q sent %q to the terminal", args, s)
		}
		u.mu.Unlock()
	}
}

func TestStatsOnATerminal(t *testing.T) {
	b := newBench(t)
	b.must("pull", "-q", "toolbox")
	b.must("run", "-d", "--name", "busy", "toolbox", "sleep", "100")
	u := newUser(t)
	ctx, cancel := context.WithCancelCause(t.Context())
	code := u.runs(ctx, b, "stats")
	u.sees("\x1b[2J\x1b[H")
	u.sees("CONTAINER ID   NAME")
	u.sees("busy")
	u.sees("\x1b[H") // the second reading goes over the first
	cancel(&signalError{syscall.SIGINT})
	u.expectCode(code, 130)
}

func TestStatsRow(t *testing.T) {
	at := noon
	before := engine.Stats{Time: at, CPUTotal: time.Second}
	after := engine.Stats{Time: at.Add(2 * time.Second), CPUTotal: 4 * time.Second, Memory: 512 << 20, MemoryLimit: 1 << 30,
		Pids: 7, NetRx: -1, NetTx: -1, BlockRead: 2048, BlockWrite: 0}
	row := statsRow(reading{container: engine.Container{ID: strings.Repeat("a", 64), Name: "busy"}, stats: &after}, &before, false)
	for field, want := range map[string]string{
		"CPUPerc": "150.00%", "MemUsage": "512MiB / 1GiB", "MemPerc": "50.00%", "NetIO": "-- / --", "BlockIO": "2.05kB / 0B", "PIDs": "7", "ID": "aaaaaaaaaaaa",
	} {
		if row[field] != want {
			t.Errorf("%s is %q, want %q", field, row[field], want)
		}
	}
}

func TestReferences(t *testing.T) {
	for in, want := range map[string][2]string{
		"ubuntu":                  {"ubuntu:latest", "docker.io/library/ubuntu:latest"},
		"ubuntu:24.04":            {"ubuntu:24.04", "docker.io/library/ubuntu:24.04"},
		"acme/api":                {"acme/api:latest", "docker.io/acme/api:latest"},
		"docker.io/ubuntu":        {"docker.io/ubuntu:latest", "docker.io/library/ubuntu:latest"},
		"127.0.0.1:5000/debian":   {"127.0.0.1:5000/debian:latest", "127.0.0.1:5000/debian:latest"},
		"localhost/x":             {"localhost/x:latest", "localhost/x:latest"},
		"ghcr.io/a/b@sha256:0123": {"ghcr.io/a/b@sha256:0123", "ghcr.io/a/b@sha256:0123"},
	} {
		if got := familiarName(in); got != want[0] {
			t.Errorf("familiarName(%q) = %q, want %q", in, got, want[0])
		}
		if got := canonicalName(familiarName(in)); got != want[1] {
			t.Errorf("canonicalName(%q) = %q, want %q", in, got, want[1])
		}
	}
}

func TestParseRun(t *testing.T) {
	cfg, err := ParseRun(strings.Fields("-it --rm --name box toolbox sh -l"))
	if err != nil || !cfg.TTY || !cfg.AutoRemove || cfg.Image != "toolbox" || strings.Join(cfg.Cmd, " ") != "sh -l" {
		t.Errorf("%+v, %v", cfg, err)
	}
	for _, line := range []string{"", "--nonesuch x", "-p 80:80 nginx", "--memory lots x"} {
		if _, err := ParseRun(strings.Fields(line)); err == nil {
			t.Errorf("%q was accepted", line)
		}
	}
}

func TestInterruptedPull(t *testing.T) {
	b := newBench(t, enginetest.WithRate(1)) // a byte a second, and the clock stands still
	u := newUser(t)
	ctx, cancel := context.WithCancelCause(t.Context())
	code := u.runs(ctx, b, "run", "toolbox")
	u.sees("latest: Pulling from library/toolbox")
	cancel(&signalError{syscall.SIGINT})
	u.sees("berth: interrupted")
	u.expectCode(code, 130)
	if got := b.must("images", "-q") + b.must("ps", "-aq"); got != "" {
		t.Errorf("%q is left", got)
	}
}
