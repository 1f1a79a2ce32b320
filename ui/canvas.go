package ui

import (
	"bytes"
	"context"
	"io"
	"os"
	"strings"
	"sync"
	"time"

	"berth/ui/internal/screen"
	"berth/ui/internal/terminal"

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
	// atomic is how many bytes a terminal surely takes in at once: no cursor is seen on its
	// way through fewer.
	atomic = 96
	// echoRows is how many rows may change for it to be an echo.
	echoRows = 4
	// unread is a line that is read anew whatever it is.
	unread = "\x00"
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
	keyed time.Time // the last key

	mu      sync.Mutex // held while something is written to the terminal; guards below
	scr     *uv.TerminalRenderer
	buf     bytes.Buffer // what scr has to say
	cells   uv.ScreenBuffer
	shown   picture
	lines   []string // that cells hold
	style   int      // of the cursor (DECSCUSR); -1 if not known
	cursor  bool     // it shows
	open    bool     // the alternate screen is on
	link    string   // that scr believes to be open, as a sequence
	synced  bool     // the terminal knows mode 2026
	coded   bool     // it has told how many colours it has
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
	case tea.KeyPressMsg:
		c.fmu.Lock()
		c.keyed = time.Now()
		c.fmu.Unlock()
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

// echo draws what a terminal has new at once, when that answers a key and is little: the
// way of a message to the next frame would take longer than all that the key did. The frame
// comes all the same, and finds the lines in question to be read anew. echo is called by
// who brings the output. It reports whether it has drawn.
func (c *canvas) echo(t *terminal.Terminal) bool {
	if !c.mu.TryLock() {
		return false // a frame is being drawn; the next one has it
	}
	defer c.mu.Unlock()
	c.fmu.Lock()
	current := c.next.live == c.shown.live && time.Since(c.keyed) < eagerFor
	c.fmu.Unlock()
	l := c.shown.live
	if !current || l == nil || l.Terminal != t || !c.open {
		return false
	}
	l.Gen = t.Generation()
	rows := t.Draw(l.Look, l.W, l.H)
	changed := c.changed[:0]
	for i, row := range rows {
		if row != l.Rows[i] {
			changed = append(changed, i)
		}
	}
	c.changed = changed
	if len(changed) > echoRows {
		return false
	}
	for _, i := range changed {
		uv.NewStyledString(rows[i]).Draw(c.cells, uv.Rect(l.X, l.Y+i, l.W, 1))
		c.lines[l.Y+i], l.Rows[i] = unread, rows[i]
	}
	p := c.shown
	p.content = unread
	if p.cursor = t.Cursor(); p.cursor != nil {
		if p.cursor.X >= l.W || p.cursor.Y < 0 || p.cursor.Y >= l.H {
			p.cursor = nil
		} else {
			p.cursor.X, p.cursor.Y = p.cursor.X+l.X, p.cursor.Y+l.Y
		}
	}
	c.render(false)
	c.finish(p)
	return true
}

// draw brings the terminal up to a picture, and reports whether there was anything to do.
func (c *canvas) draw(p picture) bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	switch {
	case !c.open || !c.coded || p.w <= 0 || p.h <= 0 || c.late(p):
		return false
	case c.same(p):
		c.shown.live = p.live
		return false
	}
	if p.w != c.shown.w || p.h != c.shown.h {
		c.cells.Touched = nil
		c.cells.Resize(p.w, p.h)
		c.scr.Resize(p.w, p.h)
		c.forget()
	}
	if p.content != c.shown.content {
		c.fill(p)
	}
	c.finish(p)
	return true
}

// finish puts what was rendered on the terminal, with the cursor.
func (c *canvas) finish(p picture) {
	if p.cursor != nil {
		c.scr.MoveTo(p.cursor.X, p.cursor.Y)
	}
	_ = c.scr.Flush() // into memory
	c.write(p)
	c.buf.Reset()
	c.shown = p
}

func (c *canvas) same(p picture) bool {
	s := c.shown
	if p.w != s.w || p.h != s.h || p.content != s.content || (p.cursor == nil) != (s.cursor == nil) {
		return false
	}
	return p.cursor == nil || *p.cursor == *s.cursor
}

