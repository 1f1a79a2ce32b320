package local_test

import (
	"context"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"berth/engine"
	"berth/engine/enginetest/ability"
	"berth/engine/internal/state"
	"berth/engine/local"
	"berth/engine/registries"

	"golang.org/x/sys/unix"
)

// shimOf returns a pidfd of the shim of a running container, which is the parent of its
// main process.
func shimOf(t testing.TB, e engine.Engine, id string) int {
	t.Helper()
	stat, err := os.ReadFile(filepath.Join("/proc", itoa(inspect(t, e, id).Pid), "stat"))
	if err != nil {
		t.Fatal(err)
	}
	_, rest, _ := strings.Cut(string(stat), ") ")
	fd, err := unix.PidfdOpen(atoi(t, strings.Fields(rest)[1]), 0)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { unix.Close(fd) })
	return fd
}

// killShim kills a container's shim and waits for its end.
func killShim(t testing.TB, e engine.Engine, id string) {
	t.Helper()
	fd := shimOf(t, e, id)
	if err := unix.PidfdSendSignal(fd, unix.SIGKILL, nil, 0); err != nil {
		t.Fatal(err)
	}
	if n, err := unix.Poll([]unix.PollFd{{Fd: int32(fd), Events: unix.POLLIN}}, int(patience.Milliseconds())); n != 1 {
		t.Fatalf("the shim does not end: %v", err)
	}
}

// A record of container events, as one watcher heard them.
type heard struct {
	mu     sync.Mutex
	events []string
	last   map[string]engine.Event // by action
}

// listen follows the container events of an engine until the test ends.
func listen(t testing.TB, e engine.Engine) *heard {
	t.Helper()
	ctx, cancel := context.WithCancel(context.Background())
	sub, err := e.Watch(ctx, engine.WatchOptions{Kinds: []engine.EventKind{engine.KindContainer}, Snapshot: true})
	if err != nil {
		cancel()
		t.Fatal(err)
	}
	h := &heard{last: map[string]engine.Event{}}
	done := make(chan struct{})
	go func() {
		defer close(done)
		for ev := range sub.Events {
			h.mu.Lock()
			h.events = append(h.events, ev.Action)
			h.last[ev.Action] = ev
			h.mu.Unlock()
		}
	}()
	t.Cleanup(func() { cancel(); <-done })
	return h
}

func (h *heard) String() string {
	h.mu.Lock()
	defer h.mu.Unlock()
	return strings.Join(h.events, " ")
}

func (h *heard) count(action string) (n int) {
	h.mu.Lock()
	defer h.mu.Unlock()
	for _, ev := range h.events {
		if ev == action {
			n++
		}
	}
	return n
}

func (h *heard) await(t testing.TB, want string) {
	t.Helper()
	until(t, "events "+want, func() bool { return h.String() == want }, h.String)
}

// failedSteps lists the steps of killed shims' settling that failed, for a test that fails.
func failedSteps(t testing.TB, e engine.Engine) {
	t.Cleanup(func() {
		if !t.Failed() {
			return
		}
		evs, _ := e.History(context.Background(), engine.WatchOptions{Kinds: []engine.EventKind{engine.KindStep}})
		for _, ev := range evs {
			if ev.Step.Error != "" {
				t.Logf("%s: %s: %s", ev.Step.OpName, ev.Step.Name, ev.Step.Error)
			}
		}
	})
}

// others opens more engines on the same state directory: what other processes would have.
func others(t testing.TB, root string, n int) []*local.Engine {
	t.Helper()
	var all []*local.Engine
	for range n {
		e, err := local.Open(local.Options{Root: root, Demo: true, Registries: registries.Open})
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { e.Close() })
		all = append(all, e)
	}
	return all
}

// pulledAt is pulled with a known state directory.
func pulledAt(t testing.TB) (*local.Engine, string) {
	t.Helper()
	root := t.TempDir()
	e := openAt(t, root)
	if _, err := e.Pull(testContext(t), engine.PullRequest{Ref: "toolbox"}); err != nil {
		t.Fatal(err)
	}
	failedSteps(t, e)
	return e, root
}

func TestAWatcherHearsThatAShimWasKilled(t *testing.T) {
	e, root := pulledAt(t)
	var ears []*heard
	for _, o := range others(t, root, 5) {
		ears = append(ears, listen(t, o))
	}
	id := start(t, e, sh("sleep 600"))
	killShim(t, e, id)
	for _, h := range ears {
		h.await(t, "create start die")
		die := h.last["die"]
		if c := die.Container; die.Attributes["exitCode"] != "137" || c == nil || c.State != engine.StateExited || c.ExitCode != 137 || c.Error == "" {
			t.Errorf("die of %+v: %v", c, die.Attributes)
		}
	}
	if d := inspect(t, e, id); d.State != engine.StateExited || !strings.Contains(d.Error, "shim was killed") {
		t.Errorf("it is %s: %q", d.State, d.Error)
	}
	// It is a stopped container like any other.
	if _, err := e.StartContainer(testContext(t), id, nil); err != nil {
		t.Error(err)
	}
	for _, h := range ears {
		h.await(t, "create start die start")
	}
}

