package ui

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"berth/themes"
	"berth/ui/internal/display"
	"berth/ui/internal/keymap"
	"berth/ui/internal/style"

	tea "charm.land/bubbletea/v2"
)

// loadLook reads themes and keys. A broken file is named, and what is built in is used.
func (m *Model) loadLook() {
	m.look.keys, m.look.themes = keymap.Default(), themes.Builtin()
	var troubles []error
	trouble := func(err error) {
		if err != nil {
			troubles = append(troubles, err)
		}
	}
	if dir := m.opts.ConfigDir; dir != "" {
		var err error
		m.look.themes, err = themes.Load(filepath.Join(dir, "themes"))
		trouble(err)
	}
	file := m.opts.KeyFile
	if file == "" && m.opts.ConfigDir != "" {
		file = filepath.Join(m.opts.ConfigDir, "keys.toml")
	}
	if file != "" {
		data, err := os.ReadFile(file)
		switch {
		case err == nil:
			m.look.keys, err = keymap.Load(file, data)
		case errors.Is(err, fs.ErrNotExist) && m.opts.KeyFile == "":
			err = nil
		}
		trouble(err)
	}
	if m.opts.Theme != "" {
		if t, ok := m.themeNamed(m.opts.Theme); ok {
			m.look.chosen = true
			m.setTheme(t)
		} else {
			trouble(errors.New("there is no theme " + m.opts.Theme))
		}
	}
	if m.look.style == nil {
		t, _ := m.themeNamed(themes.Default[themes.Dark])
		m.setTheme(t)
	}
	if len(troubles) == 0 {
		return
	}
	text := ""
	for _, err := range troubles {
		text += display.Sentence(err.Error()) + " "
	}
	m.complain(nil, strings.TrimSpace(text))
	m.notice.hint = "What is built in is used instead."
}

func (m *Model) themeNamed(name string) (themes.Theme, bool) {
	for _, t := range m.look.themes {
		if t.Name == name {
			return t, true
		}
	}
	return themes.Theme{}, false
}

func (m *Model) setTheme(t themes.Theme) {
	m.look.theme = t
	m.look.style = style.New(t, style.Options{NoColor: m.opts.NoColor, ASCII: m.opts.ASCII})
	m.look.hints = newHints(m.look.style)
	m.drawn.all()
}

// startLook asks the terminal whether it is dark or light, unless the user has chosen.
func (m *Model) startLook() tea.Cmd {
	if m.look.chosen || m.opts.NoColor {
		return nil
	}
	return tea.RequestBackgroundColor
}

// asciiSigns writes signs that stand in texts and names of keys, each as wide as before,
// for a terminal that has ASCII only. Icons and frames are others there from the start.
var asciiSigns = strings.NewReplacer("…", "~", "→", ">", "←", "<", "↑", "^", "↓", "v", "⇧", "+", "×", "x", "µ", "u", "–", "-")

func (m *Model) background(dark bool) {
	if m.look.chosen {
		return
	}
	name := themes.Default[themes.Light]
	if dark {
		name = themes.Default[themes.Dark]
	}
	if t, ok := m.themeNamed(name); ok && t.Name != m.look.theme.Name {
		m.setTheme(t)
	}
}

// A themePicker shows each theme as the cursor reaches it.
type themePicker struct {
	before themes.Theme
	cursor int
	top    int // the first that shows
}

func newThemePicker(m *Model) *themePicker {
	p := &themePicker{before: m.look.theme}
	for i, t := range m.look.themes {
		if t.Name == m.look.theme.Name {
			p.cursor = i
		}
	}
	return p
}

func (p *themePicker) key(m *Model, k tea.KeyPressMsg) tea.Cmd {
	n := len(m.look.themes)
	switch k.String() {
	case "up", "k", "shift+tab":
		p.cursor = (p.cursor + n - 1) % n
	case "down", "j", "tab", "T":
		p.cursor = (p.cursor + 1) % n
	case "esc", "q", "ctrl+c":
		m.setTheme(p.before)
		m.hide()
		return nil
	case "enter", "space":
		return p.choose(m)
	}
	m.setTheme(m.look.themes[p.cursor])
	return nil
}

func (p *themePicker) choose(m *Model) tea.Cmd {
	m.look.chosen = true
	m.hide()
	return m.tell("The theme is " + m.look.theme.Name + ".")
}

// click shows a theme; a second click chooses it.
func (p *themePicker) click(m *Model, _, y int) tea.Cmd {
	i := p.top + y - 1
	switch {
	case y < 1 || i >= len(m.look.themes):
		return nil
	case i == p.cursor:
		return p.choose(m)
	}
	p.cursor = i
	m.setTheme(m.look.themes[i])
	return nil
}

func (p *themePicker) draw(m *Model, w, h int) ([]string, int, int) {
	st := m.look.style
	w = min(w, 40)
	inner := w - 4
	rows := max(1, min(len(m.look.themes), h-2))
	p.top = max(0, min(p.cursor-rows/2, len(m.look.themes)-rows))
	var lines []string
	for i := p.top; i < p.top+rows; i++ {
		t := m.look.themes[i]
		name := display.Left(display.Clean(t.Name), inner-9, st.Icons.More)
		kind := display.Right(string(t.Appearance), 7, "")
		if i == p.cursor {
			lines = append(lines, st.Selected.Render(st.Icons.Cursor+name+" "+kind))
			continue
		}
		lines = append(lines, " "+st.Text.Render(name)+" "+st.Muted.Render(kind))
	}
	return box(st, "Theme", lines, w), -1, 0
}
