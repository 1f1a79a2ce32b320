package image

import (
	"context"
	"errors"
	"slices"
	"strconv"
	"time"

	"berth/engine"
	"berth/engine/internal/content"
	"berth/engine/internal/snapshot"
)

// PruneImages implements engine.Images. It also deletes what interrupted pulls left.
func (s *Store) PruneImages(ctx context.Context, opts engine.PruneImagesOptions) (engine.PruneReport, error) {
	for key := range opts.Filters {
		if !slices.Contains([]string{"dangling", "label", "label!", "until"}, key) {
			return engine.PruneReport{}, engine.Errorf(engine.ClassInvalid, "invalid filter %q", key)
		}
	}
	lock, err := s.content.Lock(ctx, lockUse, content.Exclusive)
	if err != nil {
		return engine.PruneReport{}, err
	}
	defer lock.Release()
	v, err := s.view(ctx)
	if err != nil {
		return engine.PruneReport{}, err
	}
	victims, err := v.prunable(opts)
	if err != nil || opts.DryRun {
		return v.estimate(victims), err
	}
	return s.prune(ctx, v, victims, lock.Release)
}

// prunable selects the images that go.
func (v *view) prunable(opts engine.PruneImagesOptions) ([]*Entry, error) {
	filters := engine.Filters{}
	all := opts.All
	for key, values := range opts.Filters {
		if key != "dangling" {
			filters[key] = values
			continue
		}
		for _, value := range values { // Docker's other way to say All
			dangling, err := strconv.ParseBool(value)
			if err != nil {
				return nil, engine.Errorf(engine.ClassInvalid, "invalid filter dangling=%q: neither true nor false", value)
			}
			all = !dangling
		}
	}
	keep, err := v.selector(engine.ImageListOptions{Filters: filters})
	if err != nil {
		return nil, err
	}
	var victims []*Entry
	for _, e := range v.entries {
		if !e.Removed && !e.Pinned && len(v.uses[e.ID]) == 0 && (all || len(e.Tags) == 0) && keep(e) {
			victims = append(victims, e)
		}
	}
	return victims, nil
}

// estimate says what removing the victims together would free.
func (v *view) estimate(victims []*Entry) engine.PruneReport {
	var report engine.PruneReport
	left := v.countLayers()
	counted := map[snapshot.Key]bool{}
	for _, e := range victims {
		for i, l := range e.LayerRefs {
			if !e.repeats(i) {
				left[l.Key]--
			}
		}
	}
	for _, e := range victims {
		report.Images = append(report.Images, named(e)...)
		report.Images = append(report.Images, engine.ImageRemoval{Deleted: string(e.ID)})
		report.Reclaimed += e.MetaSize
		chains := ChainIDs(e.diffIDs())
		for i, l := range slices.Backward(e.LayerRefs) {
			if left[l.Key] == 0 && !counted[l.Key] {
				counted[l.Key] = true
				report.Reclaimed += l.Size
				report.Images = append(report.Images, engine.ImageRemoval{Deleted: string(chains[i])})
			}
		}
	}
	return report
}

func named(e *Entry) []engine.ImageRemoval {
	var names []engine.ImageRemoval
	for _, n := range slices.Concat(e.Tags, e.Digests) {
		names = append(names, engine.ImageRemoval{Untagged: familiar(n)})
	}
	return names
}

// prune removes the victims. release is called when nobody can put them to use any more,
// before their files are deleted, which may take long.
func (s *Store) prune(ctx context.Context, v *view, victims []*Entry, release func()) (engine.PruneReport, error) {
	defer s.holdReserve()
	var report engine.PruneReport
	var gone []*Entry
	err := s.shrink(ctx, func(entries []*Entry) ([]*Entry, error) {
		gone = nil // a full disk makes it run twice
		return slices.DeleteFunc(entries, func(e *Entry) bool {
			// Compared again under the lock: a pull may have given it a name meanwhile.
			hit := slices.ContainsFunc(victims, func(o *Entry) bool { return o.ID == e.ID && slices.Equal(o.Tags, e.Tags) && !e.Pinned })
			if hit {
				gone = append(gone, e)
			}
			return hit
		}), nil
	})
	release()
	if err != nil {
		return report, err
	}
	for _, e := range gone {
		report.Images = append(report.Images, named(e)...)
		report.Images = append(report.Images, engine.ImageRemoval{Deleted: string(e.ID)})
		s.publish("delete", e.ID, map[string]string{"name": string(e.ID)})
	}
	layers, freed, err := s.sweep(ctx, v.uses, gone)
	report.Images = append(report.Images, layers...)
	orphans, oerr := s.sweepOrphans(ctx)
	spools, serr := s.content.CollectSpools(time.Now())
	report.Reclaimed = freed + orphans + spools
	err = errors.Join(err, oerr, serr, s.layers.Collect(ctx))
	s.publishID("prune", "", map[string]string{"reclaimed": strconv.FormatInt(report.Reclaimed, 10)})
	return report, err
}
