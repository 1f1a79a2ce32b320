package screen

import (
	"strconv"
	"strings"

	"berth/ui/internal/display"
	"berth/ui/internal/style"
)

// drawStrip is the line of sessions, with badges for what happened in them. Where it has no
// room for all, those around the one with the keys show, with a mark for more at the ends.
func (t *Shell) drawStrip(st *style.Styles, d *deck, w int) string {
	t.strip = t.strip[:0]
	cur := d.current()
	room := max(10, w/max(1, len(d.all))-3)
	texts := make([]string, len(d.all))
	for i, s := range d.all {
		texts[i] = " " + strconv.Itoa(i+1) + " " + display.Cut(s.title(), room-6, st.Icons.More) + badges(st, s, cur) + " "
	}
	from, to := around(texts, d.cur, w, display.Width(st.Icons.More))
	var b strings.Builder
	at := 0
	if from > 0 {
		b.WriteString(st.Faint.Render(st.Icons.More))
		at = display.Width(st.Icons.More)
	}
	for i, text := range texts[from:to] {
		s := d.all[from+i]
		text = display.Cut(text, w-at, "")
		tone := st.Muted
		switch {
		case s == cur:
			tone = st.Badge
		case d.tiles.has(s):
			tone = st.SelectedIdle
		case s.rang(cur):
			tone = st.Warn
		}
		b.WriteString(tone.Render(text))
		n := display.Width(text)
		t.strip = append(t.strip, barSpan{at, at + n, strconv.Itoa(from + i)})
		at += n
	}
	if to < len(texts) && at < w {
		b.WriteString(st.Faint.Render(st.Icons.More))
		at += display.Width(st.Icons.More)
	}
	return b.String() + display.Spaces(w-at)
}

// badges say what happened in a session that one may not have seen.
func badges(st *style.Styles, s, cur *session) (text string) {
	if s.rang(cur) { // what has ended may have rung before
		text = " " + st.Icons.Bell
	}
	switch {
	case s.term == nil:
		return text + " " + st.Icons.Unused
	case s.live():
		return text
	case s.term.End().Status.Code != 0:
		return text + " " + st.Icons.Failed
	}
	return text + " " + st.Icons.Exited
}

// around returns the range of texts that fits into w cells around the one at i, which is
// in it anyhow; more is the width of the mark at an end that is cut off.
func around(texts []string, i, w, more int) (from, to int) {
	from, to = i, i+1
	used := display.Width(texts[i])
	fits := func(text string, from, to int) bool {
		n := used + display.Width(text)
		if from > 0 {
			n += more
		}
		if to < len(texts) {
			n += more
		}
		return n <= w
	}
	for grown := true; grown; {
		grown = false
		if from > 0 && fits(texts[from-1], from-1, to) {
			from--
			used, grown = used+display.Width(texts[from]), true
		}
		if to < len(texts) && fits(texts[to], from, to+1) {
			used, grown = used+display.Width(texts[to]), true
			to++
		}
	}
	return from, to
}
