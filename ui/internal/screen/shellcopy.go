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
	keymap.Top: terminal.Top, keymap.Bottom: terminal.Bottom,
	keymap.LineStart: terminal.LineStart, keymap.LineText: terminal.LineText, keymap.LineEnd: terminal.LineEnd,
	keymap.ScreenTop: terminal.ScreenTop, keymap.ScreenMiddle: terminal.ScreenMiddle, keymap.ScreenBottom: terminal.ScreenBottom,
	keymap.NextWord: terminal.WordNext, keymap.PrevWord: terminal.WordBack, keymap.WordEnd: terminal.WordEnd,
	keymap.NextBigWord: terminal.BigWordNext, keymap.PrevBigWord: terminal.BigWordBack, keymap.BigWordEnd: terminal.BigWordEnd,
	keymap.NextParagraph: terminal.ParagraphNext, keymap.PrevParagraph: terminal.ParagraphBack,
}

// finds are the motions that wait for the character to go to.
var finds = map[keymap.ID]terminal.Find{
	keymap.FindChar: {}, keymap.FindCharBack: {Back: true}, keymap.TillChar: {Till: true}, keymap.TillCharBack: {Till: true, Back: true},
}

// MovesInCopyMode reports whether an action only moves the cursor of copy mode.
func MovesInCopyMode(id keymap.ID) bool {
	_, motion := motions[id]
	_, find := finds[id]
	return motion || find || id == keymap.FindAgain || id == keymap.FindOpposite
}

// A pending is what was typed of a command of copy mode that is not complete.
type pending struct {
	count int            // how often
	find  *terminal.Find // it waits for the character
}

// maxCount bounds a count: nothing has more rows.
const maxCount = 1_000_000

// copyTyped takes a key that belongs to a command in copy mode: a digit of its count, or
// the character to find. It reports whether it did.
func (t *Shell) copyTyped(term *terminal.Terminal, k tea.KeyPressMsg, id keymap.ID) bool {
	p := &t.pending
	digit := -1
	if len(k.Text) == 1 && k.Text[0] >= '0' && k.Text[0] <= '9' {
		digit = int(k.Text[0] - '0')
	}
	switch {
	case p.find != nil:
		f := *p.find
		for _, f.Char = range k.Text {
			term.Find(f, p.count)
			break
		}
		*p = pending{}
	case digit > 0 && id == "" || digit >= 0 && p.count > 0:
		p.count = min(p.count*10+digit, maxCount)
	default:
		return false
	}
	return true
}

// copyKey carries out what a key of copy mode means.
func (t *Shell) copyKey(term *terminal.Terminal, id keymap.ID) (tea.Cmd, bool) {
	n := t.pending.count
	t.pending = pending{}
	if m, ok := motions[id]; ok {
		term.Move(m, n)
		return nil, true
	}
	if f, ok := finds[id]; ok {
		t.pending = pending{count: n, find: &f}
		return nil, true
	}
	switch id {
	case keymap.FindAgain, keymap.FindOpposite:
		term.FindAgain(id == keymap.FindOpposite, n)
	case keymap.Select:
		term.Select(terminal.CharSelection)
	case keymap.SelectLines:
		term.Select(terminal.LineSelection)
	case keymap.SelectBlock:
		term.Select(terminal.BlockSelection)
	case keymap.SwapEnds:
		term.SwapEnds()
	case keymap.NextMatch, keymap.PrevMatch:
		for range max(n, 1) {
			term.Next(id == keymap.PrevMatch)
		}
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
