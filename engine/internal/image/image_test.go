package image

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"berth/engine"
	"berth/engine/internal/eventlog"
	"berth/engine/internal/idmap"
	"berth/engine/internal/layer"
	"berth/engine/internal/registry/registrytest"
)

// A world is an image store whose containers the test decides.
type world struct {
	*Store
	t      testing.TB
	uses   map[engine.Digest][]Use
	events []string
	root   string
	clock  time.Time
}

func newWorld(t testing.TB) *world {
	t.Helper()
	w := &world{t: t, uses: map[engine.Digest][]Use{}, root: t.TempDir(), clock: time.Unix(1_700_000_000, 0)}
	var err error
	w.Store, err = Open(Config{
		Root:  w.root,
		IDMap: idmap.Mapping{Mode: idmap.Host}, // owners are no matter here: any user writes the layers, in process
		Uses:  func(context.Context) (map[engine.Digest][]Use, error) { return w.uses, nil },
		Publish: func(recs ...eventlog.Record) error {
			for _, r := range recs {
				w.events = append(w.events, r.Action+" "+r.Attrs["name"])
			}
			return nil
		},
	})
	if err != nil {
		t.Fatal(err)
	}
	return w
}

// add makes an image of layers, each named by its only file, and gives it names.
func (w *world) add(names []string, layers ...string) engine.Digest {
	w.t.Helper()
	e := Entry{Pulled: w.clock, Created: w.clock, Platform: engine.Platform{OS: "linux", Architecture: "amd64"}, Labels: map[string]string{"layers": fmt.Sprint(len(layers))}}
	w.clock = w.clock.Add(time.Hour)
	history := []map[string]any{}
	diffs := []engine.DiffID{}
	for i, l := range layers {
		ref := w.layer(l)
		e.LayerRefs = append(e.LayerRefs, ref)
		diffs = append(diffs, ref.DiffID)
		history = append(history, map[string]any{"created_by": "ADD " + l})
		if i == 0 {
			history = append(history, map[string]any{"created_by": "ENV", "empty_layer": true})
		}
	}
	raw, err := json.Marshal(map[string]any{
		"os": "linux", "architecture": "amd64", "author": strings.Join(names, ","), "history": history,
		"config": map[string]any{"Cmd": []string{"sh"}}, "rootfs": map[string]any{"diff_ids": diffs},
	})
	if err != nil {
		w.t.Fatal(err)
	}
	manifest := []byte(`{"mediaType":"application/vnd.oci.image.manifest.v1+json","x":"` + strings.Join(names, ",") + `"}`)
	for _, data := range [][]byte{raw, manifest} {
		d, err := w.content.Put(data)
		if err != nil {
			w.t.Fatal(err)
		}
		e.MetaSize += int64(len(data))
		if e.ID == "" {
			e.ID = d
		}
		e.Manifest = d
	}
	for _, n := range names {
		named, err := ParseReference(n)
		if err != nil {
			w.t.Fatal(err)
		}
		if strings.Contains(n, "@") {
			e.Digests = append(e.Digests, named.String())
		} else {
			e.Tags = append(e.Tags, named.String())
		}
	}
	if _, err := w.Put(context.Background(), e); err != nil {
		w.t.Fatal(err)
	}
	return e.ID
}

func (w *world) layer(name string) LayerRef {
	w.t.Helper()
	file := registrytest.File{Body: strings.Repeat(name, 5000)}
	file.Name, file.Uid, file.Gid = name, os.Getuid(), os.Getgid()
	data := registrytest.Tar(w.t, file)
	diff := engine.DiffID(registrytest.Digest(data))
	st, err := w.layers.Stage()
	if err != nil {
		w.t.Fatal(err)
	}
	defer st.Close(context.Background())
	if _, err := st.Unpack(context.Background(), bytes.NewReader(data), layer.Limits{}); err != nil {
		w.t.Fatal(err)
	}
	if err := st.Describe(diff, ""); err != nil {
		w.t.Fatal(err)
	}
	key, size, err := st.Commit(diff, engine.ChainID(diff))
	if err != nil {
		w.t.Fatal(err)
	}
	return LayerRef{Key: key, DiffID: diff, Blob: registrytest.Digest([]byte(name)), Size: size}
}

