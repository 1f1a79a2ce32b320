package state

import (
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"berth/engine"
	"berth/engine/internal/jsonfields/fieldstest"

	"github.com/google/go-cmp/cmp"
)

func open(t testing.TB) *Store {
	t.Helper()
	s, err := Open(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func create(t testing.TB, s *Store, name string) *Record {
	t.Helper()
	rec := &Record{ID: NewID(), Name: name, Created: time.Now().Round(0), Config: engine.ContainerConfig{Name: name, Image: "img"}}
	if err := s.Create(rec, func(string) error { return nil }); err != nil {
		t.Fatal(err)
	}
	return rec
}

// remove does what a shim does at the end of a container with --rm.
func remove(s *Store, id string) error {
	dir, err := Detach(s.root, id)
	if err != nil {
		return err
	}
	return RemoveTree(dir)
}

func wantClass(t *testing.T, err error, class engine.Class) {
	t.Helper()
	if engine.ClassOf(err) != class || err == nil {
		t.Fatalf("got error %v of class %q, want class %q", err, engine.ClassOf(err), class)
	}
}

func TestCreateThenLoad(t *testing.T) {
	s := open(t)
	rec := create(t, s, "web")
	got, err := s.Load(rec.ID)
	if err != nil {
		t.Fatal(err)
	}
	if d := cmp.Diff(rec, got); d != "" {
		t.Fatalf("loaded record differs (-stored +loaded):\n%s", d)
	}
}

func TestRecordIsAStableDiskFormat(t *testing.T) {
	// A reader of a later version must find these names: changing one needs a new Version.
	stored := `{"Version":1,"ID":"x","Name":"web","Created":"2024-05-01T10:00:00Z","ImageID":"sha256:ab",
		"Config":{"Name":"web","Image":"img","Cmd":["sh"],"TTY":true,"Network":"none","Resources":{"Memory":7},
		"Mounts":[{"Type":"bind","Source":"/a","Target":"/b","ReadOnly":true}],"Restart":{"Name":"always"}},
		"LowerDirs":["/l"],"CgroupPath":"berth/x"}`
	var rec Record
	if err := json.Unmarshal([]byte(stored), &rec); err != nil {
		t.Fatal(err)
	}
	want := Record{
		Version: 1, ID: "x", Name: "web", Created: time.Date(2024, 5, 1, 10, 0, 0, 0, time.UTC), ImageID: "sha256:ab",
		Config: engine.ContainerConfig{
			Name: "web", Image: "img", Cmd: []string{"sh"}, TTY: true, Network: "none",
			Resources: engine.Resources{Memory: 7}, Restart: engine.RestartPolicy{Name: "always"},
			Mounts: []engine.Mount{{Type: "bind", Source: "/a", Target: "/b", ReadOnly: true}},
		},
		LowerDirs: []string{"/l"}, CgroupPath: "berth/x",
	}
	if d := cmp.Diff(want, rec); d != "" {
		t.Fatalf("record differs (-want +read):\n%s", d)
	}
}

func TestResolve(t *testing.T) {
	s := open(t)
	rec := create(t, s, "web")
	for _, ref := range []string{rec.ID, rec.ID[:12], rec.ID[:4], "web", "/web"} {
		id, err := s.Resolve(ref)
		if err != nil || id != rec.ID {
			t.Errorf("Resolve(%q) = %q, %v; want %q", ref, id, err, rec.ID)
		}
	}
	for _, ref := range []string{"", "we", "nope", "../names/web", ".index", strings.Repeat("0", 64)} {
		_, err := s.Resolve(ref)
		wantClass(t, err, engine.ClassNotFound)
	}
}

func TestResolveRefusesAnAmbiguousPrefix(t *testing.T) {
	s := open(t)
	tail := strings.Repeat("0", 60)
	for i, id := range []string{"abc1" + tail, "abc2" + tail} {
		rec := &Record{ID: id, Name: fmt.Sprint("c", i)}
		if err := s.Create(rec, func(string) error { return nil }); err != nil {
			t.Fatal(err)
		}
	}
	_, err := s.Resolve("abc")
	wantClass(t, err, engine.ClassConflict)
	if id, err := s.Resolve("abc2"); err != nil || id != "abc2"+tail {
		t.Fatalf("Resolve(abc2) = %q, %v", id, err)
	}
}

func TestANameIsClaimedOnce(t *testing.T) {
	s := open(t)
	var wg sync.WaitGroup
	var mu sync.Mutex
	won, lost := 0, 0
	for range 8 {
		wg.Go(func() {
			err := s.Create(&Record{ID: NewID(), Name: "web"}, func(string) error { return nil })
			mu.Lock()
			defer mu.Unlock()
			if err == nil {
				won++
			} else if engine.ClassOf(err) == engine.ClassConflict {
				lost++
			}
		})
	}
	wg.Wait()
	if won != 1 || lost != 7 {
		t.Fatalf("%d creations won and %d met a conflict, want 1 and 7", won, lost)
	}
	ids, _ := s.IDs()
	if len(ids) != 1 {
		t.Fatalf("%d containers exist, want 1", len(ids))
	}
	entries, _ := os.ReadDir(s.containers())
	if len(entries) != 1 {
		t.Fatalf("the losers left something: %v", entries)
	}
}

func TestAFailedFillLeavesNothing(t *testing.T) {
	s := open(t)
	boom := errors.New("boom")
	err := s.Create(&Record{ID: NewID(), Name: "web"}, func(dir string) error {
		os.WriteFile(filepath.Join(dir, "half"), nil, 0o600)
		return boom
	})
	if !errors.Is(err, boom) {
		t.Fatalf("got %v, want the fill's error", err)
	}
	for _, dir := range []string{s.containers(), s.names()} {
		if entries, _ := os.ReadDir(dir); len(entries) != 0 {
			t.Errorf("%s holds %v", dir, entries)
		}
	}
	create(t, s, "web") // the name is free
}

func TestAClaimOfAKilledCreatorIsNoClaim(t *testing.T) {
	s := open(t)
	if err := os.WriteFile(filepath.Join(s.names(), "web"), []byte(NewID()), 0o600); err != nil {
		t.Fatal(err)
	}
	rec := create(t, s, "web")
	if id, err := s.Resolve("web"); err != nil || id != rec.ID {
		t.Fatalf("Resolve = %q, %v", id, err)
	}
}

// Another process empties the trash all the time, as each berth does when it opens.
func TestRemovingWhileOthersEmptyTheTrash(t *testing.T) {
	s := open(t)
	done := make(chan struct{})
	var wg sync.WaitGroup
	wg.Go(func() {
		for {
			select {
			case <-done:
				return
			default:
			}
			for _, dir := range s.Trash() {
				if _, release, err := Detached(dir); err == nil {
					release()
				}
			}
		}
	})
	for range 300 {
		rec := &Record{ID: NewID(), Name: "web"}
		if err := s.Create(rec, func(string) error { return nil }); err != nil {
			t.Fatal(err)
		}
		dir, err := s.Detach(rec.ID)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := os.Lstat(filepath.Join(dir, "c", RecordFile)); err != nil {
			t.Fatal(err)
		}
		if err := RemoveTree(dir); err != nil {
			t.Fatal(err)
		}
	}
	close(done)
	wg.Wait()
}

func TestAContainerOfAKilledCreatorIsTrash(t *testing.T) {
	s := open(t)
	dead := filepath.Join(s.trash(), NewID()+stagedSuffix)
	if err := os.MkdirAll(filepath.Join(dead, "upper"), 0o700); err != nil {
		t.Fatal(err)
	}
	live := &Record{ID: NewID(), Name: "web"}
	var trash []string
	if err := s.Create(live, func(string) error { trash = s.Trash(); return nil }); err != nil {
		t.Fatal(err)
	}
	if len(trash) != 1 {
		t.Fatalf("trash is %v, want what the dead creator left and nothing else", trash)
	}
	if err := RemoveTree(trash[0]); err != nil {
		t.Fatal(err)
	}
	if entries, _ := os.ReadDir(s.trash()); len(entries) != 0 {
		t.Errorf("trash holds %v", entries)
	}
	if id, err := s.Resolve("web"); err != nil || id != live.ID {
		t.Errorf("Resolve = %q, %v", id, err)
	}
}

func TestFilesOfKilledWritersDoNotPileUp(t *testing.T) {
	s := open(t)
	if err := os.WriteFile(filepath.Join(s.names(), ".new"), []byte("half of a longer claim of a name, never finished, more than an ID is long"), 0o600); err != nil {
		t.Fatal(err)
	}
	rec := create(t, s, "web")
	entries, err := os.ReadDir(s.names())
	if err != nil || len(entries) != 1 {
		t.Fatalf("names holds %v, %v", entries, err)
	}
	if id, err := s.Resolve("web"); err != nil || id != rec.ID {
		t.Errorf("Resolve = %q, %v", id, err)
	}
}

func TestAClaimOfAKilledRenameIsNoClaim(t *testing.T) {
	s := open(t)
	rec := create(t, s, "web")
	if err := os.WriteFile(filepath.Join(s.names(), "www"), []byte(rec.ID), 0o600); err != nil {
		t.Fatal(err)
	}
	_, err := s.Resolve("www")
	wantClass(t, err, engine.ClassNotFound)
	other := create(t, s, "www")
	if id, err := s.Resolve("www"); err != nil || id != other.ID {
		t.Errorf("Resolve = %q, %v", id, err)
	}
}

func TestRemoveFreesTheNameThatAKilledRenameKept(t *testing.T) {
	s := open(t)
	rec := create(t, s, "web")
	if err := s.Rename(rec, "www"); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(s.names(), "web"), []byte(rec.ID), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := s.Detach(rec.ID); err != nil {
		t.Fatal(err)
	}
	if entries, _ := os.ReadDir(s.names()); len(entries) != 0 {
		t.Errorf("names holds %v", entries)
	}
}

func TestRename(t *testing.T) {
	s := open(t)
	rec, other := create(t, s, "web"), create(t, s, "db")
	wantClass(t, s.Rename(rec, "db"), engine.ClassConflict)
	if rec.Name != "web" {
		t.Fatalf("a refused rename changed the record to %q", rec.Name)
	}
	if err := s.Rename(rec, "www"); err != nil {
		t.Fatal(err)
	}
	if id, _ := s.Resolve("www"); id != rec.ID {
		t.Errorf("the new name means %q", id)
	}
	_, err := s.Resolve("web")
	wantClass(t, err, engine.ClassNotFound)
	if got, _ := s.Load(rec.ID); got.Name != "www" || got.Config.Name != "www" {
		t.Errorf("the stored record is named %q, %q", got.Name, got.Config.Name)
	}
	if id, _ := s.Resolve("db"); id != other.ID {
		t.Errorf("the other container's name means %q", id)
	}
}

func TestRemoveFreesTheName(t *testing.T) {
	s := open(t)
	rec := create(t, s, "web")
	sealed := filepath.Join(s.Dir(rec.ID), "upper", "sealed")
	if err := os.MkdirAll(filepath.Join(sealed, "in"), 0o700); err != nil {
		t.Fatal(err)
	}
	os.Chmod(sealed, 0) // images have such directories
	if err := remove(s, rec.ID); err != nil {
		t.Fatal(err)
	}
	_, err := s.Load(rec.ID)
	wantClass(t, err, engine.ClassNotFound)
	if left := s.Trash(); len(left) != 0 {
		t.Errorf("trash holds %v", left)
	}
	create(t, s, "web")
	wantClass(t, remove(s, rec.ID), engine.ClassNotFound)
}

func TestRemoveDoesNotFreeANameThatMovedOn(t *testing.T) {
	s := open(t)
	a := create(t, s, "web")
	if err := s.Rename(a, "old"); err != nil {
		t.Fatal(err)
	}
	b := create(t, s, "web")
	if err := remove(s, a.ID); err != nil {
		t.Fatal(err)
	}
	if id, err := s.Resolve("web"); err != nil || id != b.ID {
		t.Fatalf("Resolve(web) = %q, %v; want %q", id, err, b.ID)
	}
}

func TestLockOfARemovedContainer(t *testing.T) {
	s := open(t)
	rec := create(t, s, "web")
	unlock, err := s.Lock(rec.ID)
	if err != nil {
		t.Fatal(err)
	}
	second := make(chan error)
	go func() {
		_, err := s.Lock(rec.ID)
		second <- err
	}()
	if err := remove(s, rec.ID); err != nil {
		t.Fatal(err)
	}
	unlock()
	wantClass(t, <-second, engine.ClassNotFound)
}

func TestABrokenRecordIsNamed(t *testing.T) {
	s := open(t)
	rec := create(t, s, "web")
	os.WriteFile(filepath.Join(s.Dir(rec.ID), RecordFile), []byte(`{"Version":`), 0o600)
	_, err := s.Load(rec.ID)
	wantClass(t, err, engine.ClassIntegrity)
	if engine.HintOf(err) == "" {
		t.Error("the error has no remedy")
	}
	os.WriteFile(filepath.Join(s.Dir(rec.ID), RecordFile), []byte(`{"Version":99}`), 0o600)
	_, err = s.Load(rec.ID)
	wantClass(t, err, engine.ClassUnsupported)
}

func TestIndexEntriesEndWithAChange(t *testing.T) {
	s := open(t)
	rec := create(t, s, "web")
	old := time.Now().Add(-time.Hour)
	if err := os.Chtimes(s.Dir(rec.ID), old, old); err != nil {
		t.Fatal(err)
	}
	x := s.LoadIndex()
	stamp := s.Stamp(rec.ID)
	x.Put(rec.ID, stamp, []byte(`{"a":1}`))
	x.fresh = 1000
	x.Save([]string{rec.ID})

	x = s.LoadIndex()
	if data, ok := x.Get(rec.ID, s.Stamp(rec.ID)); !ok || string(data) != `{"a":1}` {
		t.Fatalf("Get = %s, %v", data, ok)
	}
	if err := s.Save(rec); err != nil {
		t.Fatal(err)
	}
	if _, ok := x.Get(rec.ID, s.Stamp(rec.ID)); ok {
		t.Error("an entry outlived a change of its record")
	}
	stamp = s.Stamp(rec.ID) // a moment ago: a second change might not show
	x.Put(rec.ID, stamp, []byte(`{}`))
	if _, ok := x.Get(rec.ID, stamp); ok {
		t.Error("an entry was kept although the container had just changed")
	}
	whole, err := os.ReadFile(filepath.Join(s.containers(), indexFile))
	if err != nil {
		t.Fatal(err)
	}
	for n := range len(whole) { // torn anywhere, it is none
		os.WriteFile(filepath.Join(s.containers(), indexFile), whole[:n], 0o600)
		if x := s.LoadIndex(); len(x.entries) > 0 {
			t.Fatalf("an index of which %d bytes of %d are left has entries", n, len(whole))
		}
	}
}

func TestNames(t *testing.T) {
	for name, want := range map[string]bool{
		"web": true, "a.b-c_d": true, "9x": true,
		"": false, "a": false, "-a": false, "a/b": false, "a b": false, "a\x1bb": false, strings.Repeat("a", 200): false,
	} {
		if ValidName(name) != want {
			t.Errorf("ValidName(%q) = %v", name, !want)
		}
	}
	for range 100 {
		if n := RandomName(); !ValidName(n) || strings.Count(n, "_") != 1 {
			t.Fatalf("RandomName() = %q", n)
		}
	}
}

func TestFieldsAreThoseOfPackageJSON(t *testing.T) {
	fieldstest.Same(t, &Record{})
	fieldstest.Same(t, &Brief{})
}
