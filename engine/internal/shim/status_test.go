package shim

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"berth/engine"
	"berth/engine/enginetest/ability"

	"golang.org/x/sys/unix"
)

// runningRecord writes a record that says "running" as a shim of this boot would.
func runningRecord(t *testing.T, change func(*Status)) string {
	t.Helper()
	dir := t.TempDir()
	s := Status{State: engine.StateRunning, Pid: 1, PidStart: startTime(1), BootID: bootID(), Started: time.Now()}
	if change != nil {
		change(&s)
	}
	if err := s.write(dir); err != nil {
		t.Fatal(err)
	}
	return dir
}

func TestStatusIsRightWhateverHappened(t *testing.T) {
	t.Run("never started", func(t *testing.T) {
		if s, err := ReadStatus(t.TempDir()); err != nil || s.State != engine.StateCreated {
			t.Errorf("%+v, %v", s, err)
		}
	})
	t.Run("no such container", func(t *testing.T) {
		if _, err := ReadStatus(filepath.Join(t.TempDir(), "x")); engine.ClassOf(err) != engine.ClassNotFound {
			t.Errorf("%v", err)
		}
	})
	t.Run("running", func(t *testing.T) {
		dir := runningRecord(t, nil)
		lock, err := takeLock(dir)
		if err != nil {
			t.Fatal(err)
		}
		defer lock.Close()
		if s, err := ReadStatus(dir); err != nil || s.State != engine.StateRunning {
			t.Errorf("%+v, %v", s, err)
		}
	})
	t.Run("shim killed, its process ID taken by another", func(t *testing.T) {
		dir := runningRecord(t, nil) // process 1 exists, and is not ours
		s, err := ReadStatus(dir)
		if err != nil || s.State != engine.StateExited || s.ExitCode != 137 || s.Pid != 0 || !strings.Contains(s.Error, "shim was killed") {
			t.Errorf("%+v, %v", s, err)
		}
	})
	t.Run("machine restarted", func(t *testing.T) {
		dir := runningRecord(t, func(s *Status) { s.BootID = "another" })
		s, err := ReadStatus(dir)
		if err != nil || s.State != engine.StateExited || !strings.Contains(s.Error, "restarted") {
			t.Errorf("%+v, %v", s, err)
		}
	})
	t.Run("record lost with the power", func(t *testing.T) {
		for _, content := range []string{"", "{\"Version\":1,\"St", "\x00\x00\x00"} {
			dir := t.TempDir()
			if err := os.WriteFile(filepath.Join(dir, statusName), []byte(content), 0o600); err != nil {
				t.Fatal(err)
			}
			if s, err := ReadStatus(dir); err != nil || s.State != engine.StateExited || s.Error == "" {
				t.Errorf("%q: %+v, %v", content, s, err)
			}
		}
	})
	t.Run("record of a later version", func(t *testing.T) {
		dir := t.TempDir()
		if err := os.WriteFile(filepath.Join(dir, statusName), []byte(`{"Version":99}`), 0o600); err != nil {
			t.Fatal(err)
		}
		if _, err := ReadStatus(dir); engine.ClassOf(err) != engine.ClassUnsupported {
			t.Errorf("%v", err)
		}
	})
}

func TestLongRecordsAreReadWhole(t *testing.T) {
	dir := t.TempDir()
	want := Status{State: engine.StateExited, Error: strings.Repeat("x", 9000)}
	if err := want.write(dir); err != nil {
		t.Fatal(err)
	}
	if s, err := ReadStatus(dir); err != nil || s.Error != want.Error {
		t.Errorf("%d bytes, %v", len(s.Error), err)
	}
}

// TestStatusOnAFullDisk runs in a tmpfs of one page beyond what is in use.
func TestStatusOnAFullDisk(t *testing.T) {
	ability.Need(t, ability.Root)
	dir := t.TempDir()
	if err := unix.Mount("tmpfs", dir, "tmpfs", 0, "size=64k"); err != nil {
		t.Skipf("no tmpfs can be mounted: %v", err)
	}
	defer unix.Unmount(dir, 0)
	running := Status{State: engine.StateRunning, Pid: 12345, BootID: bootID(), Started: time.Now(), Error: "a rather long sentence"}
	if err := running.write(dir); err != nil {
		t.Fatal(err)
	}
	f, err := os.Create(filepath.Join(dir, "fill"))
	if err != nil {
		t.Fatal(err)
	}
	for err == nil {
		_, err = f.Write(make([]byte, 4096))
	}
	_ = f.Close()
	if err := (Status{State: engine.StateExited, ExitCode: 42}).write(dir); err != nil {
		t.Fatal(err)
	}
	if s, err := ReadStatus(dir); err != nil || s.ExitCode != 42 || s.Pid != 0 {
		t.Errorf("%+v, %v", s, err)
	}
}
