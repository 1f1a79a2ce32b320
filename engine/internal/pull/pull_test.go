package pull

import (
	"context"
	"encoding/json"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"berth/engine"
	"berth/engine/internal/idmap"
	"berth/engine/internal/registry/registrytest"
)

func TestPullMakesAnImage(t *testing.T) {
	for _, c := range []registrytest.Compression{registrytest.Gzip, registrytest.Zstd, registrytest.None} {
		t.Run(string("compression "+c), func(t *testing.T) {
			reg := registrytest.New(t)
			pushed := reg.Push(t, "foo/bar", "1", registrytest.Image{
				Compression: c, Docker: c == registrytest.Gzip, Created: time.Unix(1_700_000_000, 0),
				Layers: [][]byte{
					registrytest.Tar(t, dir("etc/", 0o755), file("etc/a", "lower")),
					registrytest.Tar(t, dir("etc/", 0o755), file("etc/b", "upper")),
				},
				Config: map[string]any{"Cmd": []string{"/b"}, "Env": []string{"A=1"}, "ExposedPorts": map[string]any{"80/tcp": nil}},
			})
			var ev events
			s := openStore(t, Config{Publish: ev.publish})
			ref := reg.Host() + "/foo/bar:1"
			var last engine.PullProgress
			res, err := s.Pull(context.Background(), engine.PullRequest{Ref: ref, Progress: func(p engine.PullProgress) { last = p }})
			if err != nil {
				t.Fatal(err)
			}
			if want := (engine.PullResult{Ref: ref, Digest: pushed.Manifest, ImageID: pushed.ID, Fresh: true}); res != want {
				t.Errorf("result %+v, want %+v", res, want)
			}
			if last.State != engine.PullDone || last.Current != last.Total || last.Layers[0].State != engine.LayerDone || last.ImageID != pushed.ID {
				t.Errorf("last progress %+v", last)
			}
			dirs := lower(t, s, ref)
			if len(dirs) != 2 || readFile(t, dirs[0], "etc/b") != "upper" || readFile(t, dirs[1], "etc/a") != "lower" {
				t.Errorf("layers are not stacked topmost first: %v", dirs)
			}
			r, err := s.Resolve(context.Background(), pushed.ID.Short())
			if err != nil || r.Config.Cmd[0] != "/b" || r.Config.ExposedPorts[0] != "80/tcp" || r.Platform.Architecture != "amd64" {
				t.Errorf("resolved %+v, %v", r, err)
			}
			if got := ev.of(engine.KindImage, "pull"); len(got) != 1 || got[0].ID != ref {
				t.Errorf("events %+v", got)
			}
			if got := ev.of(engine.KindStep, "fetch blob"); len(got) != 4 {
				t.Errorf("%d records of step \"fetch blob\", want begin and end of 2 layers", len(got))
			}
			if entries, _ := os.ReadDir(filepath.Join(s.Root(), "ingest")); len(entries) != 0 {
				t.Errorf("the spools are still there: %v", entries)
			}
		})
	}
}

func TestSecondPullFetchesNothing(t *testing.T) {
	reg := registrytest.New(t)
	img := registrytest.Image{Compression: registrytest.Gzip, Layers: [][]byte{registrytest.Tar(t, file("a", "a"))}}
	pushed := reg.Push(t, "x", "1", img)
	s := openStore(t, Config{})
	mustPull(t, s, reg.Host()+"/x:1")
	res := mustPull(t, s, reg.Host()+"/x:1")
	if res.Fresh {
		t.Error("an image that was up to date is reported as fresh")
	}
	if n := len(reg.Requests("/blobs/" + string(pushed.Blobs[0]))); n != 1 {
		t.Errorf("the layer was fetched %d times", n)
	}
	// The same layer below another image is shared, though compressed differently.
	img.Compression, img.Config = registrytest.Zstd, map[string]any{"Cmd": []string{"x"}}
	other := reg.Push(t, "y", "1", img)
	mustPull(t, s, reg.Host()+"/y:1")
	if n := len(reg.Requests("/blobs/" + string(other.Blobs[0]))); n != 0 {
		t.Errorf("a layer with a known diffID was fetched %d times", n)
	}
	images, err := s.ListImages(context.Background(), engine.ImageListOptions{})
	if err != nil || len(images) != 2 || images[0].Shared == 0 || images[0].Unique >= images[0].Size {
		t.Errorf("sharing is not accounted for: %+v, %v", images, err)
	}
}

