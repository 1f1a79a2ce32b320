package session

import (
	"bytes"
	"fmt"
	"io"
	"os"
	"os/exec"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/creack/pty"
	"golang.org/x/sys/unix"
)

// tape is a stand-in screen that remembers all it was given: its repaint is all output
// so far, so that what a client got must always be the whole of it.
type tape struct {
	mu      sync.Mutex
	all     []byte
	replies []byte
	sizes   []Size
	inBand  bool // sizes are reported (mode 2048)
	keep    int  // newest bytes that a repaint shows; 0 for all
}

func (t *tape) Write(p []byte) (int, error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.all = append(t.all, p...)
	t.replies = append(t.replies, bytes.Repeat([]byte("R"), bytes.Count(p, []byte("\x1b[6n")))...)
	t.inBand = t.inBand || bytes.Contains(p, []byte("\x1b[?2048h"))
	return len(p), nil
}

func (t *tape) Resize(cols, rows int) {
	t.sizes = append(t.sizes, Size{cols, rows})
	if t.inBand {
		t.replies = fmt.Appendf(t.replies, "<%dx%d>", cols, rows)
	}
}

func (t *tape) Repaint(dst []byte, _ bool) []byte {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.keep > 0 && len(t.all) > t.keep {
		return append(append(dst, "~"...), t.all[len(t.all)-t.keep:]...)
	}
	return append(dst, t.all...)
}

func (t *tape) Replies() []byte {
	r := t.replies
	t.replies = nil
	return r
}

func pollable(t testing.TB, f *os.File) *os.File {
	t.Helper()
	fd, err := unix.FcntlInt(f.Fd(), unix.F_DUPFD_CLOEXEC, 3)
	if err != nil {
		t.Fatal(err)
	}
	_ = f.Close()
	if err := unix.SetNonblock(fd, true); err != nil {
		t.Fatal(err)
	}
	return os.NewFile(uintptr(fd), f.Name())
}

// terminal starts a session around a PTY and returns the program's side, in raw mode.
func terminal(t testing.TB, sc Screen, cfg Config) (*Session, *os.File) {
	t.Helper()
	master, slave, err := pty.Open()
	if err != nil {
		t.Fatal(err)
	}
	raw(t, slave)
	cfg.Terminal, cfg.Screen = pollable(t, master), sc
	if cfg.Size == (Size{}) {
		cfg.Size = Size{80, 24}
	}
	s := mustNew(t, cfg)
	t.Cleanup(func() { _ = slave.Close(); s.Close() })
	return s, slave
}

