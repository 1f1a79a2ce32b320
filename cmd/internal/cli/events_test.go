package cli

import (
	"context"
	"regexp"
	"strings"
	"testing"
	"time"

	"berth/engine"
)

var hexID = regexp.MustCompile(`[0-9a-f]{16,64}`)

func TestEventsOfThePast(t *testing.T) {
	b := newBench(t)
	b.must("pull", "-q", "toolbox")
	b.must("run", "--rm", "--name", "brief", "-l", "tier=front", "toolbox", "true")
	b.clock.Advance(time.Second)
	got := b.transcript(
		"events --since 1h --until 0s", "events --since 1h --until 0s --filter type=image",
		"events --since 1h --until 0s --filter event=die --filter container=brief --format '{{.Action}} {{.Actor.Attributes.name}} {{.Actor.Attributes.exitCode}}'",
		"events --since 1h --until 0s --filter label=tier=back", "events --since 1h --until 30m",
		"events --since 1h --until 0s --filter event=start --format json",
	)
	golden(t, "events.txt", hexID.ReplaceAllString(got, "ID"))
}

func TestEventsFollowUntilInterrupted(t *testing.T) {
	b := newBench(t)
	b.must("pull", "-q", "toolbox")
	u := newUser(t)
	ctx, cancel := context.WithCancelCause(t.Context())
	code := u.runs(ctx, b, "events", "--filter", "event=start", "--format", "{{.Action}} {{.Actor.Attributes.name}}", "--since", "1h")
	b.must("run", "-d", "--name", "late", "toolbox", "sleep", "100")
	u.sees("start late")
	cancel(&signalError{2})
	u.expectCode(code, 130)
	b.must("rm", "-f", "late")
}

func TestPrintStep(t *testing.T) {
	start := time.Date(2026, 3, 4, 12, 0, 0, 123456000, time.UTC)
	var out strings.Builder
	for _, s := range []engine.Step{
		{OpName: "run", Subject: strings.Repeat("ab", 32), Seq: 3, Name: "clone", Start: start},
		{OpName: "run", Subject: strings.Repeat("ab", 32), Seq: 3, Name: "clone", Start: start, Duration: 1234 * time.Microsecond, Done: true,
			Explain: "Make a process.", Data: []byte(`{"flags":["NEWPID"]}`)},
		{OpName: "pull", Subject: "ghcr.io/a/very/long/name:1", Seq: 12, Name: "fetch blob\x1b[31m", Done: true, Duration: 61 * time.Second, Error: "reset by peer"},
	} {
		if err := printStep(&out, start, s, true); err != nil {
			t.Fatal(err)
		}
	}
	golden(t, "steps.txt", out.String())
}
