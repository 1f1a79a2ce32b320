package eventlog

import (
	"os"
	"path/filepath"
	"testing"
	"time"
)

// Whatever a crash or a stranger leaves in a segment, the log reads and the next
// record arrives.
func FuzzDamagedSegment(f *testing.F) {
	f.Add([]byte(`{"t":"2026-01-02T03:04:05Z","k":"container","a":"start","i":"x"}` + "\n"))
	f.Add([]byte(`{"t":"2026-01-02T03:04:05Z"` + "\n\n\x00\x00\x00"))
	f.Add([]byte("\n{}\n[]\nnull\n"))
	f.Fuzz(func(t *testing.T, data []byte) {
		dir := t.TempDir()
		if err := os.WriteFile(filepath.Join(dir, "00000001"+suffix), data, 0o600); err != nil {
			t.Fatal(err)
		}
		l := mustOpen(t, dir)
		from, err := l.End()
		if err != nil {
			t.Fatal(err)
		}
		if err := l.Append(record("new", 1)); err != nil {
			t.Fatal(err)
		}
		all := history(t, l, time.Time{}, time.Time{})
		if len(all) == 0 || all[len(all)-1].ID != "new" {
			t.Errorf("history is %v", all)
		}
		err = l.Follow(t.Context(), from, func(recs []Record) error {
			if len(recs) != 1 || recs[0].ID != "new" {
				t.Errorf("followed %v", recs)
			}
			return errEnough
		})
		if err != errEnough {
			t.Error(err)
		}
	})
}
