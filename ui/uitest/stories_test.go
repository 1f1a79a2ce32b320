package uitest_test

import (
	"context"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"berth/engine"
	"berth/engine/enginetest"
	"berth/ui"
	"berth/ui/uitest"

	"github.com/charmbracelet/x/ansi"
)

var start = time.Date(2026, 3, 14, 15, 9, 26, 0, time.UTC)

// harbour is a workstation over a small, varied state whose clock stands still.
func harbour(t *testing.T, w, h int) (*uitest.User, *enginetest.Fake, *enginetest.ManualClock) {
	t.Helper()
	clock := enginetest.NewManualClock(start)
	f := enginetest.New(enginetest.WithClock(clock))
	t.Cleanup(func() { f.Close() })
	if err := f.SeedHarbour(); err != nil {
		t.Fatal(err)
	}
	u := uitest.Start(t, f, ui.Options{Theme: "tokyo-night", Now: clock.Now}, w, h)
	return u.Sees("alpine:3.22"), f, clock
}

// The way of a newcomer: pull toolbox, watch it, run it, read its log, stop it, delete it.
func TestNewcomerFromPullToRemoval(t *testing.T) {
	f := enginetest.New(enginetest.WithRate(40e6))
	defer f.Close()
	u := uitest.Start(t, f, ui.Options{}, 120, 35)
	u.Sees("Welcome aboard.", "p pull")
	u.Press("p").Sees("Pull an image").Type("toolb").Press("tab").Sees("berth pull toolbox").Press("enter")
	u.Sees("Pulled toolbox.").SeesRow("✓", "toolbox:latest", "done")
	u.Press("1").SeesRow("▌", "toolbox:latest", "22.3 MB")
	u.Press("R").Sees("run -it --rm toolbox:latest").Press("ctrl+u").Type("run -d --name watch toolbox sh -c 'echo ahoy; sleep 1000'").Press("enter")
	u.SeesRow("▶", "watch", "up").Sees("ahoy")
	u.Press("K").Sees("Kill watch?", "[ Cancel ]")
	u.Insists("right", "the question takes keys", func(s string) bool { return strings.Contains(s, "[ Kill ]") })
	u.Press("enter").SeesRow("■", "watch", "exit 137")
	u.Press("d").Sees("Deleting watch in").Press("u").Sees("Kept watch.")
	u.Press("q").Leaves()
}

func TestStopAndStart(t *testing.T) {
	u, f, _ := harbour(t, 120, 35)
	u.Press("2").SeesRow("▌", "shell").Press("down").Sees("listening: -g daemon")
	u.Press("x").SeesRow("■", "web-1", "exit 0").Sees("Stopped web-1.")
	u.Press("S").SeesRow("▶", "web-1", "up 0s")
	c, err := f.InspectContainer(t.Context(), "web-1", engine.InspectOptions{})
	if err != nil || c.State != engine.StateRunning {
		t.Errorf("state %s, %v", c.State, err)
	}
}

func TestMarkedContainersActTogether(t *testing.T) {
	u, f, _ := harbour(t, 120, 35)
	u.Press("2").SeesRow("▌", "shell").Press("down", "space").Sees("1 marked").Press("down", "space").Sees("2 marked")
	u.Press("p").Sees("Paused 2 containers.")
	for _, name := range []string{"web-1", "cache"} {
		if c, err := f.InspectContainer(t.Context(), name, engine.InspectOptions{}); err != nil || c.State != engine.StatePaused {
			t.Errorf("%s is %s, %v", name, c.State, err)
		}
	}
}

func TestDeleteWaitsAndCanBeTakenBack(t *testing.T) {
	u, f, clock := harbour(t, 120, 35)
	u.Press("/").Type("toolbox").Press("enter").Sees("/toolbox · 1 of 9")
	u.Press("d").Sees("Deleting toolbox:latest in 30 s").SeesRow("✗", "toolbox:latest")
	u.Press("u").Sees("Kept toolbox:latest.")
	if _, err := f.InspectImage(t.Context(), "toolbox"); err != nil {
		t.Fatal(err)
	}
	u.Press("d").Sees("Deleting toolbox:latest")
	clock.Advance(31 * time.Second)
	u.Sees("Deleted toolbox:latest.", "0 of 8")
	if _, err := f.InspectImage(t.Context(), "toolbox"); engine.ClassOf(err) != engine.ClassNotFound {
		t.Errorf("it is still there: %v", err)
	}
}

