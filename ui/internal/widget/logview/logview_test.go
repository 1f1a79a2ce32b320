package logview

import (
	"fmt"
	"regexp"
	"strings"
	"testing"
	"time"
)

func view(width, height int, lines ...string) *View {
	v := New(1 << 20)
	v.SetSize(width, height)
	for _, l := range lines {
		v.Add(time.Time{}, false, []byte(l+"\n"))
	}
	return v
}

func numbered(n int) []string {
	lines := make([]string, n)
	for i := range lines {
		lines[i] = fmt.Sprint("line ", i)
	}
	return lines
}

func shown(v *View) string {
	var out []string
	for _, r := range v.Visible() {
		out = append(out, r.Text)
	}
	return strings.Join(out, "|")
}

func want(t *testing.T, v *View, text string) {
	t.Helper()
	if got := shown(v); got != text {
		t.Errorf("shows %q, want %q", got, text)
	}
}

func TestFollowsUntilScrolledUp(t *testing.T) {
	v := view(20, 3, numbered(10)...)
	want(t, v, "line 7|line 8|line 9")
	v.Scroll(-2)
	want(t, v, "line 5|line 6|line 7")
	v.Add(time.Time{}, false, []byte("new\n"))
	want(t, v, "line 5|line 6|line 7")
	v.Scroll(2)
	if v.Follow() {
		t.Error("follows before the end was reached")
	}
	v.Scroll(1)
	if !v.Follow() {
		t.Error("does not follow at the end")
	}
	v.Add(time.Time{}, false, []byte("newer\n"))
	want(t, v, "line 9|new|newer")
	v.Home()
	want(t, v, "line 0|line 1|line 2")
	v.Scroll(-5)
	want(t, v, "line 0|line 1|line 2")
	v.SetFollow(true)
	want(t, v, "line 9|new|newer")
}

func TestShortLogsStartAtTheTop(t *testing.T) {
	v := view(20, 5, "a", "b")
	want(t, v, "a|b")
	v.Scroll(3)
	v.Scroll(-3)
	want(t, v, "a|b")
	want(t, New(100), "")
}

func TestWrap(t *testing.T) {
	v := view(4, 4, "abcdefghij", "日本語x", "")
	v.Home()
	want(t, v, "abcd|efgh|ij|日本")
	v.Scroll(2)
	want(t, v, "ij|日本|語x|")
	v.SetWrap(false)
	v.Home()
	want(t, v, "abcdefghij|日本語x|")
	v.ScrollSide(2)
	want(t, v, "cdefghij|本語x|")
}

func TestSearch(t *testing.T) {
	v := view(20, 3, numbered(100)...)
	v.SetMatch(func(s string) [][]int { return regexp.MustCompile("e 5").FindAllStringIndex(s, -1) })
	if !v.Search(true) || !strings.Contains(shown(v), "line 59") {
		t.Errorf("the last match is not shown: %q", shown(v))
	}
	for range 9 {
		v.Search(true)
	}
	if !strings.Contains(shown(v), "line 50") {
		t.Errorf("shows %q", shown(v))
	}
	v.Search(true)
	if !strings.Contains(shown(v), "line 5|") {
		t.Errorf("shows %q", shown(v))
	}
	v.Search(true) // over the top, from the end again
	for _, r := range v.Visible() {
		if r.OnHit != (r.Text == "line 59") {
			t.Errorf("%q: stands here: %v", r.Text, r.OnHit)
		}
		if r.OnHit && (len(r.Hits) != 1 || r.Text[r.Hits[0][0]:r.Hits[0][1]] != "e 5") {
			t.Errorf("hits are %v", r.Hits)
		}
	}
	v.SetMatch(func(string) [][]int { return nil })
	if v.Search(false) {
		t.Error("found what is not there")
	}
}

func TestAMatchAcrossAWrapShowsInBothRows(t *testing.T) {
	v := view(4, 4, "xxabcdxx")
	v.SetMatch(func(s string) [][]int { return [][]int{{2, 6}} })
	rows := v.Visible()
	if len(rows) != 2 || rows[0].Hits[0] != [2]int{2, 4} || rows[1].Hits[0] != [2]int{0, 2} {
		t.Errorf("rows are %+v", rows)
	}
}

func TestControlCharactersAreShown(t *testing.T) {
	v := New(1 << 20)
	v.SetSize(80, 3)
	v.Add(time.Time{}, true, []byte("\x1b[31mred\x1b[0m\ta\x00\x7f\x9b31m\u009b\xff\r\n"))
	got := v.Visible()[0]
	if !got.Err || got.Text != "red     a^@^?\ufffd31m\ufffd\ufffd" {
		t.Errorf("shown as %q", got.Text)
	}
}

func TestPartsOfALineAreJoined(t *testing.T) {
	v := New(1 << 20)
	v.SetSize(80, 3)
	v.Add(time.Time{}, false, []byte("one "))
	v.Add(time.Time{}, false, []byte("line\n"))
	v.Add(time.Time{}, false, []byte("two\n"))
	want(t, v, "one line|two")
}

func TestTheBudgetHolds(t *testing.T) {
	v := New(10_000)
	v.SetSize(20, 2)
	v.Scroll(-1)
	for i := range 10_000 {
		v.Add(time.Time{}, false, fmt.Appendf(nil, "line %d\n", i))
	}
	if v.Len() > 200 || v.Len()+v.Dropped() != 10_000 || v.buf.bytes > 10_000 {
		t.Errorf("keeps %d lines of %d bytes, dropped %d", v.Len(), v.buf.bytes, v.Dropped())
	}
	if !strings.HasPrefix(shown(v), "line ") {
		t.Errorf("shows %q", shown(v))
	}
	v.Add(time.Time{}, false, []byte(strings.Repeat("x", 50_000)+"\n"))
	if v.Len() != 1 {
		t.Errorf("beside one line over the budget %d others are kept", v.Len()-1)
	}
}

func BenchmarkVisibleOfTenMillionLines(b *testing.B) {
	v := New(1 << 30)
	v.SetSize(120, 40)
	line := []byte("2024-01-01 GET /index.html 200\n")
	for range 10_000_000 {
		v.buf.lines = append(v.buf.lines, Line{Text: string(line[:30]), ascii: true})
	}
	b.ReportAllocs()
	for b.Loop() {
		v.Visible()
	}
}

func BenchmarkVisibleOfALongLine(b *testing.B) {
	v := view(120, 40, strings.Repeat("日本", 45_000))
	b.ReportAllocs()
	for b.Loop() {
		v.Visible()
	}
}
