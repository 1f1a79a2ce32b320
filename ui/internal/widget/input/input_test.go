package input

import (
	"strings"
	"testing"

	"berth/themes"
	"berth/ui/internal/display"
	"berth/ui/internal/style"

	tea "charm.land/bubbletea/v2"
)

func press(m *Model, keys ...string) {
	for _, k := range keys {
		switch k {
		case "tab":
			m.Key(tea.KeyPressMsg{Code: tea.KeyTab})
		case "up":
			m.Key(tea.KeyPressMsg{Code: tea.KeyUp})
		case "down":
			m.Key(tea.KeyPressMsg{Code: tea.KeyDown})
		case "right":
			m.Key(tea.KeyPressMsg{Code: tea.KeyRight})
		case "backspace":
			m.Key(tea.KeyPressMsg{Code: tea.KeyBackspace})
		case "ctrl+w", "ctrl+u", "ctrl+a":
			m.Key(tea.KeyPressMsg{Code: rune(k[5]), Mod: tea.ModCtrl})
		default:
			m.Key(tea.KeyPressMsg{Text: k, Code: []rune(k)[0]})
		}
	}
}

func TestEditing(t *testing.T) {
	m := New("run hello", nil)
	press(m, "ctrl+w", "x", "ä", "backspace", "y", "ctrl+a", ">")
	if got := m.Value(); got != ">run xy" {
		t.Errorf("line %q", got)
	}
	m.Insert("a\nb\x1b[31m")
	if got := m.Value(); got != ">a b[31mrun xy" {
		t.Errorf("after pasting %q", got)
	}
}

func TestHistoryKeepsTheDraft(t *testing.T) {
	m := New("draft", []string{"old", "new"})
	press(m, "up")
	if m.Value() != "new" {
		t.Errorf("up gives %q", m.Value())
	}
	press(m, "up", "up", "down", "down")
	if m.Value() != "draft" {
		t.Errorf("back gives %q", m.Value())
	}
}

func TestCompletion(t *testing.T) {
	m := New("", nil)
	m.Complete = func(line string) (out []string) {
		for _, c := range []string{"redis:8", "registry"} {
			if strings.HasPrefix(c, line) {
				out = append(out, c)
			}
		}
		return out
	}
	press(m, "r", "e", "tab")
	if m.Value() != "redis:8" {
		t.Errorf("tab gives %q", m.Value())
	}
	press(m, "tab")
	if m.Value() != "registry" {
		t.Errorf("second tab gives %q", m.Value())
	}
	press(m, "ctrl+u", "r", "e", "g", "right")
	if m.Value() != "registry" {
		t.Errorf("right gives %q", m.Value())
	}
}

func TestDrawFits(t *testing.T) {
	st := style.New(themes.Builtin()[0], style.Options{})
	m := New(strings.Repeat("漢x", 40), nil)
	for w := range 30 {
		line, cur := m.Draw(st, w)
		if display.Width(line) != w || cur > w {
			t.Fatalf("width %d: %d cells, cursor %d", w, display.Width(line), cur)
		}
	}
}

// The keys that take words away do so at every place of a line, and none reads past its end.
func TestEveryEditingKeyEverywhere(t *testing.T) {
	keys := []tea.KeyPressMsg{
		{Code: 'd', Mod: tea.ModAlt}, {Code: tea.KeyDelete, Mod: tea.ModAlt}, {Code: 'w', Mod: tea.ModCtrl}, {Code: tea.KeyBackspace, Mod: tea.ModAlt},
		{Code: 'k', Mod: tea.ModCtrl}, {Code: 'd', Mod: tea.ModCtrl}, {Code: tea.KeyLeft, Mod: tea.ModCtrl}, {Code: tea.KeyRight, Mod: tea.ModAlt},
		{Code: 'v', Mod: tea.ModCtrl}, {Code: tea.KeyEnd}, {Code: 'h', Mod: tea.ModCtrl},
	}
	for _, text := range []string{"", " ", "a", "a b", "漢 字 "} {
		for at := range len([]rune(text)) + 1 {
			for _, k := range keys {
				m := New(text, nil)
				press(m, "ctrl+a")
				for range at {
					press(m, "right")
				}
				m.Key(k)
				if len(m.Value()) > len(text) {
					t.Errorf("%v at %d makes %q of %q", k, at, m.Value(), text)
				}
			}
		}
	}
}
