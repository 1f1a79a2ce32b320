package pull

import (
	"archive/tar"
	"context"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"berth/engine"
	"berth/engine/enginetest/ability"
	"berth/engine/internal/eventlog"
	"berth/engine/internal/idmap"
	"berth/engine/internal/image"
	"berth/engine/internal/layer"
	"berth/engine/internal/registry"
	"berth/engine/internal/registry/registrytest"
)

// quick makes retries cost no time.
var quick = registry.Retry{Attempts: 3, Base: time.Millisecond, Max: 2 * time.Millisecond, Stall: 200 * time.Millisecond}

// events collects what a store publishes.
type events struct {
	mu   sync.Mutex
	recs []eventlog.Record
}

func (e *events) publish(recs ...eventlog.Record) error {
	e.mu.Lock()
	defer e.mu.Unlock()
	e.recs = append(e.recs, recs...)
	return nil
}

func (e *events) of(kind engine.EventKind, action string) (found []eventlog.Record) {
	e.mu.Lock()
	defer e.mu.Unlock()
	for _, r := range e.recs {
		if r.Kind == string(kind) && (action == "" || r.Action == action) {
			found = append(found, r)
		}
	}
	return found
}

// Arguments with which the test's program starts itself.
const (
	workerArg = "layer-worker"
	pullArg   = "pull" // ROOT REF: pulls, prints "pulled", waits for the end of its input
)

func TestMain(m *testing.M) {
	if len(os.Args) > 1 {
		switch os.Args[1] {
		case workerArg:
			os.Exit(layer.WorkerMain(nil))
		case pullArg:
			os.Exit(pullMain(os.Args[2], os.Args[3]))
		}
	}
	os.Exit(m.Run())
}

func selfWorker(...string) (*exec.Cmd, error) { return exec.Command("/proc/self/exe", workerArg), nil }

// mapping is the one that this user gets: the tests are the same for everybody.
func mapping(t testing.TB) idmap.Mapping {
	t.Helper()
	if os.Geteuid() != 0 {
		ability.Need(t, ability.UserNS)
	}
	m, err := idmap.Detect()
	if err != nil {
		t.Fatal(err)
	}
	return m
}

func openStore(t testing.TB, cfg Config) *Store {
	t.Helper()
	return openStoreIn(t, t.TempDir(), cfg)
}

func openStoreIn(t testing.TB, root string, cfg Config) *Store {
	t.Helper()
	m := mapping(t)
	images, err := image.Open(image.Config{Root: root, IDMap: m, Worker: selfWorker})
	if err != nil {
		t.Fatal(err)
	}
	cfg.Retry = quick
	s := New(images, cfg)
	t.Cleanup(func() { // files of others, which the end of the test can't remove by itself
		if dir, err := os.Open(root); err == nil {
			defer dir.Close()
			for _, name := range []string{"layers", "staging"} {
				if err := (layer.Runner{Map: m, Worker: selfWorker}).Remove(context.Background(), dir, name); err != nil {
					t.Error(err)
				}
			}
		}
	})
	return s
}

func mustPull(t testing.TB, s *Store, ref string) engine.PullResult {
	t.Helper()
	res, err := s.Pull(context.Background(), engine.PullRequest{Ref: ref})
	if err != nil {
		t.Fatalf("pull %s: %v", ref, err)
	}
	return res
}

// lower returns the image's directories, topmost first.
func lower(t testing.TB, s *Store, ref string) []string {
	t.Helper()
	r, err := s.Resolve(context.Background(), ref)
	if err != nil {
		t.Fatal(err)
	}
	dirs, err := s.LowerDirs(context.Background(), r.ID)
	if err != nil {
		t.Fatal(err)
	}
	return dirs
}

func readFile(t testing.TB, path ...string) string {
	t.Helper()
	data, err := os.ReadFile(filepath.Join(path...))
	if err != nil {
		t.Fatal(err)
	}
	return string(data)
}

// noise is data that does not compress, the same for the same seed.
func noise(seed uint64, n int) string {
	b := make([]byte, n)
	_, _ = rand.NewChaCha8([32]byte{byte(seed), byte(seed >> 8)}).Read(b)
	return string(b)
}

func file(name, body string) registrytest.File {
	return registrytest.File{Header: tar.Header{Name: name, Mode: 0o644}, Body: body}
}

func dir(name string, mode int64) registrytest.File {
	return registrytest.File{Header: tar.Header{Name: name, Mode: mode}}
}

// leftovers lists what a pull must not leave in the state directory.
func leftovers(t testing.TB, root string) []string {
	t.Helper()
	var found []string
	for _, d := range []string{"staging", "layers"} {
		entries, err := os.ReadDir(filepath.Join(root, d))
		if err != nil {
			t.Fatal(err)
		}
		for _, e := range entries {
			found = append(found, d+"/"+e.Name())
		}
	}
	return found
}
