package ui

import (
	"sync"
	"time"

	tea "charm.land/bubbletea/v2"
)

const (
	// fps is how often the screen is brought up to date at most, but soon after a key.
	fps = 60
	// quiet is after how long without a message frames become rare. It is two frames,
	// so that the last one has been written by then, and a small part of the time between
	// two readings of the counters.
	quiet = 40 * time.Millisecond
	// rare is between two frames of a screen on which nothing happens. There is nothing
	// left to write; that it is not forever is for what a stalled machine left unwritten.
	rare = time.Second
)

// A pace lets Bubble Tea's renderer sleep while nothing happens. It looks for something to
// write at each tick of a fixed ticker, which alone costs an idle program about 1 % of a
// processor at 60 frames a second, and it has no option for anything else. The frames are
// the canvas's, but the screen to draw them on, modes and titles come at these ticks: at a
// lower rate all of them would be late instead. So the ticker slows down after the last message,
// and the next one sets it going again before it is handled.
type pace struct {
	program *tea.Program
	rest    *time.Timer

	mu     sync.Mutex // guards what is below
	ticker *time.Ticker
	fast   bool
	last   time.Time
}

func newPace() *pace {
	p := &pace{fast: true}
	p.rest = time.AfterFunc(quiet, p.slow)
	return p
}

// message is called with each message, before anybody acts on it.
func (p *pace) message() {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.ticker == nil {
		p.ticker = frames(p.program) // the renderer has started before the first message
	}
	p.last = time.Now()
	p.rest.Reset(quiet)
	if !p.fast && p.ticker != nil {
		p.fast = true
		p.ticker.Reset(time.Second / fps)
	}
}

// slow is called when it has been quiet.
func (p *pace) slow() {
	p.mu.Lock()
	defer p.mu.Unlock()
	// A message may have come while this waited for the lock; its timer runs.
	if p.ticker == nil || time.Since(p.last) < quiet {
		return
	}
	p.fast = false
	p.ticker.Reset(rare)
}

// stop ends the pace with its program.
func (p *pace) stop() {
	p.rest.Stop()
}