func mustNew(t testing.TB, c Config) *Session {
	t.Helper()
	s, err := New(c)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func raw(t testing.TB, f *os.File) {
	t.Helper()
	tio, err := unix.IoctlGetTermios(int(f.Fd()), unix.TCGETS)
	if err != nil {
		t.Fatal(err)
	}
	tio.Iflag, tio.Oflag, tio.Lflag = 0, 0, 0
	tio.Cc[unix.VMIN], tio.Cc[unix.VTIME] = 1, 0
	if err := unix.IoctlSetTermios(int(f.Fd()), unix.TCSETS, tio); err != nil {
		t.Fatal(err)
	}
}

// collect reads a client to its end.
func collect(c *Client) (out []byte, err error) {
	for {
		o, err := c.Next()
		if err != nil {
			if err == io.EOF {
				err = nil
			}
			return out, err
		}
		out = append(out, o.Data...)
		c.Release(o)
	}
}

func wait(t testing.TB, what string, ok func() bool) {
	t.Helper()
	for end := time.Now().Add(10 * time.Second); !ok(); time.Sleep(time.Millisecond) {
		if time.Now().After(end) {
			t.Fatalf("waited 10 s for %s", what)
		}
	}
}

func TestAttachAtAnyMomentSeesEveryByteOnce(t *testing.T) {
	s, slave := terminal(t, &tape{}, Config{})
	s.Start()
	want := strings.Repeat("0123456789abcdef", 1<<14) // 256 KiB
	var wg sync.WaitGroup
	got := make([][]byte, 20)
	for i := range got {
		if _, err := io.WriteString(slave, want[i*len(want)/20:(i+1)*len(want)/20]); err != nil {
			t.Fatal(err)
		}
		c := s.Attach(ClientOptions{Stdout: true})
		wg.Go(func() { got[i], _ = collect(c) })
	}
	_ = slave.Close()
	wg.Wait()
	for i, g := range got {
		if string(g) != want {
			t.Errorf("client %d got %d bytes that differ from the %d written", i, len(g), len(want))
		}
	}
}

// TestLaggingRequiredReader has the program wait for the screen while a client lags
// even more: once the screen moves on, that client must not hold the program up.
func TestLaggingRequiredReader(t *testing.T) {
	sc := &latch{tape: tape{keep: 100}, open: make(chan struct{})}
	s, slave := terminal(t, sc, Config{})
	s.Start()
	slow := s.Attach(ClientOptions{Stdout: true})
	wait(t, "the client's place", func() bool {
		s.stream.mu.Lock()
		defer s.stream.mu.Unlock()
		return slow.placed
	})
	done := make(chan struct{})
	go func() {
		defer close(done)
		line := []byte(strings.Repeat("x", 4000))
		for range 2 * maxChunks * chunkSize / len(line) {
			_, _ = slave.Write(line)
		}
	}()
	wait(t, "a full stream", func() bool {
		s.stream.mu.Lock()
		defer s.stream.mu.Unlock()
		return s.stream.count == maxChunks
	})
	close(sc.open)
	<-done
	slow.Close(false)
}

// latch is a screen that takes nothing before it is open.
type latch struct {
	tape
	open chan struct{}
}

func (g *latch) Write(p []byte) (int, error) {
	<-g.open
	return g.tape.Write(p)
}

func TestPipesKeepKindsAndOrder(t *testing.T) {
	var logged [3]bytes.Buffer
	outR, outW, _ := os.Pipe()
	errR, errW, _ := os.Pipe()
	s := mustNew(t, Config{Stdout: pollable(t, outR), Stderr: pollable(t, errR),
		Log: func(k Kind, p []byte) { logged[k].Write(p) }})
	defer s.Close()
	both := s.Attach(ClientOptions{Stdout: true, Stderr: true, Hold: true})
	only := s.Attach(ClientOptions{Stderr: true, Hold: true})
	s.Start()
	_, _ = outW.WriteString("one\n")
	_ = outW.Close()
	_, _ = errW.WriteString("two\n")
	_ = errW.Close()
	if got, err := collect(only); err != nil || string(got) != "two\n" {
		t.Errorf("stderr client got %q, %v", got, err)
	}
	var out, errs []byte
	for {
		o, err := both.Next()
		if err != nil {
			break
		}
		if o.Kind == Stderr {
			errs = append(errs, o.Data...)
		} else {
			out = append(out, o.Data...)
		}
		both.Release(o)
	}
	<-s.Drained()
	if string(out) != "one\n" || string(errs) != "two\n" || logged[1].String() != "one\n" || logged[2].String() != "two\n" {
		t.Errorf("got %q %q, logged %q %q", out, errs, logged[1].String(), logged[2].String())
	}
}

func TestQueriesAreAnsweredOnce(t *testing.T) {
	sc := &tape{}
	s, slave := terminal(t, sc, Config{})
	s.Start()
	read := func() string {
		b := make([]byte, 100)
		n, err := slave.Read(b)
		if err != nil {
			t.Fatal(err)
		}
		return string(b[:n])
	}
	_, _ = slave.WriteString("\x1b[6n")
	if got := read(); got != "R" {
		t.Fatalf("without a client the program read %q, want the screen's reply", got)
	}
	size := Size{80, 24}
	a := s.Attach(ClientOptions{Stdout: true, Stdin: true, Size: size, NoReplay: true})
	b := s.Attach(ClientOptions{Stdout: true, Stdin: true, Size: size, NoReplay: true})
	next := func(c *Client) string {
		o, err := c.Next()
		if err != nil {
			t.Fatal(err)
		}
		defer c.Release(o)
		return string(o.Data)
	}
	_, _ = slave.WriteString("x\x1b[6ny")
	if ga, gb := next(a), next(b); ga != "xy" || gb != "x\x1b[6ny" {
		t.Errorf("a got %q, b %q; want the query at b, which came last, only", ga, gb)
	}
	_ = a.Input([]byte("k")) // now a is active
	if got := read(); got != "k" {
		t.Errorf("the program read %q: somebody answered for b", got)
	}
	_, _ = slave.WriteString("x\x1b[6ny")
	for o, err := a.Next(); ; o, err = a.Next() {
		if err != nil {
			t.Fatal(err)
		}
		data := string(o.Data)
		a.Release(o)
		if data != "" {
			if data != "x\x1b[6ny" {
				t.Errorf("a got %q after it typed, want the query", data)
			}
			break
		}
	}
	if gb := next(b); gb != "xy" {
		t.Errorf("b got %q after a typed", gb)
	}
	a.Close(false)
	b.Close(false)
	_, _ = slave.WriteString("\x1b[6n")
	if got := read(); got != "R" {
		t.Errorf("after all detached the program read %q", got)
	}
}

func TestSizeFollowsTheActiveClient(t *testing.T) {
	s, slave := terminal(t, &tape{}, Config{})
	s.Start()
	get := func() Size {
		ws, err := pty.GetsizeFull(slave)
		if err != nil {
			t.Fatal(err)
		}
		return Size{int(ws.Cols), int(ws.Rows)}
	}
	a := s.Attach(ClientOptions{Stdin: true, Size: Size{100, 30}})
	if got := get(); got != (Size{100, 30}) {
		t.Errorf("after a attached: %v", got)
	}
	b := s.Attach(ClientOptions{Stdin: true, Size: Size{60, 20}})
	s.Attach(ClientOptions{ReadOnly: true, Size: Size{10, 10}})
	if got := get(); got != (Size{60, 20}) {
		t.Errorf("after b attached: %v", got)
	}
	_ = a.Input([]byte("x"))
	if got := get(); got != (Size{100, 30}) {
		t.Errorf("after a typed: %v", got)
	}
	b.Resize(Size{61, 21})
	if got := get(); got != (Size{61, 21}) {
		t.Errorf("after b resized: %v", got)
	}
	b.Close(false)
	if got := get(); got != (Size{100, 30}) {
		t.Errorf("after b left: %v", got)
	}
}

func TestProgramThatNeverReads(t *testing.T) {
	s, slave := terminal(t, &tape{}, Config{})
	s.Start()
	c := s.Attach(ClientOptions{Stdin: true, Stdout: true, Size: Size{80, 24}})
	b := make([]byte, 4096)
	sent := 0
	for c.Input(b) == nil {
		sent += len(b)
		if sent > 2*Window {
			t.Fatal("a program that never reads took unbounded input")
		}
	}
	_, _ = slave.WriteString(strings.Repeat("\x1b[6n", 100000)) // must not block either
	_, _ = slave.WriteString("alive")
	d := s.Attach(ClientOptions{Stdout: true})
	wait(t, "output beside blocked input", func() bool {
		o, err := d.Next()
		defer d.Release(o)
		return err == nil && bytes.HasSuffix(o.Data, []byte("alive"))
	})
}

func TestStdinEnds(t *testing.T) {
	for _, tt := range []struct {
		name  string
		once  bool
		leave func(a, b *Client)
		eof   bool
	}{
		{"last CloseInput", false, func(a, b *Client) { a.CloseInput(); b.CloseInput() }, true},
		{"CloseInput, then the other leaves", false, func(a, b *Client) { a.CloseInput(); b.Close(true) }, true},
		{"first CloseInput only", false, func(a, b *Client) { a.CloseInput() }, false},
		{"detach", true, func(a, b *Client) { a.Close(false); b.Close(false) }, false},
		{"gone with StdinOnce", true, func(a, b *Client) { a.Close(true); b.Close(true) }, true},
		{"gone without", false, func(a, b *Client) { a.Close(true); b.Close(true) }, false},
	} {
		t.Run(tt.name, func(t *testing.T) {
			r, w, _ := os.Pipe()
			outR, outW, _ := os.Pipe()
			defer outW.Close()
			s := mustNew(t, Config{Stdin: pollable(t, w), Stdout: pollable(t, outR), StdinOnce: tt.once})
			defer s.Close()
			s.Start()
			a, b := s.Attach(ClientOptions{Stdin: true}), s.Attach(ClientOptions{Stdin: true})
			_ = a.Input([]byte("in"))
			tt.leave(a, b)
			got := make([]byte, 2)
			if _, err := io.ReadFull(r, got); err != nil || string(got) != "in" {
				t.Fatalf("program read %q, %v", got, err)
			}
			if tt.eof {
				if _, err := r.Read(got); err != io.EOF {
					t.Errorf("standard input is still open: %v", err)
				}
				return
			}
			c := s.Attach(ClientOptions{Stdin: true})
			if err := c.Input([]byte("mo")); err != nil {
				t.Fatal(err)
			}
			if _, err := io.ReadFull(r, got); err != nil || string(got) != "mo" {
				t.Errorf("standard input does not go on: %q, %v", got, err)
			}
		})
	}
}

func TestStopReadingWithHeldPipe(t *testing.T) {
	r, w, _ := os.Pipe()
	defer w.Close() // the left-over process
	s := mustNew(t, Config{Stdout: pollable(t, r)})
	defer s.Close()
	c := s.Attach(ClientOptions{Stdout: true, Hold: true})
	s.Start()
	_, _ = w.WriteString("last words")
	s.StopReading(20*time.Millisecond, time.Second)
	if got, err := collect(c); err != nil || string(got) != "last words" {
		t.Errorf("got %q, %v", got, err)
	}
}

func BenchmarkTerminal(b *testing.B) {
	for _, bench := range []struct {
		name string
		bare bool
	}{{"bare", true}, {"session", false}} {
		b.Run(bench.name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				cmd := exec.Command("seq", "1", "3000000")
				master, err := pty.Start(cmd)
				if err != nil {
					b.Fatal(err)
				}
				n := 0
				if bench.bare {
					buf := make([]byte, chunkSize)
					for {
						k, err := master.Read(buf)
						n += k
						if err != nil {
							break
						}
					}
					_ = master.Close()
				} else {
					s := mustNew(b, Config{Terminal: pollable(b, master), Screen: &null{}, Log: func(Kind, []byte) {}})
					c := s.Attach(ClientOptions{Stdout: true})
					s.Start()
					for {
						o, err := c.Next()
						if err != nil {
							break
						}
						n += len(o.Data)
						c.Release(o)
					}
					s.Close()
				}
				_ = cmd.Wait()
				b.SetBytes(int64(n))
			}
		})
	}
}

type null struct{}

func (*null) Write(p []byte) (int, error)     { return len(p), nil }
func (*null) Resize(int, int)                 {}
func (*null) Repaint(d []byte, _ bool) []byte { return d }
func (*null) Replies() []byte                 { return nil }
