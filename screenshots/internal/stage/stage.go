// Package stage plays the workstation on a terminal in memory, over the fake engine
// with a clock that stands still, so that a scene looks the same each time. It runs in
// the program that renders the project's screenshots and in its test.
package stage

import (
	"context"
	"fmt"
	"image"
	"image/color"
	"os"
	"strings"
	"sync"
	"time"

	"berth/engine/enginetest"
	"berth/pty/vt"
	"berth/screenshots/internal/picture"
	"berth/themes"
	"berth/ui"

	"github.com/creack/pty"
)

// Config says what is played.
type Config struct {
	Cols, Rows int
	Theme      string
}

// start is the time at which every scene plays.
var start = time.Date(2026, 11, 20, 10, 30, 0, 0, time.UTC)

// A Stage is the workstation, being played.
type Stage struct {
	Engine *enginetest.Fake
	Clock  *enginetest.ManualClock

	theme  themes.Theme
	cancel context.CancelFunc
	done   chan error
	tty    *os.File // the user's side of the terminal

	mu     sync.Mutex // guards screen
	screen *vt.Screen
	wrote  chan struct{} // a token for each output
}

// Open starts the workstation on the seeded fake engine. The caller closes the stage.
func Open(cfg Config) (*Stage, error) {
	theme, ok := themes.Lookup(cfg.Theme)
	if !ok {
		return nil, fmt.Errorf("open stage: no theme is called %q", cfg.Theme)
	}
	clock := enginetest.NewManualClock(start)
	s := &Stage{
		Engine: enginetest.New(enginetest.WithClock(clock)), Clock: clock, theme: theme,
		done: make(chan error, 1), wrote: make(chan struct{}, 1),
		screen: vt.New(vt.Options{Cols: cfg.Cols, Rows: cfg.Rows}),
	}
	if err := s.Engine.SeedHarbour(); err != nil {
		return nil, fmt.Errorf("open stage: %w", err)
	}
	master, slave, err := pty.Open()
	if err != nil {
		return nil, fmt.Errorf("open stage: %w", err)
	}
	s.tty = master
	if err := pty.Setsize(master, &pty.Winsize{Cols: uint16(cfg.Cols), Rows: uint16(cfg.Rows)}); err != nil {
		return nil, fmt.Errorf("open stage: %w", err)
	}
	var ctx context.Context
	ctx, s.cancel = context.WithCancel(context.Background())
	go s.read()
	go func() {
		defer slave.Close()
		s.done <- ui.Run(ctx, s.Engine, ui.Options{
			Theme: cfg.Theme, In: slave, Out: slave, Now: clock.Now,
			Environ: []string{"TERM=xterm-256color", "COLORTERM=truecolor", "LANG=C.UTF-8"},
		})
	}()
	return s, nil
}

// read puts what the workstation writes on the screen and answers its queries.
func (s *Stage) read() {
	buf := make([]byte, 64<<10)
	for {
		n, err := s.tty.Read(buf)
		if err != nil {
			return
		}
		s.mu.Lock()
		s.screen.Write(buf[:n])
		replies := append([]byte(nil), s.screen.Replies()...)
		s.mu.Unlock()
		if len(replies) > 0 {
			s.tty.Write(replies)
		}
		select {
		case s.wrote <- struct{}{}:
		default:
		}
	}
}

// Close ends the workstation.
func (s *Stage) Close() error {
	s.cancel()
	err := <-s.done
	s.tty.Close()
	if cerr := s.Engine.Close(); err == nil {
		err = cerr
	}
	return err
}

// Type sends keys as a terminal does.
func (s *Stage) Type(keys string) error {
	_, err := s.tty.WriteString(keys)
	return err
}

// patience bounds how long a scene waits for what it expects.
const patience = 20 * time.Second

// Await waits until the screen shows all of texts and stands still: no output came
// for a few frames.
func (s *Stage) Await(texts ...string) error {
	deadline := time.After(patience)
	const still = 250 * time.Millisecond
	for {
		shown := s.Text()
		missing := ""
		for _, t := range texts {
			if !strings.Contains(shown, t) {
				missing = t
			}
		}
		quiet := time.NewTimer(still)
		select {
		case <-s.wrote:
			quiet.Stop()
		case <-quiet.C:
			if missing == "" {
				return nil
			}
		case err := <-s.done:
			s.done <- err
			return fmt.Errorf("await %q: the workstation ended: %w", missing, err)
		case <-deadline:
			if missing == "" {
				return nil // it shows what was wanted, and goes on moving
			}
			return fmt.Errorf("await %q: the screen shows\n%s", missing, shown)
		}
	}
}

// Live lets the engine's clock run for a while, so that meters have something to show.
func (s *Stage) Live(d time.Duration) {
	const tick = 100 * time.Millisecond
	t := time.NewTicker(tick)
	defer t.Stop()
	for ; d > 0; d -= tick {
		<-t.C
		s.Clock.Advance(tick)
	}
}

// Text returns the screen as text, without trailing blanks.
func (s *Stage) Text() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	var b strings.Builder
	_, rows := s.screen.Size()
	var cells []vt.Cell
	for y := range rows {
		cells, _ = s.screen.Line(cells[:0], y)
		var line []byte
		for _, c := range cells {
			line = c.AppendText(line)
		}
		b.WriteString(strings.TrimRight(string(line), " "))
		b.WriteByte('\n')
	}
	return b.String()
}

// Grid returns the screen for drawing.
func (s *Stage) Grid() picture.Grid {
	s.mu.Lock()
	defer s.mu.Unlock()
	cols, rows := s.screen.Size()
	g := picture.Grid{
		Cols: cols, Rows: rows, FG: rgb(s.theme.Roles.Text), BG: rgb(s.theme.Roles.Background),
		Cells: make([]picture.Cell, cols*rows), Cursor: image.Pt(-1, -1),
	}
	if cur := s.screen.Cursor(); cur.Visible {
		g.Cursor = image.Pt(cur.X, cur.Y)
	}
	var cells []vt.Cell
	for y := range rows {
		cells, _ = s.screen.Line(cells[:0], y)
		for x, c := range cells {
			if x < cols && c.Width > 0 {
				g.Cells[y*cols+x] = s.cell(c, g)
			}
		}
	}
	return g
}

func (s *Stage) cell(c vt.Cell, g picture.Grid) picture.Cell {
	st := c.Style
	out := picture.Cell{
		Width: int(c.Width), FG: s.color(st.Fg), BG: s.color(st.Bg),
		Bold: st.Attrs&vt.Bold != 0, Italic: st.Attrs&vt.Italic != 0,
		Underline: st.Underline != vt.UnderlineNone, Strike: st.Attrs&vt.Strikeout != 0,
	}
	if text := string(c.AppendText(nil)); text != " " {
		out.Text = text
	}
	if st.Attrs&vt.Inverse != 0 {
		if out.FG == nil {
			out.FG = g.FG
		}
		if out.BG == nil {
			out.BG = g.BG
		}
		out.FG, out.BG = out.BG, out.FG
	}
	return out
}

// color converts a colour; the terminal's default is nil.
func (s *Stage) color(c vt.Color) color.Color {
	if c.IsDefault() {
		return nil
	}
	if i, ok := c.Index(); ok {
		r, g, b := s.screen.Palette(i)
		return color.RGBA{r, g, b, 0xff}
	}
	r, g, b, _ := c.RGB()
	return color.RGBA{r, g, b, 0xff}
}

func rgb(c themes.Color) color.Color { return color.RGBA{c.R, c.G, c.B, 0xff} }
