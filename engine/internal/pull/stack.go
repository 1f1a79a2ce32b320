package pull

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"
	"time"

	"berth/engine"
	"berth/engine/internal/content"
	"berth/engine/internal/image"
	"berth/engine/internal/snapshot"
)

// A task is one layer of the image that must exist at the end. Layers that occur
// twice in an image are one task.
type task struct {
	remoteLayer
	index  int // of the layer's progress
	key    snapshot.Key
	usage  int64 // disk usage
	ready  bool  // exists
	lock   *content.Lock
	staged *snapshot.Staged
	spool  *content.Spool // what staged was made of: kept until that can't be lost any more
}

func (t *task) lockName() string { return "layer " + string(t.diff) }

// layerRefs makes all layers of the image exist, durably, and returns them bottom first.
func (j *job) layerRefs(ctx context.Context, img *remoteImage) ([]image.LayerRef, error) {
	tasks := newTasks(img)
	defer func() {
		for _, t := range tasks {
			if t.staged != nil {
				_ = t.staged.Close(ctx) // left over after an error; the next pull collects what remains
			}
			if t.spool != nil {
				t.spool.Close()
			}
		}
	}()
	for {
		mine, err := j.claim(tasks)
		if err != nil {
			return nil, err
		}
		stop := j.keep(ctx, tasks)
		err = j.fetchAll(ctx, mine)
		if kept := stop(); err == nil {
			err = kept
		}
		if err != nil {
			return nil, err
		}
		if err := j.commit(ctx, tasks, true); err != nil {
			return nil, err
		}
		if !slices.ContainsFunc(tasks, func(t *task) bool { return !t.ready }) {
			break
		}
		// Only now, with everything of our own committed, we wait for what other
		// processes fetch: two pulls that wait for each other's layers can't stand still.
		if err := content.Sleep(ctx, 50*time.Millisecond); err != nil {
			return nil, err
		}
	}
	refs := make([]image.LayerRef, 0, len(img.layers))
	for _, l := range img.layers {
		t := tasks[slices.IndexFunc(tasks, func(t *task) bool { return t.same(l) })]
		refs = append(refs, image.LayerRef{Key: t.key, DiffID: l.diff, Blob: l.blob, Size: t.usage})
	}
	return refs, nil
}

func newTasks(img *remoteImage) []*task {
	var tasks []*task
	for i, l := range img.layers {
		if !slices.ContainsFunc(tasks, func(t *task) bool { return t.same(l) }) {
			tasks = append(tasks, &task{remoteLayer: l, index: i})
		}
	}
	return tasks
}

// same reports whether the task makes this layer exist too. The diffID decides; the
// same changes on another stack may have to be completed differently (see layer.Inherit), but
// within one image what a first occurrence leaves visible, a second repeats.
func (t *task) same(l remoteLayer) bool { return t.diff == l.diff }

// claim locks the layers that are missing and returns those to fetch. Those that exist
// are locked against removal; those that another process fetches are left for later. A
// staged layer that commit put off gets its lock again, unless another pull was faster.
func (j *job) claim(tasks []*task) (mine []*task, err error) {
	for _, t := range tasks {
		if t.ready || t.lock != nil {
			continue
		}
		lock, err := j.Content().TryLock(t.lockName(), content.Shared)
		if err != nil {
			return nil, err
		}
		if lock != nil && j.exists(t, lock) {
			continue
		}
		lock.Release()
		if lock, err = j.Content().TryLock(t.lockName(), content.Exclusive); err != nil {
			return nil, err
		}
		if lock == nil {
			j.meter.note(t.index, engine.LayerWaiting, "another pull fetches it")
			continue
		}
		if j.exists(t, lock) { // since we looked
			if err := lock.Share(); err != nil {
				return nil, fmt.Errorf("share lock of layer: %w", err)
			}
			continue
		}
		t.lock = lock
		j.locks = append(j.locks, lock)
		if t.staged == nil {
			mine = append(mine, t)
		}
	}
	return mine, nil
}

// exists looks for the layer and, if it is there, keeps the lock.
func (j *job) exists(t *task, lock *content.Lock) bool {
	key, rec, err := j.Layers().Find(t.diff, t.chain)
	if err != nil {
		return false
	}
	t.key, t.usage, t.ready = key, rec.Size, true
	j.locks = append(j.locks, lock)
	j.meter.note(t.index, engine.LayerExists, "")
	return true
}

// keepEvery is how much of a long pull's unpacking a crash can cost.
const keepEvery = 5 * time.Second

