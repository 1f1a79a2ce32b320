package screen

import (
	"cmp"
	"strings"
	"time"

	"berth/engine"
	"berth/ui/internal/display"
	"berth/ui/internal/style"
	"berth/ui/internal/widget/list"
)

// A Pull is one line of the pane: a pull of the engine's, or one that waits for its turn.
type Pull struct {
	Key      string
	Progress engine.PullProgress
	Queued   bool // not begun
	Held     bool // stopped by the user, to go on later
	Own      bool // of this process: it can be cancelled here
}

// Active reports whether the pull is neither at an end nor held.
func (p Pull) Active() bool { return !p.Held && !p.Progress.State.Final() }

// Share returns how much of a pull has come, from 0 to 1.
func (p Pull) Share() float64 {
	if p.Progress.State == engine.PullDone {
		return 1
	}
	if p.Progress.Total <= 0 {
		return 0
	}
	return float64(p.Progress.Current) / float64(p.Progress.Total)
}

// Pulls is the pane of the pulls.
type Pulls struct {
	*list.Model[Pull]
	env Env
}

// barCells is how wide the bar of a pull's row is.
const barCells = 10

// NewPulls returns the pane, those under way first.
func NewPulls() *Pulls {
	p := &Pulls{}
	p.Model = list.New(list.Source[Pull]{
		Key:   func(u Pull) string { return u.Key },
		Text:  func(u Pull) string { return u.Progress.Ref },
		Cells: p.cells,
		Columns: []list.Column[Pull]{
			{Title: "", Width: 1},
			{Title: "REFERENCE", Width: 0, Grow: true, Tail: true, Less: func(a, b Pull) int { return strings.Compare(a.Progress.Ref, b.Progress.Ref) }},
			{Title: "PROGRESS", Width: barCells, From: 34, Less: byProgress},
			{Title: "", Width: 4, Right: true, Rank: 2},
			{Title: "RATE", Width: 9, Right: true, From: 56, Rank: 3, Less: func(a, b Pull) int { return cmp.Compare(a.Progress.Rate, b.Progress.Rate) }},
			{Title: "LEFT", Width: 6, Right: true, From: 40, Rank: 1, Less: func(a, b Pull) int { return cmp.Compare(a.Progress.Remaining, b.Progress.Remaining) }},
		},
	}, 2, false)
	return p
}

func byProgress(a, b Pull) int {
	rank := func(p Pull) int {
		switch {
		case p.Progress.State.Final():
			return 3
		case p.Queued:
			return 2
		case p.Held:
			return 1
		}
		return 0
	}
	return cmp.Or(cmp.Compare(rank(a), rank(b)), a.Progress.Started.Compare(b.Progress.Started))
}

// pullState is the sign, the tone and the word of how a pull is.
func pullState(env Env, p Pull) (icon string, tone *style.Style, word string) {
	st := env.Style
	switch {
	case p.Held:
		return st.Icons.Paused, &st.Warn, "paused"
	case p.Queued:
		return st.Icons.Waiting, &st.Muted, "waiting"
	}
	switch p.Progress.State {
	case engine.PullDone:
		return st.Icons.Done, &st.OK, "done"
	case engine.PullFailed:
		return st.Icons.Failed, &st.Error, "failed"
	case engine.PullCanceled:
		return st.Icons.Exited, &st.Muted, "cancelled"
	case engine.PullResolving:
		return env.Spin, &st.Info, "resolving"
	}
	return st.Icons.Download, &st.Info, ""
}

