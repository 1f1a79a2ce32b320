package uitest_test

import (
	"context"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"testing"
	"time"

	"berth/engine"
	"berth/engine/enginetest"
	"berth/ui"
	"berth/ui/uitest"

	"github.com/google/go-cmp/cmp"
)

var update = flag.Bool("update", false, "write the golden files anew")

// A scene is a screen to settle on.
type scene struct {
	name string
	act  func(u *uitest.User, f *enginetest.Fake)
}

// pulling holds a pull in the middle of its layers.
func pulling(f *enginetest.Fake) {
	f.AddRepository(&enginetest.Repository{
		Ref: "python:3.14", Layers: []enginetest.RemoteLayer{
			{Content: "debian trixie slim", Size: 28_200_000, Unpacked: 74_800_000}, {Content: "p1", Size: 29_700_000}, {Content: "p2", Size: 49_500_000},
			{Content: "p3", Size: 6_100_000}, {Content: "p4", Size: 250},
		},
		Script: func(ctx context.Context, run *enginetest.PullRun) error {
			run.Update(func(p *engine.PullProgress) {
				for i, s := range []engine.LayerState{engine.LayerExists, engine.LayerDone, engine.LayerDownloading, engine.LayerUnpacking, engine.LayerWaiting} {
					p.Layers[i].State = s
					p.Layers[i].Current = p.Layers[i].Total
				}
				p.Layers[2].Current, p.Layers[2].Rate, p.Layers[4].Current = 34_100_000, 18.2e6, 0
				p.Rate, p.Remaining = 18.2e6, 12*time.Second
			})
			<-ctx.Done()
			return ctx.Err()
		},
	})
}

var scenes = []scene{
	{"images", func(u *uitest.User, _ *enginetest.Fake) { u.Sees("alpine:3.22") }},
	{"containers", func(u *uitest.User, _ *enginetest.Fake) { u.Press("2").Sees("web-1") }},
	{"marked", func(u *uitest.User, _ *enginetest.Fake) { u.Press("space", "down", "space").Sees("frees") }},
	{"filter", func(u *uitest.User, _ *enginetest.Fake) { u.Press("/").Type("re|ng").Sees("3 of 9") }},
	{"pull", func(u *uitest.User, f *enginetest.Fake) {
		pulling(f)
		u.Press("p").Sees("Pull an image").Type("python:3.14").Press("enter").SeesRow("python:3.14", "%")
	}},
	{"layers", func(u *uitest.User, f *enginetest.Fake) {
		pulling(f)
		u.Press("p").Sees("Pull an image").Type("python:3.14").Press("enter").SeesRow("python:3.14", "%").Press("enter").Sees("downloading")
	}},
	{"history", func(u *uitest.User, _ *enginetest.Fake) { u.Press("down", "down", "H").Sees("STEP") }},
	{"inspect", func(u *uitest.User, _ *enginetest.Fake) {
		u.Press("2").SeesRow("▌", "shell").Press("i").Sees("RestartCount")
	}},
	{"config", func(u *uitest.User, _ *enginetest.Fake) {
		u.Press("2").SeesRow("▌", "shell").Press("enter", "]", "]", "]", "]").Sees("Hostname")
	}},
	{"stats", func(u *uitest.User, _ *enginetest.Fake) {
		u.Press("2").SeesRow("▌", "shell").Press("m").Sees("Memory")
	}},
	{"processes", func(u *uitest.User, _ *enginetest.Fake) {
		u.Press("2").SeesRow("▌", "shell").Press("enter", "]", "]").Sees("COMMAND", "bash")
	}},
	{"shell", func(u *uitest.User, _ *enginetest.Fake) {
		u.Press("2").SeesRow("▌", "shell").Press("s").Sees("/ # ").Type("seq 3; uname").Press("enter").Sees("Linux")
	}},
	{"split", func(u *uitest.User, _ *enginetest.Fake) {
		u.Press("2").SeesRow("▌", "shell").Press("s").Sees("/ # ").Type("uname").Press("enter").Sees("Linux").Press("ctrl+]", "|").SeesRow("1 bash", "2 bash").SeesRow("uname", "/ # ")
		u.Type("exit 3").Press("enter").Sees("exit 3")
	}},
	{"help", func(u *uitest.User, _ *enginetest.Fake) { u.Press("?").Sees("Keys") }},
	{"palette", func(u *uitest.User, _ *enginetest.Fake) { u.Press(":").Type("run").Sees("berth run") }},
	{"run", func(u *uitest.User, _ *enginetest.Fake) { u.Press("R").Sees("run -it --rm alpine:3.22") }},
	{"confirm", func(u *uitest.User, _ *enginetest.Fake) {
		u.Press("2").SeesRow("▌", "shell").Press("d").Sees("[ Cancel ]")
	}},
	{"error", func(u *uitest.User, _ *enginetest.Fake) {
		u.Press("/").Type("nginx").Press("enter", "d").Sees("uses it.")
	}},
	{"failed", func(u *uitest.User, _ *enginetest.Fake) { failedStart(u).Press("!").Sees("Steps", "failed after 300") }},
	{"failed-said", func(u *uitest.User, _ *enginetest.Fake) { failedStart(u) }},
	{"failed-pull", func(u *uitest.User, _ *enginetest.Fake) {
		u.Press("p").Sees("Pull an image").Type("nope:1").Press("enter").SeesRow("nope:1", "failed").Sees("or tag.").Press("!").Sees("failed after 4.0ms")
	}},
	{"deleting", func(u *uitest.User, _ *enginetest.Fake) { u.Press("d").Sees("Deleting alpine:3.22 in 30 s") }},
	{"themes", func(u *uitest.User, _ *enginetest.Fake) { u.Press("T").Sees("gruvbox") }},
}

