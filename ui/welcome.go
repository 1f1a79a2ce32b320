package ui

import (
	"berth/ui/internal/display"
	"berth/ui/internal/keymap"
)

// welcome is the main area while there is nothing to select: a first round, in the order
// in which a newcomer goes it.
func (m *Model) welcome(w, h int) []string {
	st, keys := m.look.style, m.look.keys
	type step struct {
		key, text string
	}
	lines := []string{"", "  " + st.Strong.Render("Welcome aboard.")}
	group := func(title string, steps []step) {
		lines = append(lines, "", "  "+st.Muted.Render(title))
		for _, s := range steps {
			lines = append(lines, "  "+st.Key.Render(display.Left(s.key, 5, ""))+st.Text.Render(display.Cut(s.text, max(0, w-8), st.Icons.More)))
		}
	}
	group("A first round", []step{
		{keys.Key(keymap.Images, keymap.Pull), "pull an image: toolbox, or hello-world"},
		{keys.Key(keymap.Images, keymap.Run), "run the image under the cursor"},
		{keys.Key(keymap.Containers, keymap.Logs), "read what its container wrote"},
		{keys.Key(keymap.Containers, keymap.Stop), "stop the container"},
		{keys.Key(keymap.Containers, keymap.RemoveCont), "delete it"},
	})
	group("At any time", []step{
		{keys.Key(keymap.Global, keymap.FocusNext), "the next pane; 1 to 4 and the mouse go there too"},
		{keys.Key(keymap.Global, keymap.Palette), "every action by its name"},
		{keys.Key(keymap.Global, keymap.Help), "every key"},
		{keys.Key(keymap.Global, keymap.Quit), "leave; containers run on"},
	})
	return lines[:min(len(lines), h)]
}
