package screen

import (
	"strings"

	"berth/ui/internal/display"
	"berth/ui/internal/keymap"
	"berth/ui/internal/terminal"

	tea "charm.land/bubbletea/v2"
)

// motions are what the actions do in copy mode.
var motions = map[keymap.ID]terminal.Motion{
	keymap.Up: terminal.Up, keymap.Down: terminal.Down, keymap.ScrollLeft: terminal.Left, keymap.ScrollRight: terminal.Right,
	keymap.HalfUp: terminal.HalfUp, keymap.HalfDown: terminal.HalfDown, keymap.PageUp: terminal.PageUp, keymap.PageDown: terminal.PageDown,
	keymap.Top: terminal.Top, keymap.Bottom: terminal.Bottom, keymap.LineStart: terminal.LineStart, keymap.LineEnd: terminal.LineEnd,
	keymap.NextWord: terminal.WordNext, keymap.PrevWord: terminal.WordBack, keymap.WordEnd: terminal.WordEnd,
}

// copyKey carries out what a key of copy mode means.
func (t *Shell) copyKey(term *terminal.Terminal, id keymap.ID) (tea.Cmd, bool) {
	if m, ok := motions[id]; ok {
		term.Move(m)
		return nil, true
	}
	switch id {
	case keymap.Select:
		term.Select(false)
	case keymap.SelectLines:
		term.Select(true)
	case keymap.SwapEnds:
		term.SwapEnds()
	case keymap.NextMatch:
		term.Next(false)
	case keymap.PrevMatch:
		term.Next(true)
	case keymap.Filter: // the root asks for the pattern
		term.BeginSearch(false)
		return nil, false
	case keymap.SearchBack:
		term.BeginSearch(true)
		return nil, false
	case keymap.Copy:
		return copied(term.Yank()), true
	case keymap.Back:
		if !term.Unselect() {
			term.Live()
		}
	case keymap.LeaveCopy:
		term.Live()
	default:
		return nil, false
	}
	return nil, true
}

// copied puts text onto the clipboard.
func copied(text string) tea.Cmd {
	if text == "" {
		return say("There is nothing to copy here.")
	}
	what := display.Count(strings.Count(strings.TrimSuffix(text, "\n"), "\n")+1, "line")
	return tea.Batch(tea.SetClipboard(text), say("Copied "+what+"."))
}
