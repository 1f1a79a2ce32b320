package image

import (
	"context"
	"fmt"
	"testing"
	"time"

	"berth/engine"
	"berth/engine/internal/snapshot"

	"github.com/distribution/reference"
	"github.com/google/go-cmp/cmp"
)

func TestCatalogueRoundTrip(t *testing.T) {
	entries := []*Entry{
		{
			ID: "sha256:aa", Manifest: "sha256:bb", Created: time.Unix(1, 5), Pulled: time.Unix(1<<33, 0), Pinned: true,
			Platform: engine.Platform{OS: "linux", Architecture: "arm", Variant: "v7"}, MetaSize: 7,
			Tags: []string{"docker.io/library/a:1", "x.io/b:2"}, Digests: []string{"x.io/b@sha256:cc"},
			Labels:    map[string]string{"k": "tab\tnewline\nunit\x1fback\\slash\\t", "empty": "", "": "no key"},
			LayerRefs: []LayerRef{{Key: snapshot.Key("k1.ranges"), DiffID: "sha256:d1", Blob: "sha256:b1", Size: 12}, {Key: "d2", DiffID: "sha256:d2", Blob: "sha256:", Size: 0}},
		},
		{ID: "sha256:ee", Removed: true, Platform: engine.Platform{OS: "linux"}},
	}
	got, err := decode(string(encode(entries)))
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(entries, got); diff != "" {
		t.Errorf("changed on the way (-want +got):\n%s", diff)
	}
}

func TestDecodeRefusesWhatItDoesNotKnow(t *testing.T) {
	for _, s := range []string{"", "berth images 2\n", header + "x\n", header + "a\tb\tc\td\te\tf\tg\th\ti\tj\tk\tl\n"} {
		if _, err := decode(s); err == nil {
			t.Errorf("%q is accepted", s)
		}
	}
}

func FuzzDecode(f *testing.F) {
	f.Add(string(encode([]*Entry{{ID: "sha256:aa", Tags: []string{"a"}, Labels: map[string]string{"a": "b\\"}, Platform: engine.Platform{OS: "x"}}})))
	f.Fuzz(func(t *testing.T, s string) {
		entries, err := decode(s)
		if err != nil {
			return
		}
		again, err := decode(string(encode(entries)))
		if err != nil {
			t.Fatalf("own output is refused: %v", err)
		}
		if diff := cmp.Diff(entries, again); diff != "" {
			t.Errorf("not stable:\n%s", diff)
		}
	})
}

func TestFamiliarIsDockers(t *testing.T) {
	for _, whole := range []string{
		"docker.io/library/ubuntu:24.04", "docker.io/a/b:1", "docker.io/library/a/b:1", "ghcr.io/library/x:1", "localhost:5000/x:1",
		"docker.io/library/x@sha256:0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef",
	} {
		named, err := reference.ParseNormalizedNamed(whole)
		if err != nil {
			t.Fatal(err)
		}
		if got, want := familiar(whole), reference.FamiliarString(named); got != want {
			t.Errorf("%s: %q, want %q", whole, got, want)
		}
		if got := repository(whole); got != named.Name() {
			t.Errorf("%s: repository %q, want %q", whole, got, named.Name())
		}
	}
}

// thousand is a catalogue of 1,000 images with five layers each, half of them shared.
func thousand(w *world) {
	w.t.Helper()
	err := w.update(context.Background(), func([]*Entry) ([]*Entry, error) {
		var entries []*Entry
		for i := range 1000 {
			e := &Entry{
				ID: engine.Digest(sumString(fmt.Sprint("id", i))), Manifest: engine.Digest(sumString(fmt.Sprint("m", i))),
				Created: time.Unix(int64(i), 0), Pulled: time.Unix(int64(i), 0), Platform: engine.Platform{OS: "linux", Architecture: "amd64"},
				Tags: []string{fmt.Sprintf("docker.io/library/image%d:latest", i)}, Digests: []string{fmt.Sprintf("docker.io/library/image%d@%s", i, sumString("x"))},
				Labels: map[string]string{"org.opencontainers.image.title": "x", "maintainer": "somebody", "org.opencontainers.image.version": "1"},
			}
			for l := range 5 {
				diff := sumString(fmt.Sprint("layer", l*i/2))
				e.LayerRefs = append(e.LayerRefs, LayerRef{Key: snapshot.Key(diff[7:]), DiffID: engine.DiffID(diff), Blob: engine.Digest(diff), Size: 1 << 20})
			}
			entries = append(entries, e)
		}
		return entries, nil
	})
	if err != nil {
		w.t.Fatal(err)
	}
}

// BenchmarkList1000 lists a thousand images as a fresh process does.
func BenchmarkList1000(b *testing.B) {
	w := newWorld(b)
	thousand(w)
	for b.Loop() {
		w.cache.Store(nil)
		images, err := w.ListImages(context.Background(), engine.ImageListOptions{})
		if err != nil || len(images) != 1000 {
			b.Fatal(len(images), err)
		}
	}
}
