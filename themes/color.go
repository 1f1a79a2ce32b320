package themes

import (
	"errors"
	"fmt"
	"iter"
	"math"
	"reflect"
	"strconv"
	"strings"
)

// A Color is an sRGB colour. The zero Color is none.
type Color struct {
	R, G, B uint8
	set     bool
}

// ParseColor reads the form #rrggbb.
func ParseColor(s string) (Color, error) {
	v, err := strconv.ParseUint(strings.TrimPrefix(s, "#"), 16, 32)
	if err != nil || len(s) != 7 || s[0] != '#' {
		return Color{}, fmt.Errorf("colour %q: write it as #rrggbb", s)
	}
	return Color{R: uint8(v >> 16), G: uint8(v >> 8), B: uint8(v), set: true}, nil
}

// UnmarshalText implements encoding.TextUnmarshaler.
func (c *Color) UnmarshalText(text []byte) (err error) {
	*c, err = ParseColor(string(text))
	return err
}

// String returns the form #rrggbb.
func (c Color) String() string { return fmt.Sprintf("#%02x%02x%02x", c.R, c.G, c.B) }

// Mix returns a colour on the way from a to b, at a share from 0 to 1.
func Mix(a, b Color, share float64) Color {
	mix := func(x, y uint8) uint8 { return uint8(math.Round(float64(x) + (float64(y)-float64(x))*share)) }
	return Color{R: mix(a.R, b.R), G: mix(a.G, b.G), B: mix(a.B, b.B), set: true}
}

// Contrast returns the contrast ratio of two colours, from 1 to 21: WCAG 2.2, "contrast ratio".
func Contrast(a, b Color) float64 {
	la, lb := luminance(a), luminance(b)
	if la < lb {
		la, lb = lb, la
	}
	return (la + 0.05) / (lb + 0.05)
}

// luminance is the relative luminance of WCAG 2.2.
func luminance(c Color) float64 {
	linear := func(v uint8) float64 {
		s := float64(v) / 255
		if s <= 0.04045 {
			return s / 12.92
		}
		return math.Pow((s+0.055)/1.055, 2.4)
	}
	return 0.2126*linear(c.R) + 0.7152*linear(c.G) + 0.0722*linear(c.B)
}

// The least contrasts: WCAG 2.2 asks 4.5 for text (AA) and 3 for large text and for
// graphics that carry a meaning.
const (
	textContrast    = 4.5
	graphicContrast = 3.0
)

// Check reports every pair of roles whose contrast is too low to be read.
func (t Theme) Check() error {
	r := t.Roles
	pairs := []struct {
		name    string
		fg, bg  Color
		atLeast float64
	}{
		{"text on background", r.Text, r.Background, textContrast},
		{"text on surface", r.Text, r.Surface, textContrast},
		{"muted on background", r.Muted, r.Background, textContrast},
		{"muted on surface", r.Muted, r.Surface, graphicContrast},
		{"accent on background", r.Accent, r.Background, graphicContrast},
		{"accent_text on accent", r.AccentText, r.Accent, textContrast},
		{"selection_text on selection", r.SelectionText, r.Selection, textContrast},
		{"border_focus on background", r.BorderFocus, r.Background, graphicContrast},
		{"ok on background", r.OK, r.Background, graphicContrast},
		{"warn on background", r.Warn, r.Background, graphicContrast},
		{"error on background", r.Error, r.Background, textContrast},
		{"info on background", r.Info, r.Background, graphicContrast},
		{"special on background", r.Special, r.Background, graphicContrast},
	}
	for i, c := range r.Charts {
		pairs = append(pairs, struct {
			name    string
			fg, bg  Color
			atLeast float64
		}{fmt.Sprintf("chart %d on background", i+1), c, r.Background, graphicContrast})
	}
	var problems []error
	for _, p := range pairs {
		if got := Contrast(p.fg, p.bg); got < p.atLeast {
			problems = append(problems, fmt.Errorf("theme %q: %s has contrast %.1f, at least %.1f is needed", t.Name, p.name, got, p.atLeast))
		}
	}
	if dark := luminance(r.Background) < luminance(r.Text); dark != (t.Appearance == Dark) {
		problems = append(problems, fmt.Errorf("theme %q: appearance %q does not fit its background", t.Name, t.Appearance))
	}
	return errors.Join(problems...)
}

// byName yields each role's key in the file and its colour.
func (r Roles) byName() iter.Seq2[string, Color] {
	return func(yield func(string, Color) bool) {
		v := reflect.ValueOf(r)
		for i := range v.NumField() {
			key := v.Type().Field(i).Tag.Get("toml")
			if c, ok := v.Field(i).Interface().(Color); ok {
				if !yield(key, c) {
					return
				}
				continue
			}
			for _, c := range v.Field(i).Interface().(Chart) {
				if !yield(key, c) {
					return
				}
			}
		}
	}
}
