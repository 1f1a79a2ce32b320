package terminal

import (
	"bytes"
	"fmt"
	"math/rand/v2"
	"strings"
	"sync"
	"testing"
	"time"

	"berth/engine"
	"berth/pty/vt"
	"berth/ui/internal/match"

	tea "charm.land/bubbletea/v2"
	"github.com/charmbracelet/x/ansi"
)

// A program is the other end of an attachment: it remembers what it was sent.
type program struct {
	mu    sync.Mutex
	input bytes.Buffer
	sizes []engine.Size
	block chan struct{} // Write waits for it, if not nil

	ended chan struct{}
	once  sync.Once
}

func newProgram() *program { return &program{ended: make(chan struct{})} }

func (p *program) Write(b []byte) (int, error) {
	if p.block != nil {
		select {
		case <-p.block:
		case <-p.ended:
			return 0, engine.ErrDetached
		}
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.input.Write(b)
}

func (p *program) Resize(s engine.Size) error {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.sizes = append(p.sizes, s)
	return nil
}

func (p *program) CloseWrite() error { return nil }
func (p *program) Close() error      { p.once.Do(func() { close(p.ended) }); return nil }
func (p *program) Wait() (engine.ExitStatus, error) {
	<-p.ended
	return engine.ExitStatus{Code: 3}, nil
}

func (p *program) got() string {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.input.String()
}

// eventually waits for what another goroutine does.
func eventually(t *testing.T, what string, ok func() bool) {
	t.Helper()
	for deadline := time.Now().Add(10 * time.Second); !ok(); {
		if time.Now().After(deadline) {
			t.Fatalf("never came: %s", what)
		}
		time.Sleep(time.Millisecond)
	}
}

func open(t testing.TB, cols, rows int) (*Terminal, *program) {
	p := newProgram()
	term := New(Options{Size: engine.Size{Cols: cols, Rows: rows}, Wake: func() {}})
	term.Connect(p)
	t.Cleanup(term.Close)
	return term, p
}

func press(k string) tea.KeyPressMsg {
	switch k {
	case "up":
		return tea.KeyPressMsg{Code: tea.KeyUp}
	case "enter":
		return tea.KeyPressMsg{Code: tea.KeyEnter}
	case "ctrl+c":
		return tea.KeyPressMsg{Code: 'c', Mod: tea.ModCtrl}
	case "alt+f":
		return tea.KeyPressMsg{Code: 'f', Mod: tea.ModAlt}
	}
	return tea.KeyPressMsg{Code: []rune(k)[0], Text: k}
}

func TestKeysAreEncodedAsTheProgramAsks(t *testing.T) {
	term, p := open(t, 20, 5)
	for _, k := range []string{"a", "up", "ctrl+c", "alt+f", "é", "enter"} {
		term.Key(press(k))
	}
	term.Write([]byte("\x1b[?1h\x1b[?2004h"))
	term.Key(press("up"))
	term.Paste("x\ny\x1b[201~z")
	want := "a\x1b[A\x03\x1bfé\r" + "\x1bOA" + "\x1b[200~x\ry[201~z\x1b[201~"
	eventually(t, "the keys", func() bool { return p.got() == want })
}

func TestQuestionsOfTheProgramAreAnswered(t *testing.T) {
	term, p := open(t, 20, 5)
	term.Write([]byte("ab\x1b[6n"))
	eventually(t, "the cursor's position", func() bool { return p.got() == "\x1b[1;3R" })
}

func TestOnlyTheNewestSizeIsTold(t *testing.T) {
	term, p := open(t, 20, 5)
	for i := range 10_000 {
		term.Resize(engine.Size{Cols: 10 + i%50, Rows: 3 + i%20})
	}
	term.Resize(engine.Size{Cols: 33, Rows: 7})
	eventually(t, "the last size", func() bool {
		p.mu.Lock()
		defer p.mu.Unlock()
		return len(p.sizes) > 0 && p.sizes[len(p.sizes)-1] == engine.Size{Cols: 33, Rows: 7}
	})
}

func TestProgramThatDoesNotReadBlocksNobody(t *testing.T) {
	p := newProgram()
	p.block = make(chan struct{})
	term := New(Options{Size: engine.Size{Cols: 20, Rows: 5}, Wake: func() {}})
	term.Connect(p)
	text := strings.Repeat("x", 1<<20)
	for range 20 {
		term.Paste(text)
	}
	if !term.Stuck() {
		t.Error("20 MB wait and nobody is told")
	}
	close(p.block)
	eventually(t, "what waited", func() bool { return len(p.got()) > 1<<20 })
	term.Key(press("x"))
	eventually(t, "that it reads again", func() bool { return !term.Stuck() })
	term.Close()
	eventually(t, "the end", func() bool { return term.End() != nil })
}

// A paste that fits is told of too when the program does not take it.
func TestWhatWaitsIsTold(t *testing.T) {
	p := newProgram()
	p.block = make(chan struct{})
	woken := make(chan struct{}, 100)
	term := New(Options{Size: engine.Size{Cols: 20, Rows: 5}, Wake: func() { woken <- struct{}{} }})
	term.Connect(p)
	defer term.Close()
	term.Paste("text")
	<-woken
	if !term.Stuck() {
		t.Error("it was woken, and nothing is said to wait")
	}
	close(p.block)
	<-woken
	if term.Stuck() {
		t.Error("the program has read all of it")
	}
}

func TestEndIsKnown(t *testing.T) {
	term, p := open(t, 20, 5)
	p.Close()
	eventually(t, "the end", func() bool { return term.End() != nil })
	if end := term.End(); end.Status.Code != 3 || end.Err != nil {
		t.Errorf("end %+v", end)
	}
}

// What a program writes reaches the outer terminal as characters and SGR only, in lines
// of the right width.
func TestNothingButCellsGetsOut(t *testing.T) {
	term, _ := open(t, 30, 8)
	hostile := []string{
		"\x1b]0;title\x07\x1b]52;c;aGVsbG8=\x07\x1bP+q544e\x1b\\\x1b[2J\x1b[5;5H", "\x1b]8;;file:///etc/passwd\x1b\\link\x1b]8;;\x1b\\ \u202e\u2066 \u0085 \u009b",
		"\x1b[31;1;4:3;58:2::1:2:3mred\x1b[m\r\n", "e\u0301 👩\u200d👩\u200d👧 🇩🇪🇫🇷 漢字 ᄀ각 \u0e33", strings.Repeat("漢", 40), "\x1b[?5h", "\x1b[8mhidden",
	}
	for _, h := range hostile {
		term.Write([]byte(h))
		for y, line := range term.Draw(Look{}, 29, 8) { // an odd width cuts wide characters
			if w, old := ansi.StringWidth(line), ansi.StringWidthWc(line); w != 29 || old != 29 {
				t.Errorf("after %q line %d is %d cells wide, %d to an older terminal: %q", h, y, w, old, line)
			}
			for rest := line; rest != ""; {
				i := strings.IndexByte(rest, 0x1b)
				if i < 0 {
					break
				}
				end := strings.IndexAny(rest[i+1:], "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz]\\")
				if end < 0 || rest[i+1] != '[' || rest[i+1+end] != 'm' {
					t.Fatalf("after %q line %d has a sequence other than SGR: %q", h, y, line)
				}
				rest = rest[i+1+end:]
			}
		}
	}
	if !term.AskedClipboard() {
		t.Error("nobody hears that the program wanted the clipboard")
	}
}

func fill(term *Terminal, lines ...string) { term.Write([]byte(strings.Join(lines, "\r\n"))) }

func shown(term *Terminal, w, h int) string {
	lines := term.Draw(Look{}, w, h)
	out := make([]string, len(lines))
	for i, l := range lines {
		out[i] = strings.TrimRight(ansi.Strip(l), " ")
	}
	return strings.Join(out, "|")
}

func TestCopyModeMovesSelectsAndYanks(t *testing.T) {
	term, _ := open(t, 20, 3)
	fill(term, "one two-three", "four", "five", "six seven", "$ ")
	term.Copy()
	term.Move(Top, 1)
	if got := shown(term, 20, 3); got != "one two-three|four|five" {
		t.Errorf("at the top %q", got)
	}
	term.Move(WordNext, 1)
	term.Select(CharSelection)
	term.Move(WordEnd, 1)
	if got := term.Yank(); got != "two" {
		t.Errorf("a word is %q", got)
	}
	term.Move(LineStart, 1)
	term.Move(Down, 1)
	term.Select(LineSelection)
	term.Move(Down, 1)
	if got := term.Yank(); got != "four\nfive\n" {
		t.Errorf("two lines are %q", got)
	}
	term.Move(LineEnd, 1)
	term.Move(WordBack, 1)
	if got := term.Yank(); got != "five" {
		t.Errorf("the line is %q", got)
	}
	fill(term, "", "more", "and more") // the view stays while output comes
	if got := shown(term, 20, 3); got != "one two-three|four|five" {
		t.Errorf("after output the view shows %q", got)
	}
	term.Key(press("x"))
	if got := shown(term, 20, 3); got != "$|more|and more" || term.Copying() {
		t.Errorf("after a key the view shows %q", got)
	}
}

func TestSearchGoesRoundBothWays(t *testing.T) {
	term, _ := open(t, 20, 3)
	fill(term, "alpha", "beta", "gamma alpha", "delta", "$ ")
	term.BeginSearch(true)
	term.Search(match.Parse("alpha"))
	at := func() string { // the line under the cursor and its column
		term.mu.Lock()
		defer term.mu.Unlock()
		return term.screen.LogicalLine(term.view.cur.Y).Text[term.view.cur.X:]
	}
	var got []string
	got = append(got, at())
	for range 2 {
		term.Next(false)
		term.mu.Lock()
		y := term.view.cur.Y
		term.mu.Unlock()
		got = append(got, at())
		if y < -2 || y > 2 {
			t.Errorf("row %d does not exist", y)
		}
	}
	term.mu.Lock()
	before := term.view.cur
	term.mu.Unlock()
	term.Next(true)
	term.Next(false)
	term.mu.Lock()
	after := term.view.cur
	term.mu.Unlock()
	if before != after {
		t.Errorf("there and back is %v, not %v", after, before)
	}
	for i, g := range got {
		if g != "alpha" {
			t.Errorf("match %d is at %q", i, g)
		}
	}
	if l := term.Draw(Look{Match: vt.Style{Attrs: vt.Inverse}}, 20, 3); !strings.Contains(strings.Join(l, ""), "\x1b[0;7malpha") {
		t.Errorf("the match is not set off: %q", l)
	}
}

func TestMouseSelectsOrGoesToTheProgram(t *testing.T) {
	term, p := open(t, 20, 3)
	fill(term, "hello world", "second")
	term.Mouse(tea.MouseClickMsg{X: 6, Y: 0, Button: tea.MouseLeft}, 6, 0)
	term.Mouse(tea.MouseMotionMsg{X: 2, Y: 1, Button: tea.MouseLeft}, 2, 1)
	if got := term.Mouse(tea.MouseReleaseMsg{X: 2, Y: 1, Button: tea.MouseLeft}, 2, 1); got != "world\nsec" {
		t.Errorf("dragging selects %q", got)
	}
	for range 2 {
		term.Mouse(tea.MouseClickMsg{Button: tea.MouseLeft}, 1, 0)
	}
	if got := term.Mouse(tea.MouseReleaseMsg{Button: tea.MouseLeft}, 1, 0); got != "hello" {
		t.Errorf("a double click selects %q", got)
	}
	term.Live()
	term.Write([]byte("\x1b[?1000h\x1b[?1006h"))
	term.Mouse(tea.MouseClickMsg{Button: tea.MouseLeft}, 1, 2)
	term.Mouse(tea.MouseReleaseMsg{Button: tea.MouseLeft}, 1, 2)
	eventually(t, "the click", func() bool { return p.got() == "\x1b[<0;2;3M\x1b[<0;2;3m" })
}

func TestWheelScrollsAndAKeyReturns(t *testing.T) {
	term, _ := open(t, 10, 2)
	fill(term, "1", "2", "3", "4", "5", "6")
	term.Mouse(tea.MouseWheelMsg{Button: tea.MouseWheelUp}, 0, 0)
	if got := shown(term, 10, 2); got != "2|3" || term.Cursor() != nil {
		t.Errorf("scrolled up it shows %q", got)
	}
	term.Key(press("x"))
	if got := shown(term, 10, 2); got != "5|6" || term.Cursor() == nil {
		t.Errorf("after a key it shows %q", got)
	}
}

// A picture that is held back (mode 2026) is drawn once it is whole, and not for ever.
func TestSynchronizedOutput(t *testing.T) {
	woken := make(chan struct{}, 100)
	term := New(Options{Size: engine.Size{Cols: 10, Rows: 2}, Wake: func() {
		select {
		case woken <- struct{}{}:
		default:
		}
	}})
	fill(term, "old")
	shown(term, 10, 2)
	term.Write([]byte("\x1b[?2026h\x1b[2J\x1b[Hhalf"))
	if got := shown(term, 10, 2); got != "old|" {
		t.Errorf("half a picture shows: %q", got)
	}
	term.Write([]byte(" whole\x1b[?2026l"))
	if got := shown(term, 10, 2); got != "half whole|" {
		t.Errorf("the whole picture is %q", got)
	}
	term.Write([]byte("\x1b[?2026h\x1b[2J"))
	shown(term, 10, 2)
	eventually(t, "a wake-up for a program that forgot", func() bool {
		select {
		case <-woken:
		default:
		}
		return shown(term, 10, 2) == "|"
	})
}

// Whatever is done in whatever order, nothing panics and lines keep their width.
func TestRandomUse(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2))
	term, _ := open(t, 20, 5)
	parts := []string{"text ", "\r\n", "\x1b[2J", "\x1b[H", "漢字", "\x1b[?1049h", "\x1b[?1049l", "\x1b[3J", "\x1b[31m", "\x1b[S", "\x1bc", "\x1b[?1002h", "\x1b[?1002l", strings.Repeat("long ", 30)}
	for range 20_000 {
		switch r.IntN(14) {
		case 0, 1, 2, 3:
			term.Write([]byte(parts[r.IntN(len(parts))]))
		case 4:
			term.Resize(engine.Size{Cols: r.IntN(40), Rows: r.IntN(12)})
		case 5, 6, 7:
			term.Move(Motion(r.IntN(int(ParagraphBack)+1)), r.IntN(4))
			term.Find(Find{Char: 't', Back: r.IntN(2) == 0, Till: r.IntN(2) == 0}, r.IntN(3))
			term.FindAgain(r.IntN(2) == 0, r.IntN(3))
		case 8:
			term.Copy()
		case 9:
			term.Select(Selection(1 + r.IntN(3)))
		case 10:
			term.Yank()
			term.Next(r.IntN(2) == 0)
		case 11:
			term.BeginSearch(r.IntN(2) == 0)
			term.Search(match.Parse([]string{"t", "", "l.*g", "!x", "("}[r.IntN(5)]))
		case 12:
			b := []tea.MouseButton{tea.MouseLeft, tea.MouseWheelUp, tea.MouseWheelDown}[r.IntN(3)]
			x, y := r.IntN(60)-10, r.IntN(30)-10
			term.Mouse([]tea.MouseMsg{tea.MouseClickMsg{Button: b}, tea.MouseMotionMsg{Button: b}, tea.MouseReleaseMsg{Button: b}}[r.IntN(3)], x, y)
		case 13:
			term.Live()
		}
		w, h := 1+r.IntN(40), 1+r.IntN(12)
		for _, line := range term.Draw(Look{}, w, h) {
			if got := ansi.StringWidth(line); got != w {
				t.Fatalf("a line is %d cells wide, not %d: %q", got, w, line)
			}
		}
		term.Cursor()
	}
}

// The view stays on its text also when the scrollback is full and its oldest rows go.
func TestViewStaysWhileOldRowsGo(t *testing.T) {
	term, _ := open(t, 80, 5)
	line := strings.Repeat("x", 70)
	var flood strings.Builder
	for i := range 2000 {
		fmt.Fprintf(&flood, "%s%06d\r\n", line, i)
	}
	for _, of := term.Scrolled(); ; { // until it is full
		term.Write([]byte(flood.String()))
		_, now := term.Scrolled()
		if now <= of {
			break
		}
		of = now
	}
	term.Write([]byte("anchor\r\n1\r\n2\r\n3\r\n"))
	term.Copy()
	for range 5 {
		term.Write([]byte(flood.String()))
	}
	if got := shown(term, 80, 5); !strings.HasPrefix(got, "anchor|1|2|3|") {
		t.Errorf("the view went to %q", got)
	}
}
