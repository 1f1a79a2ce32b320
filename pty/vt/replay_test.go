package vt

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// replay calls check with the screen at some twenty places of a recording,
// each in front of an escape sequence, and with what was written so far.
func replay(t *testing.T, path string, check func(t *testing.T, s *Screen, sofar []byte)) {
	raw, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	s := New(Options{})
	at := 0
	for part := 1; part <= 20 && !t.Failed(); part++ {
		to := len(raw) * part / 20
		if n := bytes.IndexByte(raw[to:], 0x1b); n >= 0 {
			to += n
		} else {
			to = len(raw)
		}
		s.Write(raw[at:to])
		at = to
		check(t, s, raw[:to])
	}
}

func recordings(t *testing.T) []string {
	t.Helper()
	paths, err := filepath.Glob("testdata/*.raw")
	if err != nil || len(paths) == 0 {
		t.Fatal("no recordings", err)
	}
	return paths
}

func recordingName(path string) string {
	return strings.TrimSuffix(filepath.Base(path), ".raw")
}

// TestRecordingsRepaint holds the repaint oracle in the middle of real sessions.
func TestRecordingsRepaint(t *testing.T) {
	for _, path := range recordings(t) {
		t.Run(recordingName(path), func(t *testing.T) {
			replay(t, path, func(t *testing.T, s *Screen, _ []byte) {
				checkInvariants(t, s)
				checkRepaint(t, s)
			})
		})
	}
}

// TestRecordingsAgainstTmux shows real sessions to tmux and compares.
func TestRecordingsAgainstTmux(t *testing.T) {
	m := startTmux(t, 80, 24)
	for _, path := range recordings(t) {
		t.Run(recordingName(path), func(t *testing.T) {
			if recordingName(path) == "tmux" {
				t.Skip("the tmux in it uses left and right margins, which tmux does not have itself")
			}
			replay(t, path, func(t *testing.T, s *Screen, sofar []byte) {
				capture, cursor := m.show(string(sofar))
				want := canonical(parseCapture(capture, 80, 24))
				if diff := cmp.Diff(want, canonical(s)); diff != "" {
					t.Errorf("after %d bytes (-tmux +ours):\n%s", len(sofar), diff)
				}
				x := s.cur.x
				if s.cur.pending {
					x++
				}
				if ours := fmt.Sprintf("%d,%d", x, s.cur.y); ours != cursor {
					t.Errorf("after %d bytes the cursor is at %s, tmux has %s", len(sofar), ours, cursor)
				}
			})
		})
	}
}