// keep commits what is done already, now and then, until stop is called: a pull of hours that
// is killed has all layers that were done, and needs no disk for their blobs. A short pull
// does without the additional syncs. The kernel reports a failed write once, so the
// first error is the last.
func (j *job) keep(ctx context.Context, tasks []*task) (stop func() error) {
	ended, failed := make(chan struct{}), make(chan error, 1)
	go func() {
		tick := time.NewTicker(keepEvery)
		defer tick.Stop()
		for {
			select {
			case <-tick.C:
				if err := j.commit(ctx, tasks, false); err != nil {
					failed <- err
					return
				}
			case <-ended:
				failed <- nil
				return
			}
		}
	}()
	return func() error { close(ended); return <-failed }
}

// maxDownloads bounds a pull's connections: registries throttle clients with many.
// maxActive bounds the layers that are begun and not done, and so the memory for an image
// of hundreds: those that are downloaded already wait for a processor.
const maxDownloads, maxActive = 6, 12

// fetchAll fetches and unpacks layers at the same time. The first failure ends all.
func (j *job) fetchAll(ctx context.Context, tasks []*task) error {
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	downloads, active := &gate{room: maxDownloads}, &gate{room: maxActive}
	var wg sync.WaitGroup
	for _, t := range largestFirst(tasks) {
		if active.enter(ctx, 1, 0) != nil {
			break // ctx has ended, for the cause that is returned below
		}
		wg.Go(func() {
			defer active.leave(1)
			if err := j.fetch(ctx, t, downloads); err != nil {
				cancel(err)
			}
		})
	}
	wg.Wait()
	if err := context.Cause(ctx); err != nil {
		return err
	}
	return nil
}

// largestFirst orders the work so that the longest layer does not begin last.
func largestFirst(tasks []*task) []*task {
	sorted := slices.Clone(tasks)
	slices.SortStableFunc(sorted, func(a, b *task) int { return cmp.Compare(b.size, a.size) })
	return sorted
}

// commit makes the staged layers exist, bottom first. A layer that must inherit from
// one which is not there yet stays staged. If fetched, all that this pull fetches is
// there: then another process fetches that one, and the layer gives up its lock, because
// to wait for a lock while holding one is how two pulls would stop each other.
func (j *job) commit(ctx context.Context, tasks []*task, fetched bool) error {
	j.committing.Lock()
	defer j.committing.Unlock()
	var lowers []string // topmost first
	var staged []*task
	gap := false
	for _, t := range tasks {
		switch {
		case t.ready:
			lowers = append([]string{j.Layers().Dir(t.key)}, lowers...)
			continue
		case t.staged == nil || t.lock == nil:
			gap = true
			continue
		case t.staged.Incomplete() && gap:
			if fetched {
				t.lock.Release()
				t.lock = nil
			}
			continue
		case t.staged.Incomplete():
			if err := t.staged.Inherit(ctx, lowers); err != nil {
				return fail("complete layer "+short(t.diff), err)
			}
		}
		lowers = append([]string{t.staged.Dir()}, lowers...)
		staged = append(staged, t)
	}
	if len(staged) == 0 {
		return nil
	}
	return j.rename(ctx, staged)
}

// rename is the moment from which the layers exist.
func (j *job) rename(ctx context.Context, staged []*task) (err error) {
	done := j.steps.begin("sync", "Write everything to the disk, then give the layers their final names.", map[string]any{"layers": len(staged)})
	defer func() { err = done(err) }()
	for _, t := range staged {
		if err := t.staged.Describe(t.diff, t.chain); err != nil {
			return fail("describe layer", err)
		}
	}
	for _, t := range staged {
		// Before the sync, which would else write it to the disk.
		if err := errors.Join(t.spool.Discard(), t.spool.Close()); err != nil {
			return fail("commit layer", err)
		}
		t.spool = nil
	}
	if err := j.Layers().Sync(); err != nil {
		return fail("write layers", err)
	}
	for _, t := range staged {
		if t.key, t.usage, err = t.staged.Commit(t.diff, t.chain); err != nil {
			return fail("commit layer", err)
		}
		t.ready = true
	}
	if err := j.Layers().SyncNames(); err != nil {
		return fail("commit layers", err)
	}
	for _, t := range staged {
		if err := errors.Join(t.lock.Share(), t.staged.Close(ctx)); err != nil {
			return fmt.Errorf("commit layer: %w", err)
		}
		t.staged = nil
		j.meter.note(t.index, engine.LayerDone, "")
	}
	return nil
}

func short(d engine.DiffID) string { return fmt.Sprintf("%.12s", d.Hex()) }
