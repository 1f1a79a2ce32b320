package jsontree

import (
	"encoding/json"
	"fmt"
	"reflect"
	"strings"
	"testing"
)

const doc = `{"Id":"ab","Config":{"Env":["PATH=/bin","A=1"],"Tty":true,"none":{}},"z":null,"a b":1.50}`

func tree(t testing.TB, open int) *Tree {
	t.Helper()
	tr, err := New([]byte(doc), open)
	if err != nil {
		t.Fatal(err)
	}
	return tr
}

// shown returns the rows as text: depth as indent, + for folded.
func shown(t *Tree) string {
	var b strings.Builder
	for _, r := range t.Rows() {
		mark := ""
		if r.Folded {
			mark = "+"
		}
		fmt.Fprintf(&b, "%s%s%s %s\n", strings.Repeat(" ", r.Depth), mark, r.Key, r.Value)
	}
	return b.String()
}

func TestRowsKeepTheOrderOfTheDocument(t *testing.T) {
	if got, want := shown(tree(t, 1)), " \n Id \"ab\"\n +Config {3 keys}\n z null\n a b 1.50\n"; got != want {
		t.Errorf("folded rows are\n%s\nwant\n%s", got, want)
	}
	want := " \n Id \"ab\"\n Config \n  Env \n   [0] \"PATH=/bin\"\n   [1] \"A=1\"\n  Tty true\n  none {}\n z null\n a b 1.50\n"
	if got := shown(tree(t, 9)); got != want {
		t.Errorf("open rows are\n%s\nwant\n%s", got, want)
	}
}

func TestFoldingKeepsTheCursorInView(t *testing.T) {
	tr := tree(t, 9)
	tr.Move(4) // Env[0]
	if tr.Path() != ".Config.Env[0]" {
		t.Fatalf("at %s", tr.Path())
	}
	tr.Close()
	if tr.Path() != ".Config.Env" {
		t.Errorf("closing a leaf goes to %s", tr.Path())
	}
	tr.Close()
	if r := tr.Rows()[tr.Cursor()]; tr.Path() != ".Config.Env" || !r.Folded || r.Value != "[2 items]" {
		t.Errorf("at %s, %+v", tr.Path(), r)
	}
	tr.Move(-1)
	tr.FoldAll(true)
	if tr.Path() != ".Config" || len(tr.Rows()) != 5 {
		t.Errorf("with all folded at %s of %d rows", tr.Path(), len(tr.Rows()))
	}
	tr.Open()
	tr.Open()
	if tr.Path() != ".Config.Env" {
		t.Errorf("opening goes to %s", tr.Path())
	}
	tr.Move(1000)
	if tr.Path() != `.["a b"]` {
		t.Errorf("the last row is %s", tr.Path())
	}
}

func TestSearchUnfoldsAndGoesRound(t *testing.T) {
	tr := tree(t, 1)
	match := func(s string) bool { return strings.Contains(s, "A") }
	var paths []string
	for range 3 {
		if !tr.Search(match, false, false) {
			t.Fatal("nothing found")
		}
		paths = append(paths, tr.Path())
	}
	if want := []string{".Config.Env[0]", ".Config.Env[1]", ".Config.Env[0]"}; !reflect.DeepEqual(paths, want) {
		t.Errorf("found %v, want %v", paths, want)
	}
	tr.Search(match, true, false)
	if tr.Path() != ".Config.Env[1]" {
		t.Errorf("backwards at %s", tr.Path())
	}
	if tr.Search(func(string) bool { return false }, false, true) {
		t.Error("found what is not there")
	}
}

func TestCopiedTextIsTheSameDocument(t *testing.T) {
	tr := tree(t, 0)
	var want, got any
	if err := json.Unmarshal([]byte(doc), &want); err != nil {
		t.Fatal(err)
	}
	if err := json.Unmarshal([]byte(tr.Text()), &got); err != nil {
		t.Fatal(err)
	}
	if !reflect.DeepEqual(want, got) {
		t.Errorf("copied as %s", tr.Text())
	}
	tr.Open()
	tr.Open()
	if tr.Text() != "ab" {
		t.Errorf("a string is copied as %q", tr.Text())
	}
}

func TestControlCharactersAreShownNotSent(t *testing.T) {
	tr, err := New([]byte(`{"k\u001b[31m":"v\u001b]52;c;\u0007","\u009b":"\u007f"}`), 9)
	if err != nil {
		t.Fatal(err)
	}
	for _, r := range tr.Rows() {
		for _, c := range r.Key + r.Value {
			if isControl(c) {
				t.Errorf("row %q %q holds control character %U", r.Key, r.Value, c)
			}
		}
	}
}

func TestBrokenDocuments(t *testing.T) {
	for _, bad := range []string{"", "{", `{"a":}`, "1 2", "[1,", strings.Repeat("[", 100000)} {
		if _, err := New([]byte(bad), 1); err == nil {
			t.Errorf("%.20q was accepted", bad)
		}
	}
}
