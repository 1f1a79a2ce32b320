package list

import (
	"cmp"
	"fmt"
	"strconv"
	"strings"
	"testing"

	"berth/themes"
	"berth/ui/internal/display"
	"berth/ui/internal/match"
	"berth/ui/internal/style"

	"github.com/charmbracelet/x/ansi"
)

type row struct {
	name string
	size int
}

func table(rows ...row) *Model[row] {
	m := New(Source[row]{
		Key: func(r row) string { return r.name }, Text: func(r row) string { return r.name },
		Cells: func(_ *style.Styles, r row) []Cell { return []Cell{{Text: r.name}, {Text: fmt.Sprint(r.size)}} },
		Columns: []Column[row]{
			{Title: "NAME", Width: 8, Grow: true, Less: func(a, b row) int { return strings.Compare(a.name, b.name) }},
			{Title: "SIZE", Width: 5, Right: true, From: 18, Less: func(a, b row) int { return cmp.Compare(a.size, b.size) }},
		},
	}, 0, false)
	m.Set(rows)
	m.Fit(10)
	return m
}

func selected(m *Model[row]) string {
	r, _ := m.Selected()
	return r.name
}

func TestCursorAndMarksStayWithTheirRows(t *testing.T) {
	m := table(row{"a", 3}, row{"b", 2}, row{"c", 1})
	m.Move(1)
	m.Mark() // b, and down to c
	m.Set([]row{{"0", 9}, {"a", 3}, {"b", 2}, {"c", 1}})
	if got := selected(m); got != "c" {
		t.Errorf("the cursor is on %q", got)
	}
	if got := m.Targets(); len(got) != 1 || got[0].name != "b" {
		t.Errorf("targets %v", got)
	}
	m.Set([]row{{"a", 3}})
	if got := m.Targets(); len(got) != 1 || got[0].name != "a" {
		t.Errorf("targets after their rows went: %v", got)
	}
}

func TestSortAndFilter(t *testing.T) {
	m := table(row{"a", 3}, row{"b", 20}, row{"ab", 1})
	m.SortNext()
	if title, reverse := m.SortedBy(); title != "SIZE" || !reverse {
		t.Errorf("sorted by %s, reverse %v", title, reverse)
	}
	m.Top()
	if got := selected(m); got != "b" {
		t.Errorf("largest is %q", got)
	}
	m.Filter(match.Parse("!b"))
	if shown, all := m.Len(); shown != 1 || all != 3 || selected(m) != "a" {
		t.Errorf("%d of %d shown, %q selected", shown, all, selected(m))
	}
}

func TestDrawIsExactlyAsWideAsAsked(t *testing.T) {
	m := table(row{"a long name that is cut somewhere", 3}, row{"漢字漢字漢字漢字", 20})
	st := style.New(themes.Builtin()[0], style.Options{})
	for w := 8; w < 40; w++ {
		for h := range 8 {
			m.Fit(h)
			for _, l := range m.Draw(st, w, true) {
				if display.Width(l) > w {
					t.Fatalf("%d cells in %d: %q", display.Width(l), w, l)
				}
			}
			if n := len(m.Draw(st, w, true)); n > h {
				t.Fatalf("%d lines in %d", n, h)
			}
		}
	}
}

func TestClickSelectsAndSorts(t *testing.T) {
	m := table(row{"a", 3}, row{"b", 20})
	m.Draw(style.New(themes.Builtin()[0], style.Options{}), 30, true)
	if !m.Click(5, 2) || selected(m) != "b" {
		t.Errorf("%q is selected", selected(m))
	}
	m.Click(27, 0)
	if title, _ := m.SortedBy(); title != "SIZE" {
		t.Errorf("sorted by %s", title)
	}
}

func BenchmarkSet1000(b *testing.B) {
	rows := make([]row, 1000)
	for i := range rows {
		rows[i] = row{fmt.Sprintf("image-%d", i*7919%1000), i}
	}
	m := table()
	for b.Loop() {
		m.Set(rows)
	}
}

