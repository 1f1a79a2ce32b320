package local_test

import (
	"errors"
	"os"
	"path/filepath"
	"testing"

	"berth/engine"
	"berth/engine/enginetest/ability"

	"golang.org/x/sys/unix"
)

// On a full disk nothing new can be made, but what runs obeys, and can be removed.
func TestAFullDiskStopsNoStop(t *testing.T) {
	ability.Need(t, ability.Root)
	dir := t.TempDir()
	if err := unix.Mount("tmpfs", dir, "tmpfs", 0, "size=48m"); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := unix.Unmount(dir, unix.MNT_DETACH); err != nil {
			t.Error(err)
		}
	})
	e := openAt(t, filepath.Join(dir, "state"))
	ctx := testContext(t)
	if _, err := e.Pull(ctx, engine.PullRequest{Ref: "toolbox"}); err != nil {
		t.Fatal(err)
	}
	id := start(t, e, sh("sleep 600"))
	fill(t, filepath.Join(dir, "fill"))

	_, err := e.CreateContainer(ctx, sh("true"))
	wantClass(t, err, engine.ClassExhausted)
	a, err := e.Attach(ctx, id, engine.AttachOptions{})
	if err != nil {
		t.Errorf("attach: %v", err)
	} else {
		a.Close()
	}
	now := 0
	if err := e.StopContainer(ctx, id, engine.StopOptions{Timeout: &now}); err != nil {
		t.Errorf("stop: %v", err)
	}
	if d := inspect(t, e, id); d.State != engine.StateExited {
		t.Errorf("it is %s", d.State)
	}
	if err := e.RemoveContainer(ctx, id, engine.RemoveContainerOptions{}); err != nil {
		t.Errorf("remove: %v", err)
	}
	if err := os.Remove(filepath.Join(dir, "fill")); err != nil {
		t.Fatal(err)
	}
	if out, _, st := runs(t, e, sh("echo again")); out != "again\n" || st.Code != 0 {
		t.Errorf("with room again: %q, %+v", out, st)
	}
}

// fill writes a file until the disk is full.
func fill(t *testing.T, file string) {
	t.Helper()
	f, err := os.Create(file)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	for size := 1 << 20; size > 0; {
		if _, err := f.Write(make([]byte, size)); errors.Is(err, unix.ENOSPC) {
			size /= 2
		} else if err != nil {
			t.Fatal(err)
		}
	}
}
