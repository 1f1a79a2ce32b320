// Package themes holds the colours of the workstation as data: one TOML file for each
// theme, the built-in ones embedded, a user's own read from a folder. A theme gives a
// colour to each role; what is drawn in which role is decided by the user interface's
// style package, the only one that turns a role into a terminal's escape sequences.
//
// A file looks like this; every role must be there, in the form #rrggbb:
//
//	name = "harbour"
//	appearance = "dark"            # or "light": what terminal background it is made for
//
//	[roles]
//	background = "#10141c"
//	...
package themes

import (
	"bytes"
	"embed"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"

	"github.com/pelletier/go-toml/v2"
)

// An Appearance is the kind of terminal background that a theme is made for.
type Appearance string

// The appearances.
const (
	Dark  Appearance = "dark"
	Light Appearance = "light"
)

// A Theme is a named set of colours.
type Theme struct {
	Name       string     `toml:"name"`
	Appearance Appearance `toml:"appearance"`
	Roles      Roles      `toml:"roles"`
}

// Roles gives each role its colour.
type Roles struct {
	Background    Color `toml:"background"`     // behind everything
	Surface       Color `toml:"surface"`        // behind bars, dialogs and the focused pane's title
	Text          Color `toml:"text"`           // what is read
	Muted         Color `toml:"muted"`          // what is read second: ages, sizes, hints
	Faint         Color `toml:"faint"`          // rules, empty parts of bars; never needed to understand
	Accent        Color `toml:"accent"`         // the one colour that says "here": focus, keys, the anchor
	AccentText    Color `toml:"accent_text"`    // text on Accent
	Selection     Color `toml:"selection"`      // behind the selected row
	SelectionText Color `toml:"selection_text"` // text on Selection
	Border        Color `toml:"border"`         // frames
	BorderFocus   Color `toml:"border_focus"`   // the focused frame
	OK            Color `toml:"ok"`             // running, done
	Warn          Color `toml:"warn"`           // paused, retrying, near a limit
	Error         Color `toml:"error"`          // failed, dangerous
	Info          Color `toml:"info"`           // downloading, neutral news
	Special       Color `toml:"special"`        // marks, pins
	Charts        Chart `toml:"charts"`         // series of charts, in this order
}

// A Chart is the colours of a chart's series.
type Chart [4]Color

//go:embed *.toml
var files embed.FS

// Default names the built-in theme for each appearance.
var Default = map[Appearance]string{Dark: "tokyo-night", Light: "latte"}

// Builtin returns the built-in themes, ordered by name. It panics if one is broken,
// which a test rules out.
func Builtin() []Theme {
	names, err := fs.Glob(files, "*.toml")
	if err != nil {
		panic(err)
	}
	all := make([]Theme, 0, len(names))
	for _, name := range names {
		data, err := files.ReadFile(name)
		if err != nil {
			panic(err)
		}
		t, err := Parse(name, data)
		if err != nil {
			panic(err)
		}
		all = append(all, t)
	}
	return all
}

// Lookup returns the built-in theme of that name.
func Lookup(name string) (Theme, bool) {
	data, err := files.ReadFile(path.Base(name) + ".toml")
	if err != nil {
		return Theme{}, false
	}
	t, err := Parse(name, data)
	return t, err == nil
}

// Load returns the built-in themes and those in dir's *.toml files, ordered by name; a
// user's theme takes the place of a built-in one of the same name. A missing dir is no
// error. Broken files are left out and reported, each with its line, in the error; the
// themes are valid then, too.
func Load(dir string) ([]Theme, error) {
	all := Builtin()
	names, err := filepath.Glob(filepath.Join(dir, "*.toml"))
	if err != nil || dir == "" {
		return all, nil // the only error is a malformed pattern, which no directory of ours is
	}
	var problems []error
	for _, name := range names {
		data, err := os.ReadFile(name)
		if err != nil {
			problems = append(problems, fmt.Errorf("read theme: %w", err))
			continue
		}
		t, err := Parse(name, data)
		if err == nil {
			err = t.Check()
		}
		if err != nil {
			problems = append(problems, err)
			continue
		}
		all = slices.DeleteFunc(all, func(have Theme) bool { return have.Name == t.Name })
		all = append(all, t)
	}
	slices.SortFunc(all, func(a, b Theme) int { return strings.Compare(a.Name, b.Name) })
	return all, errors.Join(problems...)
}

// maxFile bounds a theme file: one is about a kilobyte.
const maxFile = 64 << 10

// Parse reads a theme. Unknown keys, missing roles and malformed colours are errors
// that name the file and, where the file has one, the line.
func Parse(file string, data []byte) (Theme, error) {
	if len(data) > maxFile {
		return Theme{}, fmt.Errorf("theme %q: larger than %d bytes", file, maxFile)
	}
	var t Theme
	dec := toml.NewDecoder(bytes.NewReader(data))
	dec.DisallowUnknownFields()
	if err := dec.Decode(&t); err != nil {
		return Theme{}, located(file, err)
	}
	if t.Name == "" || strings.ContainsFunc(t.Name, func(r rune) bool { return !nameRune(r) }) {
		return Theme{}, fmt.Errorf("theme %q: name %q: use lower-case letters, digits and hyphens", file, t.Name)
	}
	if t.Appearance != Dark && t.Appearance != Light {
		return Theme{}, fmt.Errorf("theme %q: appearance %q: use %q or %q", file, t.Appearance, Dark, Light)
	}
	for role, c := range t.Roles.byName() {
		if c == (Color{}) {
			return Theme{}, fmt.Errorf("theme %q: role %q has no colour", file, role)
		}
	}
	return t, nil
}

func nameRune(r rune) bool {
	return r >= 'a' && r <= 'z' || r >= '0' && r <= '9' || r == '-'
}

// located adds the file and the line to an error of the decoder.
func located(file string, err error) error {
	var strict *toml.StrictMissingError
	if errors.As(err, &strict) && len(strict.Errors) > 0 {
		row, _ := strict.Errors[0].Position()
		return fmt.Errorf("theme %q, line %d: unknown key %q", file, row, strings.Join(strict.Errors[0].Key(), "."))
	}
	var decode *toml.DecodeError
	if errors.As(err, &decode) {
		row, _ := decode.Position()
		return fmt.Errorf("theme %q, line %d: %s", file, row, strings.TrimPrefix(err.Error(), "toml: "))
	}
	return fmt.Errorf("theme %q: %w", file, err)
}