// rmi removes and returns what was done in short words.
func (w *world) rmi(ref string, force bool) ([]string, error) {
	done, err := w.RemoveImage(context.Background(), ref, engine.RemoveImageOptions{Force: force})
	var words []string
	for _, d := range done {
		switch {
		case d.Untagged != "":
			words = append(words, "untagged "+d.Untagged)
		case strings.HasPrefix(d.Deleted, "sha256:"):
			words = append(words, "deleted")
		}
	}
	return words, err
}

func (w *world) layersOnDisk() int {
	w.t.Helper()
	keys, err := w.layers.Keys()
	if err != nil {
		w.t.Fatal(err)
	}
	return len(keys)
}

const someDigest = "@sha256:0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"

func TestResolve(t *testing.T) {
	w := newWorld(t)
	id := w.add([]string{"ubuntu:24.04", "ubuntu" + someDigest, "ghcr.io/a/b:x"}, "a")
	for ref, name := range map[string]string{
		"ubuntu:24.04": "ubuntu:24.04", "docker.io/library/ubuntu:24.04": "ubuntu:24.04", "index.docker.io/ubuntu:24.04": "ubuntu:24.04",
		"ubuntu" + someDigest: "ubuntu" + someDigest, "ubuntu:whatever" + someDigest: "ubuntu" + someDigest,
		"ghcr.io/a/b:x": "ghcr.io/a/b:x", id.Hex(): string(id), string(id): string(id), id.Short(): string(id), "sha256:" + id.Short(): string(id),
	} {
		r, err := w.Resolve(context.Background(), ref)
		if err != nil || r.ID != id || r.Name != name || r.Config.Cmd[0] != "sh" {
			t.Errorf("%s: %+v, %v", ref, r, err)
		}
	}
	for ref, says := range map[string]string{
		"ubuntu": "no such image: ubuntu:latest", "deadbeef": "no such image: deadbeef:latest", strings.Repeat("ab", 32): "no such image",
		"localhost:5000/ubuntu:24.04": "no such image: localhost:5000/ubuntu:24.04",
	} {
		if _, err := w.Resolve(context.Background(), ref); engine.ClassOf(err) != engine.ClassNotFound || !strings.Contains(err.Error(), says) {
			t.Errorf("%s: %v", ref, err)
		}
	}
	if _, err := w.Resolve(context.Background(), "A:b:c"); engine.ClassOf(err) != engine.ClassInvalid {
		t.Errorf("malformed: %v", err)
	}
	w.add([]string{"other:1"}, "b")
	if _, err := w.Resolve(context.Background(), "sha256:"); err == nil {
		t.Error("an empty prefix names an image")
	}
}

func TestRemoveByName(t *testing.T) {
	w := newWorld(t)
	w.add([]string{"a:1", "a:2", "a" + someDigest}, "shared", "own")
	w.add([]string{"b:1"}, "shared")
	if done, err := w.rmi("a:1", false); err != nil || !slices.Equal(done, []string{"untagged a:1"}) {
		t.Errorf("one of two tags: %v, %v", done, err)
	}
	done, err := w.rmi("a:2", false)
	if want := []string{"untagged a:2", "untagged a" + someDigest, "deleted", "deleted"}; err != nil || !slices.Equal(done, want) {
		t.Errorf("the last tag: %v, %v", done, err)
	}
	if n := w.layersOnDisk(); n != 1 {
		t.Errorf("%d layers on disk, want the shared one", n)
	}
	if _, err := w.rmi("a:2", false); engine.ClassOf(err) != engine.ClassNotFound {
		t.Errorf("twice: %v", err)
	}
	if want := []string{"untag a:1", "untag a:2", "untag a" + someDigest}; !slices.Equal(w.events[:3], want) || !strings.HasPrefix(w.events[3], "delete sha256:") {
		t.Errorf("events %q", w.events)
	}
}

