package pull

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"syscall"

	"berth/engine"
	"berth/engine/internal/content"
	"berth/engine/internal/layer"
	"berth/engine/internal/snapshot"
)

// fetch downloads, verifies and unpacks one layer into t.staged.
func (j *job) fetch(ctx context.Context, t *task, downloads *gate) (err error) {
	done := j.steps.begin("fetch blob", "Download the layer, check its digests and unpack it, all in one pass.",
		map[string]any{"blob": t.blob, "diffID": t.diff, "size": t.size})
	defer func() { err = done(err) }()
	for attempt := 0; ; attempt++ {
		resumed, err := j.fetchOnce(ctx, t, downloads)
		// What an earlier pull left may be damaged: a crash can leave zeros in a file.
		if err == nil || resumed == 0 || attempt > 0 || !errors.Is(err, errDigest) {
			return err
		}
		j.meter.note(t.index, engine.LayerRetrying, "what was left of an earlier pull is damaged")
	}
}

// errDigest is the cause of every error about a blob that is not what its digest says.
var errDigest = errors.New("digest mismatch")

func (j *job) fetchOnce(ctx context.Context, t *task, downloads *gate) (resumed int64, err error) {
	spool, err := j.Content().Spool(t.blob, t.size)
	if err != nil {
		return 0, fail("fetch layer "+t.blob.Short(), err)
	}
	var staged *snapshot.Staged
	defer func() {
		if staged == nil {
			spool.Close()
		}
	}()
	resumed = spool.Resumed()
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	fetched := make(chan error, 1)
	go func() {
		err := j.download(ctx, t, spool, downloads)
		spool.End(err)
		fetched <- err
	}()
	staged, err = j.unpack(ctx, t, spool)
	if err == nil {
		// All of it is there, whatever the download still had to say.
		<-fetched
		j.committing.Lock()
		t.staged, t.spool = staged, spool
		j.committing.Unlock()
		return resumed, nil
	}
	err = j.cause(ctx, t, spool, err, fetched, cancel)
	if errors.Is(err, errDigest) || engine.ClassOf(err) == engine.ClassIntegrity {
		_ = spool.Discard() // the error that counts is err
	}
	return resumed, err
}

// cause finds out why unpacking failed: the stream broke because the download did;
// or the tar is broken because the blob is not what its digest promises; or it is itself bad.
func (j *job) cause(ctx context.Context, t *task, spool *content.Spool, err error, fetched <-chan error, cancel func()) error {
	if engine.ClassOf(err) != engine.ClassIntegrity {
		cancel()
		if derr := <-fetched; derr != nil && !errors.Is(derr, context.Canceled) {
			return derr
		}
		return err
	}
	if derr := <-fetched; derr != nil {
		if errors.Is(derr, context.Canceled) {
			return err
		}
		return derr
	}
	h := sha256.New()
	if _, herr := io.Copy(h, spool.Reader(ctx)); herr == nil && hex.EncodeToString(h.Sum(nil)) != t.blob.Hex() {
		return j.mismatch(t, h.Sum(nil))
	}
	return err
}

func (j *job) mismatch(t *task, got []byte) error {
	return engine.Errorf(engine.ClassIntegrity, "layer %s of %q has digest sha256:%x: the registry sent other bytes than it promised: %w",
		t.blob, j.named.Familiar(), got, errDigest).WithHint("Pull again; if it stays so, the registry or a proxy on the way is broken.")
}

// download fills the spool.
func (j *job) download(ctx context.Context, t *task, spool *content.Spool, downloads *gate) error {
	if err := downloads.enter(ctx, 1, t.size); err != nil {
		return err
	}
	defer downloads.leave(1)
	j.meter.resumed(t.index, spool.Resumed())
	j.meter.note(t.index, engine.LayerDownloading, "")
	note := func(why string) {
		state := engine.LayerDownloading
		if why != "" {
			state = engine.LayerRetrying
		}
		j.meter.note(t.index, state, why)
	}
	if err := j.repo.Download(ctx, t.blob, t.size, &meteredSpool{Spool: spool, meter: j.meter, index: t.index}, note); err != nil {
		return fail("fetch layer "+t.blob.Short(), err)
	}
	j.meter.note(t.index, engine.LayerUnpacking, "")
	return nil
}

// meteredSpool reports what is written to the meter.
type meteredSpool struct {
	*content.Spool
	meter *meter
	index int
}

// Write implements io.Writer.
func (m *meteredSpool) Write(p []byte) (int, error) {
	n, err := m.Spool.Write(p)
	m.meter.progress(m.index, m.Offset())
	return n, err
}

// unpack reads the spool to its end, verifies both digests and returns the layer, staged.
func (j *job) unpack(ctx context.Context, t *task, spool *content.Spool) (*snapshot.Staged, error) {
	staged, err := j.Layers().Stage()
	if err != nil {
		return nil, fail("unpack layer "+t.blob.Short(), err)
	}
	if err := j.unpackInto(ctx, t, spool, staged); err != nil {
		return nil, errors.Join(err, staged.Close(ctx))
	}
	return staged, nil
}

func (j *job) unpackInto(ctx context.Context, t *task, spool *content.Spool, staged *snapshot.Staged) error {
	place := &turn{gate: j.turns, rank: t.size}
	defer place.end()
	p := startPipeline(ctx, newTurnReader(ctx, spool, place), t.size, j.window(place, t))
	defer p.stop()
	_, err := staged.Unpack(ctx, p, j.limits())
	if err != nil {
		return fail(fmt.Sprintf("unpack layer %s of %q", t.blob.Short(), j.named.Familiar()), err)
	}
	j.meter.note(t.index, engine.LayerVerifying, "")
	compressed, uncompressed := p.sums()
	if hex.EncodeToString(compressed) != t.blob.Hex() {
		return j.mismatch(t, compressed)
	}
	if hex.EncodeToString(uncompressed) != t.diff.Hex() {
		return engine.Errorf(engine.ClassIntegrity, "layer %s of %q unpacks to sha256:%x, its config promises %s",
			t.blob, j.named.Familiar(), uncompressed, t.diff)
	}
	return nil
}

// window reserves memory for a layer's zstd window, out of its turn: those who hold
// such memory need turns to be done with it.
func (j *job) window(place *turn, t *task) reserve {
	return func(ctx context.Context, n int64) (func(), error) {
		place.yield()
		if err := j.windows.enter(ctx, n, t.size); err != nil {
			return nil, err
		}
		if err := place.take(ctx); err != nil {
			j.windows.leave(n)
			return nil, err
		}
		return func() { j.windows.leave(n) }, nil
	}
}

func (j *job) limits() layer.Limits { return j.cfg.Limits }

// fail says what was being done, and classifies what the disk answers.
func fail(doing string, err error) error {
	e := &engine.Error{Class: engine.ClassOf(err), Msg: doing, Err: err}
	switch {
	case errors.Is(err, syscall.ENOSPC), errors.Is(err, syscall.EDQUOT):
		e.Class = engine.ClassExhausted
		return e.WithHint("Free some space on the disk, for example with: berth image prune")
	case errors.Is(err, context.Canceled):
		return err
	}
	return e
}