func TestAKilledShimsContainerIsRemovedIfItWasToBe(t *testing.T) {
	e, root := pulledAt(t)
	h := listen(t, others(t, root, 1)[0])
	cfg := sh("sleep 600")
	cfg.AutoRemove = true
	id := create(t, e, cfg)
	a, err := e.StartContainer(testContext(t), id, &engine.AttachOptions{})
	if err != nil {
		t.Fatal(err)
	}
	killShim(t, e, id)
	if st, err := a.Wait(); err != nil || st.Code != 137 || !strings.Contains(st.Error, "shim was killed") {
		t.Errorf("its client is told %+v, %v", st, err)
	}
	until(t, "its removal", func() bool { return h.count("destroy") == 1 }, h.String)
	if got := h.String(); got != "create start die destroy" {
		t.Errorf("events: %s", got)
	}
	_, err = e.InspectContainer(testContext(t), id, engine.InspectOptions{})
	wantClass(t, err, engine.ClassNotFound)
}

func TestAKilledShimsContainerIsRestartedIfItWasToBe(t *testing.T) {
	e, root := pulledAt(t)
	var ears []*heard
	for _, o := range others(t, root, 3) {
		ears = append(ears, listen(t, o))
	}
	cfg := sh("echo run >> /count; sleep 600")
	cfg.Restart = engine.RestartPolicy{Name: "on-failure", MaxRetry: 2}
	id := start(t, e, cfg)
	for n := 1; n <= 2; n++ {
		killShim(t, e, id)
		until(t, "the restart", func() bool { d := inspect(t, e, id); return d.State == engine.StateRunning && d.RestartCount == n },
			func() string { return string(inspect(t, e, id).State) })
	}
	killShim(t, e, id)
	for _, h := range ears {
		h.await(t, "create start die restart start die restart start die")
	}
	// The user's own start begins to count anew, and the user's stop is final.
	if _, err := e.StartContainer(testContext(t), id, nil); err != nil {
		t.Fatal(err)
	}
	if d := inspect(t, e, id); d.RestartCount != 0 || d.State != engine.StateRunning {
		t.Errorf("started by hand: %+v", d.Container)
	}
}

// Nobody watches: the next one who looks does what is to be done.
func TestTheNextLookSettles(t *testing.T) {
	for name, look := range map[string]func(*local.Engine, string) error{
		"list": func(e *local.Engine, _ string) error {
			_, err := e.ListContainers(context.Background(), engine.ContainerListOptions{})
			return err
		},
		"history": func(e *local.Engine, _ string) error {
			evs, err := e.History(context.Background(), engine.WatchOptions{Since: time.Now().Add(-time.Hour)})
			if !slices.ContainsFunc(evs, func(ev engine.Event) bool { return ev.Action == "die" }) {
				t.Error("the first to ask for the past does not hear of the end")
			}
			return err
		},
		"inspect": func(e *local.Engine, id string) error {
			_, err := e.InspectContainer(context.Background(), id, engine.InspectOptions{})
			return err
		},
		"wait": func(e *local.Engine, id string) error {
			_, err := e.WaitContainer(context.Background(), id, engine.WaitNotRunning)
			return err
		},
		"rename": func(e *local.Engine, id string) error { return e.RenameContainer(context.Background(), id, "other") },
		"stop": func(e *local.Engine, id string) error {
			return e.StopContainer(context.Background(), id, engine.StopOptions{})
		},
	} {
		t.Run(name, func(t *testing.T) {
			e, root := pulledAt(t)
			id := start(t, e, sh("sleep 600"))
			killShim(t, e, id)
			var wg sync.WaitGroup
			for _, o := range others(t, root, 5) {
				wg.Go(func() {
					if err := look(o, id); err != nil && name != "rename" {
						t.Error(err)
					}
				})
			}
			wg.Wait()
			if n := deaths(t, e, id); n != 1 {
				t.Errorf("it died %d times", n)
			}
			if left, _ := os.ReadDir(filepath.Join(root, "containers", id)); slices.ContainsFunc(left, func(d os.DirEntry) bool { return d.Name() == "shim.sock" }) {
				t.Error("the dead shim's socket is still there")
			}
		})
	}
}

// deaths counts how often the log tells of a container's end.
func deaths(t testing.TB, e engine.Engine, id string) (n int) {
	t.Helper()
	evs, err := e.History(testContext(t), engine.WatchOptions{Object: id, Kinds: []engine.EventKind{engine.KindContainer}})
	if err != nil {
		t.Fatal(err)
	}
	for _, ev := range evs {
		if ev.Action == "die" {
			n++
		}
	}
	return n
}

