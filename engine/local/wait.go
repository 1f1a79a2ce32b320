package local

import (
	"context"
	"errors"
	"strconv"
	"time"

	"berth/engine"
	"berth/engine/internal/eventlog"
	"berth/engine/internal/shim"
)

// errStop ends a Follow whose condition came true.
var errStop = errors.New("condition holds")

// WaitContainer implements engine.Lifecycle.
func (e *Engine) WaitContainer(ctx context.Context, ref string, cond engine.WaitCondition) (engine.ExitStatus, error) {
	if _, err := e.state.Resolve(ref); err != nil {
		return engine.ExitStatus{}, err // as after most runs with --rm, which need no more then
	}
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
			if engine.ClassOf(err) != engine.ClassConflict {
				return engine.ExitStatus{}, err
			}
			exit, err := shim.LastExit(e.state.Dir(rec.ID), err)
			return e.afterShim(rec.ID, exit), err
		}
		defer client.Close()
		exit, err := client.Wait(ctx)
		return e.afterShim(rec.ID, exit), err
	case engine.WaitNextExit:
		return e.awaitEvent(ctx, from, rec.ID, "die")
	case engine.WaitRemoved:
		return e.awaitEvent(ctx, from, rec.ID, "destroy")
	}
	return engine.ExitStatus{}, invalid("invalid wait condition %q", cond)
}

// awaitEvent follows the log until the container's event, and returns its last exit status.
func (e *Engine) awaitEvent(ctx context.Context, from eventlog.Position, id, action string) (engine.ExitStatus, error) {
	defer e.guard.enter()()
	e.guard.add(id)
	last, _ := e.lastExit(id) // what is to be waited for replaces it
	err := e.log.Follow(ctx, from, func(recs []eventlog.Record) error {
		e.guard.started(recs)
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

// afterShim returns how a container ended whose shim, asked for that, answered exit. One
// that was killed leaves things to do: they are done.
func (e *Engine) afterShim(id string, exit engine.ExitStatus) engine.ExitStatus {
	st, err := shim.ReadStatus(e.state.Dir(id))
	if err != nil || !st.Abandoned {
		return exit // the answer is the shim's own, or somebody else was quicker
	}
	_ = e.reconcile(id, nil) // what remains undone, the next look finds
	return st.Exit()
}

// An attachment is one whose end is known even if the shim is killed.
type attachment struct {
	engine.Attachment
	e  *Engine
	id string
}

// settling returns a as an attachment that settles the container if its shim is killed.
func (e *Engine) settling(id string, a engine.Attachment) engine.Attachment {
	if a == nil {
		return nil
	}
	return &attachment{a, e, id}
}

// dyingPatience is how long the kernel may take to end a shim that is being killed: its
// connections break a moment earlier.
const dyingPatience = time.Second

// Offer implements the method that engine.Offer looks for.
func (a *attachment) Offer(p []byte) bool { return engine.Offer(a.Attachment, p) }

// Wait implements engine.Attachment.
func (a *attachment) Wait() (engine.ExitStatus, error) {
	exit, err := a.Attachment.Wait()
	if engine.ClassOf(err) != engine.ClassUnavailable {
		return exit, err
	}
	dir := a.e.state.Dir(a.id)
	if hold, herr := shim.NewHold(dir); hold != nil {
		ctx, cancel := context.WithTimeout(a.e.ctx, dyingPatience)
		defer cancel()
		defer hold.Close()
		if hold.Wait(ctx) != nil {
			return exit, err // it lives: only this connection broke
		}
	} else if herr != nil && engine.ClassOf(herr) != engine.ClassNotFound {
		return exit, err
	}
	_ = a.e.reconcile(a.id, nil) // what remains undone, the next look finds
	st, err := shim.ReadStatus(dir)
	if err != nil || st.State.Alive() { // removed, or started again
		return shim.Killed(), nil
	}
	return st.Exit(), nil
}
