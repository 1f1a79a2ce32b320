package main

import (
	"context"
	"fmt"
	"io"
	"math/rand/v2"
	"runtime"
	"strings"

	"berth/pty/vt"

	xvt "github.com/charmbracelet/x/vt"
	"golang.org/x/sys/unix"
)

var screenRows = []row{
	{key: "screen", name: "terminal emulation on one core", rounds: 5, tools: screens, figures: []figure{
		{name: "scrolling text", unit: "MB/s", more: true, goals: goals{limit: 60}},
		{name: "redraw of every cell in colours", unit: "MB/s", more: true, goals: goals{limit: 60}},
		{name: "10,000 lines of scrollback, 120 columns", unit: "MB", goals: goals{limit: 20}},
	}},
}

// screens feeds emulators inside this process, in pieces of the size that a PTY hands out.
func screens(context.Context, *lab) []contender {
	scroll, redraw, kept := text(40000, 10, 110), redrawing(), text(10040, 120, 120)
	on := func(name string, screen func() io.Writer) contender {
		return contender{name: name, once: func(context.Context) ([]float64, error) {
			return []float64{rate(screen(), scroll), rate(screen(), redraw), heap(screen, kept)}, nil
		}}
	}
	return []contender{
		on("berth", func() io.Writer { return vt.New(vt.Options{Cols: 120, Rows: 40, ScrollbackBytes: 64 << 20}) }),
		on("charmbracelet/x/vt", func() io.Writer {
			e := xvt.NewEmulator(120, 40)
			e.SetScrollbackSize(10000)
			return e
		}),
	}
}

// text is lines of random letters and blanks, from as short to as long as told: no two alike, so that
// nothing is gained by what is special about a text.
func text(lines, shortest, longest int) string {
	var data strings.Builder
	r := rand.New(rand.NewPCG(1, 1))
	for range lines {
		for range shortest + r.IntN(longest-shortest+1) {
			data.WriteByte("abcdefghijklmnopqrstuvwxyz      "[r.IntN(32)])
		}
		data.WriteString("\r\n")
	}
	return data.String()
}

// redrawing is a program that draws every cell in colours of its own.
func redrawing() string {
	var data strings.Builder
	r := rand.New(rand.NewPCG(1, 1))
	for range 20 {
		for y := range 40 {
			fmt.Fprintf(&data, "\x1b[%d;1H", y+1)
			for range 120 {
				fmt.Fprintf(&data, "\x1b[38;5;%d;48;5;%dm%c", r.IntN(256), r.IntN(256), 'a'+r.IntN(26))
			}
		}
	}
	return data.String()
}

// rate is in MB for each second of processor time, which says more than a clock on a machine that does other things too.
func rate(screen io.Writer, data string) float64 {
	p := []byte(data)
	start := ownTime()
	for rest := p; len(rest) > 0; {
		n := min(4096, len(rest))
		_, _ = screen.Write(rest[:n]) // an emulator takes everything
		rest = rest[n:]
	}
	return float64(len(p)) / 1e6 / (ownTime() - start)
}

// ownTime is the processor time of this process, in seconds.
func ownTime() float64 {
	var u unix.Rusage
	_ = unix.Getrusage(unix.RUSAGE_SELF, &u) // can't fail
	return float64(u.Utime.Nano()+u.Stime.Nano()) / 1e9
}

// heap is what a screen keeps of data, in MB.
func heap(screen func() io.Writer, data string) float64 {
	var before, after runtime.MemStats
	runtime.GC()
	runtime.ReadMemStats(&before)
	s := screen()
	_, _ = io.WriteString(s, data)
	runtime.GC()
	runtime.ReadMemStats(&after)
	runtime.KeepAlive(s)
	return (float64(after.HeapAlloc) - float64(before.HeapAlloc)) / 1e6
}
