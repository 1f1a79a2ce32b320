package pull

import (
	"cmp"
	"context"
	"strings"
	"sync"
	"time"

	"berth/engine"
	"berth/engine/internal/content"
	"berth/engine/internal/eventlog"
	"berth/engine/internal/image"
	"berth/engine/internal/reference"
	"berth/engine/internal/registry"
)

// A job is one pull.
type job struct {
	*Store
	named reference.Named
	repo  *registry.Repository
	meter *meter
	steps *steps
	// platformAsked: the caller named a platform; else the host's is only preferred.
	platformAsked bool
	locks         []*content.Lock // of layers that must not be removed before the catalogue names them

	committing sync.Mutex // guards staged and spool of tasks while layers are fetched
}

// Pull implements engine.Registries.
func (s *Store) Pull(ctx context.Context, req engine.PullRequest) (engine.PullResult, error) {
	named, err := image.ParseReference(req.Ref)
	if err != nil {
		return engine.PullResult{}, err
	}
	want, err := parsePlatform(req.Platform)
	if err != nil {
		return engine.PullResult{}, err
	}
	j := &job{Store: s, named: named, repo: s.registry.Repository(named), platformAsked: req.Platform != ""}
	j.steps = &steps{op: newID(), subject: named.Familiar(), publish: s.cfg.Publish}
	j.meter = newMeter(j.steps.op, named, req.Progress, s.cfg.Publish)
	defer func() {
		for _, l := range j.locks {
			l.Release()
		}
	}()
	s.collect(ctx)
	res, err := j.run(ctx, want)
	if err != nil && ctx.Err() != nil {
		err = &engine.Error{Class: engine.ClassCanceled, Msg: "pull \"" + named.Familiar() + "\"", Err: ctx.Err()}
	}
	j.meter.end(res, err)
	return res, err
}

// run does the work of one pull.
func (j *job) run(ctx context.Context, want engine.Platform) (engine.PullResult, error) {
	img, err := j.resolve(ctx, want)
	if err != nil {
		return engine.PullResult{}, err
	}
	j.meter.begin(img)
	refs, err := j.layerRefs(ctx, img)
	if err != nil {
		return engine.PullResult{}, err
	}
	done := j.steps.begin("commit", "Write the image and its name into the catalogue; from now on it exists.",
		map[string]any{"image": img.id, "layers": len(refs)})
	fresh, err := j.record(ctx, img, refs)
	if err := done(err); err != nil {
		return engine.PullResult{}, err
	}
	name := j.named.Familiar()
	_ = j.cfg.Publish(eventlog.Record{
		Time: time.Now(), Kind: string(engine.KindImage), Action: "pull", ID: name,
		Attrs: map[string]string{"name": j.named.FamiliarName(), "image": string(img.id)},
	})
	return engine.PullResult{Ref: name, Digest: img.target, ImageID: img.id, Fresh: fresh}, nil
}

// record makes the image exist. Its layers are durable by now.
func (j *job) record(ctx context.Context, img *remoteImage, refs []image.LayerRef) (bool, error) {
	for _, raw := range [][]byte{img.rawManifest, img.rawConfig} {
		if _, err := j.Content().Put(raw); err != nil {
			return false, fail("write image metadata", err)
		}
	}
	e := image.Entry{
		ID: img.id, Manifest: img.manifest, Pulled: time.Now(), Platform: img.config.Platform(), Labels: img.config.Config.Labels,
		MetaSize: int64(len(img.rawConfig) + len(img.rawManifest)), LayerRefs: refs,
		Digests: []string{j.named.Name() + "@" + string(img.target)},
	}
	if img.config.Created != nil {
		e.Created = *img.config.Created
	}
	if j.named.Digest() == "" {
		e.Tags = []string{j.named.String()}
	}
	return j.Put(ctx, e)
}

// tagOrDigest is the last part of a reference.
func tagOrDigest(named reference.Named) string {
	return cmp.Or(named.Digest(), named.Tag(), "latest")
}

// printedName is the repository as Docker prints it: "library/hello-world".
func printedName(named reference.Named) string {
	return strings.TrimPrefix(named.Name(), "docker.io/")
}
