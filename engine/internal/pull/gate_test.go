package pull

import (
	"context"
	"errors"
	"runtime"
	"sync"
	"testing"
)

// waitFor returns when n callers wait at the gate.
func waitFor(g *gate, n int) {
	for {
		g.mu.Lock()
		waiting := len(g.waiting)
		g.mu.Unlock()
		if waiting == n {
			return
		}
		runtime.Gosched()
	}
}

func TestGateAdmitsByRank(t *testing.T) {
	g := &gate{room: 1}
	if err := g.enter(t.Context(), 1, 0); err != nil {
		t.Fatal(err)
	}
	var mu sync.Mutex
	var order []int64
	var wg sync.WaitGroup
	for i, rank := range []int64{2, 9, 5} {
		wg.Go(func() {
			if err := g.enter(t.Context(), 1, rank); err != nil {
				t.Error(err)
			}
			mu.Lock()
			order = append(order, rank)
			mu.Unlock()
			g.leave(1)
		})
		waitFor(g, i+1)
	}
	g.leave(1)
	wg.Wait()
	if len(order) != 3 || order[0] != 9 || order[1] != 5 || order[2] != 2 {
		t.Errorf("admitted in the order %v", order)
	}
}

func TestGateLetsNobodyOvertakeTheFirst(t *testing.T) {
	g := &gate{room: 3}
	if err := g.enter(t.Context(), 2, 0); err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	var wg sync.WaitGroup
	wg.Go(func() {
		if err := g.enter(ctx, 3, 2); !errors.Is(err, context.Canceled) {
			t.Errorf("the first: %v", err)
		}
	})
	waitFor(g, 1)
	wg.Go(func() {
		if err := g.enter(t.Context(), 1, 1); err != nil {
			t.Errorf("the second: %v", err)
		}
	})
	waitFor(g, 2) // there is room for it, but it must wait
	cancel()      // now there is no first
	wg.Wait()
	g.leave(1)
	g.leave(2)
	if g.room != 3 {
		t.Errorf("room for %d in the end", g.room)
	}
}

func TestTurnEnds(t *testing.T) {
	g := &gate{room: 1}
	place := &turn{gate: g}
	for range 2 {
		if err := place.take(t.Context()); err != nil || !place.holds() || g.room != 0 {
			t.Fatalf("%v, room %d", err, g.room)
		}
		place.yield()
		place.yield()
		if g.room != 1 {
			t.Fatalf("yielding leaves room for %d", g.room)
		}
	}
	place.end()
	if err := place.take(t.Context()); err == nil || g.room != 1 {
		t.Errorf("a turn taken after its end: %v, room %d", err, g.room)
	}
}
