package vt

import "slices"

// Limits of a screen's size; sizes outside are clamped.
const (
	MaxCols = 2000
	MaxRows = 1000
)

// DefaultScrollback is the scrollback budget in bytes when Options names none:
// some 30,000 lines of 120 columns of plain text.
const DefaultScrollback = 4 << 20

const maxReplies = 64 << 10

// Options say what a screen is like. The zero value is 80x24 with the default
// scrollback and no clipboard access.
type Options struct {
	Cols, Rows int
	// ScrollbackBytes bounds the memory of the scrollback; 0 means
	// DefaultScrollback and a negative value none at all.
	ScrollbackBytes int
	// Foreground, Background and CursorColor answer the colour queries OSC 10,
	// 11 and 12. Zero values stand for light grey on black.
	Foreground, Background, CursorColor Color
	// Clipboard is called for OSC 52. When nil, the program's requests are
	// dropped. It must not call back into the Screen.
	Clipboard func(ClipboardRequest)
}

// Screen is the state of one terminal. The zero value is not usable; see [New].
type Screen struct {
	opts       Options
	cols, rows int

	primary, alt *grid // alt is nil until first used
	grid         *grid // the one of the two that is shown
	hist         history
	tab          tables
	in           input

	cur    cursor
	pen    pen
	chars  charsets
	region margins
	tabs   []bool
	modes  modeState
	shape  CursorShape
	title  titles
	colors colors

	last    uint32 // last character printed, for REP; as cell.ch
	replies []byte
	bells   uint64
	gen     uint64 // counts changes
	allGen  uint64 // gen at which every row changed
	histGen uint64 // gen at which the scrollback changed
}

// cursor is the active position; pending is the state after a character was
// printed in the last column, when the next one wraps first (DECAWM).
type cursor struct {
	x, y    int
	pending bool
}

// margins are inclusive and cover the whole screen unless set by DECSTBM and DECSLRM.
type margins struct {
	top, bottom, left, right int
}

// savedCursor is what DECSC saves.
type savedCursor struct {
	cur    cursor
	pen    Style
	chars  charsets
	origin bool
}

// pen is the current style and its interned forms.
type pen struct {
	Style
	id, eraseID       uint32
	stale, eraseStale bool // Style changed since they were looked up
}

func (p *pen) changed() { p.stale, p.eraseStale = true, true }

// New returns a blank screen. It cannot fail: sizes are clamped to 1x1 ..
// MaxCols x MaxRows, and 0 means 80x24.
func New(o Options) *Screen {
	if o.Cols == 0 {
		o.Cols = 80
	}
	if o.Rows == 0 {
		o.Rows = 24
	}
	if o.ScrollbackBytes == 0 {
		o.ScrollbackBytes = DefaultScrollback
	}
	s := &Screen{opts: o, cols: clampInt(o.Cols, 1, MaxCols), rows: clampInt(o.Rows, 1, MaxRows), gen: 1}
	s.hist = newHistory(o.ScrollbackBytes, s.cols)
	s.tab = newTables()
	s.primary = newGrid(s.cols, s.rows)
	s.grid = s.primary
	s.resetState()
	return s
}

// resetState puts everything but cells, scrollback and the parser to the
// state after power-up.
func (s *Screen) resetState() {
	s.cur, s.pen, s.chars = cursor{}, pen{}, charsets{}
	s.region = margins{bottom: s.rows - 1, right: s.cols - 1}
	s.modes = modeState{ModeSet: defaultModes, saved: defaultModes}
	s.shape = CursorDefault
	s.title, s.colors = titles{}, colors{}
	s.last = 0
	s.primary.saved, s.primary.kitty = savedCursor{}, kittyStack{}
	s.defaultTabs(0)
}

// reset is RIS: as a new terminal of the same size, with the scrollback gone.
func (s *Screen) reset() {
	s.alt = nil
	s.grid = s.primary
	for _, r := range s.grid.rows {
		r.reset(0)
	}
	s.hist.clear()
	s.resetState()
	s.touchAll()
	s.histGen = s.gen
}

// softReset is DECSTR: the modes that the VT510 manual lists, margins, pen,
// character sets and the saved cursor return to their defaults. Autowrap is on
// afterwards, as in xterm; the VT510 turns it off.
func (s *Screen) softReset() {
	s.modes.set(ModeKeyboardLock|ModeInsert|ModeOrigin|ModeCursorKeys|ModeKeypad|ModeMargins, false)
	s.modes.set(ModeCursorVisible|ModeAutowrap, true)
	s.region = margins{bottom: s.rows - 1, right: s.cols - 1}
	s.pen, s.chars = pen{}, charsets{}
	s.cur.pending = false
	s.grid.saved = savedCursor{}
}

