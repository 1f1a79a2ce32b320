package frame

import (
	"strings"
	"testing"

	"berth/themes"
	"berth/ui/internal/display"
	"berth/ui/internal/style"

	"github.com/charmbracelet/x/ansi"
)

// A frame is exactly as large as it was asked to be, whatever stands in it.
func TestFramesAreExact(t *testing.T) {
	st := style.New(themes.Builtin()[0], style.Options{})
	for _, f := range []Frame{
		{Title: "1 Images", Info: "12"},
		{Title: strings.Repeat("漢", 40), Info: strings.Repeat("i", 40), Right: strings.Repeat("r", 60), Foot: strings.Repeat("f", 60)},
		{Title: "x", Right: "Logs │ Stats", Foot: "following", Focused: true},
		{Title: "2 Containers", Joined: true, Open: true, After: true},
	} {
		for w := 2; w < 90; w++ {
			for _, h := range []int{1, 2, 3, 10} {
				lines := Draw(st, f, []string{"a", "b"}, w, h)
				if len(lines) != h {
					t.Fatalf("%+v: %d lines in %d", f, len(lines), h)
				}
				for _, l := range lines {
					if display.Width(l) != w {
						t.Fatalf("%+v: %d cells in %d: %q", f, display.Width(l), w, ansi.Strip(l))
					}
				}
			}
		}
	}
}

func TestTheTitleIsWhatStaysLongest(t *testing.T) {
	st := style.New(themes.Builtin()[0], style.Options{})
	f := Frame{Title: "2 Containers", Info: "5 of 8 up", Right: "Logs Stats"}
	for w, want := range map[int]string{60: "5 of 8 up", 26: "2 Cont", 20: "2 Con"} {
		if got := ansi.Strip(Draw(st, f, nil, w, 2)[0]); !strings.Contains(got, want) {
			t.Errorf("%d cells: %q", w, got)
		}
	}
}
