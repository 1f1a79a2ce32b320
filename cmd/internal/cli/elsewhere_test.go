package cli

import (
	"context"
	"errors"
	"slices"
	"testing"
)

// TestElsewhere checks which commands the quick program leaves to the other one, and
// that it has said nothing by then: the other begins from the start.
func TestElsewhere(t *testing.T) {
	leaving := []string{
		"pull alpine", "login -u ann -p secret 127.0.0.1:5000", "logout",
		"run no-such-image", "create no-such-image", "run --pull always ubuntu", "run --quiet no-such-image",
	}
	staying := []string{"run --pull never no-such-image", "ps -a", "images", "exec web true", "no-such-command", "--help"}
	for _, line := range slices.Concat(leaving, staying) {
		b := newBench(t)
		a, out, errs := b.app()
		left := 0
		a.Elsewhere = func() error { left++; return errors.New("the other program is gone") }
		code := a.Run(context.Background(), words(line))
		if !slices.Contains(leaving, line) {
			if left > 0 {
				t.Errorf("%s: needs nothing from elsewhere", line)
			}
			continue
		}
		if left != 1 || code != exitEngine || out.Len() > 0 || errs.String() != "berth: the other program is gone\n" {
			t.Errorf("%s: left %d times, exit code %d, standard output %q, standard error %q", line, left, code, out, errs)
		}
	}
}
