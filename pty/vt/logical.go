package vt

// LogicalLine is a line as the program wrote it: the rows that autowrap made
// of it, joined. It is what a search goes over.
type LogicalLine struct {
	Text        string
	First, Last int // rows, numbered as by [Screen.Line]
	at          []Position
}

// At returns the cell of the byte at offset of Text. For the end of Text it is
// the cell after the last one.
func (l LogicalLine) At(offset int) Position { return l.at[offset] }

// maxLogicalRows bounds a logical line: output without any line end is cut.
const maxLogicalRows = 1000

// LogicalLine returns the line that row y belongs to. Blanks at its end are
// left out. Walk all lines from -ScrollbackLen() on by asking for Last+1.
func (s *Screen) LogicalLine(y int) LogicalLine {
	first := y
	top := -s.ScrollbackLen()
	var cells []Cell
	for first > top && y-first < maxLogicalRows {
		var wrapped bool
		if cells, wrapped = s.Line(cells[:0], first-1); !wrapped {
			break
		}
		first--
	}
	l := LogicalLine{First: first, Last: first}
	var text []byte
	for row := first; ; row++ {
		var wrapped bool
		cells, wrapped = s.Line(cells[:0], row)
		for x, c := range cells {
			before := len(text)
			text = c.AppendText(text)
			for range len(text) - before {
				l.at = append(l.at, Position{x, row})
			}
		}
		l.Last = row
		if !wrapped || row >= s.rows-1 || row-first >= maxLogicalRows && row >= y {
			break
		}
	}
	end := len(text)
	for end > 0 && text[end-1] == ' ' {
		end--
	}
	after := Position{0, first}
	if end > 0 {
		after = l.at[end-1]
		after.X++
	}
	l.Text, l.at = string(text[:end]), append(l.at[:end], after)
	return l
}
