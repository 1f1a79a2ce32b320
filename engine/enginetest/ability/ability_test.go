package ability

import "testing"

// TestReport shows what this host and user can do; it is the list that a reader
// of a test run looks for when something was skipped.
func TestReport(t *testing.T) {
	for _, a := range All() {
		if err := Try(a); err != nil {
			t.Logf("%-14s missing: %v", a, err)
		} else {
			t.Logf("%-14s there", a)
		}
	}
	if len(All()) != len(trials) {
		t.Errorf("All lists %d abilities, %d have a trial", len(All()), len(trials))
	}
}

func TestTryUnknown(t *testing.T) {
	if Try("telepathy") == nil {
		t.Error("an unknown ability is there")
	}
}

func TestMust(t *testing.T) {
	for _, c := range []struct {
		list string
		want bool
	}{{"", false}, {"root", false}, {"root, overlay", true}, {"all", true}, {"overlayfs", false}} {
		if got := must(c.list, Overlay); got != c.want {
			t.Errorf("must(%q, overlay) = %v, want %v", c.list, got, c.want)
		}
	}
}
