package main

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-containerregistry/pkg/name"
	"github.com/google/go-containerregistry/pkg/v1/remote"
	"github.com/google/go-containerregistry/pkg/v1/validate"
)

// An image that some tools would refuse, or that holds less than is said, would make every pull meaningless.
func TestServedImageIsWhole(t *testing.T) {
	files := t.TempDir()
	for file, text := range map[string]string{"a/b/one": "1", "a/two": "22", "three": "333"} {
		if err := os.MkdirAll(filepath.Dir(filepath.Join(files, file)), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(filepath.Join(files, file), []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	if err := os.Symlink("three", filepath.Join(files, "four")); err != nil {
		t.Fatal(err)
	}
	r, err := serve(filepath.Join(t.TempDir(), "registry"))
	if err != nil {
		t.Fatal(err)
	}
	defer r.close()
	whole := layer{files: []string{files, filepath.Join(files, "missing")}, edition: "first"}
	first := layer{files: []string{filepath.Join(files, "a/two"), filepath.Join(files, "three")}, bytes: 2}
	renamed := layer{files: []string{filepath.Join(files, "three")}, as: "renamed"}
	if err := r.add("image", 6, whole, first, renamed); err != nil {
		t.Fatal(err)
	}
	ref, err := name.ParseReference(r.ref("image"))
	if err != nil {
		t.Fatal(err)
	}
	image, err := remote.Image(ref)
	if err != nil {
		t.Fatal(err)
	}
	if err := validate.Image(image); err != nil {
		t.Error(err)
	}
	if layers, err := image.Layers(); err != nil || len(layers) != 3 {
		t.Errorf("%d layers, %v", len(layers), err)
	}
	if got, want := r.size("image").bytes, int64(5+1+2+3+2+3); got != want {
		t.Errorf("the image is said to hold %d bytes, want %d", got, want)
	}
	whole.edition = "other"
	if err := r.add("image2", 6, whole); err != nil {
		t.Fatal(err)
	}
	if ref, err = name.ParseReference(r.ref("image2")); err != nil {
		t.Fatal(err)
	}
	second, err := remote.Image(ref)
	if err != nil {
		t.Fatal(err)
	}
	if err := validate.Image(second); err != nil {
		t.Error(err)
	}
	a, aerr := image.Layers()
	b, berr := second.Layers()
	if err := errors.Join(aerr, berr); err != nil {
		t.Fatal(err)
	}
	aID, aerr := a[0].DiffID()
	bID, berr := b[0].DiffID()
	if aerr != nil || berr != nil || aID == bID {
		t.Errorf("two editions of a layer are %s (%v) and %s (%v)", aID, aerr, bID, berr)
	}
}

func TestVerdicts(t *testing.T) {
	for _, tt := range []struct {
		name string
		more bool
		goals
		berth, peer float64
		met         []bool
	}{
		{"less is better", false, goals{limit: 25, times: map[string]float64{"peer": 15}}, 20, 290, []bool{true, false}},
		{"more is better", true, goals{limit: 60, times: map[string]float64{"peer": 0.8}}, 50, 60, []bool{false, true}},
		{"no more than a little worse", false, goals{within: map[string]float64{"peer": 16}}, 17, 0.5, []bool{false}},
	} {
		r := result{Unit: "ms", More: tt.more}
		r.add("berth", []float64{tt.berth})
		r.add("peer", []float64{tt.peer})
		r.judge(tt.goals)
		var met []bool
		for _, v := range r.Goals {
			met = append(met, v.Met)
		}
		if diff := cmp.Diff(tt.met, met); diff != "" {
			t.Errorf("%s: %s", tt.name, diff)
		}
	}
}

func TestTableGoesBetweenTheMarks(t *testing.T) {
	file := filepath.Join(t.TempDir(), "README.md")
	if err := os.WriteFile(file, []byte("before\n"+beginMark+"old\n"+endMark+"after\n"), 0o644); err != nil {
		t.Fatal(err)
	}
	r := report{Machine: "here", Results: []result{{Name: "work", Unit: "ms", Tools: []measured{{Name: "berth", Median: 2}, {Name: "peer", Median: 3, Ratio: 1.5}}}}}
	if err := r.insert(file); err != nil {
		t.Fatal(err)
	}
	text, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	want := "| work | **2.00 ms** | peer 3.00 ms (1.5x) |  |\n"
	if s := string(text); !strings.HasPrefix(s, "before\n"+beginMark+"here:") || !strings.Contains(s, want) || !strings.HasSuffix(s, endMark+"after\n") || strings.Contains(s, "old") {
		t.Errorf("the file is\n%s", s)
	}
	if err := r.insert(os.DevNull); err == nil {
		t.Error("a file without marks is written")
	}
}
