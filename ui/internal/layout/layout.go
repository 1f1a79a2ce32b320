// Package layout divides the window. It is computed once for each size and focus, as a
// struct of rectangles; drawing and mouse both read it.
package layout

// A Rect is a rectangle of cells. The zero Rect is not shown.
type Rect struct {
	X, Y, W, H int
}

// Empty reports whether nothing can be drawn in the rectangle.
func (r Rect) Empty() bool { return r.W <= 0 || r.H <= 0 }

// Contains reports whether the cell lies in the rectangle.
func (r Rect) Contains(x, y int) bool {
	return x >= r.X && x < r.X+r.W && y >= r.Y && y < r.Y+r.H
}

// Inner returns what a border leaves.
func (r Rect) Inner() Rect {
	return Rect{r.X + 1, r.Y + 1, max(0, r.W-2), max(0, r.H-2)}
}

// A Pane is one of the four parts of the window.
type Pane int

// The panes, in the order of their numbers.
const (
	Images Pane = iota
	Containers
	Pulls
	Main
	Panes // how many there are
)

// A Mode is how much of the window the panes share.
type Mode int

// The modes.
const (
	Wide  Mode = iota // lists at the left, the main area at the right
	Stack             // one pane, the others named in a line
	Tiny              // one pane without borders
)

// Want is what the division depends on.
type Want struct {
	W, H  int
	Focus Pane
	Zoom  bool
	Rows  [3]int // lines that the lists would fill
}

// A Layout is where everything goes.
type Layout struct {
	Mode   Mode
	Header Rect
	Tabs   Rect // names of the panes, when one shows at a time
	Footer Rect
	Pane   [Panes]Rect // with borders; neighbours in a column share one
	Left   Rect        // the column of lists
}

// wide is the width from which panes stand side by side.
const wide = 100

// Compute divides a window.
func Compute(w Want) Layout {
	l := Layout{Mode: Wide}
	alone := w.W < wide || w.H < 18
	switch {
	case w.W < 30 || w.H < 9:
		l.Mode = Tiny
	case alone || w.Zoom:
		l.Mode = Stack
	}
	bare := alone && w.Zoom // all that there is left to give it is what stands above
	body := Rect{0, 0, max(0, w.W), max(0, w.H)}
	if w.H >= 4 && !bare {
		l.Header = Rect{0, 0, w.W, 1}
		body.Y, body.H = 1, body.H-1
	}
	if w.H >= 6 {
		l.Footer = Rect{0, w.H - 1, w.W, 1}
		body.H--
	}
	if l.Mode != Wide {
		if l.Mode == Stack && !bare {
			l.Tabs = Rect{0, body.Y, body.W, 1}
			body.Y, body.H = body.Y+1, body.H-1
		}
		l.Pane[w.Focus] = body
		return l
	}
	left := listWidth(w.W)
	l.Left = Rect{0, body.Y, left, body.H}
	l.Pane[Main] = Rect{left, body.Y, w.W - left, body.H}
	y := body.Y
	heights := share(body.H-1, w.Rows, int(w.Focus))
	for i, h := range heights {
		l.Pane[i] = Rect{0, y, left, h + 1} // the lower border is the next one's upper
		y += h
	}
	return l
}

// listWidth is how wide the column of lists is: enough for all numbers of a container at
// 120 columns, for its image and both its charts at 160, and 86 for the main area there.
func listWidth(w int) int {
	return min(44+(w-wide)*3/10+max(0, w-120)/4, 76)
}

// share gives each list its upper border and title line, a heading, and the lines
// that it wants, and divides what is left, or what is missing, between the lists:
// the focused one gives last.
func share(total int, rows [3]int, focus int) [3]int {
	least := [3]int{5, 5, 3}
	var h [3]int
	sum := 0
	for i := range h {
		h[i] = max(least[i], rows[i]+2)
		sum += h[i]
	}
	for sum > total { // the largest gives, the focused one only if it is by far the largest
		big := -1
		for i := range h {
			if h[i] <= least[i] {
				continue
			}
			if big < 0 || weight(h, i, focus) > weight(h, big, focus) {
				big = i
			}
		}
		if big < 0 {
			break
		}
		h[big]--
		sum--
	}
	for i := len(h) - 1; sum > total && i >= 0; i-- { // a window too small even for the least
		give := min(sum-total, max(0, h[i]-2))
		h[i], sum = h[i]-give, sum-give
	}
	if sum < total { // what is left goes to images and containers
		rest := total - sum
		h[0] += rest / 2
		h[1] += rest - rest/2
	}
	return h
}

func weight(h [3]int, i, focus int) int {
	if i == focus {
		return h[i] * 2 / 3
	}
	return h[i]
}
