package uitest_test

import (
	"strings"
	"testing"

	"berth/engine"
	"berth/engine/enginetest"
	"berth/ui"
	"berth/ui/uitest"
)

// An error names the key that shows the steps of what failed; it is shown with the step
// that failed selected, why, what it worked on, and the others in order.
func TestTheStepThatFailedIsOneKeyAway(t *testing.T) {
	u, _, _ := harbour(t, 120, 35)
	failedStart(u).SeesRow("▌", "✗ watch", "exit 127")
	u.Press("!").Sees("Steps · start watch").SeesRow("✓ prepare snapshot", "400µs").SeesRow("✓ clone", "900µs")
	u.SeesRow("▌✗ exec").SeesRow("│ ✗ exec  failed after 300µs").Sees("Become the user's program.").SeesRow("argv").SeesRow("· ahoy")
	u.Press("up", "up").SeesRow("▌✓ clone").SeesRow("│ ✓ clone  ran for 900µs").SeesRow("flags", "CLONE_NEWPID|CLONE_NEWNS")
	u.Press("y").Sees("Copied the step.").SeesNot("Steps · start")
	// It stays one key away from the container that failed, and closes with esc.
	u.Press("!").Sees("Steps · start watch").Press("esc").SeesNot("Steps · start")
}

func TestAFailedPullShowsItsSteps(t *testing.T) {
	u, _, _ := harbour(t, 120, 35)
	u.Press("p").Sees("Pull an image").Type("nope:1").Press("enter").Sees("! shows the step that failed").SeesRow("✗", "nope:1", "failed")
	u.Press("3").SeesNot("shows the step").SeesRow("! why", "retry")
	u.Press("!").Sees("Steps · pull nope:1").SeesRow("▌✗ resolve", "failed after 4.0ms").Sees("Check the spelling, or log in if the repository is private.")
	u.Press("!").SeesNot("Steps · pull")
}

// What failed in another process can be looked into as well: on its row, or by itself.
func TestFailuresOfOtherProcessesShowTheirSteps(t *testing.T) {
	u, f, _ := harbour(t, 120, 35)
	u.Press("!").Sees("Nothing has failed.")
	if _, err := f.CreateContainer(t.Context(), engine.ContainerConfig{Image: "toolbox", Name: "shell"}); err == nil {
		t.Fatal("a name was given twice")
	}
	u.Press("!").Sees("Steps · create").SeesRow("✓ resolve image").SeesRow("▌✗ claim name").Press("esc").SeesNot("Steps ·")
	res, err := f.CreateContainer(t.Context(), engine.ContainerConfig{Image: "toolbox", Name: "visitor", Cmd: []string{"ahoy"}})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := f.StartContainer(t.Context(), res.ID, nil); err == nil {
		t.Fatal("a program ran that does not exist")
	}
	u.SeesRow("✗", "visitor", "exit 127").Click("visitor").SeesRow("▌", "visitor").SeesRow("✗ Start container", "ahoy")
	u.Press("!").Sees("Steps · start visitor").SeesRow("▌✗ exec")
}

// Why a container ended is told also if none of the engine's steps failed.
func TestAKilledShimIsTold(t *testing.T) {
	u, f, _ := harbour(t, 120, 35)
	if _, err := f.AddContainer(enginetest.ContainerSeed{
		Config: engine.ContainerConfig{Image: "toolbox", Name: "orphan"}, State: engine.StateExited, ExitCode: 137, Started: 2, Finished: 1,
		Error: "the shim was killed, and the container with it",
	}); err != nil {
		t.Fatal(err)
	}
	u.SeesRow("✗", "orphan", "exit 137").Click("orphan").SeesRow("▌", "orphan").SeesRow("! why")
	u.Press("!").Sees("The shim was killed, and the container with it.")
}

// A program that can't be started in a pane leaves the keys to the list.
func TestAFailedRunInAPaneGivesTheKeysBack(t *testing.T) {
	u, _, _ := harbour(t, 120, 35)
	u.Press("R").Sees("run -it --rm alpine:3.22").Press("ctrl+u").Type("run -it --name watch toolbox ahoy").Press("enter")
	u.Sees(`exec "ahoy"`, "! shows the step").SeesRow("S start", "! why").Press("!").SeesRow("▌✗ exec").Press("esc").SeesNot("Steps ·")
	u.Press("d").Sees("Deleting watch in")
}

