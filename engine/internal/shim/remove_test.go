package shim

import (
	"os"
	"testing"
	"time"

	"berth/engine"
	"berth/engine/internal/bundle"
	"berth/engine/internal/state"

	specs "github.com/opencontainers/runtime-spec/specs-go"
)

// autoRemoved makes a container with --rm in a store.
func autoRemoved(t *testing.T, args ...string) (*state.Store, *state.Record) {
	t.Helper()
	store, err := state.Open(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	rec := &state.Record{ID: state.NewID(), Name: "short-lived", Created: time.Now()}
	err = store.Create(rec, func(dir string) error {
		b := bundle.Bundle{
			Version: bundle.Version, ID: rec.ID, Name: rec.Name, AutoRemove: true,
			Spec: &specs.Spec{Process: &specs.Process{Args: args, Env: []string{"PATH=/bin:/usr/bin"}, Cwd: "/"}},
			Log:  bundle.Log{Path: store.Dir(rec.ID) + "/json.log"},
		}
		return b.Write(dir)
	})
	if err != nil {
		t.Fatal(err)
	}
	return store, rec
}

func TestAutoRemove(t *testing.T) {
	store, rec := autoRemoved(t, "/bin/sh", "-c", "echo out; exit 4")
	var out buffer
	_, a := start(t, store.Dir(rec.ID), &engine.AttachOptions{Stdout: &out})
	if exit, err := a.Wait(); err != nil || exit.Code != 4 || out.String() != "out\n" {
		t.Errorf("exit %+v, %v, output %q", exit, err, out.String())
	}
	// Whoever heard of the exit finds it gone, name included.
	if _, err := os.Stat(store.Dir(rec.ID)); !os.IsNotExist(err) {
		t.Errorf("the directory is still there: %v", err)
	}
	if _, err := store.Resolve("short-lived"); engine.ClassOf(err) != engine.ClassNotFound {
		t.Errorf("the name is still taken: %v", err)
	}
	// Its files go last: nobody waits for that.
	eventually(t, "the files to be deleted", func() bool { return len(store.Trash()) == 0 })
}

func TestAutoRemoveAfterFailedStart(t *testing.T) {
	store, rec := autoRemoved(t, "no-such-program")
	_, _, err := Start(t.Context(), StartConfig{Dir: store.Dir(rec.ID)})
	if engine.ClassOf(err) != engine.ClassCommandNotFound {
		t.Errorf("start: %v", err)
	}
	if _, err := os.Stat(store.Dir(rec.ID)); !os.IsNotExist(err) {
		t.Errorf("the directory is still there: %v", err)
	}
}
