package local

import (
	"context"
	"sync"

	"berth/engine"
	"berth/engine/internal/eventlog"
	"berth/engine/internal/shim"
)

// A guard hears from the kernel when a shim ends, so that an open workstation, `events`
// or `wait` sees at once that one was killed. It sleeps on the shims' pidfds, and costs
// nothing while they live. All watches of an engine share it.
type guard struct {
	e *Engine

	mu      sync.Mutex // guards the fields below
	users   int
	ctx     context.Context // ends with the last user
	cancel  context.CancelFunc
	watched map[string]bool // by ID; true says that it was started again meanwhile
}

// enter makes the guard work until leave is called.
func (g *guard) enter() (leave func()) {
	g.mu.Lock()
	defer g.mu.Unlock()
	if g.users++; g.users == 1 {
		g.ctx, g.cancel = context.WithCancel(g.e.ctx)
		g.watched = map[string]bool{}
	}
	return sync.OnceFunc(func() {
		g.mu.Lock()
		defer g.mu.Unlock()
		if g.users--; g.users == 0 {
			g.cancel()
		}
	})
}

// started takes the containers into its guard that new records tell the start of.
func (g *guard) started(recs []eventlog.Record) {
	for i := range recs {
		if r := &recs[i]; r.Kind == string(engine.KindContainer) && r.Action == "start" {
			g.add(r.ID)
		}
	}
}

// add takes a container into its guard.
func (g *guard) add(id string) {
	g.mu.Lock()
	defer g.mu.Unlock()
	if _, ok := g.watched[id]; ok {
		g.watched[id] = true
		return
	}
	if g.users == 0 {
		return
	}
	g.watched[id] = false
	ctx, watched := g.ctx, g.watched
	g.e.bg.Go(func() {
		for {
			g.watch(ctx, id)
			g.mu.Lock()
			again := watched[id] && ctx.Err() == nil
			if again {
				watched[id] = false
			} else {
				delete(watched, id)
			}
			g.mu.Unlock()
			if !again {
				return
			}
		}
	})
}

// watch stays with a container as long as shims of it live, and settles what a killed
// one leaves.
func (g *guard) watch(ctx context.Context, id string) {
	dir := g.e.state.Dir(id)
	for {
		hold, err := shim.NewHold(dir)
		if err != nil || hold == nil {
			// It may have been killed before we had hold of it.
			g.e.tryReconcile(id)
			if engine.ClassOf(err) == engine.ClassNotFound {
				g.e.emptyTrash()
			}
			return
		}
		err = hold.Wait(ctx)
		if err == nil {
			err = g.e.reconcile(id, hold)
		}
		hold.Close()
		if engine.ClassOf(err) == engine.ClassNotFound && ctx.Err() == nil {
			g.e.emptyTrash() // its removal may not have come to its end
		}
		if err != nil {
			return
		}
	}
}
