package screen

import (
	"cmp"
	"context"
	"strconv"
	"strings"
	"time"

	"berth/engine"
	"berth/ui/internal/display"
	"berth/ui/internal/keymap"
	"berth/ui/internal/match"
	"berth/ui/internal/style"
	"berth/ui/internal/widget/list"

	tea "charm.land/bubbletea/v2"
)

// A table is a tab whose rows are read from the engine.
type table[T any] struct {
	*list.Model[T]
	name  string
	gen   int
	load  func(context.Context) ([]T, error)
	every time.Duration // how often it is read again; 0: when asked
	line  func(T) string
	empty string

	ctx    context.Context
	loaded bool
	err    error
}

// again asks a table to read its rows once more.
type again struct{}

func (t *table[T]) Name() string        { return t.name }
func (t *table[T]) Scope() keymap.Scope { return keymap.TableView }

func (t *table[T]) Open(ctx context.Context) tea.Cmd {
	t.ctx = ctx
	return t.read
}

func (t *table[T]) read() tea.Msg {
	rows, err := t.load(t.ctx)
	if err != nil {
		return Loaded{t.gen, Failure{err}}
	}
	return Loaded{t.gen, rows}
}

func (t *table[T]) Receive(data any) tea.Cmd {
	switch d := data.(type) {
	case []T:
		t.loaded, t.err = true, nil
		t.Set(d)
		if t.every > 0 {
			return tea.Tick(t.every, func(time.Time) tea.Msg { return Loaded{t.gen, again{}} })
		}
	case again:
		return t.read
	case Failure:
		t.err = d.Err
	}
	return nil
}

func (t *table[T]) Do(id keymap.ID) (tea.Cmd, bool) {
	if id == keymap.Reload {
		return t.read, true
	}
	return nil, moveList(t.Model, id)
}

// moveList carries out what every list can do.
func moveList[T any](m *list.Model[T], id keymap.ID) bool {
	switch id {
	case keymap.Up:
		m.Move(-1)
	case keymap.Down:
		m.Move(1)
	case keymap.PageUp:
		m.Move(-m.Page())
	case keymap.PageDown:
		m.Move(m.Page())
	case keymap.Top:
		m.Top()
	case keymap.Bottom:
		m.Bottom()
	case keymap.NextMatch:
		m.Step(1)
	case keymap.PrevMatch:
		m.Step(-1)
	case keymap.Sort:
		m.SortNext()
	case keymap.SortReverse:
		m.Reverse()
	default:
		return false
	}
	return true
}

func (t *table[T]) Search(p match.Pattern) { t.Filter(p) }
func (t *table[T]) Click(x, y int)         { t.Model.Click(x, y) }

func (t *table[T]) Copy() string {
	if v, ok := t.Selected(); ok {
		return t.line(v)
	}
	return ""
}

func (t *table[T]) Foot(env Env) string {
	if shown, all := t.Len(); all > 0 {
		return env.Style.Muted.Render(display.Number(shown) + " of " + display.Number(all))
	}
	return ""
}

func (t *table[T]) Draw(env Env, w, h int, focused bool) []string {
	switch {
	case t.err != nil:
		return failure(env.Style, w, h, t.err)
	case !t.loaded:
		return nil
	}
	t.Fit(h)
	if _, all := t.Len(); all == 0 {
		return note(env.Style, w, h, t.empty, "")
	}
	return t.Model.Draw(env.Style, w, focused)
}

// NewProcesses returns the tab of what runs inside a container.
func NewProcesses(eng ContainerReader, gen int, id string) Tab {
	t := &table[engine.ProcessInfo]{
		name: "Processes", gen: gen, every: 2 * time.Second, empty: "No processes.",
		load: func(ctx context.Context) ([]engine.ProcessInfo, error) { return eng.Processes(ctx, id) },
		line: func(p engine.ProcessInfo) string { return strconv.Itoa(p.Pid) + " " + p.Command },
	}
	t.Model = list.New(list.Source[engine.ProcessInfo]{
		Key:  func(p engine.ProcessInfo) string { return strconv.Itoa(p.Pid) },
		Text: func(p engine.ProcessInfo) string { return p.User + " " + p.Command },
		Columns: []list.Column[engine.ProcessInfo]{
			{Title: "PID", Width: 7, Right: true, Less: func(a, b engine.ProcessInfo) int { return cmp.Compare(a.Pid, b.Pid) }},
			{Title: "INSIDE", Width: 7, Right: true, From: 60, Less: func(a, b engine.ProcessInfo) int { return cmp.Compare(a.InnerPid, b.InnerPid) }},
			{Title: "USER", Width: 9, Less: func(a, b engine.ProcessInfo) int { return strings.Compare(a.User, b.User) }},
			{Title: "S", Width: 1},
			{Title: "CPU", Width: 7, Right: true, Less: func(a, b engine.ProcessInfo) int { return cmp.Compare(a.CPUTime, b.CPUTime) }},
			{Title: "MEMORY", Width: 9, Right: true, Less: func(a, b engine.ProcessInfo) int { return cmp.Compare(a.RSS, b.RSS) }},
			{Title: "COMMAND", Grow: true, Less: func(a, b engine.ProcessInfo) int { return strings.Compare(a.Command, b.Command) }},
		},
		Cells: func(st *style.Styles, p engine.ProcessInfo) []list.Cell {
			cpu := display.Duration(p.CPUTime)
			if cpu == "" {
				cpu = "0s"
			}
			return []list.Cell{
				{Text: strconv.Itoa(p.Pid), Style: &st.Text}, {Text: strconv.Itoa(p.InnerPid), Style: &st.Muted}, {Text: display.Clean(p.User), Style: &st.Text},
				{Text: display.Clean(p.State), Style: &st.Muted}, {Text: cpu, Style: &st.Text}, {Text: display.Memory(p.RSS), Style: &st.Text}, {Text: display.Clean(p.Command), Style: &st.Text},
			}
		},
	}, 0, false)
	return t
}

// NewChanges returns the tab of what a container changed against its image.
func NewChanges(eng ContainerReader, gen int, id string) Tab {
	t := &table[engine.Change]{
		name: "Changes", gen: gen, empty: "Nothing differs from the image.",
		load: func(ctx context.Context) ([]engine.Change, error) { return eng.DiffContainer(ctx, id) },
		line: func(c engine.Change) string { return c.Path },
	}
	t.Model = list.New(list.Source[engine.Change]{
		Key:  func(c engine.Change) string { return c.Path },
		Text: func(c engine.Change) string { return string(c.Kind) + " " + c.Path },
		Columns: []list.Column[engine.Change]{
			{Title: "", Width: 8, Less: func(a, b engine.Change) int { return cmp.Compare(a.Kind, b.Kind) }},
			{Title: "PATH", Grow: true, Less: func(a, b engine.Change) int { return strings.Compare(a.Path, b.Path) }},
		},
		Cells: func(st *style.Styles, c engine.Change) []list.Cell {
			word, tone := "changed", &st.Warn
			switch c.Kind {
			case engine.ChangeAdded:
				word, tone = "added", &st.OK
			case engine.ChangeDeleted:
				word, tone = "deleted", &st.Error
			}
			return []list.Cell{{Text: word, Style: tone}, {Text: display.Clean(c.Path), Style: &st.Text}}
		},
	}, 1, false)
	return t
}