func TestQuittingCarriesOutWhatWaits(t *testing.T) {
	u, f, _ := harbour(t, 120, 35)
	u.Press("/").Type("toolbox").Press("enter").Press("d").Sees("Deleting toolbox:latest").Press("q").Leaves()
	if _, err := f.InspectImage(context.Background(), "toolbox"); engine.ClassOf(err) != engine.ClassNotFound {
		t.Errorf("it is still there: %v", err)
	}
}

func TestUsedImagesAreNotDeleted(t *testing.T) {
	u, _, _ := harbour(t, 120, 35)
	u.Press("/").Type("nginx").Press("enter", "d").Sees("a running container uses it.", "Stop and delete the container first.")
}

// A question ignores keys that were on their way, and Enter means Cancel.
func TestQuestionsDefaultToCancel(t *testing.T) {
	u, f, _ := harbour(t, 120, 35)
	u.Press("2").SeesRow("▌", "shell").Press("K", "y", "enter").Sees("Kill shell?")
	u.Insists("enter", "the question takes keys", func(s string) bool { return !strings.Contains(s, "Kill shell?") })
	if c, err := f.InspectContainer(t.Context(), "shell", engine.InspectOptions{}); err != nil || c.State != engine.StateRunning {
		t.Errorf("shell is %s, %v", c.State, err)
	}
}

func TestTagPinAndFilter(t *testing.T) {
	u, _, _ := harbour(t, 120, 35)
	u.Press("t").Sees("Name alpine:3.22").Press("ctrl+u").Type("mine:1").Press("enter").Sees("Named alpine:3.22 mine:1.").SeesRow("mine:1 +1")
	u.Press("O").SeesRow("▌", "mine:1 +1").Press("g").SeesRow("▌", "<none>").Press("o", "o", "o", "g").SeesRow("▌", "mine:1 +1", "★").Press("*").Sees("Unpinned")
	u.Press("/").Type("!re|<none>").Sees("of 9").SeesNot("redis:8", "postgres:18").Press("esc").Sees("redis:8")
}

// The line to run is completed from what the image is made for, and from earlier lines.
func TestRunIsCompletedFromTheImageAndHistory(t *testing.T) {
	u, _, _ := harbour(t, 120, 35)
	u.Press("/").Type("postgres").Press("enter", "R").SeesRow("berth run -it --rm postgres:18 postgres").Press("tab").SeesRow("❯ run -it --rm postgres:18 postgres").Press("esc")
	u.Press("R").Sees("run -it --rm postgres:18 ").Press("ctrl+u").Type("run -d --name two toolbox sleep 1000").Press("enter").SeesRow("▶", "two")
	u.Press("1", "R").Sees("run -it --rm postgres:18 ").Press("up").SeesRow("berth run -d --name two toolbox sleep 1000")
}

func TestRenameAndErrors(t *testing.T) {
	u, _, _ := harbour(t, 120, 35)
	u.Press("2").SeesRow("▌", "shell").Press("e").Sees("Rename shell").Press("ctrl+u").Type("db").Press("enter")
	u.Sees("has the name.", "choose another name.")
	u.Press("e").Press("ctrl+u").Type("bash").Press("enter").Sees("Renamed shell to bash.").SeesRow("▌", "bash")
}

func TestPullsPauseResumeCancelRetry(t *testing.T) {
	f := enginetest.New()
	defer f.Close()
	attempts := make(chan int, 10)
	n := 0
	f.AddRepository(&enginetest.Repository{
		Ref: "big:latest", Layers: []enginetest.RemoteLayer{{Content: "a", Size: 4e8, Unpacked: 9e8}, {Content: "b", Size: 1e8, Unpacked: 2e8}},
		Script: func(ctx context.Context, run *enginetest.PullRun) error {
			n++
			attempts <- n
			run.Update(func(p *engine.PullProgress) {
				p.Layers[0].State, p.Layers[0].Current, p.Layers[0].Rate = engine.LayerDownloading, 1e8, 18.2e6
				p.Rate, p.Remaining = 18.2e6, 22*time.Second
			})
			if n == 3 {
				return engine.Errorf(engine.ClassUnavailable, "fetch blob: connection reset by peer").WithHint("Try again.")
			}
			<-ctx.Done()
			return ctx.Err()
		},
	})
	u := uitest.Start(t, f, ui.Options{}, 120, 35)
	u.Sees("Welcome").Press("p").Sees("Pull an image").Type("big").Press("enter")
	u.SeesRow("big:latest", "20%", "22s").SeesRow("↓", "100 MB of 400 MB").Sees("1 pull 20%")
	u.Press("s").SeesRow("‖", "big", "paused")
	u.Press("s").SeesRow("▌ ↓", "big:latest", "20%")
	u.Press("x").Sees("Cancelled. What was downloaded is kept").SeesRow("big:latest", "cancelled")
	u.Press("r").Sees("Fetch blob: connection reset by peer.", "Try again.").SeesRow("▌ ✗", "big:latest", "failed")
	u.Press("d").Sees("No pulls.")
	if n != 3 {
		t.Errorf("%d attempts", n)
	}
}

