// Package screen holds the panes of the window and the tabs of its main area. Each
// owns its state and draws itself into lines; none changes anything in the engine:
// what a key means for it, the root decides. They read the engine where a tab shows
// more than the store knows, always in a command, never while drawing.
package screen

import (
	"context"
	"time"

	"berth/ui/internal/keymap"
	"berth/ui/internal/match"
	"berth/ui/internal/style"

	tea "charm.land/bubbletea/v2"
)

// Env is what everything is drawn with.
type Env struct {
	Style *style.Styles
	Now   time.Time
	Spin  string // the sign of what is under way, turning
}

// A Tab is one view of the selected thing.
type Tab interface {
	// Name stands in the tab bar.
	Name() string
	// Scope says which keys count in the tab.
	Scope() keymap.Scope
	// Open begins to load what the tab shows, and goes on until ctx ends.
	Open(ctx context.Context) tea.Cmd
	// Receive takes what a command of the tab has brought.
	Receive(data any) tea.Cmd
	// Do carries an action out, if it is one of the tab's.
	Do(id keymap.ID) (tea.Cmd, bool)
	// Search highlights a pattern and goes to a match.
	Search(p match.Pattern)
	// Click takes a click at a cell of the drawing.
	Click(x, y int)
	// Scroll moves the view by lines, as the wheel does.
	Scroll(n int)
	// Copy returns what is under the cursor.
	Copy() string
	// Foot is a fact for the lower border, "" for none.
	Foot(env Env) string
	// Draw returns at most h lines of at most w cells.
	Draw(env Env, w, h int, focused bool) []string
}

// Loaded carries what a tab's command brought back to it. Gen tells whether the tab
// still shows.
type Loaded struct {
	Gen  int
	Data any
}

// A Failure is an error in the place of what a tab wanted to show.
type Failure struct{ Err error }

// Say asks the root to tell the user something in one sentence.
type Say struct {
	Text string
	Err  error
}

func say(text string) tea.Cmd { return func() tea.Msg { return Say{Text: text} } }
