package ui

import (
	"bytes"
	"context"
	"io"
	"os"
	"sync"
	"time"

	"berth/ui/internal/screen"

	tea "charm.land/bubbletea/v2"
	uv "github.com/charmbracelet/ultraviolet"
	"github.com/charmbracelet/x/ansi"
)

const (
	// frameGap is between two frames.
	frameGap = time.Second / fps
	// eagerGap is between two frames soon after a key, and eagerFor how long that is: what the
	// key does shows when it is done, not a frame later.
	eagerGap = 2 * time.Millisecond
	eagerFor = 25 * time.Millisecond
)

// A canvas writes the frames to the terminal.
//
// Bubble Tea's renderer reads the whole content into cells anew for each frame and compares
// all of them, at the ticks of a clock: a key in a shell would show milliseconds after its
// echo came. The canvas reads only the lines that are others than before, and is woken
// by the frame itself. So Bubble Tea gets a view without content or cursor and keeps what
// else there is of a terminal: its modes, screens, title and colours. Both write through
// the canvas, which therefore knows when the screen is its own.
type canvas struct {
	out  io.Writer
	more chan struct{} // capacity 1: there is something new to draw

	fmu   sync.Mutex // guards next and keyed
	next  picture
	keyed time.Time // the last key, or what is as good as one

	mu      sync.Mutex // held while something is written to the terminal; guards below
	scr     *uv.TerminalRenderer
	buf     bytes.Buffer // what scr has to say
	cells   uv.ScreenBuffer
	shown   picture
	lines   []string // that cells hold
	style   int      // of the cursor (DECSCUSR); -1 if not known
	cursor  bool     // it shows
	open    bool     // the alternate screen is on
	synced  bool     // the terminal knows mode 2026
	coded   bool     // it has told how many colours it has
	resized bool     // Bubble Tea is going to wipe the screen for that
	frame   []byte   // scratch
	changed []int    // scratch
}

// A picture is a frame.
type picture struct {
	content string
	cursor  *tea.Cursor
	w, h    int
	live    *screen.Live
}

// newCanvas returns a canvas on out; run makes it draw. raw says that the terminal takes a
// line feed as nothing but that.
func newCanvas(out io.Writer, environ []string, raw bool) *canvas {
	c := &canvas{out: out, more: make(chan struct{}, 1), style: -1}
	c.scr = uv.NewTerminalRenderer(&c.buf, environ)
	c.scr.SetFullscreen(true)
	c.scr.SetRelativeCursor(false)
	c.scr.SetTabStops(-1)
	c.scr.SetMapNewline(!raw)
	c.cells = uv.NewScreenBuffer(0, 0)
	return c
}

// show takes a view and returns what Bubble Tea is to make of it.
func (c *canvas) show(v tea.View, w, h int, live *screen.Live) tea.View {
	c.fmu.Lock()
	c.next = picture{v.Content, v.Cursor, w, h, live}
	c.fmu.Unlock()
	c.poke()
	v.Content, v.Cursor = " ", nil // with none at all it would give its screen up
	return v
}

func (c *canvas) poke() {
	select {
	case c.more <- struct{}{}:
	default:
	}
}

// message learns from what the terminal has told.
func (c *canvas) message(msg tea.Msg) {
	switch msg := msg.(type) {
	case tea.KeyPressMsg, tea.PasteMsg, tea.MouseClickMsg, tea.MouseWheelMsg:
		c.key()
		return
	case tea.WindowSizeMsg:
		c.mu.Lock()
		c.resized = true
		c.forget() // even if it is as large as before: it may have been smaller for a moment
		c.mu.Unlock()
		return
	case tea.ColorProfileMsg:
		c.mu.Lock()
		c.scr.SetColorProfile(msg.Profile)
		c.coded = true
		c.forget()
		c.mu.Unlock()
	case tea.ModeReportMsg:
		c.mu.Lock()
		switch {
		case msg.Mode == ansi.ModeSynchronizedOutput && msg.Value == ansi.ModeReset:
			c.synced = true
		case msg.Mode == ansi.ModeUnicodeCore && (msg.Value == ansi.ModeReset || msg.Value == ansi.ModeSet || msg.Value == ansi.ModePermanentlySet):
			c.cells.Method = ansi.GraphemeWidth // Bubble Tea turns the mode on
			_, _ = c.scr.WriteString(ansi.SetModeUnicodeCore)
			c.forget()
		}
		c.mu.Unlock()
	default:
		return
	}
	c.poke()
}

// key says that a key was pressed, or something that is as good as one.
func (c *canvas) key() {
	c.fmu.Lock()
	defer c.fmu.Unlock()
	c.keyed = time.Now()
}

// forget lets the next frame draw everything. mu is held.
func (c *canvas) forget() {
	c.scr.Erase()
	c.lines, c.shown = nil, picture{}
}

// run draws until ctx ends, as often as is worth it.
func (c *canvas) run(ctx context.Context) {
	var last time.Time
	for {
		select {
		case <-c.more:
		case <-ctx.Done():
			return
		}
		c.fmu.Lock()
		gap := frameGap
		if time.Since(c.keyed) < eagerFor {
			gap = eagerGap
		}
		c.fmu.Unlock()
		if wait := gap - time.Since(last); wait > 0 {
			select {
			case <-time.After(wait):
			case <-ctx.Done():
				return
			}
		}
		c.fmu.Lock()
		p := c.next
		c.fmu.Unlock()
		if c.draw(p) {
			last = time.Now()
		}
	}
}

// clearing is how Bubble Tea's renderer wipes its screen, which it believes to be empty.
const clearing = ansi.CursorHomePosition + ansi.EraseEntireScreen

// Write passes on what Bubble Tea writes. It knows nothing of the screen's content: where it
// would wipe that, the canvas draws everything anew.
func (c *canvas) Write(p []byte) (int, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	n := len(p)
	if bytes.Contains(p, []byte(ansi.ResetModeAltScreenSaveCursor)) {
		c.open = false
		if c.style > 0 {
			_, _ = io.WriteString(c.out, ansi.SetCursorStyle(0))
		}
		c.style = -1
	}
	switch {
	case bytes.Contains(p, []byte(ansi.SetModeAltScreenSaveCursor)):
		c.open = true
		c.cursor = false // since Bubble Tea is told of none
		c.resized = false
		c.forget()
		defer c.poke()
	case c.open && bytes.Contains(p, []byte(clearing)):
		p = bytes.ReplaceAll(p, []byte(clearing), nil)
		if !c.resized { // else the next frame draws everything
			c.forget()
			defer c.poke()
		}
		c.resized = false
	}
	if len(p) == 0 {
		return n, nil
	}
	if _, err := c.out.Write(p); err != nil {
		return 0, err
	}
	return n, nil
}

// A canvasFile is a canvas on a file, which Bubble Tea looks at to find its size.
type canvasFile struct {
	*os.File
	c *canvas
}

func (f canvasFile) Write(p []byte) (int, error)         { return f.c.Write(p) }
func (f canvasFile) WriteString(s string) (int, error)   { return f.c.Write([]byte(s)) }
func (f canvasFile) ReadFrom(r io.Reader) (int64, error) { return io.Copy(f.c, r) }

// writer is what Bubble Tea writes to.
func (c *canvas) writer() io.Writer {
	if f, ok := c.out.(*os.File); ok {
		return canvasFile{f, c}
	}
	return c
}
