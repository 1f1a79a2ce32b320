// Package chart draws series of numbers in character cells: a sparkline of one row for
// lists, and an area chart of any height for a pane. It knows neither colours nor what
// the numbers mean.
package chart

import (
	"math"
	"strings"
)

// Missing marks a moment without a reading. It is drawn as a gap.
var Missing = math.NaN()

// A Series keeps the newest readings, up to a fixed number. The zero Series keeps none.
type Series struct {
	values []float64
	next   int
	full   bool
}

// NewSeries returns a series of at most n readings.
func NewSeries(n int) *Series { return &Series{values: make([]float64, n)} }

// Add appends a reading; the oldest goes when the series is full.
func (s *Series) Add(v float64) {
	if len(s.values) == 0 {
		return
	}
	s.values[s.next] = v
	s.next = (s.next + 1) % len(s.values)
	s.full = s.full || s.next == 0
}

// Last returns the newest reading, Missing if there is none.
func (s *Series) Last() float64 {
	if len(s.values) == 0 || !s.full && s.next == 0 {
		return Missing
	}
	return s.values[(s.next+len(s.values)-1)%len(s.values)]
}

// Values returns the newest n readings, oldest first.
func (s *Series) Values(n int) []float64 {
	var out []float64
	if s.full {
		out = append(out, s.values[s.next:]...)
	}
	out = append(out, s.values[:s.next]...)
	return out[max(0, len(out)-n):]
}

// Max returns the largest of the readings, 0 if there is none.
func Max(values []float64) float64 {
	top := 0.0
	for _, v := range values {
		if v > top { // a Missing one compares false
			top = v
		}
	}
	return top
}

// Spark draws the newest width values in one row. top is the value of a full bar;
// anything above 0 shows at least the lowest bar, so that "a little" differs from
// "nothing". levels are the bars from the lowest to the full one.
func Spark(values []float64, width int, top float64, levels []string) string {
	if width <= 0 {
		return ""
	}
	values = values[max(0, len(values)-width):]
	var b strings.Builder
	b.WriteString(strings.Repeat(" ", width-len(values)))
	for _, v := range values {
		if math.IsNaN(v) {
			b.WriteByte(' ')
			continue
		}
		i := 0
		if top > 0 {
			i = int(math.Ceil(v/top*float64(len(levels)))) - 1
		}
		b.WriteString(levels[min(max(i, 0), len(levels)-1)])
	}
	return b.String()
}

// Area draws values as a filled curve in height rows of width cells, with two columns
// and four rows of braille dots in each cell. The newest value is at the right. With
// ascii set it uses # and blanks, one value a cell.
func Area(values []float64, width, height int, top float64, ascii bool) []string {
	if width <= 0 || height <= 0 {
		return nil
	}
	perCol, perRow := 2, 4
	if ascii {
		perCol, perRow = 1, 1
	}
	dots := width * perCol
	values = values[max(0, len(values)-dots):]
	offset := dots - len(values)
	rows := make([]string, height)
	for y := range height {
		var b strings.Builder
		for x := range width {
			bits := 0
			for col := range perCol {
				i := x*perCol + col - offset
				if i < 0 || math.IsNaN(values[i]) {
					continue
				}
				filled := level(values[i], top, height*perRow)
				for row := range perRow {
					if below := height*perRow - (y*perRow + row); below <= filled {
						bits |= dotBit(col, row)
					}
				}
			}
			b.WriteRune(cell(bits, ascii))
		}
		rows[y] = b.String()
	}
	return rows
}

// level returns how many of n steps a value fills; one at least if it is above 0.
func level(v, top float64, n int) int {
	if top <= 0 || v <= 0 {
		return 0
	}
	return min(max(int(math.Round(v/top*float64(n))), 1), n)
}

// dotBit returns the bit of a braille pattern's dot: Unicode block 2800-28FF.
func dotBit(col, row int) int {
	return [2][4]int{{0x01, 0x02, 0x04, 0x40}, {0x08, 0x10, 0x20, 0x80}}[col][row]
}

func cell(bits int, ascii bool) rune {
	switch {
	case bits == 0:
		return ' '
	case ascii:
		return '#'
	}
	return rune(0x2800 + bits)
}

// Ceiling returns a round value at or above v for a chart's top: 1, 2 or 5 times a power
// of ten, so that the scale does not move with every reading.
func Ceiling(v float64) float64 {
	if v <= 0 || math.IsNaN(v) || math.IsInf(v, 0) {
		return 1
	}
	base := math.Pow(10, math.Floor(math.Log10(v)))
	for _, m := range []float64{1, 2, 5} {
		if v <= m*base*(1+1e-9) {
			return m * base
		}
	}
	return 10 * base
}
