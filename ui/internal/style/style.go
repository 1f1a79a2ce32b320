// Package style turns a theme's roles into what is drawn. It is the only package of
// the user interface that knows colours; widgets and screens ask it for a role. It
// knows no engine and keeps no state: a new theme is a new *Styles.
package style

import (
	"image/color"

	"berth/themes"

	"charm.land/lipgloss/v2"
)

// Options say what the terminal can show.
type Options struct {
	NoColor bool // NO_COLOR, or a terminal without colours: attributes only
	ASCII   bool // no characters beyond ASCII
}

// Styles are the styles of one theme on one terminal.
type Styles struct {
	Theme themes.Theme
	Icons Icons
	Frame lipgloss.Border
	Plain bool // without colours

	Text       Style // what is read
	Strong     Style // the same, bold
	Muted      Style // what is read second
	Faint      Style // rules and empty parts, never text: it is too dim to read
	Accent     Style // the one colour that says "here"
	Badge      Style // text on the accent colour
	Backdrop   Style // everything behind a dialog
	Key        Style // a key in a hint
	Title      Style // of a pane
	TitleFocus Style // of the focused pane
	Bar        Style // header and footer

	Selected     Style // the cursor's row in the focused list
	SelectedIdle Style // the cursor's row in another list
	Match        Style // what a search found
	Border       Style
	BorderFocus  Style

	OK, Warn, Error, Info, Special Style
	Danger                         Style // the button that destroys
	Charts                         [4]Style
}

// New makes the styles of a theme.
func New(t themes.Theme, o Options) *Styles {
	s := &Styles{Theme: t, Icons: unicodeIcons, Frame: lipgloss.RoundedBorder(), Plain: o.NoColor}
	if o.ASCII {
		s.Icons, s.Frame = asciiIcons, lipgloss.ASCIIBorder()
	}
	r := t.Roles
	plain := lipgloss.NewStyle()
	fg := func(c themes.Color) Style {
		if o.NoColor {
			return written(plain)
		}
		return written(plain.Foreground(rgb(c)))
	}
	on := func(text, back themes.Color) Style {
		if o.NoColor {
			return written(plain.Reverse(true))
		}
		return written(plain.Foreground(rgb(text)).Background(rgb(back)))
	}
	s.Text, s.Strong = fg(r.Text), fg(r.Text).Bold(true)
	s.Muted, s.Faint = fg(r.Muted), fg(r.Faint)
	s.Backdrop = fg(themes.Mix(r.Muted, r.Background, 0.45))
	s.Accent, s.Badge = fg(r.Accent), on(r.AccentText, r.Accent)
	s.Key = fg(r.Accent).Bold(true)
	s.Title, s.TitleFocus = fg(r.Muted), fg(r.Accent).Bold(true)
	s.Selected = on(r.SelectionText, r.Selection)
	s.SelectedIdle = on(r.Text, r.Surface)
	s.Bar = on(r.Text, r.Surface)
	s.Match = on(r.AccentText, r.Warn)
	if o.NoColor {
		// Without colour the cursor, the idle cursor and a match must still differ.
		faint := written(plain.Faint(true))
		s.SelectedIdle = written(plain.Underline(true))
		s.Bar = written(plain)
		s.Match = written(plain.Bold(true).Underline(true))
		s.Muted, s.Faint, s.Backdrop = written(plain), faint, faint
	}
	s.Border, s.BorderFocus = fg(r.Border), fg(r.BorderFocus)
	s.OK, s.Warn, s.Error = fg(r.OK), fg(r.Warn), fg(r.Error)
	s.Info, s.Special = fg(r.Info), fg(r.Special)
	s.Danger = on(r.Background, r.Error).Bold(true)
	for i, c := range r.Charts {
		s.Charts[i] = fg(c)
	}
	return s
}

func rgb(c themes.Color) color.Color { return color.RGBA{R: c.R, G: c.G, B: c.B, A: 0xff} }

// Background returns the colour behind everything, nil without colours.
func (s *Styles) Background() color.Color {
	if s.Plain {
		return nil
	}
	return rgb(s.Theme.Roles.Background)
}
