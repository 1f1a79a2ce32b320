// Package logview is a window on a log of any length: it keeps the newest lines within
// a budget of bytes and lays out only the rows that show, so that neither ten million
// lines nor one of a hundred thousand characters slows it. It draws no colours: a
// screen renders the rows.
package logview

import (
	"strings"
	"time"
	"unicode/utf8"

	"github.com/charmbracelet/x/ansi"
)

// A Line is one line of a log as it is shown: without escape sequences, its other
// control characters in caret notation.
type Line struct {
	Time   time.Time
	Stderr bool
	Text   string
	ascii  bool // one byte is one column
}

// overhead is what a line costs beside its text.
const overhead = 64

// A buffer keeps the newest lines. Lines are numbered from 0 in the order of arrival;
// numbers of dropped lines are not used again.
type buffer struct {
	lines  []Line // of numbers first, first+1, ...; the first skip of them are dropped
	skip   int
	first  int
	bytes  int
	budget int
	partly bool // the last line has no newline yet
}

func (b *buffer) end() int   { return b.first + len(b.lines) - b.skip }
func (b *buffer) begin() int { return b.first }
func (b *buffer) at(n int) *Line {
	return &b.lines[b.skip+n-b.first]
}

// add appends an entry of a log: a line, or a part of one if it does not end in a newline.
func (b *buffer) add(t time.Time, stderr bool, raw []byte) {
	ends := len(raw) > 0 && raw[len(raw)-1] == '\n'
	text, ascii := clean(strings.TrimRight(string(raw), "\r\n"))
	if b.partly && b.end() > b.begin() && b.at(b.end()-1).Stderr == stderr {
		last := b.at(b.end() - 1)
		last.Text += text
		last.ascii = last.ascii && ascii
		b.bytes += len(text)
	} else {
		b.lines = append(b.lines, Line{Time: t, Stderr: stderr, Text: text, ascii: ascii})
		b.bytes += len(text) + overhead
	}
	b.partly = !ends
	for b.bytes > b.budget && b.end()-b.begin() > 1 {
		b.bytes -= len(b.lines[b.skip].Text) + overhead
		b.lines[b.skip] = Line{}
		b.skip++
		b.first++
	}
	if b.skip > 1024 && b.skip > len(b.lines)/2 { // give the space back, rarely
		b.lines = append(b.lines[:0:0], b.lines[b.skip:]...)
		b.skip = 0
	}
}

// clean makes text safe and simple to show: escape sequences go, tabs become blanks,
// other control characters are written as ^X.
func clean(s string) (text string, ascii bool) {
	ascii = true
	plain := true
	for i := range len(s) {
		if s[i] >= utf8.RuneSelf {
			ascii, plain = false, false
		} else if s[i] < ' ' || s[i] == 0x7f {
			plain = false
		}
	}
	if plain {
		return s, true
	}
	s = ansi.Strip(strings.ToValidUTF8(s, "\ufffd"))
	var b strings.Builder
	col := 0
	for _, r := range s {
		switch {
		case r == '\t':
			n := 8 - col%8
			b.WriteString("        "[:n])
			col += n
			continue
		case r < ' ' || r == 0x7f:
			b.WriteByte('^')
			b.WriteByte(byte(r) ^ 0x40)
			col += 2
			continue
		case r >= 0x80 && r < 0xa0: // C1: some terminals obey them
			r = '\ufffd'
		}
		b.WriteRune(r)
		col++
	}
	return b.String(), ascii
}
