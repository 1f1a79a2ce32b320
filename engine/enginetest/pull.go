package enginetest

import (
	"context"
	"errors"
	"time"

	"berth/engine"
)

// A PullScript carries a pull out instead of the fake: it moves the layers with
// run.Update and returns once all bytes are there. An error, or the end of ctx,
// fails or cancels the pull.
type PullScript func(ctx context.Context, run *PullRun) error

// A PullRun is a pull under way.
type PullRun struct {
	f    *Fake
	repo *Repository
	req  engine.PullRequest
	p    engine.PullProgress // guarded by f.mu
}

// Update lets change edit the pull's state, adds the layers up, and tells everyone.
func (r *PullRun) Update(change func(p *engine.PullProgress)) {
	r.f.mu.Lock()
	change(&r.p)
	r.p.Current = 0
	for _, l := range r.p.Layers {
		r.p.Current += l.Current
	}
	now := clonePull(r.p)
	action := "progress"
	if now.State.Final() {
		action = string(now.State)
		delete(r.f.pulls, now.ID)
	}
	r.f.publish(engine.Event{Kind: engine.KindPull, Action: action, ID: now.ID, Pull: &now})
	r.f.mu.Unlock()
	if r.req.Progress != nil {
		r.req.Progress(now)
	}
}

func clonePull(p engine.PullProgress) engine.PullProgress {
	p.Layers = append([]engine.LayerProgress(nil), p.Layers...)
	return p
}

// Pull implements engine.Registries.
func (f *Fake) Pull(ctx context.Context, req engine.PullRequest) (engine.PullResult, error) {
	if err := f.enter(ctx, "Pull", req.Ref); err != nil {
		return engine.PullResult{}, err
	}
	ref, err := familiar(req.Ref)
	if err != nil {
		return engine.PullResult{}, err
	}
	name, tag := repository(ref)
	f.mu.Lock()
	run := &PullRun{f: f, req: req, p: engine.PullProgress{
		ID: f.id("pull")[:12], Ref: ref, Name: dockerName(name), Tag: tag, State: engine.PullResolving, Started: f.clock.Now(),
	}}
	run.repo = f.find(ref)
	f.pulls[run.p.ID] = run
	f.mu.Unlock()
	run.Update(func(*engine.PullProgress) {})

	res, err := run.do(ctx, ref)
	if err != nil {
		f.mu.Lock()
		err = f.operate(run.p.ID, "pull", ref, run.steps(), err)
		f.mu.Unlock()
	}
	run.Update(func(p *engine.PullProgress) {
		p.Ended, p.Rate, p.Remaining = f.clock.Now(), 0, 0
		switch {
		case err == nil:
			p.State, p.ImageID = engine.PullDone, res.ImageID
		case engine.ClassOf(err) == engine.ClassCanceled:
			p.State = engine.PullCanceled
		default:
			p.State, p.Error = engine.PullFailed, err.Error()
		}
	})
	return res, err
}

// steps are the steps of a pull up to the one that fails: resolving, if the registry has
// no such image, else fetching. f.mu is held.
func (r *PullRun) steps() []fakeStep {
	list := []fakeStep{{"resolve", "Ask the registry what the reference points to now.", map[string]any{"reference": r.p.Ref}, 4 * time.Millisecond}}
	if r.repo == nil {
		return list
	}
	fetch := fakeStep{"fetch blob", "Download the layer, check its digests and unpack it, all in one pass.", nil, 2 * time.Second}
	if len(r.p.Layers) > 0 {
		fetch.data = map[string]any{"blob": r.p.Layers[0].Digest, "size": r.p.Layers[0].Total}
	}
	return append(list, fetch)
}

// find returns the repository behind a reference by tag or digest. f.mu is held.
func (f *Fake) find(ref string) *Repository {
	if r := f.registry[ref]; r != nil {
		return r
	}
	repo, digest := repository(ref)
	for _, r := range f.registry {
		if name, _ := repository(r.Ref); name == repo && string(r.Manifest()) == digest {
			return r
		}
	}
	return nil
}

func (r *PullRun) do(ctx context.Context, ref string) (engine.PullResult, error) {
	f := r.f
	if r.repo == nil {
		return engine.PullResult{}, engine.Errorf(engine.ClassNotFound, "pull %q: the registry has no such repository or tag", ref).
			WithHint("Check the spelling, or log in if the repository is private.")
	}
	f.mu.Lock()
	_, had := f.images[r.repo.ImageID()]
	layers := make([]engine.LayerProgress, 0, len(r.repo.Layers))
	var total int64
	for _, l := range r.repo.Layers {
		lp := engine.LayerProgress{Digest: l.Digest(), State: engine.LayerWaiting, Total: l.Size}
		if f.layerUsers[l.Content] > 0 {
			lp.State, lp.Current = engine.LayerExists, l.Size
		}
		total += l.Size
		layers = append(layers, lp)
	}
	f.mu.Unlock()
	r.Update(func(p *engine.PullProgress) {
		p.State, p.Digest, p.Total, p.Layers = engine.PullActive, r.repo.Manifest(), total, layers
	})
	script := r.repo.Script
	if script == nil {
		script = r.download
	}
	if err := script(ctx, r); err != nil {
		if errors.Is(err, context.Canceled) || errors.Is(err, context.DeadlineExceeded) {
			return engine.PullResult{}, &engine.Error{Class: engine.ClassCanceled, Msg: "pull \"" + ref + "\"", Err: err}
		}
		return engine.PullResult{}, err
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	tags := []string{ref}
	if _, tag := repository(ref); len(tag) > 7 && tag[:7] == "sha256:" {
		tags = nil
	}
	id := f.addImage(r.repo, f.clock.Now(), tags...)
	f.publishImage("pull", f.images[id], ref)
	return engine.PullResult{Ref: ref, Digest: r.repo.Manifest(), ImageID: id, Fresh: !had}, nil
}

// download is the script of a repository that has none: all layers at once, in
// twentieths of a second, at the fake's rate.
func (r *PullRun) download(ctx context.Context, _ *PullRun) error {
	const tick = 50 * time.Millisecond
	for {
		done := true
		r.Update(func(p *engine.PullProgress) {
			p.Rate, p.Remaining = r.f.rate, 0
			active := 0
			for _, l := range p.Layers {
				if l.Current < l.Total {
					active++
				}
			}
			for i := range p.Layers {
				l := &p.Layers[i]
				switch l.State {
				case engine.LayerDone, engine.LayerExists:
					continue
				case engine.LayerVerifying:
					l.State = engine.LayerUnpacking
				case engine.LayerUnpacking:
					l.State = engine.LayerDone
				default:
					l.State, l.Rate = engine.LayerDownloading, r.f.rate/float64(max(active, 1))
					l.Current = min(l.Total, l.Current+int64(l.Rate*tick.Seconds()))
					if r.f.rate == 0 {
						l.Current = l.Total
					}
					if l.Current == l.Total {
						l.State, l.Rate = engine.LayerVerifying, 0
					}
				}
				done = done && l.State == engine.LayerDone
			}
			if left := p.Total - p.Current; r.f.rate > 0 {
				p.Remaining = time.Duration(float64(left) / r.f.rate * float64(time.Second))
			}
		})
		if done {
			return ctx.Err()
		}
		wait := tick
		if r.f.rate == 0 {
			wait = 0
		}
		if err := r.f.sleep(ctx, wait); err != nil {
			return err
		}
	}
}
