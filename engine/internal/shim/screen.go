package shim

import (
	"runtime/debug"
	"sync/atomic"
	"time"

	"berth/engine"
	"berth/engine/footprint"
	"berth/pty/session"
	"berth/pty/vt"
)

// scrollback bounds what a screen keeps of the past, in bytes: some six thousand lines
// of plain text. More would be the largest part of a process that is to stay small.
const scrollback = 1 << 20

// newScreen makes the screen of a terminal.
func newScreen(size engine.Size) session.Screen {
	return screen{vt.New(vt.Options{Cols: size.Cols, Rows: size.Rows, ScrollbackBytes: scrollback})}
}

// A screen tells the tidier what it was given.
type screen struct{ *vt.Screen }

// history is how many lines above the screen a new client gets. More would take a
// person's terminal a moment to print.
const history = 2000

// Repaint makes a terminal that somebody else set up, a person's or a pane's, show the screen.
func (s screen) Repaint(dst []byte, withHistory bool) []byte {
	o := vt.RepaintOptions{Outer: true}
	if withHistory {
		o.Scrollback = history
	}
	return s.Screen.RepaintWith(dst, o)
}

func (s screen) Write(p []byte) (int, error) {
	tidy.passed(len(p))
	return s.Screen.Write(p)
}

// A tidier gives memory back to the system when a burst of output is over. The runtime
// does so by itself only after another collection, which an idle shim makes minutes
// later, and there may be hundreds of shims.
type tidier struct {
	bytes atomic.Int64
	left  atomic.Int32 // how often memory is still to be given back
	timer atomic.Pointer[time.Timer]
}

var tidy tidier

const (
	burst    = 64 << 10
	burstEnd = 300 * time.Millisecond
	sweeps   = 3
)

// passed counts output. It costs nothing worth naming below a burst.
func (t *tidier) passed(n int) {
	if t.bytes.Add(int64(n)) < burst {
		return
	}
	t.soon()
}

// soon lets the memory go once nothing has happened for a while. The start of a
// container or an exec is a burst too: the bundle and the plan are needed once.
func (t *tidier) soon() {
	t.bytes.Store(0)
	t.left.Store(sweeps)
	if timer := t.timer.Load(); timer != nil {
		timer.Reset(burstEnd)
		return
	}
	t.timer.CompareAndSwap(nil, time.AfterFunc(burstEnd, t.release))
}

// release gives back what is free, more than once: a processor that is busy at the first
// time keeps pages to itself, and what is freed meanwhile is missed.
func (t *tidier) release() {
	// From now on collect from a heap of 1 MiB on. The start itself is quicker
	// without: a container that lives for a moment needs no collection at all.
	debug.SetGCPercent(25)
	debug.FreeOSMemory()
	if timer := t.timer.Load(); timer != nil && t.left.Add(-1) > 0 {
		timer.Reset(burstEnd)
		return
	}
	footprint.ForgetProgram()
}