// Of several failures one is told, and how many there are.
func TestSeveralFailuresAreCounted(t *testing.T) {
	u, f, _ := harbour(t, 120, 35)
	for _, name := range []string{"bad-1", "bad-2", "bad-3"} {
		if _, err := f.CreateContainer(t.Context(), engine.ContainerConfig{Image: "toolbox", Name: name, Cmd: []string{"ahoy"}}); err != nil {
			t.Fatal(err)
		}
	}
	u.SeesRow("bad-3").Press("2", "/").Type("bad").Press("enter", "A").Sees("3 marked").Press("S").Sees("2 more failures.", "! shows the step")
}

// A window with little room shows the step alone, and what does not fit can be reached.
func TestStepsInSmallWindows(t *testing.T) {
	u, _, _ := harbour(t, 80, 24)
	failedStart(u)
	u.Press("!").SeesRow("▌✗ exec").SeesRow("✗ exec  failed after 300µs").SeesRow("argv")
	u.Resize(40, 9).SeesRow("✗ exec  failed after 300µs").SeesNot("▌✗ exec")
	u.Press("up").SeesRow("✓ pivot root").Press("down", "pgdown", "pgdown").SeesRow("· ahoy")
	u.AtRest()
	u.Resize(20, 5).AtRest()
	u.SeesRow("· ahoy").Resize(1, 1).Resize(1, 60).Resize(12, 60).Resize(200, 2).Resize(120, 35).SeesRow("▌✗ exec")
}

func TestStepsInAscii(t *testing.T) {
	f := enginetest.New()
	defer f.Close()
	if err := f.SeedHarbour(); err != nil {
		t.Fatal(err)
	}
	u := uitest.Start(t, f, ui.Options{ASCII: true}, 120, 35)
	u.Sees("alpine").Press("p").Sees("Pull an image").Type("nope:1").Press("enter").Sees("! shows the step").Press("!").SeesRow("|x resolve", "4.0ms")
	for _, keys := range []string{"esc", "?", "esc", ":"} {
		u.Press(keys)
		if i := strings.IndexFunc(u.AtRest(), func(r rune) bool { return r > 0x7e }); i >= 0 {
			t.Errorf("%q shows after %s", []rune(u.Screen()[i:])[0], keys)
		}
	}
}

// What a question asks can be read in the smallest window, or it is not asked there.
func TestQuestionsAreReadableInSmallWindows(t *testing.T) {
	u, f, _ := harbour(t, 20, 5)
	u.Press("2").SeesRow("▌", "shell").Press("d").Sees("Delete shell?", "It runs: its program", "is killed and what", "it wrote is lost.").SeesRow("[Cancel]", "Delete")
	u.Insists("right", "the question takes keys", func(s string) bool { return strings.Contains(s, "[Delete]") })
	u.Press("esc").SeesNot("Delete shell?")
	u.Press("K").Sees("Kill shell?", "anything.").Insists("esc", "the question goes", func(s string) bool { return !strings.Contains(s, "Kill") })
	u.Resize(12, 4).Press("K").SeesRow("The window").SeesRow("question.")
	u.Resize(120, 35).SeesRow("▶", "shell")
	if c, err := f.InspectContainer(t.Context(), "shell", engine.InspectOptions{}); err != nil || c.State != engine.StateRunning {
		t.Errorf("shell is %s, %v", c.State, err)
	}
}

// What is said shows in a window that has no line for it.
func TestNoticesShowInSmallWindows(t *testing.T) {
	u, _, _ := harbour(t, 20, 5)
	u.Press("d").SeesRow("Deleting").SeesRow("u keeps it.").Press("d").SeesRow("That waits to be").SeesRow("deleted already.").Press("u").SeesRow("Kept")
	u.Press("p").Sees("Pull").Type("nope:1").Press("enter").Sees("Pull \"nope:1\": the").Press("!").SeesRow("✗ resolve")
}
