package content

import (
	"bytes"
	"context"
	"errors"
	"io"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"berth/engine"
)

func open(t *testing.T) *Store {
	t.Helper()
	s, err := Open(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	return s
}

const digest = engine.Digest("sha256:2cf24dba5fb0a30e26e83b2ac5b9e29e1b161e5c1fa7425e73043362938b9824") // of "hello"

func TestBlobs(t *testing.T) {
	s := open(t)
	if _, err := s.Get(digest); engine.ClassOf(err) != engine.ClassNotFound {
		t.Errorf("before: %v", err)
	}
	for range 2 {
		if d, err := s.Put([]byte("hello")); err != nil || d != digest {
			t.Fatalf("put: %v, %v", d, err)
		}
	}
	if data, err := s.Get(digest); err != nil || string(data) != "hello" {
		t.Errorf("get: %q, %v", data, err)
	}
	if err := os.WriteFile(s.blob(digest), []byte("jello"), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := s.Get(digest); engine.ClassOf(err) != engine.ClassIntegrity {
		t.Errorf("changed on disk: %v", err)
	}
	for range 2 {
		if err := s.Remove(digest); err != nil {
			t.Error(err)
		}
	}
	// A digest is never a path.
	if _, err := s.Get("sha256:../../../../etc/passwd"); engine.ClassOf(err) != engine.ClassNotFound {
		t.Errorf("a path as digest: %v", err)
	}
}

func TestReplaceLeavesNothingBehind(t *testing.T) {
	path := filepath.Join(t.TempDir(), "f")
	for _, data := range []string{"one", "two"} {
		if err := Replace(path, []byte(data)); err != nil {
			t.Fatal(err)
		}
	}
	entries, err := os.ReadDir(filepath.Dir(path))
	if data, _ := os.ReadFile(path); err != nil || len(entries) != 1 || string(data) != "two" {
		t.Errorf("%v, %q, %v", entries, data, err)
	}
}

func TestLocks(t *testing.T) {
	s := open(t)
	try := func(name string, mode Mode) *Lock {
		t.Helper()
		l, err := s.TryLock(name, mode)
		if err != nil {
			t.Fatal(err)
		}
		return l
	}
	a := try("x", Exclusive)
	if a == nil || try("x", Exclusive) != nil || try("x", Shared) != nil {
		t.Fatal("an exclusive lock excludes nobody")
	}
	other := try("y", Exclusive)
	if other == nil {
		t.Fatal("another name is locked too")
	}
	other.Release()
	if err := a.Share(); err != nil {
		t.Fatal(err)
	}
	b := try("x", Shared)
	if b == nil || try("x", Exclusive) != nil {
		t.Fatal("a shared lock is none")
	}
	a.Release()
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	if _, err := s.Lock(ctx, "x", Exclusive); !errors.Is(err, context.Canceled) {
		t.Errorf("waiting does not end with the context: %v", err)
	}
	var wg sync.WaitGroup
	wg.Go(func() {
		if l, err := s.Lock(context.Background(), "x", Exclusive); err != nil || l == nil {
			t.Errorf("waited for nothing: %v", err)
		}
	})
	b.Release()
	wg.Wait()
}

func TestSpoolIsReadWhileItGrows(t *testing.T) {
	s := open(t)
	sp, err := s.Spool(digest, 1<<20)
	if err != nil {
		t.Fatal(err)
	}
	defer sp.Close()
	want := strings.Repeat("0123456789", 50_000)
	go func() {
		for rest := want; rest != ""; {
			n := min(7777, len(rest))
			if _, err := sp.Write([]byte(rest[:n])); err != nil {
				t.Error(err)
			}
			rest = rest[n:]
		}
		sp.End(nil)
	}()
	got, err := io.ReadAll(sp.Reader(context.Background()))
	if err != nil || string(got) != want {
		t.Errorf("%d of %d bytes, %v", len(got), len(want), err)
	}
	broken := errors.New("broken")
	sp.End(broken)
	if _, err := io.ReadAll(sp.Reader(context.Background())); !errors.Is(err, broken) {
		t.Errorf("the writer's error does not reach the reader: %v", err)
	}
}

func TestSpoolKeepsWhatCame(t *testing.T) {
	s := open(t)
	sp, err := s.Spool(digest, 10)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := sp.Write([]byte("hel")); err != nil {
		t.Fatal(err)
	}
	// Meanwhile somebody else has a spool of the same blob: his own.
	private, err := s.Spool(digest, 10)
	if err != nil || private.Offset() != 0 {
		t.Fatalf("offset %d, %v", private.Offset(), err)
	}
	private.Close()
	sp.Close()
	again, err := s.Spool(digest, 10)
	if err != nil || again.Resumed() != 3 {
		t.Fatalf("resumed %d, %v", again.Resumed(), err)
	}
	if _, err := again.Write([]byte("lo")); err != nil {
		t.Fatal(err)
	}
	again.End(nil)
	if got, err := io.ReadAll(again.Reader(context.Background())); err != nil || !bytes.Equal(got, []byte("hello")) {
		t.Errorf("%q, %v", got, err)
	}
	again.Close()
	// More than the blob can have is worthless.
	if sp, err = s.Spool(digest, 4); err != nil || sp.Resumed() != 0 {
		t.Errorf("resumed %d, %v", sp.Resumed(), err)
	}
	sp.Close()
}

func TestCollectSpools(t *testing.T) {
	s := open(t)
	used, err := s.Spool(digest, 10)
	if err != nil {
		t.Fatal(err)
	}
	defer used.Close()
	left := filepath.Join(s.root, "ingest", "left")
	if err := os.WriteFile(left, make([]byte, 100), 0o600); err != nil {
		t.Fatal(err)
	}
	if freed, err := s.CollectSpools(time.Now().Add(-time.Hour)); err != nil || freed != 0 {
		t.Errorf("a young spool is collected: %d, %v", freed, err)
	}
	if freed, err := s.CollectSpools(time.Now().Add(time.Hour)); err != nil || freed != 100 {
		t.Errorf("freed %d, %v", freed, err)
	}
	if _, err := os.Stat(used.path); err != nil {
		t.Errorf("a spool in use is collected: %v", err)
	}
}
