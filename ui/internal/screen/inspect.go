package screen

import (
	"context"
	"encoding/json"

	"berth/engine"
	"berth/ui/internal/display"
	"berth/ui/internal/keymap"
	"berth/ui/internal/match"
	"berth/ui/internal/style"
	"berth/ui/internal/widget/jsontree"

	tea "charm.land/bubbletea/v2"
)

// An inspector shows a record as a tree of JSON.
type inspector struct {
	gen     int
	load    func(context.Context) (any, error)
	tree    *jsontree.Tree
	err     error
	top     int
	height  int
	pattern match.Pattern
}

// NewImageInspect returns the tab of all that is known of an image.
func NewImageInspect(eng ImageReader, gen int, ref string) Tab {
	return &inspector{gen: gen, load: func(ctx context.Context) (any, error) { return eng.InspectImage(ctx, ref) }}
}

// NewContainerInspect returns the tab of all that is known of a container.
func NewContainerInspect(eng ContainerReader, gen int, id string) Tab {
	return &inspector{gen: gen, load: func(ctx context.Context) (any, error) {
		return eng.InspectContainer(ctx, id, engine.InspectOptions{Size: true})
	}}
}

func (t *inspector) Name() string        { return "Inspect" }
func (t *inspector) Scope() keymap.Scope { return keymap.TreeView }

func (t *inspector) Open(ctx context.Context) tea.Cmd {
	return func() tea.Msg {
		v, err := t.load(ctx)
		if err != nil {
			return Loaded{t.gen, Failure{err}}
		}
		doc, err := json.Marshal(v)
		if err != nil {
			return Loaded{t.gen, Failure{err}}
		}
		tree, err := jsontree.New(doc, 1)
		if err != nil {
			return Loaded{t.gen, Failure{err}}
		}
		return Loaded{t.gen, tree}
	}
}

func (t *inspector) Receive(data any) tea.Cmd {
	switch d := data.(type) {
	case *jsontree.Tree:
		t.tree = d
	case Failure:
		t.err = d.Err
	}
	return nil
}

func (t *inspector) Do(id keymap.ID) (tea.Cmd, bool) {
	if t.tree == nil {
		return nil, false
	}
	page := max(1, t.height-1)
	switch id {
	case keymap.Up:
		t.tree.Move(-1)
	case keymap.Down:
		t.tree.Move(1)
	case keymap.PageUp:
		t.tree.Move(-page)
	case keymap.PageDown:
		t.tree.Move(page)
	case keymap.Top:
		t.tree.Move(-len(t.tree.Rows()))
	case keymap.Bottom:
		t.tree.Move(len(t.tree.Rows()))
	case keymap.Fold:
		t.tree.Close()
	case keymap.Unfold:
		t.tree.Open()
	case keymap.FoldAll:
		t.tree.FoldAll(true)
	case keymap.UnfoldAll:
		t.tree.FoldAll(false)
	case keymap.NextMatch:
		t.find(false, false)
	case keymap.PrevMatch:
		t.find(true, false)
	default:
		return nil, false
	}
	return nil, true
}

func (t *inspector) find(backward, from bool) {
	if !t.pattern.Empty() {
		t.tree.Search(t.pattern.Match, backward, from)
	}
}

func (t *inspector) Search(p match.Pattern) {
	t.pattern = p
	if t.tree != nil {
		t.find(false, true)
	}
}

func (t *inspector) Scroll(n int) {
	if t.tree != nil {
		t.tree.Move(n)
	}
}

func (t *inspector) Click(_, y int) {
	if t.tree == nil {
		return
	}
	row := t.top + y
	if row >= len(t.tree.Rows()) {
		return
	}
	if row == t.tree.Cursor() {
		t.tree.Toggle()
		return
	}
	t.tree.Move(row - t.tree.Cursor())
}

func (t *inspector) Copy() string {
	if t.tree == nil {
		return ""
	}
	return t.tree.Text()
}

func (t *inspector) Foot(env Env) string {
	if t.tree == nil {
		return ""
	}
	return env.Style.Muted.Render(display.Clean(t.tree.Path()))
}

func (t *inspector) Draw(env Env, w, h int, focused bool) []string {
	st := env.Style
	if t.tree == nil {
		return waiting(st, w, h, t.err)
	}
	rows, cursor := t.tree.Rows(), t.tree.Cursor()
	t.height = h
	t.top = max(min(t.top, cursor), cursor-h+1)
	t.top = max(0, min(t.top, len(rows)-h))
	out := make([]string, 0, h)
	for i := t.top; i < min(len(rows), t.top+h); i++ {
		out = append(out, t.drawRow(st, rows[i], w, i == cursor, focused))
	}
	return out
}

func (t *inspector) drawRow(st *style.Styles, r jsontree.Row, w int, selected, focused bool) string {
	fold := " "
	if r.Foldable {
		fold = st.Icons.Open
		if r.Folded {
			fold = st.Icons.Closed
		}
	}
	lead := " " + display.Spaces(2*r.Depth) + fold + " "
	key := display.Clean(r.Key)
	if r.Depth == 0 && key == "" {
		key = "." // as jq names the whole
	}
	if key != "" {
		key += "  "
	}
	value := display.Clean(r.Value)
	if selected {
		row := st.SelectedIdle
		if focused {
			row = st.Selected
		}
		return row.Render(display.Left(st.Icons.Cursor+lead[1:]+key+value, w, st.Icons.More))
	}
	tone := st.OK
	switch r.Kind {
	case jsontree.Number:
		tone = st.Special
	case jsontree.Bool:
		tone = st.Info
	case jsontree.Null:
		tone = st.Muted
	case jsontree.Object, jsontree.Array:
		tone = st.Muted
	}
	key = display.Cut(key, w-display.Width(lead), "")
	value = display.Cut(value, w-display.Width(lead)-display.Width(key), st.Icons.More)
	return st.Muted.Render(display.Cut(lead, w, "")) + highlight(st, st.Text, key, t.pattern) + highlight(st, tone, value, t.pattern)
}
