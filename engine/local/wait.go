package local

import (
	"context"
	"errors"
	"strconv"

	"berth/engine"
	"berth/engine/internal/eventlog"
	"berth/engine/internal/shim"
)

// errStop ends a Follow whose condition came true.
var errStop = errors.New("condition holds")

// WaitContainer implements engine.Lifecycle.
func (e *Engine) WaitContainer(ctx context.Context, ref string, cond engine.WaitCondition) (engine.ExitStatus, error) {
	// The position is taken before the state is read: what happens in between is in the log.
	from, err := e.log.End()
	if err != nil {
		return engine.ExitStatus{}, err
	}
	rec, c, err := e.find(ref)
	if err != nil {
		return engine.ExitStatus{}, err
	}
	switch cond {
	case engine.WaitNotRunning, "":
		if !c.State.Alive() {
			return e.lastExit(rec.ID)
		}
		client, err := e.dial(ctx, &c)
		if err != nil {
			if engine.ClassOf(err) == engine.ClassConflict { // ended meanwhile
				return e.lastExit(rec.ID)
			}
			return engine.ExitStatus{}, err
		}
		defer client.Close()
		return client.Wait(ctx)
	case engine.WaitNextExit:
		return e.awaitEvent(ctx, from, rec.ID, "die")
	case engine.WaitRemoved:
		return e.awaitEvent(ctx, from, rec.ID, "destroy")
	}
	return engine.ExitStatus{}, invalid("invalid wait condition %q", cond)
}

// awaitEvent follows the log until the container's event, and returns its last exit status.
func (e *Engine) awaitEvent(ctx context.Context, from eventlog.Position, id, action string) (engine.ExitStatus, error) {
	last, _ := e.lastExit(id) // what is to be waited for replaces it
	err := e.log.Follow(ctx, from, func(recs []eventlog.Record) error {
		for _, r := range recs {
			if r.Kind != string(engine.KindContainer) || r.ID != id {
				continue
			}
			if r.Action == "die" { // the record may be gone by now
				last = engine.ExitStatus{At: r.Time}
				last.Code, _ = strconv.Atoi(r.Attrs["exitCode"])
			}
			if exit, err := e.lastExit(id); err == nil && !exit.At.IsZero() {
				last = exit
			}
			if r.Action == action {
				return errStop
			}
		}
		return nil
	})
	if !errors.Is(err, errStop) {
		return engine.ExitStatus{}, err
	}
	return last, nil
}

// lastExit reads how a container's last run ended.
func (e *Engine) lastExit(id string) (engine.ExitStatus, error) {
	st, err := shim.ReadStatus(e.state.Dir(id))
	if err != nil {
		return engine.ExitStatus{}, err
	}
	return st.Exit(), nil
}
