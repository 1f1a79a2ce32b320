package pull

import (
	"context"
	"io"
	"runtime"
	"slices"
	"sync"

	"berth/engine/internal/content"
)

// A gate lets callers through as long as what they need together stays within its
// room. Those who wait go in order of rank, highest first; none overtakes the first.
type gate struct {
	mu      sync.Mutex // guards what follows
	room    int64
	waiting []*waiter // highest rank first
}

type waiter struct {
	need, rank int64
	admitted   chan struct{}
}

// enter waits until there is room. After an error nothing is taken.
func (g *gate) enter(ctx context.Context, need, rank int64) error {
	w := &waiter{need: need, rank: rank, admitted: make(chan struct{})}
	g.mu.Lock()
	at, _ := slices.BinarySearchFunc(g.waiting, rank, func(o *waiter, rank int64) int {
		if o.rank >= rank { // behind those of the same rank
			return -1
		}
		return 1
	})
	g.waiting = slices.Insert(g.waiting, at, w)
	g.admit()
	g.mu.Unlock()
	select {
	case <-w.admitted:
		return nil
	case <-ctx.Done():
	}
	g.mu.Lock()
	defer g.mu.Unlock()
	if at := slices.Index(g.waiting, w); at >= 0 {
		g.waiting = slices.Delete(g.waiting, at, at+1)
	} else {
		g.room += need // admitted in the same moment
	}
	g.admit()
	return context.Cause(ctx)
}

// leave gives back what enter took.
func (g *gate) leave(need int64) {
	g.mu.Lock()
	g.room += need
	g.admit()
	g.mu.Unlock()
}

// admit must be called with mu held.
func (g *gate) admit() {
	for len(g.waiting) > 0 && g.waiting[0].need <= g.room {
		g.room -= g.waiting[0].need
		close(g.waiting[0].admitted)
		g.waiting = slices.Delete(g.waiting, 0, 1)
	}
}

// newTurns returns the gate of the layers that inflate at the same time, one need each:
// more than there are processors only push each other's data out of the caches.
func newTurns() *gate { return &gate{room: int64(max(2, runtime.GOMAXPROCS(0)))} }

// A turn is one layer's place in the gate of turns. The largest layer goes first, so
// that it does not end last; a layer that waits for the network lets others go.
type turn struct {
	gate *gate
	rank int64

	mu   sync.Mutex // guards held and over
	held bool
	over bool
}

func (t *turn) take(ctx context.Context) error {
	if err := t.gate.enter(ctx, 1, t.rank); err != nil {
		return err
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.over {
		t.gate.leave(1)
		return context.Canceled
	}
	t.held = true
	return nil
}

func (t *turn) holds() bool {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.held
}

// yield gives the place up until take; end does so for good.
func (t *turn) yield() { t.drop(false) }
func (t *turn) end()   { t.drop(true) }

func (t *turn) drop(over bool) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.held {
		t.gate.leave(1)
	}
	t.held, t.over = false, t.over || over
}

// turnReader reads a spool in the layer's turn, which it yields while there is nothing to read.
type turnReader struct {
	ctx   context.Context
	spool *content.Spool
	r     io.Reader
	turn  *turn
	pos   int64
}

func newTurnReader(ctx context.Context, spool *content.Spool, t *turn) *turnReader {
	return &turnReader{ctx: ctx, spool: spool, r: spool.Reader(ctx), turn: t}
}

// Read implements io.Reader.
func (t *turnReader) Read(p []byte) (int, error) {
	if t.spool.Offset() <= t.pos {
		t.turn.yield()
	}
	n, err := t.r.Read(p)
	t.pos += int64(n)
	if err == nil && !t.turn.holds() {
		err = t.turn.take(t.ctx)
	}
	return n, err
}
