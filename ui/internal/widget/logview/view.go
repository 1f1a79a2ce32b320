package logview

import (
	"time"
	"unicode/utf8"

	"github.com/charmbracelet/x/ansi"
)

// A Match finds text: the start and end, in bytes, of each hit in s.
type Match func(s string) [][]int

// A View is a log with the part of it that shows. It is not safe for concurrent use.
type View struct {
	buf           buffer
	width, height int
	wrap, follow  bool
	top           place // the first row that shows
	left          int   // columns scrolled to the right, without wrap
	match         Match
	hit           int // number of the line that the search stands on, -1 for none

	long map[int][]int // the rows of lines that are expensive to break, at this width
}

// A place is a row: a line and, with wrap, the row within it.
type place struct{ line, row int }

// A Row is one row that shows.
type Row struct {
	Line  int // number of the line
	Text  string
	Time  time.Time
	First bool // the line's first row
	Err   bool
	Hits  [][2]int // matches in Text, in bytes
	OnHit bool     // the search stands on this line
}

// DefaultBudget is how many bytes of log a view keeps.
const DefaultBudget = 32 << 20

// New returns a view that keeps about budget bytes and follows the log's end.
func New(budget int) *View {
	return &View{buf: buffer{budget: budget}, follow: true, wrap: true, hit: -1}
}

// Add appends entries of a log; see engine.LogEntry for what an entry is.
func (v *View) Add(t time.Time, stderr bool, raw []byte) {
	v.buf.add(t, stderr, raw)
	if v.top.line < v.buf.begin() {
		v.top = place{line: v.buf.begin()}
	}
	if v.hit < v.buf.begin() {
		v.hit = -1
	}
}

// Reset forgets all lines.
func (v *View) Reset() {
	v.buf = buffer{budget: v.buf.budget}
	v.top, v.left, v.hit, v.long = place{}, 0, -1, nil
}

// Len returns the number of lines that are kept, and Dropped that of older ones which are not.
func (v *View) Len() int     { return v.buf.end() - v.buf.begin() }
func (v *View) Dropped() int { return v.buf.begin() }

// SetSize sets the size of the window in cells.
func (v *View) SetSize(width, height int) {
	if width != v.width {
		v.top.row = 0
		v.long = nil
	}
	v.width, v.height = max(width, 1), max(height, 0)
}

// Wrap reports whether long lines are broken; SetWrap changes it.
func (v *View) Wrap() bool { return v.wrap }

// SetWrap breaks long lines, or cuts them at the window's edge.
func (v *View) SetWrap(on bool) { v.wrap, v.left, v.top.row = on, 0, 0 }

// Follow reports whether the view keeps to the log's end.
func (v *View) Follow() bool { return v.follow }

// SetFollow goes to the log's end and stays there, or stays where it is.
func (v *View) SetFollow(on bool) {
	v.settle()
	v.follow = on
}

// settle fixes the place that shows, before following ends.
func (v *View) settle() {
	if v.follow {
		v.top = v.last()
	}
}

// rows returns how many rows a line takes.
func (v *View) rows(n int) int {
	if !v.wrap {
		return 1
	}
	l := v.buf.at(n)
	if l.ascii {
		return max((len(l.Text)+v.width-1)/v.width, 1)
	}
	return len(v.breaks(n))
}

// longLine is the length in bytes from which the rows of a line are remembered.
const longLine = 4096

// breaks returns where the rows of a wrapped line begin.
func (v *View) breaks(n int) []int {
	text := v.buf.at(n).Text
	if len(text) < longLine || v.buf.partly && n == v.buf.end()-1 {
		return breaks(text, v.width)
	}
	starts, ok := v.long[n]
	if !ok {
		if v.long == nil || len(v.long) > 64 {
			v.long = map[int][]int{}
		}
		starts = breaks(text, v.width)
		v.long[n] = starts
	}
	return starts
}

// breaks returns where the rows of a wrapped text begin.
func breaks(s string, width int) []int {
	starts := []int{0}
	col := 0
	for i := 0; i < len(s); {
		cluster, w := ansi.FirstGraphemeCluster(s[i:], ansi.GraphemeWidth)
		if cluster == "" {
			_, size := utf8.DecodeRuneInString(s[i:])
			cluster, w = s[i:i+size], 1
		}
		if col+w > width && col > 0 {
			starts = append(starts, i)
			col = 0
		}
		col += w
		i += len(cluster)
	}
	return starts
}

// last returns the first row when the log's end shows.
func (v *View) last() place {
	p := place{line: v.buf.end()}
	for left := v.height; left > 0 && p.line > v.buf.begin(); {
		p.line--
		n := v.rows(p.line)
		if n > left {
			p.row = n - left
			return p
		}
		left -= n
	}
	return p
}

// Scroll moves the window by rows, down if n is positive. Reaching the end downwards
// makes the view follow again; moving up ends that.
func (v *View) Scroll(n int) {
	v.settle()
	if n < 0 {
		v.follow = false
		v.up(-n)
		return
	}
	end := v.last()
	for ; n > 0 && v.top.before(end); n-- {
		if v.top.row++; v.top.row >= v.rows(v.top.line) {
			v.top = place{line: v.top.line + 1}
		}
	}
	v.follow = !v.top.before(end)
}

func (v *View) up(n int) {
	for ; n > 0 && (v.top.line > v.buf.begin() || v.top.row > 0); n-- {
		if v.top.row--; v.top.row < 0 {
			v.top.line--
			v.top.row = v.rows(v.top.line) - 1
		}
	}
}

// Home goes to the oldest line that is kept.
func (v *View) Home() {
	v.follow = false
	v.top = place{line: v.buf.begin()}
}

func (p place) before(o place) bool { return p.line < o.line || p.line == o.line && p.row < o.row }

// ScrollSide moves the window sideways by columns when lines are not broken.
func (v *View) ScrollSide(n int) {
	if !v.wrap {
		v.left = max(v.left+n, 0)
	}
}
