package terminal

import (
	"fmt"
	"strings"
	"testing"

	"berth/pty/vt"
)

// redraw is a full screen in which every cell changes, in colours.
func redraw(cols, rows, n int) []byte {
	var b strings.Builder
	b.WriteString("\x1b[H")
	for y := range rows {
		for x := 0; x < cols; x += 8 {
			fmt.Fprintf(&b, "\x1b[38;5;%dm%08d", 16+(x+y+n)%200, n*7919+x*y)
		}
		if y < rows-1 {
			b.WriteString("\r\n")
		}
	}
	return []byte(b.String())
}

// A full-screen redraw, from the program's bytes to lines for the outer terminal.
func BenchmarkFullRedraw(b *testing.B) {
	term, _ := open(b, 120, 35)
	frames := [][]byte{redraw(120, 35, 1), redraw(120, 35, 2)}
	look := Look{Foreground: vt.RGB(200, 200, 220)}
	b.SetBytes(int64(len(frames[0])))
	b.ReportAllocs()
	for i := 0; b.Loop(); i++ {
		term.Write(frames[i%2])
		term.Draw(look, 120, 35)
	}
}

// One line changed, as when something is typed.
func BenchmarkEcho(b *testing.B) {
	term, _ := open(b, 120, 35)
	term.Write(redraw(120, 35, 1))
	look := Look{Foreground: vt.RGB(200, 200, 220)}
	b.ReportAllocs()
	for b.Loop() {
		term.Write([]byte("x\b"))
		term.Draw(look, 120, 35)
	}
}

// Nothing changed.
func BenchmarkIdle(b *testing.B) {
	term, _ := open(b, 120, 35)
	term.Write(redraw(120, 35, 1))
	for b.Loop() {
		term.Draw(Look{}, 120, 35)
	}
}
