package screen

import (
	"strings"

	"berth/ui/internal/style"

	"charm.land/bubbles/v2/progress"
	"charm.land/lipgloss/v2"
)

// bar draws a share of one as w cells without a colour, as rows that have one style do.
// The filled part differs from the rest by its weight alone.
func bar(st *style.Styles, share float64, w int) string {
	full, empty := []rune(st.Icons.BarFull)[0], []rune(st.Icons.BarEmpty)[0]
	p := progress.New(progress.WithWidth(w), progress.WithFillCharacters(full, empty), progress.WithoutPercentage(),
		progress.WithColors(lipgloss.NoColor{}))
	p.EmptyColor = lipgloss.NoColor{}
	return p.ViewAs(share)
}

// barSpans is the bar for a sheet, the part that is to come dimmed.
func barSpans(st *style.Styles, share float64, w int, tone *style.Style) []span {
	text := bar(st, share, w)
	full := strings.TrimRight(text, st.Icons.BarEmpty)
	return []span{{full, tone}, {text[len(full):], &st.Faint}}
}