func TestPullsOfOtherProcessesShow(t *testing.T) {
	u, f, _ := harbour(t, 120, 35)
	hold := make(chan struct{})
	defer close(hold)
	f.AddRepository(&enginetest.Repository{Ref: "other:1", Layers: []enginetest.RemoteLayer{{Content: "o", Size: 10}},
		Script: func(ctx context.Context, _ *enginetest.PullRun) error {
			select {
			case <-hold:
			case <-ctx.Done():
			}
			return ctx.Err()
		}})
	go f.Pull(context.Background(), engine.PullRequest{Ref: "other:1"})
	u.SeesRow("↓", "other:1").Press("3", "x").Sees("Another berth pulls this")
}

func TestLogsFollowSearchAndSave(t *testing.T) {
	u, f, _ := harbour(t, 120, 35)
	u.Press("2").SeesRow("▌", "shell").Press("down").Sees("listening: -g daemon")
	f.Print("web-1", "first line\n\x1b]0;evil\x07 second\n")
	u.Sees("first line", "second").SeesNot("evil")
	u.Press("L").Press("/").Type("first").Press("enter").SeesRow("▌ first line")
	u.Press("esc", "t").SeesRow("15:09:26.000", "first line")
	u.Sees("held, f follows").Press("f").Sees("following").Press("f").Sees("held, f follows") // the search has stopped at its match
	u.Press("s").Sees("since 10m")
	file := filepath.Join(t.TempDir(), "web.log")
	u.Press("S").Sees("Save the log of web-1").Press("ctrl+u").Paste(file).Press("enter").Sees("Saved")
	if data, err := os.ReadFile(file); err != nil || !strings.Contains(string(data), "first line\n") {
		t.Errorf("saved %q, %v", data, err)
	}
}

func TestInspectFoldsAndCopies(t *testing.T) {
	u, _, _ := harbour(t, 120, 35)
	u.Press("2").SeesRow("▌", "shell").Press("i").Sees("RestartCount").Press("/").Type("hostname").Press("enter").Sees(".Config.Hostname")
	u.Press("y").Sees("Copied")
	u.Press("-").SeesRow("▸", "Config", "keys")
}

func TestPaletteRunsActionsAndTeachesTheCommandLine(t *testing.T) {
	u, _, _ := harbour(t, 120, 35)
	u.Press("2").SeesRow("▌", "shell").Press("down").Press(":").Sees("Commands").Type("restart").Sees("$ berth restart web-1").Press("enter").Sees("Restarted web-1.")
}

func TestHelpShowsTheFocusedPaneFirst(t *testing.T) {
	u, _, _ := harbour(t, 120, 35)
	u.Press("3", "?").Until("pulls come first", func(s string) bool {
		return strings.Contains(s, "Keys") && strings.Contains(s, "Hold the pull") && !strings.Contains(s, "Freeze the container")
	})
	u.Press("esc").SeesNot("Hold the pull")
}

func TestThemesSwitchLive(t *testing.T) {
	u, _, _ := harbour(t, 120, 35)
	before := u.Styled()
	u.Press("T").Sees("Theme", "gruvbox").Press("down").Until("the colours change", func(string) bool { return u.Styled() != before })
	u.Press("esc").Sees("tokyo-night")
}

func TestMouseSelectsFocusesAndOpensTabs(t *testing.T) {
	u, _, _ := harbour(t, 120, 35)
	u.Click("cache").SeesRow("▌", "cache").SeesRow("─ cache ─")
	u.Click("Config").Sees("Namespaces")
	u.Click("alpine:3.22").Sees("Overview")
}

