package main

import (
	"fmt"
	"io"
	"maps"
	"os"
	"runtime"
	"slices"
	"strings"
	"time"

	"golang.org/x/sys/unix"
)

// A report is a run of the bench.
type report struct {
	Machine string
	Results []result
	Notes   []string
	Missing []string
}

// machine tells where and when, as far as it matters to who reads the figures.
func machine() string {
	var u unix.Utsname
	kernel := "unknown"
	if unix.Uname(&u) == nil {
		kernel = unix.ByteSliceToString(u.Release[:])
	}
	model := runtime.GOARCH
	if info, err := os.ReadFile("/proc/cpuinfo"); err == nil {
		for line := range strings.Lines(string(info)) {
			if key, value, ok := strings.Cut(line, ":"); ok && strings.TrimSpace(key) == "model name" {
				model = strings.TrimSpace(value)
				break
			}
		}
	}
	user := "root"
	if os.Geteuid() != 0 {
		user = "an unprivileged user"
	}
	load := "unknown"
	if data, err := os.ReadFile("/proc/loadavg"); err == nil {
		load = strings.Fields(string(data))[0]
	}
	return fmt.Sprintf("%s, %d cores of %s, Linux %s, as %s, load at the start %s",
		time.Now().UTC().Format("2006-01-02"), runtime.NumCPU(), model, kernel, user, load)
}

func (r *report) begin(w io.Writer) {
	fmt.Fprintf(w, "%s\nThe last column is how many times as good berth is.\n", r.Machine)
}

func (r *report) end(w io.Writer) {
	var met, all int
	for _, res := range r.Results {
		for _, v := range res.Goals {
			all++
			if v.Met {
				met++
			}
		}
	}
	fmt.Fprintf(w, "\n%d of %d targets met.\n", met, all)
	for _, m := range r.Missing {
		fmt.Fprintln(w, "not compared with:", m)
	}
}

// text prints a result for a person.
func (r result) text(w io.Writer) {
	fmt.Fprintf(w, "\n%s (n=%d)\n", r.Name, r.Rounds)
	for i, m := range r.Tools {
		compared := ""
		if i > 0 && m.Ratio > 0 {
			compared = fmt.Sprintf("   %6s", times(m.Ratio))
		}
		fmt.Fprintf(w, "  %-22s median %11s   best %11s%s\n", m.Name, number(m.Median, r.Unit), number(m.Best, r.Unit), compared)
	}
	for _, name := range slices.Sorted(maps.Keys(r.LeftOut)) {
		fmt.Fprintf(w, "  %-22s left out: %s\n", name, r.LeftOut[name])
	}
	for _, v := range r.Goals {
		fmt.Fprintf(w, "  target: %s: %s\n", v.Text, v.verdict())
	}
}

func (v verdict) verdict() string {
	if v.Met {
		return "met"
	}
	return "missed"
}

// The marks between which the README has its table.
const (
	beginMark = "<!-- measured: make bench BENCHFLAGS='-readme README.md' -->\n"
	endMark   = "<!-- end of measured -->\n"
)

// insert puts the table between the marks in a file.
func (r *report) insert(file string) error {
	text, err := os.ReadFile(file)
	if err != nil {
		return err
	}
	before, rest, begins := strings.Cut(string(text), beginMark)
	_, after, ends := strings.Cut(rest, endMark)
	if !begins || !ends {
		return fmt.Errorf("%s: the marks %q and %q are not in it", file, beginMark, endMark)
	}
	return os.WriteFile(file, []byte(before+beginMark+r.markdown()+endMark+after), 0o644)
}

// markdown is the table of the README.
func (r *report) markdown() string {
	var b strings.Builder
	fmt.Fprintf(&b, "%s:\n\n| | berth | others | target |\n|---|---|---|---|\n", r.Machine)
	for _, res := range r.Results {
		if len(res.Tools) == 0 || res.Tools[0].Name != "berth" {
			continue
		}
		var others, goals []string
		for _, m := range res.Tools[1:] {
			text := m.Name + " " + number(m.Median, res.Unit)
			if m.Ratio > 0 {
				text += " (" + times(m.Ratio) + ")"
			}
			others = append(others, text)
		}
		for _, v := range res.Goals {
			goals = append(goals, v.Text+": "+v.verdict())
		}
		fmt.Fprintf(&b, "| %s | **%s** | %s | %s |\n", res.Name, number(res.Tools[0].Median, res.Unit),
			strings.Join(others, ", "), strings.Join(goals, "; "))
	}
	if len(r.Notes) > 0 {
		fmt.Fprintf(&b, "\n%s.\n", strings.Join(r.Notes, ". "))
	}
	if len(r.Missing) > 0 {
		fmt.Fprintf(&b, "\nNot compared with %s.\n", strings.Join(r.Missing, "; "))
	}
	return b.String()
}

func times(ratio float64) string {
	if ratio >= 9.95 {
		return fmt.Sprintf("%.0fx", ratio)
	}
	return fmt.Sprintf("%.2gx", ratio)
}

func number(v float64, unit string) string {
	switch {
	case unit == "bytes":
		return fmt.Sprintf("%.0f bytes", v)
	case v >= 99.5:
		return fmt.Sprintf("%.0f %s", v, unit)
	case v >= 9.95:
		return fmt.Sprintf("%.1f %s", v, unit)
	}
	return fmt.Sprintf("%.2f %s", v, unit)
}
