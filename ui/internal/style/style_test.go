package style

import (
	"reflect"
	"testing"

	"berth/themes"

	"charm.land/lipgloss/v2"
)

func icons(t *testing.T, set Icons) []string {
	t.Helper()
	var all []string
	v := reflect.ValueOf(set)
	for i := range v.NumField() {
		switch f := v.Field(i).Interface().(type) {
		case string:
			all = append(all, f)
		case []string:
			all = append(all, f...)
		}
	}
	return all
}

func TestIconsAreOneColumnWide(t *testing.T) {
	for _, set := range []Icons{unicodeIcons, asciiIcons} {
		for _, icon := range icons(t, set) {
			if lipgloss.Width(icon) != 1 {
				t.Errorf("icon %q is %d columns wide", icon, lipgloss.Width(icon))
			}
		}
	}
	for _, icon := range icons(t, asciiIcons) {
		if len(icon) != 1 || icon[0] > 0x7e {
			t.Errorf("icon %q is not ASCII", icon)
		}
	}
}

func TestStatesDifferWithoutColour(t *testing.T) {
	for _, set := range []Icons{unicodeIcons, asciiIcons} {
		states := []string{set.Running, set.Paused, set.Restarting, set.Exited, set.Failed, set.Created}
		seen := map[string]bool{}
		for _, s := range states {
			if seen[s] {
				t.Errorf("two states share the icon %q", s)
			}
			seen[s] = true
		}
	}
	s := New(themes.Builtin()[0], Options{NoColor: true})
	cursor, idle, match := s.Selected.Render("x"), s.SelectedIdle.Render("x"), s.Match.Render("x")
	if cursor == idle || idle == match || cursor == match || cursor == s.Text.Render("x") {
		t.Error("without colours the cursor, the idle cursor and a match look the same")
	}
}

func TestEveryThemeMakesStyles(t *testing.T) {
	for _, th := range themes.Builtin() {
		s := New(th, Options{})
		if s.Selected.Render("x") == s.Text.Render("x") || s.Background() == nil {
			t.Errorf("%s: the selected row looks like any other", th.Name)
		}
	}
}
