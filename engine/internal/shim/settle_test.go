package shim

import (
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"berth/engine"
	"berth/engine/enginetest/ability"
	"berth/engine/internal/bundle"

	"golang.org/x/sys/unix"
)

// settle settles the container in dir by a policy.
func settle(t *testing.T, dir string, policy string, hold *Hold) (Status, bool) {
	t.Helper()
	s, ok, err := Settle(dir, Settlement{Restart: bundle.Restart{Name: policy}, Hold: hold, Clear: func() {}})
	if err != nil {
		t.Fatal(err)
	}
	return s, ok
}

// murder kills the shim of dir and waits until it has ended.
func murder(t *testing.T, dir string) *Hold {
	t.Helper()
	h, err := NewHold(dir)
	if err != nil || h == nil {
		t.Fatal(h, err)
	}
	t.Cleanup(h.Close)
	s, err := ReadStatus(dir)
	if err != nil {
		t.Fatal(err)
	}
	if err := unix.Kill(s.ShimPid, unix.SIGKILL); err != nil {
		t.Fatal(err)
	}
	if err := h.Wait(t.Context()); err != nil {
		t.Fatal(err)
	}
	return h
}

func TestSettleEndsWhatAKilledShimLeft(t *testing.T) {
	ability.Need(t, ability.Root)
	if _, err := exec.LookPath("setpriv"); err != nil {
		t.Skip("missing ability: setpriv")
	}
	// A program that changes its user does not die with its shim: see endProcess.
	dir := prepareDir(t, `exec setpriv --reuid 65534 --clear-groups sleep 1000`, nil)
	start(t, dir, nil)
	if _, ok := settle(t, dir, "always", nil); ok {
		t.Fatal("a container whose shim lives was settled")
	}
	st, err := ReadStatus(dir)
	if err != nil {
		t.Fatal(err)
	}
	main, err := unix.PidfdOpen(st.Pid, 0)
	if err != nil {
		t.Fatal(err)
	}
	defer unix.Close(main)
	eventually(t, "the change of user", func() bool {
		data, _ := os.ReadFile(filepath.Join("/proc", strconv.Itoa(st.Pid), "comm"))
		return string(data) == "sleep\n"
	})
	murder(t, dir)
	if pollFor(main, unix.POLLIN, 0) {
		t.Error("it died with its shim: this test shows nothing")
	}
	if seen, err := ReadStatus(dir); err != nil || !seen.Abandoned || seen.State != engine.StateExited {
		t.Errorf("before: %+v, %v", seen, err)
	}
	for range 2 { // the first one who settles may be killed before all was told
		s, ok := settle(t, dir, "no", nil)
		if !ok || s.State != engine.StateExited || s.ExitCode != 137 || s.Error != orphanError || s.Pid != 0 || s.Finished.Before(s.Started) {
			t.Errorf("settled: %v %+v", ok, s)
		}
		if !pollFor(main, unix.POLLIN, 0) {
			t.Error("the program runs on")
		}
	}
	if err := Settled(dir); err != nil {
		t.Fatal(err)
	}
	if _, ok := settle(t, dir, "always", nil); ok {
		t.Error("it was settled once more")
	}
	if seen, err := ReadStatus(dir); err != nil || seen.Abandoned || seen.ExitCode != 137 {
		t.Errorf("after: %+v, %v", seen, err)
	}
}

func TestSettleKnowsNoStrangers(t *testing.T) {
	stranger := exec.Command("sleep", "1000")
	if err := stranger.Start(); err != nil {
		t.Fatal(err)
	}
	defer func() { _ = stranger.Process.Kill(); _ = stranger.Wait() }()
	pid := stranger.Process.Pid
	fd, err := unix.PidfdOpen(pid, 0)
	if err != nil {
		t.Fatal(err)
	}
	defer unix.Close(fd)
	for name, change := range map[string]func(*Status){
		"of an earlier boot":        func(s *Status) { s.BootID, s.PidStart = "earlier", startTime(pid) },
		"with a number used anew":   func(s *Status) { s.PidStart = startTime(pid) - 1 },
		"settled when power failed": func(s *Status) { s.State, s.BootID, s.PidStart = engine.StateExited, "earlier", startTime(pid) },
	} {
		t.Run(name, func(t *testing.T) {
			dir := runningRecord(t, func(s *Status) { s.Pid = pid; change(s) })
			if err := mark(dir); err != nil {
				t.Fatal(err)
			}
			s, ok := settle(t, dir, "always", nil)
			if !ok || s.Pid != 0 || s.State == engine.StateRestarting && s.BootID != bootID() {
				t.Errorf("%v %+v", ok, s)
			}
			if pollFor(fd, unix.POLLIN, 0) {
				t.Fatal("a process that is not the container's was killed")
			}
		})
	}
}

