package pullview

import (
	"fmt"
	"io"
	"strings"

	"berth/engine"
)

// Terminal returns a view that redraws one line for each layer. size is asked at
// every update, so that the window may change meanwhile.
func Terminal(w io.Writer, size func() engine.Size) View { return &terminal{w: w, size: size} }

type terminal struct {
	w      io.Writer
	size   func() engine.Size
	header bool
	// above is how many layers have been printed for good: they no longer change and scroll away.
	above int
	// live are the lines below them that are redrawn.
	live []string
	last engine.PullProgress
}

func (v *terminal) Update(p engine.PullProgress) {
	v.last = p
	v.draw(p, false)
}

// Close draws every layer once more, those that did not fit on the screen too.
func (v *terminal) Close(fresh bool) {
	if v.header && (fresh || !allExist(v.last)) {
		v.draw(v.last, true)
	}
}

func (v *terminal) draw(p engine.PullProgress, all bool) {
	if p.Name == "" || len(p.Layers) == 0 {
		return
	}
	size := v.size()
	if size.Cols <= 0 || size.Rows <= 0 {
		size = engine.Size{Cols: 80, Rows: 24}
	}
	var b strings.Builder
	if !v.header {
		v.header = true
		b.WriteString(clip(Header(p), size.Cols) + "\n")
	}
	if !all && allExist(p) {
		io.WriteString(v.w, b.String())
		return
	}
	lines := make([]string, 0, len(p.Layers))
	first := v.above
	for _, l := range p.Layers[min(first, len(p.Layers)):] {
		lines = append(lines, layerLine(l, size.Cols-1))
	}
	room := max(size.Rows-2, 1)
	settled := 0
	for settled < len(lines) && (all || len(lines)-settled > room && final(p.Layers[first+settled])) {
		settled++
	}
	live := lines[settled:]
	if len(live) > room {
		more := len(live) - room + 1
		live = append(live[:room-1:room-1], fmt.Sprintf("... and %d more layers", more))
	}
	v.redraw(&b, append(lines[:settled:settled], live...))
	v.above += settled
	v.live = live
	io.WriteString(v.w, b.String())
}

// redraw replaces the live lines. Lines that did not change are only stepped over.
func (v *terminal) redraw(b *strings.Builder, lines []string) {
	if n := len(v.live); n > 0 {
		fmt.Fprintf(b, "\x1b[%dA", n)
	}
	for i, line := range lines {
		if i >= len(v.live) || v.live[i] != line {
			b.WriteString("\r\x1b[2K" + line)
		}
		b.WriteString("\r\n")
	}
	if len(v.live) > len(lines) {
		b.WriteString("\x1b[J")
	}
}

func final(l engine.LayerProgress) bool {
	return l.State == engine.LayerDone || l.State == engine.LayerExists
}
