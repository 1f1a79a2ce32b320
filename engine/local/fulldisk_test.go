package local_test

import (
	"errors"
	"os"
	"path/filepath"
	"testing"

	"berth/engine"
	"berth/engine/enginetest/ability"
	"berth/engine/local"

	"golang.org/x/sys/unix"
)

// On a full disk nothing new can be made, but what runs obeys, and can be removed.
func TestAFullDiskStopsNoStop(t *testing.T) {
	e, dir := onSmallDisk(t)
	ctx := testContext(t)
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

// onSmallDisk opens an engine that has the toolbox on a disk of 48 MiB, which is mounted at dir.
func onSmallDisk(t *testing.T) (e *local.Engine, dir string) {
	t.Helper()
	ability.Need(t, ability.Root)
	dir = t.TempDir()
	if err := unix.Mount("tmpfs", dir, "tmpfs", 0, "size=48m"); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := unix.Unmount(dir, unix.MNT_DETACH); err != nil {
			t.Error(err)
		}
	})
	e = openAt(t, filepath.Join(dir, "state"))
	if _, err := e.Pull(testContext(t), engine.PullRequest{Ref: "toolbox"}); err != nil {
		t.Fatal(err)
	}
	return e, dir
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

// The disk fills up at any point of a container's life. Whatever that spoils, with room
// again everything works, and nothing has to be repaired by hand.
func TestADiskThatFillsUpAtAnyPoint(t *testing.T) {
	e, dir := onSmallDisk(t)
	ctx := testContext(t)
	full := filepath.Join(dir, "fill")
	for i := range ability.Times(12, 120) {
		fill(t, full)
		fi, err := os.Stat(full)
		if err != nil {
			t.Fatal(err)
		}
		if err := os.Truncate(full, fi.Size()-int64(i%24)*4096); err != nil { // so much room is left
			t.Fatal(err)
		}
		tight(t, e, i)
		if err := os.Remove(full); err != nil {
			t.Fatal(err)
		}
		if out, errs, st := runs(t, e, sh("echo again")); out != "again\n" || st.Code != 0 {
			t.Fatalf("after %d pages of room: %q %q %+v", i%24, out, errs, st)
		}
		if _, err := e.PruneContainers(ctx, nil); err != nil {
			t.Fatal(err)
		}
		all, err := e.ListContainers(ctx, engine.ContainerListOptions{All: true})
		if err != nil || len(all) != 0 {
			t.Fatalf("after %d pages of room: %d containers are left, %v", i%24, len(all), err)
		}
	}
}

// tight lives a container's life where there may be no room for it. An error is right,
// as long as it says that the disk is full.
func tight(t *testing.T, e engine.Engine, i int) {
	t.Helper()
	ctx := testContext(t)
	cfg := sh("head -c 200000 /dev/zero | tr '\\0' x; echo > /new; exit 3")
	cfg.AutoRemove = i%3 == 0
	res, err := e.CreateContainer(ctx, cfg)
	if err != nil {
		if engine.ClassOf(err) != engine.ClassExhausted {
			t.Errorf("create: %v (%v)", err, engine.ClassOf(err))
		}
		return
	}
	var out output
	a, err := e.StartContainer(ctx, res.ID, &engine.AttachOptions{Stdout: &out})
	if err != nil {
		if engine.ClassOf(err) != engine.ClassExhausted {
			t.Errorf("start: %v (%v)", err, engine.ClassOf(err))
		}
		if cfg.AutoRemove { // never started, it never ended
			_ = e.RemoveContainer(ctx, res.ID, engine.RemoveContainerOptions{Force: true})
		}
		return
	}
	defer a.Close()
	if st, err := a.Wait(); err != nil || st.Code != 3 {
		t.Errorf("the program ended with %+v, %v", st, err)
	}
	if got := len(out.String()); got != 200000 {
		t.Errorf("its client got %d bytes of 200000", got)
	}
	if cfg.AutoRemove {
		return
	}
	if d, err := e.InspectContainer(ctx, res.ID, engine.InspectOptions{}); err != nil || d.State != engine.StateExited || d.ExitCode != 3 {
		t.Errorf("it is told as %s with %d, %v", d.State, d.ExitCode, err)
	}
}