func TestAContainerStaysDownAfterAReboot(t *testing.T) {
	for _, state := range []engine.ContainerState{engine.StateRunning, engine.StateRestarting} {
		dir := runningRecord(t, func(s *Status) { s.State, s.BootID, s.Pid = state, "earlier", 0 })
		if s, ok := settle(t, dir, "always", nil); !ok || s.State != engine.StateExited {
			t.Errorf("%s: %v %+v", state, ok, s)
		}
	}
}

// kernelTells tries whether the exit status of a process that was reaped can be asked for.
func kernelTells(t *testing.T) bool {
	t.Helper()
	child := exec.Command("true")
	if err := child.Start(); err != nil {
		t.Fatal(err)
	}
	fd, err := unix.PidfdOpen(child.Process.Pid, 0)
	if err != nil {
		t.Fatal(err)
	}
	defer unix.Close(fd)
	_ = child.Wait()
	info := unix.PidfdInfo{Mask: unix.PIDFD_INFO_EXIT}
	return unix.IoctlPidfdInfo(fd, &info) == nil && info.Mask&unix.PIDFD_INFO_EXIT != 0
}

func TestTheKernelTellsHowItEnded(t *testing.T) {
	if !kernelTells(t) {
		t.Skip("missing ability: exit status by pidfd (Linux 6.15)")
	}
	// The shim is stopped before it can hear of the end.
	dir := prepareDir(t, `read x; kill -STOP $PPID; exit 7`, func(b *bundle.Bundle) { b.Stdin = true })
	_, a := start(t, dir, &engine.AttachOptions{Stdin: true})
	st, err := ReadStatus(dir)
	if err != nil {
		t.Fatal(err)
	}
	h, err := NewHold(dir)
	if err != nil || h == nil {
		t.Fatal(h, err)
	}
	t.Cleanup(h.Close)
	t.Cleanup(func() { // stopped, it would hold up the cleaning
		_ = h.raw.Control(func(fd uintptr) { _ = unix.PidfdSendSignal(int(fd), unix.SIGKILL, nil, 0) })
	})
	if _, err := a.Write([]byte("\n")); err != nil {
		t.Fatal(err)
	}
	eventually(t, "the program's end", func() bool { return pollFor(h.main, unix.POLLIN, 0) })
	_ = unix.Kill(st.ShimPid, unix.SIGKILL)
	if err := h.Wait(t.Context()); err != nil {
		t.Fatal(err)
	}
	eventually(t, "somebody to reap it", func() bool { return pollFor(h.main, 0, 0) })
	if s, ok := settle(t, dir, "no", h); !ok || s.ExitCode != 7 || s.Signal != 0 {
		t.Errorf("%v %+v", ok, s)
	}
}

func TestResumeBringsItBack(t *testing.T) {
	dir := prepareDir(t, `echo run; exec sleep 1000`, func(b *bundle.Bundle) { b.Restart.Name = "always" })
	start(t, dir, nil)
	for count := 1; count <= 2; count++ {
		eventually(t, "output", func() bool { out, _ := logged(t, dir); return strings.Count(out, "run") == count })
		murder(t, dir)
		s, ok := settle(t, dir, "always", nil)
		if !ok || s.State != engine.StateRestarting {
			t.Fatalf("settled: %v %+v", ok, s)
		}
		if seen, err := ReadStatus(dir); err != nil || !seen.Abandoned {
			t.Errorf("if we were killed now, nobody would go on: %+v, %v", seen, err)
		}
		if err := Resume(dir, func() error { return nil }); err != nil {
			t.Fatal(err)
		}
		eventually(t, "the restart", func() bool {
			s, err := ReadStatus(dir)
			return err == nil && s.State == engine.StateRunning && s.RestartCount == count
		})
	}
	// A stop is remembered, so that nobody brings it back.
	c, err := Dial(t.Context(), dir)
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	if err := c.StopRestarting(t.Context()); err != nil {
		t.Fatal(err)
	}
	murder(t, dir)
	if s, ok := settle(t, dir, "always", nil); !ok || s.State != engine.StateExited {
		t.Errorf("settled: %v %+v", ok, s)
	}
}

// A shim may be killed after it recorded the end and before it told anybody.
func TestAnEndThatNobodyHeardOfIsFound(t *testing.T) {
	dir := runningRecord(t, func(s *Status) { s.State, s.Pid, s.ExitCode, s.Finished = engine.StateExited, 0, 3, time.Now() })
	if s, err := ReadStatus(dir); err != nil || s.Abandoned {
		t.Fatalf("at rest: %+v, %v", s, err)
	}
	if err := mark(dir); err != nil {
		t.Fatal(err)
	}
	if s, err := ReadStatus(dir); err != nil || !s.Abandoned || s.ExitCode != 3 {
		t.Errorf("%+v, %v", s, err)
	}
	if s, ok := settle(t, dir, "always", nil); !ok || s.State != engine.StateExited || s.ExitCode != 3 {
		t.Errorf("%v %+v", ok, s)
	}
}