func TestTagMoves(t *testing.T) {
	reg := registrytest.New(t)
	first := reg.Push(t, "x", "1", registrytest.Image{Layers: [][]byte{registrytest.Tar(t, file("a", "1"))}})
	s := openStore(t, Config{})
	mustPull(t, s, reg.Host()+"/x:1")
	second := reg.Push(t, "x", "1", registrytest.Image{Layers: [][]byte{registrytest.Tar(t, file("a", "2"))}})
	if res := mustPull(t, s, reg.Host()+"/x:1"); !res.Fresh || res.ImageID != second.ID {
		t.Errorf("result %+v", res)
	}
	images, _ := s.ListImages(context.Background(), engine.ImageListOptions{Filters: engine.Filters{"dangling": {"true"}}})
	if len(images) != 1 || images[0].ID != first.ID {
		t.Errorf("the image that lost its tag is not dangling: %+v", images)
	}
}

func TestPlatforms(t *testing.T) {
	reg := registrytest.New(t)
	platforms := []engine.Platform{
		{OS: "linux", Architecture: "amd64"}, {OS: "linux", Architecture: "arm64", Variant: "v8"},
		{OS: "linux", Architecture: "arm", Variant: "v6"}, {OS: "linux", Architecture: "arm", Variant: "v7"}, {OS: "unknown", Architecture: "unknown"},
	}
	var images []registrytest.Pushed
	for _, p := range platforms {
		images = append(images, reg.Push(t, "multi", "", registrytest.Image{
			Arch: p.Architecture, Variant: p.Variant, Layers: [][]byte{registrytest.Tar(t, file("arch", p.String()))}}))
	}
	index := reg.PushIndex(t, "multi", "1", platforms, images)
	for want, digest := range map[string]engine.Digest{
		"linux/amd64": images[0].ID, "arm64": images[1].ID, "linux/arm64/v8": images[1].ID, "linux/arm/v6": images[2].ID, "linux/arm": images[3].ID, "x86_64": images[0].ID,
	} {
		s := openStore(t, Config{})
		res, err := s.Pull(context.Background(), engine.PullRequest{Ref: reg.Host() + "/multi:1", Platform: want})
		if err != nil || res.ImageID != digest || res.Digest != index {
			t.Errorf("platform %q: %+v, %v", want, res, err)
		}
	}
	_, err := openStore(t, Config{}).Pull(context.Background(), engine.PullRequest{Ref: reg.Host() + "/multi:1", Platform: "linux/s390x"})
	if engine.ClassOf(err) != engine.ClassNotFound || !strings.Contains(err.Error(), "linux/arm64/v8, linux/arm/v6") || strings.Contains(err.Error(), "unknown") {
		t.Errorf("a platform that is not there: %v", err)
	}
	reg.Push(t, "single", "1", registrytest.Image{Arch: "arm64", Layers: [][]byte{registrytest.Tar(t, file("a", "a"))}})
	s := openStore(t, Config{})
	mustPull(t, s, reg.Host()+"/single:1") // as people do with an emulator
	_, err = s.Pull(context.Background(), engine.PullRequest{Ref: reg.Host() + "/single:1", Platform: "linux/amd64"})
	if engine.ClassOf(err) != engine.ClassNotFound || !strings.Contains(err.Error(), "is for linux/arm64, not for linux/amd64") {
		t.Errorf("an image without index for another platform: %v", err)
	}
}