// Text is marked inside one pane, copied when the button goes up, and stays marked until
// the next key.
func TestMouseMarksTextInsideOnePane(t *testing.T) {
	u, _, _ := harbour(t, 120, 35)
	u.Press("down", "down").SeesRow("Runs", "/hello")
	row, col := -1, 0
	for y, r := range u.Rows() {
		if i := strings.Index(r, "linux/amd64"); i >= 0 {
			row, col = y, ansi.StringWidth(r[:i])
		}
	}
	if row < 0 {
		t.Fatal(u.Screen())
	}
	before := u.Styled()
	u.Drag(col, row, col+4, row).Sees("Copied linux.")
	if u.Styled() == before || !strings.Contains(u.Styled(), "linux\x1b[m/amd64") && !strings.Contains(u.Styled(), "mlinux\x1b") {
		t.Error("what is marked does not show")
	}
	u.Drag(3, 5, 119, 5).Until("the list's row alone is copied", func(s string) bool {
		return strings.Contains(s, "Copied ") && strings.Contains(s, "hello-world:latest") && !strings.Contains(s, "Copied linux")
	})
	if last := u.Rows()[34]; strings.Contains(last, "│") || strings.Contains(last, "Platform") {
		t.Errorf("the mark left its pane: %s", last)
	}
	u.Drag(col, row, col+4, row+2).Sees("Copied 3 lines.").Press("y").Sees("Copied 3 lines.").Press("3", "1")
}

func TestMouseReachesDialogs(t *testing.T) {
	u, f, _ := harbour(t, 120, 35)
	u.Press("T").Sees("Theme").Click("gruvbox").Press("enter").Sees("The theme is gruvbox.")
	u.Press(":").Sees("Commands").Type("focus-cont").Sees("Go to the containers.").Click("Go to the containers.").SeesRow("▌", "shell").SeesNot("Commands")
	u.Press("d").Sees("Delete shell?").Click("Cancel").Insists("esc", "the question is gone", func(s string) bool { return !strings.Contains(s, "Delete shell?") })
	u.Press("K").Sees("Kill shell?")
	u.Insists("f2", "the question takes the click", func(s string) bool {
		for y, row := range u.Rows() {
			if i := strings.LastIndex(row, " Kill "); i >= 0 && strings.Contains(row, "Cancel") {
				u.ClickAt(ansi.StringWidth(row[:i])+2, y)
			}
		}
		return !strings.Contains(s, "Kill shell?")
	})
	u.SeesRow("■", "shell", "exit 137")
	if c, err := f.InspectContainer(t.Context(), "shell", engine.InspectOptions{}); err != nil || c.State.Alive() {
		t.Errorf("state %s, %v", c.State, err)
	}
}

func TestOnePaneAtATimeInANarrowWindow(t *testing.T) {
	u, _, _ := harbour(t, 80, 24)
	u.Sees("1 Images", "2 Containers").SeesNot("web-1")
	u.Press("2").Sees("web-1").SeesNot("alpine").Press("enter").Sees("Logs").Press("esc").Sees("web-1")
	u.Resize(120, 35).Sees("alpine:3.22", "web-1")
	u.Press("z").SeesNot("alpine:3.22").Press("z").Sees("alpine:3.22")
}

// What another process does shows by itself.
func TestForeignChangesShow(t *testing.T) {
	u, f, _ := harbour(t, 120, 35)
	res, err := f.CreateContainer(t.Context(), engine.ContainerConfig{Image: "toolbox", Name: "visitor", Cmd: []string{"sleep", "1000"}})
	if err != nil {
		t.Fatal(err)
	}
	u.SeesRow("○", "visitor", "created")
	if err := f.RemoveContainer(t.Context(), res.ID, engine.RemoveContainerOptions{}); err != nil {
		t.Fatal(err)
	}
	u.SeesNot("visitor")
}

func TestALostEngineIsSaid(t *testing.T) {
	f := enginetest.New()
	defer f.Close()
	f.Fail("Watch", engine.Errorf(engine.ClassPermission, "open state directory %q: permission denied", "/var/lib/berth").WithHint("Run berth as the directory's owner."))
	u := uitest.Start(t, f, ui.Options{}, 120, 35)
	u.Sees("not connected", "permission denied.", "owner.")
	f.Fail("Watch", nil)
	u.SeesNot("not connected")
}
