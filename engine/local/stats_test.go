package local_test

import (
	"testing"

	"berth/engine"
)

// Who reads a container's counters again and again gets those of the program that runs
// now, and an error once none does.
func TestStatsFollowTheProgram(t *testing.T) {
	e, _ := pulledAt(t)
	ctx := testContext(t)
	id := start(t, e, sh("i=0; while [ $i -lt 20000 ]; do i=$((i+1)); done; sleep 600"))
	var before engine.Stats
	until(t, "the first program to have worked", func() bool {
		st, err := e.Stats(ctx, id)
		again, err2 := e.Stats(ctx, id)
		same := err == nil && err2 == nil && st.CPUTotal == again.CPUTotal && st.CPUTotal > 0
		before = again
		return same
	}, func() string { return before.CPUTotal.String() })
	now := 0
	if err := e.RestartContainer(ctx, id, engine.StopOptions{Timeout: &now}); err != nil {
		t.Fatal(err)
	}
	if st, err := e.Stats(ctx, id); err != nil || !st.Time.After(before.Time) {
		t.Errorf("after a restart: %+v, %v", st, err)
	}
	if err := e.StopContainer(ctx, id, engine.StopOptions{Timeout: &now}); err != nil {
		t.Fatal(err)
	}
	if st, err := e.Stats(ctx, id); engine.ClassOf(err) != engine.ClassConflict {
		t.Errorf("after the end: %+v, %v", st, err)
	}
}
