package main

import (
	"os"
	"testing"

	"berth/engine/enginetest/ability"
	"berth/screenshots/internal/picture"

	"github.com/google/go-cmp/cmp"
)

// The pictures of the README show what the workstation looks like now: each scene,
// played again, must give the text that was kept with its picture.
func TestPicturesAreFresh(t *testing.T) {
	ability.Need(t, ability.PTY)
	for _, sc := range scenes {
		t.Run(sc.name, func(t *testing.T) {
			t.Parallel()
			kept, err := os.ReadFile(sc.name + ".txt")
			if err != nil {
				t.Fatal(err)
			}
			if _, err := os.Stat(sc.name + ".png"); err != nil {
				t.Fatal(err)
			}
			text, _, err := sc.perform()
			if err != nil {
				t.Fatal(err)
			}
			if d := cmp.Diff(sc.stable(string(kept)), sc.stable(text)); d != "" {
				t.Errorf("the picture is stale; `make screenshots` renders it anew (-kept +now):\n%s", d)
			}
		})
	}
}

func TestTheFontHasEveryGlyphOfEveryScene(t *testing.T) {
	p, err := picture.NewPainter()
	if err != nil {
		t.Fatal(err)
	}
	for _, sc := range scenes {
		kept, err := os.ReadFile(sc.name + ".txt")
		if err != nil {
			t.Fatal(err)
		}
		for _, r := range string(kept) {
			if r != '\n' && !p.Has(r) {
				t.Errorf("scene %q shows %q, which the font lacks", sc.name, r)
			}
		}
	}
}