// late reports whether a picture was made before something that an echo has drawn. One with
// that is under way: what calls echo sends the message for it, too.
func (c *canvas) late(p picture) bool {
	s := c.shown.live
	return s != nil && p.live != nil && p.live != s && p.live.Terminal == s.Terminal && p.live.Gen < s.Gen
}

// fill reads the lines that changed into cells and has the difference written to buf.
func (c *canvas) fill(p picture) {
	lines := strings.Split(p.content, "\n")
	lines = lines[:min(len(lines), p.h)]
	changed := 0
	for y := range p.h {
		line, was := "", ""
		if y < len(lines) {
			line = lines[y]
		}
		if y < len(c.lines) {
			was = c.lines[y]
		}
		if line == was && c.lines != nil {
			continue
		}
		changed++
		uv.NewStyledString(line).Draw(c.cells, uv.Rect(0, y, p.w, 1))
	}
	c.lines = lines
	// It hashes all lines to find out which have moved, and moves others with them. So it
	// has to look at those as well that are as before.
	moved := changed > 2
	for y := range p.h {
		if moved {
			c.cells.TouchLine(0, y, p.w)
		}
	}
	c.render(moved)
}

// render has what changed in the cells written to buf; moved says that lines may have moved.
func (c *canvas) render(moved bool) {
	c.scr.SetScrollOptim(moved)
	_, _ = c.scr.WriteString(c.link)
	c.scr.Render(c.cells.RenderBuffer)
	_ = c.scr.Flush() // into memory
	c.link = leftOpen(c.buf.Bytes())
}

// leftOpen returns the sequence of the hyperlink that the renderer believes to be open behind
// what it wrote, "" for none. It closes links at the end of each of its works and forgets
// that it did so: the next character with the same link would have none. So that one is
// opened again first.
func leftOpen(out []byte) string {
	const begin = "\x1b]8;"
	out, closed := bytes.CutSuffix(out, []byte(ansi.ResetHyperlink()))
	if !closed {
		return ""
	}
	i := bytes.LastIndex(out, []byte(begin))
	if i < 0 {
		return ""
	}
	end := bytes.IndexByte(out[i:], '\a')
	if end < 0 {
		return ""
	}
	return string(out[i : i+end+1])
}

// write puts what is in buf, and the cursor, on the terminal with one system call.
func (c *canvas) write(p picture) {
	f, show, long := c.frame[:0], p.cursor != nil, c.buf.Len() > atomic
	if long && c.synced {
		f = append(f, ansi.SetModeSynchronizedOutput...)
	}
	if c.cursor && (!show || long && !c.synced) {
		f = append(f, ansi.ResetModeTextCursorEnable...)
		c.cursor = false
	}
	f = append(f, c.buf.Bytes()...)
	if show {
		style := int(p.cursor.Shape)*2 + 1
		switch {
		case p.cursor.Shape == terminal.OwnShape:
			style = 0
		case !p.cursor.Blink:
			style++
		}
		if style != c.style {
			c.style = style
			f = append(f, ansi.SetCursorStyle(style)...)
		}
		if !c.cursor {
			f = append(f, ansi.SetModeTextCursorEnable...)
			c.cursor = true
		}
	}
	if long && c.synced {
		f = append(f, ansi.ResetModeSynchronizedOutput...)
	}
	c.frame = f
	if len(f) > 0 {
		_, _ = c.out.Write(f) // a terminal that is gone ends the program by its input
	}
}

// clearing is how Bubble Tea's renderer wipes its screen, which it believes to be empty.
const clearing = ansi.CursorHomePosition + ansi.EraseEntireScreen

// Write passes on what Bubble Tea writes. What it knows of the screen's content is
// nothing; the canvas draws everything anew where it would wipe it.
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
	opens := bytes.Contains(p, []byte(ansi.SetModeAltScreenSaveCursor))
	if opens || c.open && bytes.Contains(p, []byte(clearing)) {
		if opens {
			c.cursor = false // since Bubble Tea is told of none
		} else {
			p = bytes.ReplaceAll(p, []byte(clearing), nil)
		}
		c.open = true
		c.forget()
		defer c.poke()
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
