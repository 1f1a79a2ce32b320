package vt

import (
	"io"
	"math/rand/v2"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	xvt "github.com/charmbracelet/x/vt"
)

// otherScreen returns the text of the screen that charmbracelet/x/vt makes of in.
func otherScreen(in []byte, cols, rows int) string {
	e := xvt.NewEmulator(cols, rows)
	// It blocks on a query until somebody reads the answer.
	done := make(chan struct{})
	go func() {
		defer close(done)
		io.Copy(io.Discard, e)
	}()
	e.Write(in)
	e.Close()
	<-done
	var lines []string
	for y := range rows {
		var b strings.Builder
		for x := 0; x < cols; {
			c := e.CellAt(x, y)
			if c == nil || c.Content == "" {
				b.WriteByte(' ')
				x++
				continue
			}
			b.WriteString(c.Content)
			x += max(1, c.Width)
		}
		lines = append(lines, strings.TrimRight(b.String(), " "))
	}
	return strings.TrimRight(strings.Join(lines, "\n"), "\n")
}

// TestRecordingsAgainstXVT shows real sessions to charmbracelet/x/vt and
// compares the text.
func TestRecordingsAgainstXVT(t *testing.T) {
	for _, path := range recordings(t) {
		t.Run(recordingName(path), func(t *testing.T) {
			replay(t, path, func(t *testing.T, s *Screen, sofar []byte) {
				if diff := cmp.Diff(otherScreen(sofar, 80, 24), s.String()); diff != "" {
					t.Errorf("after %d bytes (-x/vt +ours):\n%s", len(sofar), diff)
				}
			})
		})
	}
}

// TestAgainstXVT compares text on generated input.
func TestAgainstXVT(t *testing.T) {
	const cols, rows = 24, 8
	for i := range 300 {
		in := commonInput(rand.New(rand.NewPCG(uint64(i), 11)), 30, true)
		s := New(Options{Cols: cols, Rows: rows})
		s.Write([]byte(in))
		if diff := cmp.Diff(otherScreen([]byte(in), cols, rows), s.String()); diff != "" {
			t.Errorf("input %d %q differs (-x/vt +ours):\n%s", i, in, diff)
		}
	}
}