func TestWaitersHearThatAShimWasKilled(t *testing.T) {
	e, root := pulledAt(t)
	for _, cond := range []engine.WaitCondition{engine.WaitNotRunning, engine.WaitNextExit, engine.WaitRemoved} {
		cfg := sh("sleep 600")
		cfg.AutoRemove = true
		id := start(t, e, cfg)
		fd := shimOf(t, e, id)
		waiter := others(t, root, 1)[0]
		got := make(chan engine.ExitStatus, 1)
		go func() {
			st, err := waiter.WaitContainer(testContext(t), id, cond)
			if engine.ClassOf(err) == engine.ClassNotFound {
				st.Code = 137 // the kill was quicker than the wait
			} else if err != nil {
				t.Errorf("%s: %v", cond, err)
			}
			got <- st
		}()
		if err := unix.PidfdSendSignal(fd, unix.SIGKILL, nil, 0); err != nil {
			t.Fatal(err)
		}
		if st := <-got; st.Code != 137 {
			t.Errorf("%s: %+v", cond, st)
		}
	}
}

// Shims are killed at any moment of their containers' short lives, while others look.
func TestShimsKilledAtAnyMoment(t *testing.T) {
	ability.Need(t, ability.UserNS, ability.Overlay)
	e, root := pulledAt(t)
	failedSteps(t, e)
	h := listen(t, others(t, root, 1)[0])
	rounds := ability.Times(20, 300)
	started := map[string]bool{}
	for i := range rounds {
		cfg := sh("exit 3")
		cfg.AutoRemove = i%2 == 0
		id := create(t, e, cfg)
		a, err := e.StartContainer(testContext(t), id, &engine.AttachOptions{})
		if err != nil {
			t.Fatal(err)
		}
		started[id] = true
		killAnyShim(root, id, time.Duration(i%40)*200*time.Microsecond)
		if st, err := a.Wait(); err != nil || st.Code != 3 && st.Code != 137 {
			t.Errorf("round %d: %+v, %v", i, st, err)
		}
		a.Close()
	}
	if _, err := e.ListContainers(testContext(t), engine.ContainerListOptions{All: true}); err != nil {
		t.Fatal(err)
	}
	until(t, "all ends", func() bool { return h.count("die") == rounds && h.count("destroy") == (rounds+1)/2 }, func() string {
		odd := itoa(h.count("die")) + " ends, " + itoa(h.count("destroy")) + " removals"
		marks, _ := filepath.Glob(filepath.Join(root, "containers", "*", "shim.sock"))
		left, _ := filepath.Glob(filepath.Join(root, "trash", "*", "*"))
		return odd + "; not settled: " + strings.Join(marks, " ") + "; in the trash: " + strings.Join(left, " ")
	})
	for id := range started {
		if n := deaths(t, e, id); n != 1 {
			t.Errorf("%s died %d times", id[:12], n)
		}
	}
	all, err := e.ListContainers(testContext(t), engine.ContainerListOptions{All: true})
	if err != nil || len(all) != rounds/2 {
		t.Errorf("%d containers are left of %d, %v", len(all), rounds/2, err)
	}
	others(t, root, 1) // the next berth deletes what a shim that was killed last of all left in the trash
}

// With --rm a shim takes the container out of the store, and then tells of both its end
// and its removal.
func TestAShimKilledBeforeItToldOfItsRemoval(t *testing.T) {
	ability.Need(t, ability.UserNS, ability.Overlay)
	e, root := pulledAt(t)
	h := listen(t, others(t, root, 1)[0])
	cfg := sh("sleep 600")
	cfg.AutoRemove = true
	id := start(t, e, cfg)
	h.await(t, "create start")
	pidfd := shimOf(t, e, id)
	if _, err := state.Detach(root, id); err != nil {
		t.Fatal(err)
	}
	if err := unix.PidfdSendSignal(pidfd, unix.SIGKILL, nil, 0); err != nil {
		t.Fatal(err)
	}
	h.await(t, "create start die destroy")
	others(t, root, 3)
	if n := deaths(t, e, id); n != 1 {
		t.Errorf("it died %d times", n)
	}
}

// killAnyShim kills the shim of a container after a while, whatever that does then.
func killAnyShim(root, id string, after time.Duration) {
	<-time.After(after)
	dirs, _ := filepath.Glob("/proc/[0-9]*/cmdline")
	for _, file := range dirs {
		words, _ := os.ReadFile(file)
		if strings.Contains(string(words), filepath.Join(root, "containers", id)) && strings.HasPrefix(string(words), "berth-shim") {
			unix.Kill(atoiOr0(filepath.Base(filepath.Dir(file))), unix.SIGKILL)
		}
	}
}
