package local

import (
	"errors"
	"path/filepath"
	"strconv"
	"time"

	"berth/engine"
	"berth/engine/internal/cgroup"
	"berth/engine/internal/eventlog"
	"berth/engine/internal/shim"
	"berth/engine/internal/state"
)

// A shim that is killed, or a machine that goes down, leaves a container about whose end
// nobody heard: no "die", no removal for --rm, no restart. Nobody is in charge of that
// but the next berth process that looks: a watching one is told by the kernel (guard.go),
// others find it when they list or use the container. They agree by the container's lock
// and the mark that package shim keeps until all is done, so that one of them does it,
// once, whichever of them is killed meanwhile.

// reconcile settles a container if its shim was killed. hold is what a watcher has of
// it, or nil. It waits for the container's lock.
func (e *Engine) reconcile(id string, hold *shim.Hold) error {
	unlock, err := e.state.Lock(id)
	if err != nil {
		return err
	}
	defer unlock()
	return e.settle(id, hold)
}

// settlePatience is how long a look waits for another process that settles the same.
const settlePatience = time.Second

// tryReconcile does so, but waits no longer than for another who does the same: a copy
// from a stopped container may hold the lock for long.
func (e *Engine) tryReconcile(id string) {
	unlock, ok := e.state.TryLock(id, settlePatience)
	if !ok {
		return
	}
	defer unlock()
	_ = e.settle(id, nil) // what remains undone, the next look finds
}

// settle is reconcile for a caller that has the lock.
func (e *Engine) settle(id string, hold *shim.Hold) error {
	rec, err := e.state.Load(id)
	if err != nil {
		return err
	}
	dir := e.state.Dir(id)
	if st, err := shim.ReadStatus(dir); err != nil || !st.Abandoned {
		return err
	}
	op := e.begin("settle", id)
	var st shim.Status
	var ok bool
	err = op.step("settle", "The container's shim was killed. What it left of the container is ended, and its record made final.",
		&st, func() (err error) {
			st, ok, err = shim.Settle(dir, shim.Settlement{
				Restart: restart(rec.Config.Restart), Hold: hold, Clear: func() { e.clear(op, id) },
			})
			return err
		})
	if err != nil || !ok {
		return err
	}
	c := withStatus(container(rec), st)
	if err := e.tellDeath(&c); err != nil {
		return err
	}
	switch {
	case st.State == engine.StateRestarting:
		return op.step("restart", "The restart policy says that it comes back: a new shim waits for its turn and starts it.",
			rec.Config.Restart, func() error {
				return shim.Resume(dir, func() error { return e.writeBundle(op, rec, dir) })
			})
	case rec.Config.AutoRemove:
		return op.step("remove container", "It was to be removed at its end (--rm).",
			map[string]string{"directory": dir}, func() error { return e.discard(&c) })
	}
	return shim.Settled(dir)
}

// clear takes the container's cgroup away. What can't be removed now is in nobody's way:
// the step tells why, and the next start or the removal of the container tries again.
func (e *Engine) clear(op *operation, id string) {
	_ = op.step("remove cgroup", "No process is left in it.", map[string]string{"id": id}, func() error { return clearCgroup(id) })
}

// writeBundle puts what a shim needs into the container's directory.
func (e *Engine) writeBundle(op *operation, rec *state.Record, dir string) error {
	b, err := e.bundle(op, rec, dir)
	if err != nil {
		return err
	}
	if err := b.Write(dir); err != nil {
		return hostError(err, "start container %q", rec.Name)
	}
	return nil
}

// tellDeath publishes the beginning and the end of the last run, unless that was done by
// a shim, or by a berth, that was killed just afterwards.
func (e *Engine) tellDeath(c *engine.Container) error {
	if c.Started.IsZero() || e.told(c.ID, c.Started, "die") {
		return nil
	}
	if !e.told(c.ID, c.Started, "start") {
		if err := e.publish("start", c, nil); err != nil {
			return err
		}
	}
	return e.publish("die", c, map[string]string{
		"exitCode":     strconv.Itoa(c.ExitCode),
		"execDuration": strconv.Itoa(int(max(c.Finished.Sub(c.Started), 0).Seconds())),
	})
}

// errFound ends a reading of the log that has found what it looked for.
var errFound = errors.New("found")

// told reports whether the log has a container's event, not older than since.
func (e *Engine) told(id string, since time.Time, action string) bool {
	err := e.log.History(since, time.Time{}, func(recs []eventlog.Record) error {
		for i := range recs {
			if r := &recs[i]; r.ID == id && r.Action == action && r.Kind == string(engine.KindContainer) {
				return errFound
			}
		}
		return nil
	})
	return err == errFound
}

// clearCgroup ends what is in a container's cgroup and removes it. There is one without
// a shim only if that was killed.
func clearCgroup(id string) error {
	host := cgroup.Detect()
	group, err := host.Load(host.Path(id))
	if err != nil || !group.Exists() {
		return nil
	}
	if err := group.Kill(); err != nil {
		return err
	}
	return group.Remove()
}

// emptyTrash goes on with the removals that a killed process left behind.
func (e *Engine) emptyTrash() {
	for _, dir := range e.state.Trash() {
		if e.finishRemoval(dir) {
			e.deleteTree(dir)
		}
	}
}

// finishRemoval tells of a removal and takes the container's cgroup away, if whoever
// removed it was killed before that. It returns whether the files may be deleted.
func (e *Engine) finishRemoval(dir string) bool {
	rec, release, err := state.Detached(dir)
	if err != nil {
		return false
	}
	defer release()
	if shim.Lives(filepath.Join(dir, "c")) {
		return false // it does all that by itself
	}
	if rec == nil {
		return true
	}
	if clearCgroup(rec.ID) != nil {
		return false // the next one tries again
	}
	c := container(rec)
	if st, err := shim.ReadStatus(filepath.Join(dir, "c")); err == nil && st.Abandoned {
		// A shim tells of the end and of the removal at once (--rm), after this one.
		c = withStatus(c, st)
		_ = e.tellDeath(&c)
	}
	if !e.told(rec.ID, rec.Created, "destroy") {
		_ = e.publish("destroy", &c, nil) // an error would be that of encoding the record
	}
	state.Forget(dir)
	return true
}
