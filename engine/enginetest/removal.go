package enginetest

import (
	"context"
	"slices"
	"strings"

	"berth/engine"
)

// RemoveImage implements engine.Images.
func (f *Fake) RemoveImage(ctx context.Context, ref string, opts engine.RemoveImageOptions) ([]engine.ImageRemoval, error) {
	if err := f.enter(ctx, "RemoveImage", ref); err != nil {
		return nil, err
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	im, tag, err := f.lookup(ref)
	if err != nil {
		return nil, err
	}
	if tag != "" && len(im.tags) > 1 {
		im.tags = slices.DeleteFunc(im.tags, func(t string) bool { return t == tag })
		f.publishImage("untag", im, tag)
		return []engine.ImageRemoval{{Untagged: tag}}, nil
	}
	if tag == "" && len(im.tags) > 1 && !opts.Force {
		return nil, engine.Errorf(engine.ClassConflict, "remove image %q: several tags name it: %s", ref, strings.Join(im.tags, ", ")).
			WithHint("Remove the tags one by one, or use force.")
	}
	for _, c := range f.containers {
		switch {
		case c.rec.ImageID != im.id:
		case c.rec.State.Alive():
			return nil, engine.Errorf(engine.ClassConflict, "remove image %q: container %q runs from it", ref, c.rec.Name).
				WithHint("Stop the container and remove it first.")
		case !opts.Force:
			return nil, engine.Errorf(engine.ClassConflict, "remove image %q: the stopped container %q uses it", ref, c.rec.Name).
				WithHint("Remove the container first, or use force.")
		}
	}
	return f.dropImage(im), nil
}

// dropImage removes an image with its tags and what no other needs. f.mu is held.
func (f *Fake) dropImage(im *image) []engine.ImageRemoval {
	var out []engine.ImageRemoval
	for _, t := range im.tags {
		out = append(out, engine.ImageRemoval{Untagged: t})
		f.publish(engine.Event{Kind: engine.KindImage, Action: "untag", ID: string(im.id), Attributes: map[string]string{"name": t}})
	}
	im.tags = nil
	out = append(out, engine.ImageRemoval{Deleted: string(im.id)})
	for _, l := range im.repo.Layers {
		f.layerUsers[l.Content]--
		if f.layerUsers[l.Content] == 0 {
			out = append(out, engine.ImageRemoval{Deleted: string(l.DiffID())})
		}
	}
	delete(f.images, im.id)
	f.publish(engine.Event{Kind: engine.KindImage, Action: "delete", ID: string(im.id), Attributes: map[string]string{"name": string(im.id)}})
	for _, other := range f.images { // what is theirs alone has changed
		if slices.ContainsFunc(other.repo.Layers, func(l RemoteLayer) bool {
			return slices.ContainsFunc(im.repo.Layers, func(gone RemoteLayer) bool { return gone.Content == l.Content })
		}) {
			f.publishImage("update", other, "")
		}
	}
	return out
}

// PruneImages implements engine.Images.
func (f *Fake) PruneImages(ctx context.Context, opts engine.PruneImagesOptions) (engine.PruneReport, error) {
	var r engine.PruneReport
	if err := f.enter(ctx, "PruneImages", ""); err != nil {
		return r, err
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	match, err := imageFilter(opts.Filters, nil, f.clock.Now())
	if err != nil {
		return r, err
	}
	for _, rec := range f.allImages() {
		if rec.Containers > 0 || rec.Pinned || !opts.All && !rec.Dangling() || !match(rec) {
			continue
		}
		im := f.images[rec.ID]
		r.Reclaimed += f.record(im).Unique
		if opts.DryRun {
			for _, t := range im.tags {
				r.Images = append(r.Images, engine.ImageRemoval{Untagged: t})
			}
			r.Images = append(r.Images, engine.ImageRemoval{Deleted: string(im.id)})
			continue
		}
		r.Images = append(r.Images, f.dropImage(im)...)
	}
	return r, nil
}

// publishImage tells of a change to an image that still exists. f.mu is held.
func (f *Fake) publishImage(action string, im *image, name string) {
	rec := f.record(im)
	f.publish(engine.Event{
		Kind: engine.KindImage, Action: action, ID: string(im.id), Image: &rec,
		Attributes: map[string]string{"name": name},
	})
}
