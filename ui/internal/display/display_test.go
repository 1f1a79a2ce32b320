package display

import (
	"math"
	"strings"
	"testing"
	"time"

	"github.com/charmbracelet/x/ansi"
)

func TestCleanShowsWhatItMustNotSend(t *testing.T) {
	for in, want := range map[string]string{
		"plain":               "plain",
		"grün ✓":              "grün ✓",
		"\x1b[31mred\x1b[0m":  "␛[31mred␛[0m",
		"a\rb\x07":            "a␍b␇",
		"\u009b31m":           "�31m",
		"evil\u202egnp.exe":   "evil�gnp.exe",
		"bad\xffbyte":         "bad�byte",
		"a\tb":                "a       b",
		"\x1b]52;c;aGk=\x07x": "␛]52;c;aGk=␇x",
		"del\x7f":             "del␡",
	} {
		if got := Clean(in); got != want {
			t.Errorf("Clean(%q) = %q, want %q", in, got, want)
		}
	}
}

func TestBytes(t *testing.T) {
	for in, want := range map[int64]string{
		0: "0 B", 999: "999 B", 1843: "1.8 kB", 46_000_000: "46.0 MB", 78_100_000: "78.1 MB", 212_000_000: "212 MB",
		999_999_999: "1.0 GB", 1_300_000_000: "1.3 GB", -1500: "-1.5 kB", math.MinInt64: "-9223 PB",
	} {
		if got := Bytes(in); got != want {
			t.Errorf("Bytes(%d) = %q, want %q", in, got, want)
		}
	}
}

func TestAgeTellsWhenItChanges(t *testing.T) {
	now := time.Date(2026, 6, 1, 12, 0, 0, 0, time.UTC)
	for _, c := range []struct {
		ago  time.Duration
		want string
	}{
		{0, "0s"}, {9 * time.Second, "9s"}, {14 * time.Second, "<1m"}, {59*time.Second + 999*time.Millisecond, "<1m"}, {2*time.Minute + time.Second, "2m"}, {47 * time.Hour, "47h"},
		{5 * 24 * time.Hour, "5d"}, {28 * 24 * time.Hour, "4w"}, {300 * 24 * time.Hour, "10mo"},
	} {
		got, next := Age(now, now.Add(-c.ago))
		if got != c.want {
			t.Errorf("%v ago is %q, want %q", c.ago, got, c.want)
		}
		if same, _ := Age(now.Add(next-time.Nanosecond), now.Add(-c.ago)); same != got {
			t.Errorf("%v ago: %q became %q before it said so", c.ago, got, same)
		}
		if changed, _ := Age(now.Add(next), now.Add(-c.ago)); changed == got {
			t.Errorf("%v ago: still %q after %v", c.ago, got, next)
		}
	}
}

func TestFitIsExact(t *testing.T) {
	for _, s := range []string{"", "a", "abcdefghij", "漢字漢字漢字", "é"} {
		for w := range 12 {
			if got := Width(Left(s, w, "…")); got != w {
				t.Errorf("Left(%q, %d) is %d wide", s, w, got)
			}
			if got := Width(Right(s, w, "…")); got != w {
				t.Errorf("Right(%q, %d) is %d wide", s, w, got)
			}
			if got := Width(Middle(s, w, "…")); got > w {
				t.Errorf("Middle(%q, %d) is %d wide", s, w, got)
			}
		}
	}
}

func TestRateOfNothing(t *testing.T) {
	for _, v := range []float64{0, -1, math.NaN(), math.Inf(1)} {
		if got := Rate(v); got != "" {
			t.Errorf("Rate(%v) = %q", v, got)
		}
	}
}

// The quick way of counting cells and the thorough one agree, on all single characters
// and on mixtures.
func TestWidthAgreesWithGraphemeClusters(t *testing.T) {
	check := func(s string) {
		t.Helper()
		if got, want := Width(s), ansi.StringWidth(s); got != want {
			t.Errorf("%q takes %d cells, counted %d", s, want, got)
		}
	}
	for r := rune(0x20); r < 0x3000; r++ {
		check(string(r))
	}
	for _, s := range []string{
		"", "a\u0301b", "▶\ufe0f", "▶ up", "\x1b[38;2;1;2;3m│\x1b[m ok \x1b[1;4:3mx\x1b[0m", "\x1b[2Jx", "\x1b]0;title\x07x", "\x1b[31", "漢字 ─", "e\u200d▁", "–…‖", "👩‍🚀│",
	} {
		check(s)
	}
}

func BenchmarkWidth(b *testing.B) {
	line := strings.Repeat("\x1b[38;2;192;202;245m│ up 14s ▁▂▃ \x1b[m", 12)
	for b.Loop() {
		Width(line)
	}
}
