package logview

import (
	"unicode/utf8"

	"github.com/charmbracelet/x/ansi"
)

// Visible returns the rows that show, at most as many as the window is high.
func (v *View) Visible() []Row {
	at := v.top
	if v.follow {
		at = v.last()
	}
	rows := make([]Row, 0, v.height)
	for ; at.line < v.buf.end() && len(rows) < v.height; at = (place{line: at.line + 1}) {
		rows = v.lineRows(rows, at)
	}
	return rows
}

// lineRows appends the rows of one line from at.row on, as far as they fit.
func (v *View) lineRows(rows []Row, at place) []Row {
	l := v.buf.at(at.line)
	starts := v.starts(at.line)
	var hits [][]int
	if v.match != nil {
		hits = v.match(l.Text)
	}
	for i := at.row; i < len(starts) && len(rows) < v.height; i++ {
		from, to := starts[i], len(l.Text)
		if i+1 < len(starts) {
			to = starts[i+1]
		}
		r := Row{Line: at.line, Text: l.Text[from:to], Time: l.Time, First: i == 0, Err: l.Stderr, OnHit: at.line == v.hit}
		for _, h := range hits {
			if lo, hi := max(h[0], from), min(h[1], to); lo < hi {
				r.Hits = append(r.Hits, [2]int{lo - from, hi - from})
			}
		}
		rows = append(rows, r)
	}
	return rows
}

// starts returns where the rows of a line begin. Without wrap it is the one row from
// the column that the window is scrolled to.
func (v *View) starts(n int) []int {
	l := v.buf.at(n)
	switch {
	case v.wrap && l.ascii:
		starts := []int{0}
		for i := v.width; i < len(l.Text); i += v.width {
			starts = append(starts, i)
		}
		return starts
	case v.wrap:
		return v.breaks(n)
	case l.ascii:
		return []int{min(v.left, len(l.Text))}
	}
	return []int{len(l.Text) - len(ansi.TruncateLeft(l.Text, v.left, ""))}
}

// SetMatch sets what is searched for; nil ends the search.
func (v *View) SetMatch(m Match) {
	v.match = m
	if m == nil {
		v.hit = -1
	}
}

// Search goes to the next line with a match, upwards if backward. It starts from the
// last hit, or from the edge of the window, and goes on at the other end of the log.
// It reports whether there is a match at all.
func (v *View) Search(backward bool) bool {
	if v.match == nil || v.Len() == 0 {
		return false
	}
	v.settle()
	begin, n := v.buf.begin(), v.Len()
	step, from := 1, v.top.line-1
	if backward {
		step, from = -1, v.top.line+v.height
	}
	if v.hit >= 0 {
		from = v.hit
	}
	for i := 1; i <= n; i++ {
		line := begin + ((from-begin+i*step)%n+n)%n
		if len(v.match(v.buf.at(line).Text)) > 0 {
			v.hit = line
			v.show(line)
			return true
		}
	}
	return false
}

// show moves the window so that a line stands in its upper third, unless it shows already.
func (v *View) show(line int) {
	v.follow = false
	for _, r := range v.Visible() {
		if r.Line == line && r.First {
			return
		}
	}
	v.top = place{line: line}
	v.up(v.height / 3)
	if end := v.last(); end.before(v.top) {
		v.top = end
	}
}

// Cut shortens a text to width columns without breaking a character.
func Cut(s string, width int) string {
	if len(s) <= width && isASCII(s) {
		return s
	}
	return ansi.Truncate(s, width, "")
}

func isASCII(s string) bool {
	for i := range len(s) {
		if s[i] >= utf8.RuneSelf {
			return false
		}
	}
	return true
}