func TestRemoveByID(t *testing.T) {
	w := newWorld(t)
	id := w.add([]string{"a:1", "b:1"}, "x")
	if _, err := w.rmi(id.Short(), false); engine.ClassOf(err) != engine.ClassConflict ||
		!strings.Contains(err.Error(), "unable to delete "+id.Short()+" (must be forced) - image is referenced in multiple repositories") {
		t.Errorf("two repositories: %v", err)
	}
	if done, err := w.rmi(id.Short(), true); err != nil || len(done) != 4 {
		t.Errorf("forced: %v, %v", done, err)
	}
}

func TestRemoveWhatContainersUse(t *testing.T) {
	w := newWorld(t)
	id := w.add([]string{"a:1"}, "x", "y")
	w.uses[id] = []Use{{ID: "0123456789abcdef", Running: false}}
	for ref, says := range map[string]string{
		"a:1":      `conflict: unable to remove repository reference "a:1" (must force) - container 0123456789ab is using its referenced image ` + id.Short(),
		id.Short(): "conflict: unable to delete " + id.Short() + " (must be forced) - image is being used by stopped container 0123456789ab",
	} {
		if _, err := w.rmi(ref, false); engine.ClassOf(err) != engine.ClassConflict || err.Error() != says {
			t.Errorf("%s: %v", ref, err)
		}
	}
	w.uses[id][0].Running = true
	if _, err := w.rmi("a:1", true); engine.ClassOf(err) != engine.ClassConflict || !strings.Contains(err.Error(), "cannot be forced") {
		t.Errorf("running, forced: %v", err)
	}
	w.uses[id][0].Running = false
	if _, err := w.rmi("a:1", true); err != nil {
		t.Fatal(err)
	}
	if _, err := w.Resolve(context.Background(), "a:1"); engine.ClassOf(err) != engine.ClassNotFound {
		t.Errorf("the image is still there: %v", err)
	}
	if images, _ := w.ListImages(context.Background(), engine.ImageListOptions{All: true}); len(images) != 0 {
		t.Errorf("the image is still listed: %+v", images)
	}
	// The stopped container still stands on its layers, until it is gone.
	if dirs, err := w.LowerDirs(context.Background(), id); err != nil || len(dirs) != 2 {
		t.Fatalf("layers %v, %v", dirs, err)
	}
	delete(w.uses, id)
	if _, err := w.PruneImages(context.Background(), engine.PruneImagesOptions{}); err != nil {
		t.Fatal(err)
	}
	if n := w.layersOnDisk(); n != 0 {
		t.Errorf("%d layers left", n)
	}
}

