package uitest_test

import (
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"

	"berth/engine"
	"berth/engine/enginetest"
	"berth/ui"
	"berth/ui/uitest"

	"github.com/charmbracelet/x/ansi"
)

var fuzzKeys = []string{
	"q?", "enter", "esc", "tab", "shift+tab", "space", "up", "down", "left", "right", "pgup", "pgdown", "home", "end", "backspace", "delete",
	"1", "2", "3", "4", "z", "[", "]", "/", "n", "N", "y", "u", "T", "M", ":", "?", "a", "o", "O", "r", "R", "p", "d", "t", "*", "H", "i", "S", "x",
	"K", "e", "L", "m", "s", "f", "w", "-", "+", "h", "j", "k", "l", "g", "G", "ctrl+u", "ctrl+l", "!", "(", "漢",
}

// Whatever is pressed in whatever window, the program goes on and never draws beyond its edges.
func TestRandomKeysAndSizes(t *testing.T) {
	for seed := range uint64(6) {
		t.Run(fmt.Sprint(seed), func(t *testing.T) {
			t.Parallel()
			f := enginetest.New(enginetest.WithRate(50e6))
			t.Cleanup(func() { f.Close() })
			if err := f.SeedHarbour(); err != nil {
				t.Fatal(err)
			}
			rnd := rand.New(rand.NewPCG(seed, 7))
			u := uitest.Start(t, f, ui.Options{Theme: "tokyo-night", ASCII: seed%2 == 1, NoColor: seed%3 == 2}, 120, 35)
			u.Sees("alpine")
			if _, err := f.Pull(t.Context(), engine.PullRequest{Ref: "nope:1"}); err == nil { // so that there are steps to look into
				t.Fatal("pulled what does not exist")
			}
			for range 40 {
				w, h := 1+rnd.IntN(170), 1+rnd.IntN(50)
				if rnd.IntN(3) == 0 {
					w, h = 20, 5
				}
				u.Resize(w, h)
				for range 12 {
					switch key := fuzzKeys[rnd.IntN(len(fuzzKeys))]; {
					case key == "q?": // leaving is not what is tested
					case rnd.IntN(12) == 0:
						u.ClickAt(rnd.IntN(w), rnd.IntN(h))
					case rnd.IntN(12) == 0:
						u.Drag(rnd.IntN(w), rnd.IntN(h), rnd.IntN(w), rnd.IntN(h))
					case rnd.IntN(12) == 0:
						u.Wheel(rnd.IntN(w), rnd.IntN(h), rnd.IntN(2) == 0)
					default:
						u.Press(key)
					}
				}
				u.Until(fmt.Sprintf("the screen fits into %dx%d", w, h), func(string) bool {
					rows := u.Rows()
					if len(rows) > h {
						return false
					}
					for _, r := range rows {
						if ansi.StringWidth(r) > w {
							return false
						}
					}
					return true
				})
			}
		})
	}
}

// Names and labels from outside never reach the terminal as they are.
func TestHostileNamesAreShownNotSent(t *testing.T) {
	f := enginetest.New()
	defer f.Close()
	evil := "\x1b]52;c;aGk=\x07\x1b[2J\u202eevil"
	r := &enginetest.Repository{
		Ref: "evil" + evil + ":1", Config: engine.ImageConfig{Cmd: []string{"sleep", "1000", evil}, Env: []string{"X=" + evil}, Labels: map[string]string{evil: evil}},
		Layers: []enginetest.RemoteLayer{{Content: "x", Size: 1, Unpacked: 1, CreatedBy: "RUN " + evil}},
	}
	id := f.AddImage(r, start)
	res, err := f.CreateContainer(t.Context(), engine.ContainerConfig{Image: string(id), Name: "victim", Labels: map[string]string{evil: evil}})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := f.StartContainer(t.Context(), res.ID, nil); err != nil {
		t.Fatal(err)
	}
	u := uitest.Start(t, f, ui.Options{}, 120, 35)
	u.Sees("victim")
	clean := func() {
		t.Helper()
		for _, bad := range []string{"\x1b]52", "\x1b[2J", "\u202e", "\x07"} {
			if s := u.Styled(); strings.Contains(s, bad) {
				t.Fatalf("%q was sent", bad)
			}
		}
	}
	u.Press("enter")
	for range 4 {
		u.AtRest()
		clean()
		u.Press("]")
	}
	u.Press("2", "enter")
	for range 6 {
		u.AtRest()
		clean()
		u.Press("]")
	}
	u.Press("1", "d")
	u.AtRest()
	clean()
}