func TestImplicitParentsInherit(t *testing.T) {
	reg := registrytest.New(t)
	owned := dir("srv/", 0o751)
	owned.Uid, owned.Gid = 33, 34
	base := registrytest.Tar(t, dir("tmp/", 0o1777), owned)
	add := registrytest.Tar(t, file("tmp/x", "x"), file("srv/deep/y", "y"))
	reg.Push(t, "a", "1", registrytest.Image{Layers: [][]byte{base, add}})
	// The same changes on another base inherit other attributes: the layer can't be shared.
	reg.Push(t, "b", "1", registrytest.Image{Layers: [][]byte{registrytest.Tar(t, dir("tmp/", 0o700)), add}})
	s := openStore(t, Config{})
	mustPull(t, s, reg.Host()+"/a:1")
	mustPull(t, s, reg.Host()+"/b:1")
	a, b := lower(t, s, reg.Host()+"/a:1")[0], lower(t, s, reg.Host()+"/b:1")[0]
	for path, want := range map[string]os.FileMode{
		filepath.Join(a, "tmp"): os.ModeDir | os.ModeSticky | 0o777, filepath.Join(a, "srv"): os.ModeDir | 0o751,
		filepath.Join(a, "srv/deep"): os.ModeDir | 0o755, filepath.Join(b, "tmp"): os.ModeDir | 0o700,
	} {
		info, err := os.Stat(path)
		if err != nil {
			t.Fatal(err)
		}
		if info.Mode() != want {
			t.Errorf("%s: mode %v, want %v", path, info.Mode(), want)
		}
	}
	m := mapping(t)
	wantUID, wantGID := uint32(os.Getuid()), uint32(os.Getgid())
	switch m.Mode {
	case idmap.Host:
		wantUID, wantGID = 33, 34
	case idmap.Ranges:
		wantUID, _ = idmap.ToHost(m.UIDs, 33)
		wantGID, _ = idmap.ToHost(m.GIDs, 34)
	}
	if uid, gid := owner(t, filepath.Join(a, "srv")); uid != wantUID || gid != wantGID {
		t.Errorf("srv belongs to %d:%d, want %d:%d", uid, gid, wantUID, wantGID)
	}
}

func TestSameLayerTwice(t *testing.T) {
	reg := registrytest.New(t)
	layer := registrytest.Tar(t, file("a", "a"))
	reg.Push(t, "x", "1", registrytest.Image{Layers: [][]byte{layer, registrytest.Tar(t, file(".wh.a", "")), layer}})
	s := openStore(t, Config{})
	mustPull(t, s, reg.Host()+"/x:1")
	if dirs := lower(t, s, reg.Host()+"/x:1"); len(dirs) != 2 || readFile(t, dirs[0], "a") != "a" {
		t.Errorf("overlayfs wants each directory once, the topmost occurrence: %v", dirs)
	}
}

func TestStepsTellWhatHappened(t *testing.T) {
	reg := registrytest.New(t)
	reg.Push(t, "x", "1", registrytest.Image{Layers: [][]byte{registrytest.Tar(t, file("a", "a"))}})
	var ev events
	s := openStore(t, Config{Publish: ev.publish})
	mustPull(t, s, reg.Host()+"/x:1")
	var names []string
	for _, r := range ev.of(engine.KindStep, "") {
		var step engine.Step
		if err := json.Unmarshal(r.Data, &step); err != nil {
			t.Fatal(err)
		}
		if step.Op == "" || step.OpName != "pull" || step.Explain == "" || step.Seq == 0 {
			t.Errorf("incomplete step %+v", step)
		}
		if step.Done {
			names = append(names, step.Name)
		}
	}
	if want := []string{"resolve", "config", "fetch blob", "sync", "commit"}; !slices.Equal(names, want) {
		t.Errorf("steps %v, want %v", names, want)
	}
}
