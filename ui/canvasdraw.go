package ui

import (
	"strings"
	"time"

	"berth/ui/internal/terminal"

	uv "github.com/charmbracelet/ultraviolet"
	"github.com/charmbracelet/x/ansi"
)

const (
	// atomic is how many bytes a terminal surely takes in at once: no cursor is seen on its
	// way through fewer.
	atomic = 96
	// echoRows is how many rows may change for it to be an echo.
	echoRows = 4
	// unread is a line that is read anew whatever it is.
	unread = "\x00"
)

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
	gen := t.Generation() // before what it is of: newer rows under an older number do no harm
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
	l.Gen = gen
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
	if moved {
		for y := range p.h {
			c.cells.TouchLine(0, y, p.w)
		}
	}
	c.render(moved)
}

// render has what changed in the cells written to buf; moved says that lines may have moved.
// It ends in the plain rendition. The renderer closes a link there as well, but forgets that
// it did so: the next character with the same link would have none. So it gets back the pen
// that it began with.
func (c *canvas) render(moved bool) {
	c.scr.SetScrollOptim(moved)
	c.scr.Render(c.cells.RenderBuffer)
	x, y := c.scr.Position()
	c.scr.RestoreCursor()
	c.scr.SetPosition(x, y)
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