func (p *Pulls) cells(st *style.Styles, u Pull) []list.Cell {
	icon, tone, word := pullState(Env{Style: st, Spin: p.env.Spin}, u)
	shown, percent, barTone := word, "", tone
	if word == "" {
		shown, barTone = bar(st, u.Share(), barCells), &st.Accent
		percent = display.Number(int(u.Share()*100)) + "%"
	}
	left := display.Duration(u.Progress.Remaining.Round(time.Second))
	if left == "" && word == "" { // known in a moment
		left = st.Icons.None
	}
	if u.Progress.State.Final() && !u.Progress.Ended.IsZero() {
		left, _ = display.Age(p.env.Now, u.Progress.Ended)
	}
	return []list.Cell{
		{Text: icon, Style: tone}, {Text: display.Clean(u.Progress.Ref), Style: &st.Text}, {Text: shown, Style: barTone}, {Text: percent, Style: &st.Text},
		{Text: display.Rate(u.Progress.Rate), Style: &st.Muted}, {Text: left, Style: &st.Muted},
	}
}

// Draw returns the pane's lines. Layers of the selected pull fill what room is left.
func (p *Pulls) Draw(env Env, w, h int, focused bool) []string {
	p.env = env
	shown, all := p.Len()
	if shown == 0 {
		p.Fit(h)
		if all > 0 {
			return note(env.Style, w, h, "No pull matches.", "esc clears the filter")
		}
		return note(env.Style, w, h, "No pulls.", "p fetches an image")
	}
	rows := min(h, shown+1)
	p.Fit(rows)
	lines := p.Model.Draw(env.Style, w, focused)
	if u, ok := p.Selected(); ok && u.Active() {
		for _, l := range u.Progress.Layers {
			if len(lines) == h {
				break
			}
			lines = append(lines, layerLine(env.Style, l, w))
		}
	}
	return lines
}

// Lines says how many lines the pane would fill.
func (p *Pulls) Lines() int {
	shown, _ := p.Len()
	n := shown
	if u, ok := p.Selected(); ok && u.Active() {
		n += len(u.Progress.Layers)
	}
	return n
}

// layerLine is one layer under its pull. While bytes come they say more than the word,
// which goes first when there is little room.
func layerLine(st *style.Styles, l engine.LayerProgress, w int) string {
	icon, tone, word := layerState(st, l)
	lead := "   " + tone.Render(icon) + " " + st.Muted.Render(l.Digest.Short())
	right := display.Bytes(l.Total)
	if l.State == engine.LayerDownloading || l.State == engine.LayerRetrying {
		right = display.Bytes(l.Current) + " of " + right
		if r := display.Rate(l.Rate); r != "" && w > 56 {
			right += "  " + display.Right(r, 9, "")
		}
	}
	left := lead + " " + tone.Render(word)
	if display.Width(left)+display.Width(right)+1 > w {
		left = lead
	}
	room := w - display.Width(left) - display.Width(right)
	if room < 1 {
		return display.Cut(left, w, "")
	}
	return left + display.Spaces(room) + st.Text.Render(right)
}

// layerState is the sign, the tone and the word of how a layer is.
func layerState(st *style.Styles, l engine.LayerProgress) (icon string, tone *style.Style, word string) {
	switch l.State {
	case engine.LayerDownloading:
		return st.Icons.Download, &st.Info, "downloading"
	case engine.LayerVerifying:
		return st.Icons.Unpack, &st.Info, "verifying"
	case engine.LayerUnpacking:
		return st.Icons.Unpack, &st.Special, "unpacking"
	case engine.LayerRetrying:
		return st.Icons.Retry, &st.Warn, "retrying"
	case engine.LayerDone:
		return st.Icons.Done, &st.OK, "done"
	case engine.LayerExists:
		return st.Icons.Done, &st.Muted, "already here"
	}
	return st.Icons.Waiting, &st.Muted, "waiting"
}

// Merge makes the pane's lines of what the engine tells, less what is hidden, and what
// waits in the queue.
func Merge(told []engine.PullProgress, own, hidden map[string]bool, waiting []Pull) []Pull {
	out := make([]Pull, 0, len(told)+len(waiting))
	for _, p := range told {
		if !hidden[p.ID] {
			out = append(out, Pull{Key: p.ID, Progress: p, Own: own[p.ID]})
		}
	}
	return append(out, waiting...)
}
