package uitest_test

import (
	"context"
	"fmt"
	"math/rand/v2"
	"os"
	"strconv"
	"strings"
	"testing"

	"berth/engine"
	"berth/engine/enginetest"
	"berth/ui"
	"berth/ui/uitest"

	tea "charm.land/bubbletea/v2"
)

// inShell opens a shell in the container "shell".
func inShell(t *testing.T, w, h int) (*uitest.User, *enginetest.Fake) {
	t.Helper()
	u, f, _ := harbour(t, w, h)
	u.Press("2").SeesRow("▌", "shell").Press("s").Sees("/ # ", "ctrl-] d detach")
	return u, f
}

func TestTypingReachesTheProgram(t *testing.T) {
	u, _ := inShell(t, 120, 35)
	// Keys that mean something elsewhere are the program's too.
	u.Type("echo q1z:?").Press("enter").SeesRow("│q1z:?")
	u.Paste("echo pasted\r").SeesRow("│pasted")
	u.Press("ctrl+c").Type("echo on").Press("enter").SeesRow("│on")
}

func TestPrefixHasBerthsKeys(t *testing.T) {
	u, _ := inShell(t, 120, 35)
	u.Press("ctrl+]").Sees("d detach", "c new", "n next").Press("?").Sees("A shell, behind the prefix").Press("esc")
	u.Press("ctrl+]", "z").SeesNot("hello-world").Press("ctrl+]", "z").Sees("hello-world")
	u.Press("ctrl+]", ":").Sees("Commands").Press("esc")
	u.Press("ctrl+]", "d").Sees("bash runs; nobody here is attached.").Type("?").Sees("Keys").Press("esc")
}