// Size returns the number of columns and rows.
func (s *Screen) Size() (cols, rows int) { return s.cols, s.rows }

// Cursor is where and how the cursor is drawn.
type Cursor struct {
	X, Y    int // 0-based
	Visible bool
	Shape   CursorShape
}

// CursorShape is a DECSCUSR parameter; odd shapes from 1 on blink.
type CursorShape uint8

// Cursor shapes (xterm ctlseqs, DECSCUSR). CursorDefault leaves it to the terminal.
const (
	CursorDefault CursorShape = iota
	CursorBlockBlink
	CursorBlock
	CursorUnderlineBlink
	CursorUnderline
	CursorBarBlink
	CursorBar
)

// Cursor returns the cursor. With a wrap pending X is the last column.
func (s *Screen) Cursor() Cursor {
	return Cursor{X: s.cur.x, Y: s.cur.y, Visible: s.modes.Has(ModeCursorVisible), Shape: s.shape}
}

// Bells counts the BEL characters since New. It never goes back.
func (s *Screen) Bells() uint64 { return s.bells }

// Generation changes whenever anything that can be drawn may have changed.
// Take it, draw, and later ask [Screen.Changed] with it.
func (s *Screen) Generation() uint64 { return s.gen }

// Changed reports whether row y of the screen changed after generation since.
// The cursor and the title are not part of a row.
func (s *Screen) Changed(y int, since uint64) bool {
	return s.allGen > since || s.grid.rows[y].gen > since
}

// ScrollbackChanged reports whether the scrollback changed after generation since.
func (s *Screen) ScrollbackChanged(since uint64) bool { return s.histGen > since }

func (s *Screen) touchAll() { s.allGen = s.gen }

// Replies returns what the terminal answered since the last call, to be sent
// to the program's input, and forgets it. The slice is valid until the next
// Write. When the owner does not drain it, answers beyond 64 kB are dropped
// whole: a program that asks without reading can neither block nor grow us.
func (s *Screen) Replies() []byte {
	r := s.replies
	if cap(s.replies) > 4096 {
		s.replies = nil
	} else {
		s.replies = s.replies[:0]
	}
	return r
}

func (s *Screen) reply(b ...byte) {
	if len(s.replies)+len(b) <= maxReplies {
		s.replies = append(s.replies, b...)
	}
}

func (s *Screen) replyString(str string) { s.reply([]byte(str)...) }

// Link returns the target that Style.Link of a cell names. Ask before the next Write.
func (s *Screen) Link(id uint32) (Link, bool) {
	if id == 0 || int(id) >= len(s.tab.links) {
		return Link{}, false
	}
	return s.tab.links[id], s.tab.links[id].URI != ""
}

// attr returns the interned pen, looked up when it is first printed with.
func (s *Screen) attr() uint32 {
	if s.pen.stale {
		s.pen.id = s.styleID(s.pen.Style)
		s.pen.stale = false
	}
	return s.pen.id
}

// eraseAttr returns the style of cells that are erased now: they take the
// background of the pen only (xterm's BCE).
func (s *Screen) eraseAttr() uint32 {
	if s.pen.eraseStale {
		s.pen.eraseID = s.styleID(Style{Bg: s.pen.Bg})
		s.pen.eraseStale = false
	}
	return s.pen.eraseID
}

func (s *Screen) row() *row { return s.grid.rows[s.cur.y] }

// dirty returns the cursor's row, marked as changed.
func (s *Screen) dirty() *row {
	r := s.grid.rows[s.cur.y]
	r.gen = s.gen
	return r
}

func (s *Screen) wholeWidth() bool { return s.region.left == 0 && s.region.right == s.cols-1 }

func clampInt(v, lo, hi int) int { return max(lo, min(v, hi)) }

func (s *Screen) defaultTabs(from int) {
	if from == 0 {
		s.tabs = make([]bool, s.cols)
	} else {
		s.tabs = slices.Grow(s.tabs, s.cols-len(s.tabs))[:s.cols]
		clear(s.tabs[from:])
	}
	for x := (from + 7) / 8 * 8; x < s.cols; x += 8 {
		s.tabs[x] = x > 0
	}
}
