package themes_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"berth/themes"
)

func TestMix(t *testing.T) {
	color := func(text string) themes.Color {
		c, err := themes.ParseColor(text)
		if err != nil {
			t.Fatal(err)
		}
		return c
	}
	for share, want := range map[float64]string{0: "#000000", 0.5: "#808080", 1: "#ffffff"} {
		if got := themes.Mix(color("#000000"), color("#ffffff"), share).String(); got != want {
			t.Errorf("%v of the way from black to white is %s, want %s", share, got, want)
		}
	}
}

func TestEveryBuiltinThemeCanBeRead(t *testing.T) {
	all := themes.Builtin()
	if len(all) < 6 {
		t.Fatalf("%d themes, want at least six", len(all))
	}
	kinds := map[themes.Appearance]int{}
	for _, th := range all {
		kinds[th.Appearance]++
		if err := th.Check(); err != nil {
			t.Error(err)
		}
		if found, ok := themes.Lookup(th.Name); !ok || found != th {
			t.Errorf("Lookup(%q) finds another theme", th.Name)
		}
	}
	if kinds[themes.Dark] == 0 || kinds[themes.Light] == 0 {
		t.Errorf("appearances are %v", kinds)
	}
	for kind, name := range themes.Default {
		if th, ok := themes.Lookup(name); !ok || th.Appearance != kind {
			t.Errorf("the default for %s is %q", kind, name)
		}
	}
}

func TestHighContrastThemesReachAAA(t *testing.T) {
	for _, name := range []string{"contrast-dark", "contrast-light"} {
		th, _ := themes.Lookup(name)
		r := th.Roles
		for what, got := range map[string]float64{
			"text": themes.Contrast(r.Text, r.Background), "muted": themes.Contrast(r.Muted, r.Background),
			"selection": themes.Contrast(r.SelectionText, r.Selection), "error": themes.Contrast(r.Error, r.Background),
		} {
			if got < 7 { // WCAG 2.2, success criterion 1.4.6
				t.Errorf("%s: %s has contrast %.1f", name, what, got)
			}
		}
	}
}

func TestContrastOfKnownPairs(t *testing.T) {
	for _, c := range []struct {
		a, b string
		want float64
	}{{"#000000", "#ffffff", 21}, {"#777777", "#ffffff", 4.48}, {"#ff0000", "#ff0000", 1}} {
		a, aErr := themes.ParseColor(c.a)
		b, bErr := themes.ParseColor(c.b)
		if aErr != nil || bErr != nil {
			t.Fatal(aErr, bErr)
		}
		if got := themes.Contrast(a, b); got < c.want-0.01 || got > c.want+0.01 {
			t.Errorf("Contrast(%s, %s) = %.2f, want %.2f", c.a, c.b, got, c.want)
		}
	}
}

// source returns the text of a built-in theme's file.
func source(t *testing.T, name string) string {
	t.Helper()
	data, err := os.ReadFile(name + ".toml")
	if err != nil {
		t.Fatal(err)
	}
	return string(data)
}

func TestBrokenFilesAreNamedWithTheirLine(t *testing.T) {
	good := source(t, "tokyo-night")
	for _, c := range []struct{ name, old, new, want string }{
		{"colour", `"#1a1b26"`, `"navy"`, "line 5"},
		{"syntax", "[roles]", "[roles", "line 4"},
		{"unknown key", "surface", "surfaces", `line 6: unknown key "roles.surfaces"`},
		{"missing role", "muted          = \"#8b93bd\"\n", "", `role "muted" has no colour`},
		{"appearance", `"dark"`, `"dusk"`, `appearance "dusk"`},
		{"name", `"tokyo-night"`, `"\u001b[31m"`, "name"},
	} {
		broken := strings.Replace(good, c.old, c.new, 1)
		if broken == good {
			t.Fatalf("%s: nothing was replaced", c.name)
		}
		_, err := themes.Parse("my.toml", []byte(broken))
		if err == nil || !strings.Contains(err.Error(), c.want) || !strings.Contains(err.Error(), "my.toml") {
			t.Errorf("%s: got %v, want %q and the file", c.name, err, c.want)
		}
		if err != nil && strings.ContainsRune(err.Error(), '\x1b') {
			t.Errorf("%s: the error carries an escape character", c.name)
		}
	}
}

func TestUserThemes(t *testing.T) {
	dir := t.TempDir()
	write := func(name, text string) {
		t.Helper()
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	mine := strings.Replace(source(t, "nord"), `"nord"`, `"mine"`, 1)
	write("mine.toml", mine)
	write("nord.toml", strings.Replace(source(t, "nord"), "#88c0d0", "#99d0e0", 1))
	write("broken.toml", "name = ")
	write("unreadable.toml", strings.NewReplacer(`"mine"`, `"dim"`, "#eceff4", "#3b4252").Replace(mine))

	all, err := themes.Load(dir)
	if err == nil || !strings.Contains(err.Error(), "broken.toml") || !strings.Contains(err.Error(), "contrast") {
		t.Errorf("broken files are reported as %v", err)
	}
	byName := map[string]themes.Theme{}
	for _, th := range all {
		byName[th.Name] = th
	}
	if _, ok := byName["mine"]; !ok || len(all) != len(themes.Builtin())+1 {
		t.Errorf("%d themes were loaded", len(all))
	}
	if byName["nord"].Roles.Accent.String() != "#99d0e0" {
		t.Error("a user's theme does not take the place of the built-in one")
	}
	if all, err := themes.Load(filepath.Join(dir, "missing")); err != nil || len(all) != len(themes.Builtin()) {
		t.Errorf("a missing folder: %d themes, %v", len(all), err)
	}
}

func FuzzParse(f *testing.F) {
	for _, th := range themes.Builtin() {
		data, err := os.ReadFile(th.Name + ".toml")
		if err != nil {
			f.Fatal(err)
		}
		f.Add(data)
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		th, err := themes.Parse("f", data)
		if err == nil && (th.Name == "" || th.Roles.Text == (themes.Color{})) {
			t.Errorf("accepted %+v", th)
		}
	})
}
