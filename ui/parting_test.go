package ui

import (
	"context"
	"strings"
	"testing"

	"berth/engine"
	"berth/engine/enginetest"
)

// Whoever leaves hears what runs on, also before the engine has told of it, and which
// pulls end.
func TestPartingSaysWhatRunsOn(t *testing.T) {
	f := enginetest.New()
	defer f.Close()
	if err := f.SeedHarbour(); err != nil {
		t.Fatal(err)
	}
	m := New(context.Background(), f, Options{})
	m.cancel() // as quitting does
	if got := m.unheard(); !strings.HasPrefix(got, "Still running: cache, db, shell, web-1") {
		t.Errorf("before the first events it says %q", got)
	}
	m.state.Containers = []engine.Container{{Name: "idle", State: engine.StateExited}}
	if got := m.parting(); got != "" {
		t.Errorf("with nothing running it says %q", got)
	}
	m.queue.jobs = []*job{{ref: "python:3.14", active: true}, {ref: "alpine"}}
	if got := m.parting(); !strings.Contains(got, "alpine, python:3.14") || !strings.Contains(got, "is kept") {
		t.Errorf("with pulls under way it says %q", got)
	}
}