// failedStart runs a program that the image does not have.
func failedStart(u *uitest.User) *uitest.User {
	u.Press("R").Sees("run -it --rm alpine:3.22").Press("ctrl+u").Type("run -d --name watch toolbox ahoy").Press("enter")
	return u.Sees(`exec "ahoy"`, "shows the step that failed")
}

var sizes = []engine.Size{{Cols: 80, Rows: 24}, {Cols: 120, Rows: 35}, {Cols: 160, Rows: 45}}

// Every screen, in three sizes and a dark and a light theme, is as it was when someone
// looked at it and liked it. `go test ./ui/uitest -update` writes the files anew.
func TestGoldens(t *testing.T) {
	for _, theme := range []string{"tokyo-night", "latte"} {
		for _, size := range sizes {
			for _, sc := range scenes {
				name := fmt.Sprintf("%s.%dx%d.%s", sc.name, size.Cols, size.Rows, theme)
				t.Run(name, func(t *testing.T) {
					t.Parallel()
					golden(t, filepath.Join("testdata", name+".txt"), settled(t, theme, size, sc))
				})
			}
		}
	}
}

// settled plays a scene; the clock stands still, so that the screen comes to rest.
func settled(t *testing.T, theme string, size engine.Size, sc scene) *uitest.User {
	t.Helper()
	clock := enginetest.NewManualClock(start)
	f := enginetest.New(enginetest.WithClock(clock))
	t.Cleanup(func() { f.Close() })
	if err := f.SeedHarbour(); err != nil {
		t.Fatal(err)
	}
	u := uitest.Start(t, f, ui.Options{Theme: theme, Now: clock.Now}, size.Cols, size.Rows)
	u.Sees("alpine:3.22")
	sc.act(u, f)
	return u
}

// golden waits until the screen is what the file says.
func golden(t *testing.T, file string, u *uitest.User) {
	t.Helper()
	if *update {
		if err := os.WriteFile(file, []byte(u.AtRest()), 0o644); err != nil {
			t.Fatal(err)
		}
		return
	}
	want, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if got := u.Settles(string(want)); got != string(want) {
		t.Errorf("%s differs (-want +got):\n%s", file, cmp.Diff(string(want), got))
	}
}
