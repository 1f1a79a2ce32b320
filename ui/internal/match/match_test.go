package match

import "testing"

func TestPattern(t *testing.T) {
	for _, c := range []struct {
		pattern, text string
		want          bool
	}{
		{"", "anything", true},
		{"!", "anything", true},
		{"ubu", "Ubuntu:24.04", true},
		{"Ubu", "ubuntu", false},
		{"^re.*8$", "redis:8", true},
		{"!redis", "redis:8", false},
		{"!redis", "nginx", true},
		{"[", "a[b", true},
		{"!(", "a(b", false},
	} {
		if got := Parse(c.pattern).Match(c.text); got != c.want {
			t.Errorf("%q on %q is %v", c.pattern, c.text, got)
		}
	}
}

func TestSpansAreNeverEmpty(t *testing.T) {
	if got := Parse("a*").Spans("baab"); len(got) != 1 || got[0][0] != 1 || got[0][1] != 3 {
		t.Errorf("spans %v", got)
	}
}
