package vt

import (
	"fmt"
	"math/rand/v2"
	"runtime"
	"strings"
	"syscall"
	"testing"
)

// cpuSeconds is what this process has used. On a machine that does other
// things too, it says more than the wall clock.
func cpuSeconds() float64 {
	var u syscall.Rusage
	syscall.Getrusage(syscall.RUSAGE_SELF, &u)
	return float64(u.Utime.Nano()+u.Stime.Nano()) / 1e9
}

// benchmarkWrite feeds data in pieces of the size that a PTY hands out.
func benchmarkWrite(b *testing.B, data string) {
	s := New(Options{Cols: 120, Rows: 40})
	p := []byte(data)
	b.SetBytes(int64(len(p)))
	b.ReportAllocs()
	start := cpuSeconds()
	for b.Loop() {
		for rest := p; len(rest) > 0; {
			n := min(4096, len(rest))
			s.Write(rest[:n])
			rest = rest[n:]
			s.Replies()
		}
	}
	b.ReportMetric(float64(b.N)*float64(len(p))/1e6/(cpuSeconds()-start), "MB/cpu-s")
}

// BenchmarkScroll is a build log: lines of text that scroll.
func BenchmarkScroll(b *testing.B) {
	var data strings.Builder
	for i := range 10000 {
		fmt.Fprintf(&data, "%5d %s\r\n", i, strings.Repeat("lorem ipsum ", i%9+1))
	}
	benchmarkWrite(b, data.String())
}

// BenchmarkSeq is seq: lines so short that the line feed is most of the work.
func BenchmarkSeq(b *testing.B) {
	var data strings.Builder
	for i := range 100000 {
		fmt.Fprintf(&data, "%d\r\n", i)
	}
	benchmarkWrite(b, data.String())
}

// BenchmarkLongLine is output without a line end, which wraps for ever.
func BenchmarkLongLine(b *testing.B) { benchmarkWrite(b, strings.Repeat("lorem ipsum ", 1<<16)) }

// BenchmarkSource is a program's text: tabs, and few characters outside ASCII.
func BenchmarkSource(b *testing.B) {
	line := "\tif err := s.write(p); err != nil {\r\n\t\treturn fmt.Errorf(\"write %q: %w\", name, err) // naïve\r\n\t}\r\n"
	benchmarkWrite(b, strings.Repeat(line, 5000))
}

// BenchmarkRedraw is a full-screen program that draws every cell in colours of its own.
func BenchmarkRedraw(b *testing.B) {
	var data strings.Builder
	r := rand.New(rand.NewPCG(1, 1))
	for range 20 {
		data.WriteString("\x1b[H")
		for y := range 40 {
			fmt.Fprintf(&data, "\x1b[%d;1H", y+1)
			for range 120 {
				fmt.Fprintf(&data, "\x1b[38;5;%d;48;5;%dm%c", r.IntN(256), r.IntN(256), 'a'+r.IntN(26))
			}
		}
	}
	benchmarkWrite(b, data.String())
}

// BenchmarkTrueColor is the same with 24-bit colours, most of them new.
func BenchmarkTrueColor(b *testing.B) {
	var data strings.Builder
	r := rand.New(rand.NewPCG(1, 1))
	for range 20 {
		data.WriteString("\x1b[H")
		for range 40 * 120 {
			fmt.Fprintf(&data, "\x1b[38;2;%d;%d;%dm#", r.IntN(256), r.IntN(256), r.IntN(256))
		}
	}
	benchmarkWrite(b, data.String())
}

// BenchmarkUnicode is text of all widths.
func BenchmarkUnicode(b *testing.B) {
	line := "Zażółć gęślą jaźń · 日本語のテキスト · 한국어 · │ ├── └── ─ ✓ · e\u0301a\u0308 · 🚀✨\r\n"
	benchmarkWrite(b, strings.Repeat(line, 2000))
}

// BenchmarkRepaint is what a client pays on attach, with 1,000 lines of scrollback.
func BenchmarkRepaint(b *testing.B) {
	s := New(Options{Cols: 120, Rows: 40})
	for i := range 1040 {
		fmt.Fprintf(s, "\x1b[3%dm%5d\x1b[m %s\r\n", i%8, i, strings.Repeat("lorem ipsum ", i%9+1))
	}
	var dst []byte
	b.ReportAllocs()
	for b.Loop() {
		dst = s.Repaint(dst[:0])
	}
	b.SetBytes(int64(len(dst)))
}

// BenchmarkResize is a window dragged wider and narrower with a full scrollback.
func BenchmarkResize(b *testing.B) {
	s := New(Options{Cols: 120, Rows: 40})
	for i := range 40000 {
		fmt.Fprintf(s, "%5d %s\r\n", i, strings.Repeat("lorem ipsum ", 9))
	}
	for i := 0; b.Loop(); i++ {
		s.Resize(60+i%100, 40)
		s.ScrollbackLen()
	}
}

// BenchmarkMemory reports the heap of a fresh terminal and of 10,000 lines of
// scrollback at 120 columns, plain and coloured in every word.
func BenchmarkMemory(b *testing.B) {
	heap := func(fill func(*Screen)) float64 {
		var before, after runtime.MemStats
		runtime.GC()
		runtime.ReadMemStats(&before)
		s := New(Options{Cols: 120, Rows: 40, ScrollbackBytes: 64 << 20})
		fill(s)
		runtime.GC()
		runtime.ReadMemStats(&after)
		runtime.KeepAlive(s)
		return float64(after.HeapAlloc) - float64(before.HeapAlloc)
	}
	plain := strings.Repeat("lorem ipsum ", 10) + "\r\n"
	colour := strings.Repeat("\x1b[38;5;123mlorem \x1b[1;48;2;3;4;5mipsum \x1b[m", 10) + "\r\n"
	for b.Loop() {
		b.ReportMetric(heap(func(*Screen) {})/1e3, "kB-fresh")
		b.ReportMetric(heap(func(s *Screen) { s.Write([]byte(strings.Repeat(plain, 10040))) })/1e6, "MB-plain")
		b.ReportMetric(heap(func(s *Screen) { s.Write([]byte(strings.Repeat(colour, 10040))) })/1e6, "MB-colour")
	}
}
