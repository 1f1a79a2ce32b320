package cli

import (
	"bytes"
	"context"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"berth/cmd/internal/cli/config"
	"berth/engine"
	"berth/engine/enginetest"

	"github.com/google/go-cmp/cmp"
)

var update = flag.Bool("update", false, "write the golden files anew")

// noon is when every test happens, so that ages are the same each time.
var noon = time.Date(2026, 3, 4, 12, 0, 0, 0, time.UTC)

// A bench runs command lines against one fake.
type bench struct {
	t     *testing.T
	fake  *enginetest.Fake
	clock *enginetest.ManualClock
	env   map[string]string
	in    string
}

func newBench(t *testing.T, opts ...enginetest.Option) *bench {
	t.Helper()
	clock := enginetest.NewManualClock(noon)
	fake := enginetest.New(append([]enginetest.Option{enginetest.WithClock(clock)}, opts...)...)
	t.Cleanup(func() { _ = fake.Close() })
	return &bench{t: t, fake: fake, clock: clock, env: map[string]string{}}
}

// keepOpen shields the fake from the end of one command line.
type keepOpen struct{ engine.Engine }

func (keepOpen) Close() error { return nil }

// app returns an App whose output is collected.
func (b *bench) app() (a *App, out, errs *bytes.Buffer) {
	out, errs = &bytes.Buffer{}, &bytes.Buffer{}
	return &App{
		Streams: Streams{In: strings.NewReader(b.in), Out: out, Err: errs},
		Host:    Host{Open: func(context.Context, config.Settings, bool) (engine.Engine, error) { return keepOpen{b.fake}, nil }},
		Getenv:  func(name string) string { return b.env[name] },
		Now:     b.clock.Now,
	}, out, errs
}

// run carries out one command line.
func (b *bench) run(args ...string) (code int, out, errs string) {
	b.t.Helper()
	a, o, e := b.app()
	code = a.Run(context.Background(), args)
	return code, o.String(), e.String()
}

// must is run for commands that only prepare something.
func (b *bench) must(args ...string) string {
	b.t.Helper()
	code, out, errs := b.run(args...)
	if code != 0 {
		b.t.Fatalf("berth %s: exit code %d: %s", strings.Join(args, " "), code, errs)
	}
	return strings.TrimSpace(out)
}

// transcript runs the lines, words separated by blanks or in single quotes, and
// returns what a user would have seen.
func (b *bench) transcript(lines ...string) string {
	b.t.Helper()
	var s strings.Builder
	for _, line := range lines {
		code, out, errs := b.run(words(line)...)
		fmt.Fprintf(&s, "$ berth %s\n%s", line, out)
		if errs != "" {
			fmt.Fprintf(&s, "[stderr]\n%s", errs)
		}
		if code != 0 {
			fmt.Fprintf(&s, "[exit code %d]\n", code)
		}
		s.WriteByte('\n')
	}
	return s.String()
}

func words(line string) []string {
	var list []string
	for i, part := range strings.Split(line, "'") {
		if i%2 == 1 {
			list = append(list, part)
		} else {
			list = append(list, strings.Fields(part)...)
		}
	}
	return list
}

// golden compares got with testdata/golden/name.
func golden(t *testing.T, name, got string) {
	t.Helper()
	file := filepath.Join("testdata", "golden", name)
	if *update {
		if err := os.MkdirAll(filepath.Dir(file), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(file, []byte(got), 0o644); err != nil {
			t.Fatal(err)
		}
		return
	}
	want, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(string(want), got); diff != "" {
		t.Errorf("%s differs (-want +got), see go test -update:\n%s", file, diff)
	}
}
