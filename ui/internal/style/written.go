package style

import (
	"strings"

	"charm.land/lipgloss/v2"
)

// A Style is a Lip Gloss style that has been written out: what it sends before and after
// a text is found once, not at each of the few thousand words of a frame. It has no
// size, margin or border; those are for Lip Gloss itself.
type Style struct {
	lipgloss.Style
	before, after string
}

// written writes a style out.
func written(s lipgloss.Style) Style {
	const text = "x"
	before, after, _ := strings.Cut(s.Render(text), text)
	return Style{s, before, after}
}

// Render puts texts, joined by spaces, into the style.
func (s Style) Render(texts ...string) string {
	text := texts[0]
	if len(texts) > 1 {
		text = strings.Join(texts, " ")
	}
	switch {
	case text == "":
		return ""
	case strings.ContainsAny(text, "\n\t\r"):
		return s.Style.Render(text) // these it treats in a way of its own
	case s.before == "":
		return text
	}
	return s.before + text + s.after
}

// Bold returns the style in bold letters, or not.
func (s Style) Bold(on bool) Style { return written(s.Style.Bold(on)) }

// Italic returns the style in slanted letters, or not.
func (s Style) Italic(on bool) Style { return written(s.Style.Italic(on)) }

// Underline returns the style with a line under it, or not.
func (s Style) Underline(on bool) Style { return written(s.Style.Underline(on)) }

// On returns the style on the background of another.
func (s Style) On(back Style) Style { return written(s.Style.Background(back.GetBackground())) }
