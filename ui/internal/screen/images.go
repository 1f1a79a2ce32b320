package screen

import (
	"cmp"
	"slices"
	"strings"

	"berth/engine"
	"berth/ui/internal/display"
	"berth/ui/internal/style"
	"berth/ui/internal/widget/list"
)

// Images is the pane of the image cache.
type Images struct {
	*list.Model[engine.Image]
	env    Env
	doomed map[string]bool // images whose deletion waits
}

// NewImages returns the pane, sorted by name.
func NewImages() *Images {
	p := &Images{doomed: make(map[string]bool)}
	p.Model = list.New(list.Source[engine.Image]{
		Key: func(i engine.Image) string { return string(i.ID) },
		Text: func(i engine.Image) string {
			return strings.Join(i.RepoTags, " ") + " " + i.ID.Short()
		},
		Cells: p.cells,
		Columns: []list.Column[engine.Image]{
			{Title: "", Width: 1},
			{Title: "NAME", Width: 0, Grow: true, Tail: true, Less: func(a, b engine.Image) int { return strings.Compare(sortName(a), sortName(b)) }},
			{Title: "SIZE", Width: 8, Right: true, From: 26, Less: func(a, b engine.Image) int { return cmp.Compare(a.Size, b.Size) }},
			{Title: "USED BY", Width: 7, Right: true, From: 54, Rank: 2, Less: func(a, b engine.Image) int { return cmp.Compare(a.Containers, b.Containers) }},
			{Title: "AGE", Width: 5, Right: true, From: 34, Rank: 1, Less: func(a, b engine.Image) int { return b.Created.Compare(a.Created) }},
			{Title: "", Width: 1, From: 30, Less: byPin},
		},
	}, 1, false)
	return p
}

// byPin puts pinned images first.
func byPin(a, b engine.Image) int {
	switch {
	case a.Pinned == b.Pinned:
		return strings.Compare(sortName(a), sortName(b))
	case a.Pinned:
		return -1
	}
	return 1
}

// ImageName returns the name that stands for an image: its shortest tag, or <none>.
func ImageName(i engine.Image) string {
	if len(i.RepoTags) == 0 {
		return "<none>"
	}
	return slices.MinFunc(i.RepoTags, func(a, b string) int { return cmp.Or(cmp.Compare(len(a), len(b)), strings.Compare(a, b)) })
}

// ImageRef returns what names the image in a command: a tag, or the ID.
func ImageRef(i engine.Image) string {
	if len(i.RepoTags) == 0 {
		return i.ID.Short()
	}
	return ImageName(i)
}

// sortName puts images without a name behind the others.
func sortName(i engine.Image) string {
	if len(i.RepoTags) == 0 {
		return "\U0010ffff" + string(i.ID)
	}
	return ImageName(i)
}

// SetDoomed says which images wait to be deleted.
func (p *Images) SetDoomed(ids map[string]bool) { p.doomed = ids }

func (p *Images) cells(st *style.Styles, i engine.Image) []list.Cell {
	icon, tone := st.Icons.Unused, &st.Muted
	switch {
	case p.doomed[string(i.ID)]:
		icon, tone = st.Icons.Failed, &st.Error
	case i.Running > 0:
		icon, tone = st.Icons.InUse, &st.OK
	case i.Containers > 0:
		icon, tone = st.Icons.InUse, &st.Text
	case i.Dangling():
		icon, tone = st.Icons.Dangling, &st.Faint
	}
	name := display.Clean(ImageName(i))
	if n := len(i.RepoTags) - 1; n > 0 {
		name += " +" + display.Number(n)
	}
	text := &st.Text
	if i.Dangling() || p.doomed[string(i.ID)] {
		text = &st.Muted
		if i.Dangling() {
			name += " " + i.ID.Short()
		}
	}
	pin, used := " ", ""
	if i.Pinned {
		pin = st.Icons.Pin
	}
	if i.Containers > 0 {
		used = display.Number(i.Containers)
	}
	age, _ := display.Age(p.env.Now, i.Created)
	if age == "" {
		age = st.Icons.None
	}
	return []list.Cell{{Text: icon, Style: tone}, {Text: name, Style: text}, {Text: display.Bytes(i.Size), Style: &st.Text}, {Text: used, Style: &st.Muted}, {Text: age, Style: &st.Muted}, {Text: pin, Style: &st.Special}}
}

// Draw returns the pane's lines.
func (p *Images) Draw(env Env, w, h int, focused bool) []string {
	p.env = env
	p.Fit(h)
	if lines := p.Model.Draw(env.Style, w, focused); len(p.Visible()) > 0 {
		return lines
	}
	if _, all := p.Len(); all > 0 {
		return note(env.Style, w, h, "No image matches.", "esc clears the filter")
	}
	return note(env.Style, w, h, "No images yet.", "p pulls one: try hello-world or toolbox")
}

// Frees adds up what deleting the marked images would free.
func (p *Images) Frees() (n int, bytes int64) {
	marked := p.Marked()
	for _, i := range marked {
		bytes += i.Unique
	}
	return len(marked), bytes
}

// note is what an empty pane says.
func note(st *style.Styles, w, h int, text, hint string) []string {
	var lines []string
	if h > 4 {
		lines = append(lines, "")
	}
	lines = append(lines, "  "+st.Text.Render(display.Cut(text, w-2, st.Icons.More)))
	if hint != "" {
		lines = append(lines, "  "+st.Muted.Render(display.Cut(hint, w-2, st.Icons.More)))
	}
	return lines[:min(len(lines), h)]
}
