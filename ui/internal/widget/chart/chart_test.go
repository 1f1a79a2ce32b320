package chart

import (
	"math"
	"slices"
	"strings"
	"testing"
	"unicode/utf8"
)

var bars = strings.Split("▁▂▃▄▅▆▇█", "")

func TestSeriesKeepsTheNewest(t *testing.T) {
	s := NewSeries(3)
	if !math.IsNaN(s.Last()) || len(s.Values(9)) != 0 {
		t.Error("an empty series has readings")
	}
	for i := range 5 {
		s.Add(float64(i))
	}
	if got := s.Values(9); !slices.Equal(got, []float64{2, 3, 4}) {
		t.Errorf("kept %v", got)
	}
	if got := s.Values(2); !slices.Equal(got, []float64{3, 4}) || s.Last() != 4 {
		t.Errorf("the newest two are %v, the last %v", got, s.Last())
	}
}

func TestSpark(t *testing.T) {
	for _, c := range []struct {
		values []float64
		width  int
		top    float64
		want   string
	}{
		{[]float64{0, 50, 100}, 3, 100, "▁▄█"},
		{[]float64{0.1}, 3, 100, "  ▁"},
		{[]float64{1, 2, 3, 4}, 2, 4, "▆█"},
		{[]float64{1, Missing, 1}, 3, 1, "█ █"},
		{[]float64{500}, 1, 100, "█"},
		{[]float64{7}, 1, 0, "▁"},
		{nil, 2, 1, "  "},
		{[]float64{1}, 0, 1, ""},
	} {
		if got := Spark(c.values, c.width, c.top, bars); got != c.want {
			t.Errorf("Spark(%v, %d, %v) = %q, want %q", c.values, c.width, c.top, got, c.want)
		}
	}
}

func TestAreaFillsFromBelow(t *testing.T) {
	rows := Area([]float64{0, 0, 4, 4, 8, 8}, 3, 2, 8, false)
	if want := []string{"  ⣿", " ⣿⣿"}; !slices.Equal(rows, want) {
		t.Errorf("drawn as %q, want %q", rows, want)
	}
	if rows := Area([]float64{0.001}, 1, 1, 8, false); rows[0] != "⢀" {
		t.Errorf("a little is drawn as %q", rows)
	}
	if rows := Area([]float64{0, 1}, 2, 1, 1, true); rows[0] != " #" {
		t.Errorf("in ASCII it is %q", rows)
	}
	for _, row := range Area([]float64{math.Inf(1), -3, Missing}, 7, 3, 5, false) {
		if utf8.RuneCountInString(row) != 7 {
			t.Errorf("row %q is not 7 cells wide", row)
		}
	}
	if Area([]float64{1}, 0, 5, 1, false) != nil {
		t.Error("a chart without width has rows")
	}
}

func TestCeiling(t *testing.T) {
	for v, want := range map[float64]float64{0: 1, 0.3: 0.5, 1: 1, 1.1: 2, 5: 5, 5.1: 10, 99: 100, 1234: 2000} {
		if got := Ceiling(v); math.Abs(got-want) > 1e-9 {
			t.Errorf("Ceiling(%v) = %v, want %v", v, got, want)
		}
	}
}