func TestPrefixCanBeAnotherKey(t *testing.T) {
	f := enginetest.New()
	defer f.Close()
	if err := f.SeedHarbour(); err != nil {
		t.Fatal(err)
	}
	file := t.TempDir() + "/keys.toml"
	if err := os.WriteFile(file, []byte("[shell]\nprefix = \"ctrl+o\"\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	u := uitest.Start(t, f, ui.Options{KeyFile: file}, 120, 35)
	u.Sees("alpine:3.22").Press("2").SeesRow("▌", "shell").Press("s").Sees("ctrl-o d detach").Press("ctrl+o", "d").SeesNot("ctrl-o d detach")
}

// What detaches never kills: the same shell comes back with what stood in it.
func TestDetachAndAttachRepaint(t *testing.T) {
	u, f := inShell(t, 120, 35)
	u.Type("echo mark-my-words").Press("enter").SeesRow("│mark-my-words").Press("ctrl+]", "d").SeesNot("│mark-my-words")
	if execs, err := f.Execs(t.Context(), "shell"); err != nil || len(execs) != 1 {
		t.Fatalf("%d shells run, %v", len(execs), err)
	}
	u.Press("s").SeesRow("│mark-my-words").Type("echo still here").Press("enter").SeesRow("│still here")
}

// slow is an engine that takes its time to tell what runs.
type slow struct {
	*enginetest.Fake
	tell chan struct{}
}

func (s slow) Execs(ctx context.Context, id string) ([]engine.ExecInfo, error) {
	<-s.tell
	return s.Fake.Execs(ctx, id)
}

// The keys behind the one that opens a shell are the shell's, however fast they come, not
// the list's, where they mean something else: q would leave Berth.
func TestKeysBehindTheOneThatOpensAreTheShells(t *testing.T) {
	f := slow{enginetest.New(), make(chan struct{})}
	defer f.Close()
	if err := f.SeedHarbour(); err != nil {
		t.Fatal(err)
	}
	u := uitest.Start(t, f, ui.Options{}, 120, 35)
	open := func() { u.Press("s").Type("echo qdx").Press("enter") }
	answers := func(n int) { // behind the prompt, if the line was there before that
		u.Until(strconv.Itoa(n)+" answers", func(screen string) bool { return strings.Count(screen, "│qdx")+strings.Count(screen, "/ # qdx") == n })
	}
	u.Sees("alpine:3.22").Press("2").SeesRow("▌", "shell")
	open()
	u.Sees("ctrl-] d detach")
	close(f.tell)
	answers(1)
	u.Press("ctrl+]", "d")
	open()
	answers(2)
	u.Type("exit").Press("enter").Sees("exit 0 · r run again").Press("ctrl+]", "x").SeesNot("run again")
	open()
	answers(1)
	if execs, err := f.Execs(t.Context(), "shell"); err != nil || len(execs) != 1 {
		t.Errorf("%d shells run, %v", len(execs), err)
	}
}

// A workstation that is opened later finds the shell of the one before.
func TestShellsAreFoundAgain(t *testing.T) {
	f := enginetest.New()
	defer f.Close()
	if err := f.SeedHarbour(); err != nil {
		t.Fatal(err)
	}
	u := uitest.Start(t, f, ui.Options{}, 120, 35)
	u.Sees("alpine:3.22").Press("2").SeesRow("▌", "shell").Press("s").Sees("/ # ").Type("echo before").Press("enter").SeesRow("│before")
	u.Press("ctrl+]", "q").Leaves()
	again := uitest.Start(t, f, ui.Options{}, 120, 35)
	again.Sees("alpine:3.22").Press("2").SeesRow("▌", "shell").Press("s").SeesRow("│before")
	if execs, err := f.Execs(t.Context(), "shell"); err != nil || len(execs) != 1 {
		t.Errorf("%d shells run, %v", len(execs), err)
	}
}

func TestSeveralShellsAndASplit(t *testing.T) {
	u, f := inShell(t, 120, 35)
	u.Type("echo first").Press("enter").SeesRow("│first").Press("ctrl+]", "c").SeesRow(" 1 ", " 2 ").SeesNot("│first")
	u.Type("echo second").Press("enter").SeesRow("│second").Press("ctrl+]", "p").SeesRow("│first").SeesNot("│second")
	u.Press("ctrl+]", "|").SeesRow("│first", "│second").Type("echo right").Press("enter").SeesRow("│right")
	u.Press("ctrl+]", "o").Type("echo left").Press("enter").SeesRow("│left")
	u.Press("ctrl+]", "=", "ctrl+]", "2").SeesRow("│right").SeesNot("│left")
	if execs, err := f.Execs(t.Context(), "shell"); err != nil || len(execs) != 2 {
		t.Errorf("%d shells run, %v", len(execs), err)
	}
	u.Press("ctrl+]", "x").Sees("runs on")
}

// The one of many that has the keys is always among those that are named, and what is named
// can be clicked.
func TestManyShellsHaveRoomForTheCurrentOne(t *testing.T) {
	u, _ := inShell(t, 80, 24)
	for i := range 11 {
		u.Press("ctrl+]", "c").SeesRow(fmt.Sprintf(" %d bash", i+2))
	}
	u.SeesRow("…", " 11 bash  12 bash").SeesNot(" 1 bash").Press("ctrl+]", "1").SeesRow(" 1 bash  2 bash ", "…").SeesNot(" 12 bash")
	u.Click(" 3 bash").Press("ctrl+]", "x").Sees("runs on")
	u.Resize(30, 8).SeesRow(" bash ")
}

// As many as there is room for show at once, beside and below each other.
func TestSplitsGoBothWays(t *testing.T) {
	u, f := inShell(t, 160, 45)
	u.Type("echo one").Press("enter").SeesRow("│one").Press("ctrl+]", "|").SeesRow(" 1 ", " 2 ").Sees("/ # ")
	u.Type("echo two").Press("enter").SeesRow("│one", "│two").Press("ctrl+]", "-").SeesRow(" 1 ", " 2 ", " 3 ").SeesRow("│──")
	u.Type("echo three").Press("enter").SeesRow("│three").SeesRow("│one", "│two")
	u.Press("ctrl+]", "o").Type("echo uno").Press("enter").SeesRow("│uno").Press("ctrl+]", "3").Type("echo tre").Press("enter").SeesRow("│tre")
	u.Resize(36, 12).SeesRow("tre").SeesNot("uno").Resize(160, 45).SeesRow("│uno")
	u.Type("exit").Press("enter").Sees("run again").Press("ctrl+]", "x").SeesNot("│tre").SeesRow("│one", "│two")
	u.Press("ctrl+]", "=").SeesNot("│two").SeesRow("│one")
	if execs, err := f.Execs(t.Context(), "shell"); err != nil || len(execs) != 2 {
		t.Errorf("%d shells run, %v", len(execs), err)
	}
}

// A bell is seen from wherever the user is, until its shell is looked at.
func TestABellIsSeenFromElsewhere(t *testing.T) {
	ring := make(chan struct{})
	f := enginetest.New(enginetest.WithProgram("bash", func(ctx context.Context, p *enginetest.Process) int {
		fmt.Fprint(p.Stdout, "ready")
		<-ring
		fmt.Fprint(p.Stdout, "\a rang")
		<-ctx.Done()
		return 0
	}))
	defer f.Close()
	if err := f.SeedHarbour(); err != nil {
		t.Fatal(err)
	}
	u := uitest.Start(t, f, ui.Options{}, 120, 35)
	u.Sees("alpine:3.22").Press("2").SeesRow("▌", "shell").Press("s").Sees("ready").Press("ctrl+]", "h").Press("down").SeesRow("▌", "web-1")
	close(ring)
	u.SeesRow("♪ shell").Press("up").Sees("rang").Press("s").SeesNot("♪")
}

// So is that of a shell which has ended since.
func TestABellOutlivesItsShell(t *testing.T) {
	ring := make(chan struct{})
	f := enginetest.New(enginetest.WithProgram("bash", func(_ context.Context, p *enginetest.Process) int {
		fmt.Fprint(p.Stdout, "ready")
		<-ring
		fmt.Fprint(p.Stdout, "\a rang")
		return 3
	}))
	defer f.Close()
	if err := f.SeedHarbour(); err != nil {
		t.Fatal(err)
	}
	u := uitest.Start(t, f, ui.Options{}, 120, 35)
	u.Sees("alpine:3.22").Press("2").SeesRow("▌", "shell").Press("s").Sees("ready").Press("ctrl+]", "c").SeesRow(" 1 bash  2 bash ")
	close(ring)
	u.SeesRow(" 1 bash ♪ ✗  2 bash ✗ ").Press("ctrl+]", "1").SeesRow(" 1 bash ✗  2 bash ✗ ").Sees("exit 3")
}

// What a program asked of the mouse ends with it, however it dies.
func TestADeadProgramHasNoMouse(t *testing.T) {
	die := make(chan struct{})
	f := enginetest.New(enginetest.WithProgram("bash", func(_ context.Context, p *enginetest.Process) int {
		fmt.Fprint(p.Stdout, "\x1b[?1003h\x1b[?1006h\x1b[?1049hmice")
		<-die
		return 137
	}))
	defer f.Close()
	if err := f.SeedHarbour(); err != nil {
		t.Fatal(err)
	}
	u := uitest.Start(t, f, ui.Options{}, 120, 35)
	u.Sees("alpine:3.22").Press("2").SeesRow("▌", "shell").Press("s").Sees("mice")
	u.Until("each move of the mouse is asked for", func(string) bool { return u.Mouse() == tea.MouseModeAllMotion })
	close(die)
	u.Sees("exit 137").Until("that ended", func(string) bool { return u.Mouse() == tea.MouseModeCellMotion })
}

// What is typed on when the container of a shell goes is nobody's, least of all that of the
// shell of another one, which shows then.
func TestKeysOfAShellThatIsGoneAreNobodys(t *testing.T) {
	u, f := inShell(t, 120, 35)
	u.Press("ctrl+]", "h", "down").SeesRow("▌", "web-1").Press("s").SeesNot("No shell is open").Sees("/ # ").Type("echo neighbour").Press("enter").SeesRow("│neighbour")
	u.Press("ctrl+]", "h", "up").SeesRow("▌", "shell").Press("s").SeesNot("│neighbour").Type("echo mine").Press("enter").SeesRow("│mine")
	if err := f.RemoveContainer(t.Context(), "shell", engine.RemoveContainerOptions{Force: true}); err != nil {
		t.Fatal(err)
	}
	u.Sees("The container is gone", "│neighbour").Type("echo stray").SeesRow("▌", "web-1").SeesNot("stray")
}

// Nor is what is typed on when the program ends: a q would leave Berth.
func TestKeysOfAProgramThatEndsAreNobodys(t *testing.T) {
	die := make(chan struct{})
	f := enginetest.New(enginetest.WithProgram("bash", func(_ context.Context, p *enginetest.Process) int {
		fmt.Fprint(p.Stdout, "ready")
		<-die
		return 3
	}))
	defer f.Close()
	if err := f.SeedHarbour(); err != nil {
		t.Fatal(err)
	}
	u := uitest.Start(t, f, ui.Options{}, 120, 35)
	u.Sees("alpine:3.22").Press("2").SeesRow("▌", "shell").Press("s").Sees("ready")
	close(die)
	u.Insists("q", "the program has ended", func(s string) bool { return strings.Contains(s, "exit 3") })
	u.Press("q", "ctrl+]", "x").SeesNot("run again")
}

// orphans is an engine whose attachments end with their shim.
type orphans struct {
	*enginetest.Fake
	died chan struct{}
}

type orphan struct {
	engine.Attachment
	died chan struct{}
}

func (o orphans) Exec(ctx context.Context, id string, cfg engine.ExecConfig, opts *engine.AttachOptions) (string, engine.Attachment, error) {
	id, a, err := o.Fake.Exec(ctx, id, cfg, opts)
	return id, orphan{a, o.died}, err
}

func (o orphan) Wait() (engine.ExitStatus, error) {
	<-o.died
	return engine.ExitStatus{Code: 137, Signal: 9, Error: "the shim was killed, and the container with it"}, nil
}

// It is told how a program ended: by a signal, or with what kept it.
func TestAnEndThatIsNoExitIsNamed(t *testing.T) {
	u, f := inShell(t, 120, 35)
	if err := f.KillContainer(t.Context(), "shell", "KILL"); err != nil {
		t.Fatal(err)
	}
	u.Sees("✗ killed by SIGKILL ·")
	o := orphans{enginetest.New(), make(chan struct{})}
	defer o.Close()
	if err := o.SeedHarbour(); err != nil {
		t.Fatal(err)
	}
	u = uitest.Start(t, o, ui.Options{}, 100, 30)
	u.Sees("alpine:3.22").Press("2").SeesRow("▌", "shell").Press("s").Sees("/ # ")
	close(o.died)
	u.Sees("✗ the shim was killed, and the container").Resize(120, 35).Sees("✗ the shim was killed, and the container with it")
}

func TestExitStatusAndRunAgain(t *testing.T) {
	u, _ := inShell(t, 120, 35)
	u.Type("exit 3").Press("enter").Sees("exit 3", "r run again").Insists("r", "it runs again", func(s string) bool { return !strings.Contains(s, "exit 3 ·") }).SeesRow("│/ # ")
	u.Press("ctrl+c").Type("exit").Press("enter").Sees("exit 0", "enter close")
	u.Insists("enter", "it is closed", func(s string) bool { return !strings.Contains(s, "run again") })
}

// Nothing answers then, and it is said why.
func TestAPausedContainersShellSaysSo(t *testing.T) {
	u, f := inShell(t, 120, 35)
	if err := f.PauseContainer(t.Context(), "shell"); err != nil {
		t.Fatal(err)
	}
	u.Sees("the container is paused · ctrl-] d detach")
	if err := f.UnpauseContainer(t.Context(), "shell"); err != nil {
		t.Fatal(err)
	}
	u.SeesNot("the container is paused")
}

func TestCopyModeInAPane(t *testing.T) {
	u, _ := inShell(t, 120, 35)
	u.Type("seq 1 200").Press("enter").SeesRow("│200").Press("ctrl+]", "[").Sees("copy 0/")
	u.Press("g").SeesRow("│1 ").Press("/").Type("^150$").Press("enter").SeesRow("│150").SeesNot("│200")
	u.Press("V", "1", "0", "j", "y").Sees("Copied 11 lines.").Press("f", "5", "ctrl+v", "j", "y").Sees("Copied 2 lines.").Press("q").SeesRow("│200")
}

func TestListsGoOnWhileAShellHasTheFocus(t *testing.T) {
	u, f := inShell(t, 120, 35)
	if err := f.StopContainer(context.Background(), "cache", engine.StopOptions{}); err != nil {
		t.Fatal(err)
	}
	u.SeesRow("■", "cache", "exit 0").Type("echo mine").Press("enter").SeesRow("│mine")
}

func TestResizeFollowsThePane(t *testing.T) {
	f := enginetest.New(enginetest.WithProgram("bash", func(ctx context.Context, p *enginetest.Process) int {
		for sig := p.Notify(); ; {
			s := p.Size()
			fmt.Fprintf(p.Stdout, "now %d by %d\n", s.Cols, s.Rows)
			select {
			case <-ctx.Done():
				return 0
			case <-sig:
			}
		}
	}))
	defer f.Close()
	if err := f.SeedHarbour(); err != nil {
		t.Fatal(err)
	}
	u := uitest.Start(t, f, ui.Options{}, 120, 35)
	u.Sees("alpine:3.22").Press("2").SeesRow("▌", "shell").Press("s").Sees("now 68 by 31")
	u.Resize(80, 24).Sees("now 78 by 19").Resize(160, 45).Press("ctrl+]", "z").Sees("now 158 by 40")
}

// The window that was used last decides the size; the others show its picture and say so,
// until something is typed there.
func TestAnotherWindowsSizeIsShown(t *testing.T) {
	u, f := inShell(t, 100, 30) // without room for all that is said of it
	execs, err := f.Execs(t.Context(), "shell")
	if err != nil || len(execs) != 1 {
		t.Fatalf("%v, %v", execs, err)
	}
	a, err := f.AttachExec(t.Context(), "shell", execs[0].ID, engine.AttachOptions{Stdin: true, Size: engine.Size{Cols: 40, Rows: 10}})
	if err != nil {
		t.Fatal(err)
	}
	defer a.Close()
	u.Sees("drawn for another window, 40x10", "···")
	u.Resize(130, 40).SeesNot("another window", "···")
}

func TestAttachToTheContainersProgram(t *testing.T) {
	u, _, _ := harbour(t, 120, 35)
	u.Press("2").SeesRow("▌", "shell").Press("a").Sees("ctrl-] d detach").Type("echo main").Press("enter").SeesRow("│main")
}

func TestRunOpensAPane(t *testing.T) {
	f := enginetest.New()
	defer f.Close()
	if err := f.SeedHarbour(); err != nil {
		t.Fatal(err)
	}
	u := uitest.Start(t, f, ui.Options{}, 120, 35)
	u.Sees("alpine:3.22").Press("R").Sees("run -it --rm").Press("ctrl+u").Type("run -it alpine:3.22 sh").Press("enter")
	u.Sees("ctrl-] d detach").Type("echo new").Press("enter").SeesRow("│new")
}

// When the container stops, its shells end where they are seen, and those that were
// left are no longer said to run.
func TestShellsEndWithTheContainer(t *testing.T) {
	u, f := inShell(t, 120, 35)
	u.Press("ctrl+]", "c").SeesRow(" 1 ", " 2 ").Sees("/ # ").Press("ctrl+]", "1", "ctrl+]", "d").SeesRow("1 bash ○")
	if err := f.KillContainer(t.Context(), "shell", "KILL"); err != nil {
		t.Fatal(err)
	}
	u.SeesRow("shell", "exit 137").SeesNot("bash ○", "attaches")
}

// A flood from a program neither blocks the window nor delays what is typed.
func TestFloodLeavesTheWindowFree(t *testing.T) {
	u, _ := inShell(t, 120, 35)
	u.Type("seq 1 300000").Press("enter").Press("ctrl+]", "h").Press("down").SeesRow("▌", "web-1").Press("up").SeesRow("▌", "shell")
	u.Press("s").SeesRow("│300000")
}

func TestRandomKeysInAShell(t *testing.T) {
	u, _ := inShell(t, 100, 30)
	r := rand.New(rand.NewPCG(7, 7))
	keys := []string{"ctrl+]", "c", "n", "p", "|", "-", "=", "o", "x", "[", "v", "V", "y", "g", "G", "w", "b", "h", "j", "k", "l", "s", "a", "d", "enter", "esc", "1", "2", "4", "z", "tab", "r", "ctrl+d", "up"}
	for range 1500 {
		switch r.IntN(12) {
		case 0:
			u.Resize(20+r.IntN(140), 5+r.IntN(45))
		case 1:
			u.Send(tea.MouseClickMsg{X: r.IntN(100), Y: r.IntN(30), Button: tea.MouseLeft})
		case 2:
			u.Send(tea.MouseMotionMsg{X: r.IntN(100), Y: r.IntN(30), Button: tea.MouseLeft}).Send(tea.MouseReleaseMsg{X: 5, Y: 5, Button: tea.MouseLeft})
		case 3:
			u.Wheel(r.IntN(100), r.IntN(30), r.IntN(2) == 0)
		default:
			u.Press(keys[r.IntN(len(keys))])
		}
	}
	u.Resize(120, 35).Press("esc", "esc").Until("the window is whole", func(s string) bool {
		rows := strings.Split(strings.TrimSuffix(s, "\n"), "\n")
		return len(rows) == 35 && strings.Contains(rows[0], "berth")
	})
}