// Sorting goes through the columns that show: an order that nobody sees the reason of is a riddle.
func TestSortingSkipsHiddenColumns(t *testing.T) {
	less := func(a, b int) int { return a - b }
	m := New(Source[int]{
		Key: strconv.Itoa, Text: strconv.Itoa, Cells: func(*style.Styles, int) []Cell { return make([]Cell, 3) },
		Columns: []Column[int]{{Title: "A", Grow: true, Less: less}, {Title: "B", Width: 5, From: 50, Less: less}, {Title: "C", Width: 5, Less: less}},
	}, 0, false)
	m.Set([]int{1, 2})
	m.Fit(5)
	m.Draw(style.New(themes.Builtin()[0], style.Options{}), 40, true)
	m.SortNext()
	if title, _ := m.SortedBy(); title != "C" {
		t.Errorf("sorted by %s", title)
	}
}

// A name is whole before a column shows that is empty or says less; what no room would be
// enough for takes nothing from anyone, and what the rows are sorted by stays.
func TestNamesComeBeforeLesserColumns(t *testing.T) {
	st := style.New(themes.Builtin()[0], style.Options{})
	type item struct{ name, cpu, age string }
	heading := func(sortBy int, items ...item) string {
		less := func(a, b item) int { return strings.Compare(a.name, b.name) }
		m := New(Source[item]{
			Key: func(i item) string { return i.name }, Text: func(i item) string { return i.name },
			Cells: func(_ *style.Styles, i item) []Cell { return []Cell{{Text: i.name}, {Text: i.cpu}, {Text: i.age}} },
			Columns: []Column[item]{
				{Title: "NAME", Grow: true, Less: less}, {Title: "CPU", Width: 5, Rank: 1, Less: less}, {Title: "AGE", Width: 5, Rank: 2, Less: less},
			},
		}, sortBy, false)
		m.Set(items)
		m.Fit(5)
		return ansi.Strip(m.Draw(st, 24, true)[0])
	}
	for _, c := range []struct {
		name, cpu string
		sortBy    int
		cpuShows  bool
		ageShows  bool
	}{
		{"short", "1%", 0, true, true},
		{"sturdy_heron", "", 0, false, true}, // it is empty, whatever its rank
		{"sturdy_heron", "1%", 0, true, false},
		{"sturdy_heron_two", "1%", 0, true, false},
		{"sturdy_heron_two_three", "1%", 0, false, false},
		{"sturdy_heron_two_three_four", "1%", 0, true, true},
		{"sturdy_heron", "1%", 2, false, true},
	} {
		h := heading(c.sortBy, item{c.name, c.cpu, "3d"})
		if strings.Contains(h, "CPU") != c.cpuShows || strings.Contains(h, "AGE") != c.ageShows {
			t.Errorf("%+v: %q", c, h)
		}
	}
}

// What a name does not need goes to a column that is cut, and no further.
func TestSpareRoomGoesToWhatIsCut(t *testing.T) {
	st := style.New(themes.Builtin()[0], style.Options{})
	type item struct{ name, image string }
	m := New(Source[item]{
		Key: func(i item) string { return i.name }, Text: func(i item) string { return i.name },
		Cells: func(_ *style.Styles, i item) []Cell { return []Cell{{Text: i.name}, {Text: i.image}} },
		Columns: []Column[item]{
			{Title: "NAME", Grow: true, Less: func(a, b item) int { return strings.Compare(a.name, b.name) }}, {Title: "IMAGE", Width: 6, Most: 14, Tail: true},
		},
	}, 0, false)
	for _, c := range []struct {
		w    int
		name string
		want string
	}{
		{40, "web", "ghcr.io/api:11"}, {40, "a_name_of_twenty_four_ce", "…cr.io/api:11"}, {22, "sturdy_heron", "api:11"}, {24, "web", "api:11"},
	} {
		m.Set([]item{{c.name, "ghcr.io/api:11"}})
		m.Fit(5)
		row := ansi.Strip(m.Draw(st, c.w, true)[1])
		if !strings.Contains(row, c.name) || !strings.HasSuffix(strings.TrimRight(row, " "), strings.TrimPrefix(c.want, "…")) || display.Width(row) > c.w {
			t.Errorf("%d cells: %q", c.w, row)
		}
	}
}
