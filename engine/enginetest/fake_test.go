package enginetest_test

import (
	"bytes"
	"context"
	"strings"
	"sync"
	"testing"
	"time"

	"berth/engine"
	"berth/engine/enginetest"
)

func TestFakeConforms(t *testing.T) {
	enginetest.Conformance(t, func(*testing.T) engine.Engine { return enginetest.New() }, enginetest.ConformanceOptions{})
}

func TestManualClockHoldsPrograms(t *testing.T) {
	clock := enginetest.NewManualClock(time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC))
	f := enginetest.New(enginetest.WithClock(clock))
	defer f.Close()
	pull(t, f, "toolbox")
	res, err := f.CreateContainer(t.Context(), engine.ContainerConfig{Image: "toolbox", Cmd: []string{"sleep", "60"}})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := f.StartContainer(t.Context(), res.ID, nil); err != nil {
		t.Fatal(err)
	}
	for clock.Waiting() == 0 && t.Context().Err() == nil {
		time.Sleep(time.Millisecond)
	}
	clock.Advance(time.Minute)
	st, err := f.WaitContainer(t.Context(), res.ID, engine.WaitNotRunning)
	if err != nil || st.Code != 0 || !st.At.Equal(clock.Now()) {
		t.Fatalf("status %+v, %v", st, err)
	}
}

func TestScriptedPullIsUnderControl(t *testing.T) {
	f := enginetest.New()
	defer f.Close()
	step := make(chan struct{})
	f.AddRepository(&enginetest.Repository{
		Ref: "slow:latest", Layers: []enginetest.RemoteLayer{{Content: "x", Size: 100, Unpacked: 200}},
		Script: func(ctx context.Context, run *enginetest.PullRun) error {
			run.Update(func(p *engine.PullProgress) { p.Layers[0].State, p.Layers[0].Current = engine.LayerDownloading, 40 })
			select {
			case <-step:
				return engine.Errorf(engine.ClassUnavailable, "fetch blob: connection reset")
			case <-ctx.Done():
				return ctx.Err()
			}
		},
	})
	sub, err := f.Watch(t.Context(), engine.WatchOptions{Kinds: []engine.EventKind{engine.KindPull}})
	if err != nil {
		t.Fatal(err)
	}
	go f.Pull(context.Background(), engine.PullRequest{Ref: "slow"})
	for e := range sub.Events {
		if e.Pull.Current == 40 {
			break
		}
	}
	close(step)
	for e := range sub.Events {
		if e.Pull.State.Final() {
			if e.Pull.State != engine.PullFailed || !strings.Contains(e.Pull.Error, "connection reset") {
				t.Fatalf("end %+v", e.Pull)
			}
			return
		}
	}
}

func TestFaultsAreInjected(t *testing.T) {
	f := enginetest.New()
	defer f.Close()
	f.Fail("ListImages", engine.Errorf(engine.ClassPermission, "open state directory: permission denied"))
	if _, err := f.ListImages(t.Context(), engine.ImageListOptions{}); engine.ClassOf(err) != engine.ClassPermission {
		t.Fatalf("error %v", err)
	}
	f.Fail("ListImages", nil)
	if _, err := f.ListImages(t.Context(), engine.ImageListOptions{}); err != nil {
		t.Fatal(err)
	}
}

func TestLongLogIsMadeWhenRead(t *testing.T) {
	f := enginetest.New()
	defer f.Close()
	pull(t, f, "toolbox")
	res, err := f.CreateContainer(t.Context(), engine.ContainerConfig{Image: "toolbox"})
	if err != nil {
		t.Fatal(err)
	}
	f.SetLog(res.ID, 10_000_000, func(i int) engine.LogEntry {
		return engine.LogEntry{Line: []byte("line\n")}
	})
	n := 0
	err = f.Logs(t.Context(), res.ID, engine.LogOptions{Tail: 5, Stdout: true}, func(engine.LogEntry) error { n++; return nil })
	if err != nil || n != 5 {
		t.Fatalf("%d lines, %v", n, err)
	}
}

func TestShellPromptOnATerminal(t *testing.T) {
	f := enginetest.New()
	defer f.Close()
	if err := f.SeedHarbour(); err != nil {
		t.Fatal(err)
	}
	out := &lockedBuffer{more: make(chan struct{}, 1)}
	a, err := f.Attach(t.Context(), "shell", engine.AttachOptions{Stdout: out, Stdin: true})
	if err != nil {
		t.Fatal(err)
	}
	a.Write([]byte("echo $((6*7))\r"))
	out.wait(t, "42\r\n")
	a.Write([]byte("echo asleep; sleep 1000\r"))
	out.wait(t, "asleep\r\n")
	a.Write([]byte{3})
	a.Write([]byte("exit 3\r"))
	if st, err := a.Wait(); err != nil || st.Code != 3 {
		t.Fatalf("status %+v, %v", st, err)
	}
}

func TestSeedMany(t *testing.T) {
	f := enginetest.New()
	defer f.Close()
	if err := f.SeedMany(1000, 200); err != nil {
		t.Fatal(err)
	}
	sub, err := f.Watch(t.Context(), engine.WatchOptions{Snapshot: true})
	if err != nil {
		t.Fatal(err)
	}
	if i, c := len(sub.Snapshot.Images), len(sub.Snapshot.Containers); i != 1001 || c != 200 {
		t.Fatalf("%d images and %d containers", i, c)
	}
}

func pull(t *testing.T, f *enginetest.Fake, ref string) {
	t.Helper()
	if _, err := f.Pull(t.Context(), engine.PullRequest{Ref: ref}); err != nil {
		t.Fatal(err)
	}
}

// A lockedBuffer collects output and wakes whoever waits for text in it.
type lockedBuffer struct {
	buf  bytes.Buffer
	more chan struct{}
	mu   sync.Mutex
}

func (b *lockedBuffer) Write(p []byte) (int, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.buf.Write(p)
	select {
	case b.more <- struct{}{}:
	default:
	}
	return len(p), nil
}

func (b *lockedBuffer) wait(t *testing.T, text string) {
	t.Helper()
	for {
		b.mu.Lock()
		ok := strings.Contains(b.buf.String(), text)
		b.mu.Unlock()
		if ok {
			return
		}
		select {
		case <-b.more:
		case <-time.After(10 * time.Second):
			t.Fatalf("%q never came; got %q", text, b.buf.String())
		}
	}
}