func TestRemoveWaitsForAcquire(t *testing.T) {
	w := newWorld(t)
	id := w.add([]string{"a:1"}, "x")
	lease, err := w.Acquire(context.Background(), "a:1")
	if err != nil || lease.ID != id {
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(context.Background(), 20*time.Millisecond)
	defer cancel()
	if _, err := w.RemoveImage(ctx, "a:1", engine.RemoveImageOptions{}); engine.ClassOf(err) != engine.ClassCanceled {
		t.Errorf("removed under a lease: %v", err)
	}
	w.uses[id] = []Use{{ID: "c"}}
	lease.Release()
	if _, err := w.rmi("a:1", false); engine.ClassOf(err) != engine.ClassConflict {
		t.Errorf("removed under a container: %v", err)
	}
	images, _ := w.ListImages(context.Background(), engine.ImageListOptions{})
	if images[0].LastUsed.IsZero() || images[0].Containers != 1 {
		t.Errorf("the use is not noted: %+v", images[0])
	}
}

func TestTag(t *testing.T) {
	w := newWorld(t)
	a, b := w.add([]string{"a:1"}, "x"), w.add([]string{"b:1"}, "y")
	for _, target := range []string{"c", "b:1"} {
		if err := w.TagImage(context.Background(), "a:1", target); err != nil {
			t.Fatal(err)
		}
	}
	images, err := w.ListImages(context.Background(), engine.ImageListOptions{})
	if err != nil {
		t.Fatal(err)
	}
	for _, img := range images {
		if img.ID == a && !slices.Equal(img.RepoTags, []string{"a:1", "b:1", "c:latest"}) || img.ID == b && !img.Dangling() {
			t.Errorf("tags of %s: %v", img.ID.Short(), img.RepoTags)
		}
	}
	for target, class := range map[string]engine.Class{"x" + someDigest: engine.ClassInvalid, "Bad": engine.ClassInvalid} {
		if err := w.TagImage(context.Background(), "a:1", target); engine.ClassOf(err) != class {
			t.Errorf("%s: %v", target, err)
		}
	}
	if err := w.TagImage(context.Background(), "nope", "x"); engine.ClassOf(err) != engine.ClassNotFound {
		t.Errorf("unknown source: %v", err)
	}
}

func TestPrune(t *testing.T) {
	w := newWorld(t)
	used, pinned := w.add([]string{"used:1"}, "base", "u"), w.add([]string{"pinned:1"}, "base", "p")
	idle := w.add([]string{"idle:1"}, "base", "i")
	dangling := w.add(nil, "d", "d2")
	w.uses[used] = []Use{{ID: "c"}}
	if err := w.PinImage(context.Background(), "pinned:1", true); err != nil {
		t.Fatal(err)
	}
	prune := func(opts engine.PruneImagesOptions) (ids []string, reclaimed int64) {
		t.Helper()
		r, err := w.PruneImages(context.Background(), opts)
		if err != nil {
			t.Fatal(err)
		}
		for _, i := range r.Images {
			for _, id := range []engine.Digest{used, pinned, idle, dangling} {
				if i.Deleted == string(id) {
					ids = append(ids, i.Deleted)
				}
			}
		}
		return ids, r.Reclaimed
	}
	none := engine.Filters{"label": {"layers=99"}}
	if ids, _ := prune(engine.PruneImagesOptions{All: true, Filters: none}); len(ids) != 0 {
		t.Errorf("a filter that fits nothing removes %v", ids)
	}
	want, planned := prune(engine.PruneImagesOptions{DryRun: true})
	ids, reclaimed := prune(engine.PruneImagesOptions{})
	if !slices.Equal(ids, []string{string(dangling)}) || !slices.Equal(ids, want) || reclaimed != planned || planned < 20_000 {
		t.Errorf("dangling: removed %v, planned %v, reclaimed %d of %d", ids, want, reclaimed, planned)
	}
	_, planned = prune(engine.PruneImagesOptions{All: true, DryRun: true})
	ids, reclaimed = prune(engine.PruneImagesOptions{All: true})
	if !slices.Equal(ids, []string{string(idle)}) || reclaimed != planned {
		t.Errorf("all: removed %v, reclaimed %d of %d", ids, reclaimed, planned)
	}
	if n := w.layersOnDisk(); n != 3 {
		t.Errorf("%d layers on disk, want base, u and p", n)
	}
	if _, err := w.PruneImages(context.Background(), engine.PruneImagesOptions{Filters: engine.Filters{"colour": {"red"}}}); engine.ClassOf(err) != engine.ClassInvalid {
		t.Errorf("unknown filter: %v", err)
	}
}

func TestPruneTakesOrphans(t *testing.T) {
	w := newWorld(t)
	w.layer("orphan")
	r, err := w.PruneImages(context.Background(), engine.PruneImagesOptions{})
	if err != nil || r.Reclaimed < 5000 || w.layersOnDisk() != 0 {
		t.Errorf("report %+v, %d layers, %v", r, w.layersOnDisk(), err)
	}
}

func TestListFilters(t *testing.T) {
	w := newWorld(t)
	w.add([]string{"old:1", "ghcr.io/x/old:1"}, "x")
	w.add([]string{"mid:1", "mid:2"}, "x", "y")
	w.add(nil, "z")
	for _, c := range []struct {
		opts engine.ImageListOptions
		want string
	}{
		{engine.ImageListOptions{}, "<none> mid:1 old:1"},
		{engine.ImageListOptions{Ref: "mid"}, "mid:1"},
		{engine.ImageListOptions{Ref: "mid:2"}, "mid:1"},
		{engine.ImageListOptions{Ref: "mid:3"}, ""},
		{engine.ImageListOptions{Ref: "m*"}, "mid:1"},
		{engine.ImageListOptions{Filters: engine.Filters{"dangling": {"true"}}}, "<none>"},
		{engine.ImageListOptions{Filters: engine.Filters{"dangling": {"0"}}}, "mid:1 old:1"},
		{engine.ImageListOptions{Filters: engine.Filters{"reference": {"ghcr.io/*/*"}}}, "old:1"},
		{engine.ImageListOptions{Filters: engine.Filters{"reference": {"mid", "old:*"}}}, "mid:1 old:1"},
		{engine.ImageListOptions{Filters: engine.Filters{"label": {"layers=2"}}}, "mid:1"},
		{engine.ImageListOptions{Filters: engine.Filters{"label": {"layers"}, "before": {"mid:1"}}}, "old:1"},
		{engine.ImageListOptions{Filters: engine.Filters{"since": {"mid:1"}}}, "<none>"},
		{engine.ImageListOptions{Filters: engine.Filters{"until": {"2023-11-14T23:00:00Z"}}}, "old:1"},
	} {
		images, err := w.ListImages(context.Background(), c.opts)
		var got []string
		for _, i := range images {
			if i.Dangling() {
				got = append(got, "<none>")
			} else {
				got = append(got, i.RepoTags[len(i.RepoTags)-1:][0])
				if i.RepoTags[0] == "mid:1" {
					got[len(got)-1] = "mid:1"
				}
			}
		}
		if err != nil || strings.Join(got, " ") != c.want {
			t.Errorf("%+v: %v, want %s (%v)", c.opts, got, c.want, err)
		}
	}
	for _, f := range []engine.Filters{{"colour": {"x"}}, {"dangling": {"perhaps"}}, {"until": {"soon"}}} {
		if _, err := w.ListImages(context.Background(), engine.ImageListOptions{Filters: f}); engine.ClassOf(err) != engine.ClassInvalid {
			t.Errorf("%v: %v", f, err)
		}
	}
}

func TestHistoryAndInspect(t *testing.T) {
	w := newWorld(t)
	id := w.add([]string{"a:1"}, "x", "y")
	h, err := w.ImageHistory(context.Background(), "a:1")
	if err != nil || len(h) != 3 || h[0].ID != id || h[0].CreatedBy != "ADD y" || h[0].Size == 0 || !h[1].Empty || h[1].Size != 0 || h[2].ID != "" || h[0].Tags[0] != "a:1" {
		t.Errorf("history %+v, %v", h, err)
	}
	d, err := w.InspectImage(context.Background(), id.Short())
	if err != nil || d.Author != "a:1" || len(d.LayerDetail) != 2 || d.MediaType == "" || !json.Valid(d.RawConfig) || !json.Valid(d.RawManifest) {
		t.Fatalf("inspect %+v, %v", d, err)
	}
	top := d.LayerDetail[1]
	if d.LayerDetail[0].ChainID != engine.ChainID(d.LayerDetail[0].DiffID) || top.ChainID == engine.ChainID(top.DiffID) || top.Digest == "" {
		t.Errorf("layers %+v", d.LayerDetail)
	}
	if !strings.HasPrefix(d.GraphDriver["LowerDir"], filepath.Join(w.root, "layers")) {
		t.Errorf("graph driver %v", d.GraphDriver)
	}
}

func TestDamagedMetadataIsNoticed(t *testing.T) {
	w := newWorld(t)
	id := w.add([]string{"a:1"}, "x")
	if err := os.WriteFile(filepath.Join(w.root, "blobs/sha256", id.Hex()), []byte("{}"), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := w.Resolve(context.Background(), "a:1"); engine.ClassOf(err) != engine.ClassIntegrity {
		t.Errorf("changed config: %v", err)
	}
}

// TestOtherProcess: what one store writes, another on the same directory sees at once.
func TestOtherProcess(t *testing.T) {
	w := newWorld(t)
	other, err := Open(w.cfg)
	if err != nil {
		t.Fatal(err)
	}
	for i := range 20 {
		w.add([]string{fmt.Sprintf("a:%d", i)}, "x")
		if images, err := other.ListImages(context.Background(), engine.ImageListOptions{}); err != nil || len(images) != i+1 {
			t.Fatalf("%d images, want %d (%v)", len(images), i+1, err)
		}
	}
}
