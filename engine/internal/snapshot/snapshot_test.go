package snapshot

import (
	"archive/tar"
	"bytes"
	"context"
	"os"
	"path/filepath"
	"testing"

	"berth/engine"
	"berth/engine/internal/idmap"
	"berth/engine/internal/layer"
	"berth/engine/internal/registry/registrytest"
)

func open(t *testing.T) *Store {
	t.Helper()
	// Owners are the caller's own here, so every user can write layers in process.
	s, err := Open(t.TempDir(), layer.Runner{Map: idmap.Mapping{Mode: idmap.Host}})
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func stage(t *testing.T, s *Store, name string) *Staged {
	t.Helper()
	st, err := s.Stage()
	if err != nil {
		t.Fatal(err)
	}
	f := registrytest.File{Header: tar.Header{Name: name, Uid: os.Getuid(), Gid: os.Getgid()}, Body: "x"}
	if _, err := st.Unpack(context.Background(), bytes.NewReader(registrytest.Tar(t, f)), layer.Limits{}); err != nil {
		t.Fatal(err)
	}
	return st
}

func commit(t *testing.T, st *Staged, diff engine.DiffID, chain engine.ChainID) Key {
	t.Helper()
	if err := st.Describe(diff, chain); err != nil {
		t.Fatal(err)
	}
	key, size, err := st.Commit(diff, chain)
	if err != nil || size < 1 {
		t.Fatalf("size %d, %v", size, err)
	}
	if err := st.Close(context.Background()); err != nil {
		t.Fatal(err)
	}
	return key
}

func TestALayerExistsFromCommitToRemove(t *testing.T) {
	s := open(t)
	st := stage(t, s, "f")
	if _, _, err := s.Find("sha256:d", "sha256:c"); engine.ClassOf(err) != engine.ClassNotFound {
		t.Errorf("before commit: %v", err)
	}
	key := commit(t, st, "sha256:d", "sha256:c")
	found, rec, err := s.Find("sha256:d", "sha256:another")
	if err != nil || found != key || rec.DiffID != "sha256:d" {
		t.Errorf("found %q, %+v, %v", found, rec, err)
	}
	if data, err := os.ReadFile(filepath.Join(s.Dir(key), "f")); err != nil || string(data) != "x" {
		t.Errorf("%q, %v", data, err)
	}
	for range 2 {
		if err := s.Remove(context.Background(), key); err != nil {
			t.Fatal(err)
		}
	}
	if s.Has(key) {
		t.Error("still there")
	}
	if left, _ := os.ReadDir(filepath.Join(s.root, "staging")); len(left) > 0 {
		t.Errorf("left in staging: %v", left)
	}
}

func TestALayerWithoutItsParentsFitsOneChainOnly(t *testing.T) {
	s := open(t)
	key := commit(t, stage(t, s, "tmp/f"), "sha256:d", "sha256:c1")
	if found, _, err := s.Find("sha256:d", "sha256:c1"); err != nil || found != key {
		t.Errorf("on its chain: %q, %v", found, err)
	}
	if _, _, err := s.Find("sha256:d", "sha256:c2"); engine.ClassOf(err) != engine.ClassNotFound {
		t.Errorf("on another chain: %v", err)
	}
}

func TestTwoCommitTheSame(t *testing.T) {
	s := open(t)
	a, b := stage(t, s, "f"), stage(t, s, "f")
	if commit(t, a, "sha256:d", "") != commit(t, b, "sha256:d", "") {
		t.Error("two keys for one layer")
	}
}

func TestMappingsDoNotShare(t *testing.T) {
	s := open(t)
	commit(t, stage(t, s, "f"), "sha256:d", "")
	other, err := Open(s.root, layer.Runner{Map: idmap.Mapping{Mode: idmap.Ranges}})
	if err != nil {
		t.Fatal(err)
	}
	if _, _, err := other.Find("sha256:d", ""); engine.ClassOf(err) != engine.ClassNotFound {
		t.Errorf("a layer with root's owners serves a user: %v", err)
	}
}

func TestCollectTakesWhatDeadProcessesLeft(t *testing.T) {
	s := open(t)
	alive := stage(t, s, "f")
	defer alive.Close(context.Background())
	dead := stage(t, s, "g")
	dead.dir.Close() // as the kernel does at the end of a process
	if err := s.Collect(context.Background()); err != nil {
		t.Fatal(err)
	}
	if _, err := os.Stat(dead.path); !os.IsNotExist(err) {
		t.Errorf("the dead one's: %v", err)
	}
	if _, err := os.Stat(alive.path); err != nil {
		t.Errorf("the living one's: %v", err)
	}
}
