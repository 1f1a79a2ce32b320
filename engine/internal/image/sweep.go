package image

import (
	"context"
	"errors"
	"io/fs"
	"os"
	"slices"

	"berth/engine"
	"berth/engine/internal/content"
	"berth/engine/internal/snapshot"
)

// sweep deletes what images that left the catalogue leave behind: their metadata, and every
// layer that no image stacks any more. It returns the deleted layers' chain IDs,
// topmost first, and the bytes freed. lockUse is held. Layers that a pull works
// with are left to a later sweep.
func (s *Store) sweep(ctx context.Context, uses map[engine.Digest][]Use, gone []*Entry) ([]engine.ImageRemoval, int64, error) {
	if err := s.forget(ctx, uses); err != nil {
		return nil, 0, err
	}
	c, err := s.load()
	if err != nil {
		return nil, 0, err
	}
	var done []engine.ImageRemoval
	var errs []error
	freed := int64(0)
	for _, e := range gone {
		if c.holds(e.ID) {
			continue // its containers are still there
		}
		freed += e.MetaSize
		errs = append(errs, s.forgetMetadata(c, e))
		chains := ChainIDs(e.diffIDs())
		for i, l := range slices.Backward(e.LayerRefs) {
			n, err := s.removeLayer(ctx, l.Key, "layer "+string(l.DiffID))
			errs = append(errs, err)
			if n >= 0 {
				freed += n
				done = append(done, engine.ImageRemoval{Deleted: string(chains[i])})
			}
		}
	}
	return done, freed, errors.Join(errs...)
}

// holds reports whether the catalogue has the image, removed by force or not.
func (c *catalogue) holds(id engine.Digest) bool {
	return slices.ContainsFunc(c.entries, func(e *Entry) bool { return e.ID == id })
}

// forget drops images that were removed by force and whose containers are gone now.
func (s *Store) forget(ctx context.Context, uses map[engine.Digest][]Use) error {
	c, err := s.load()
	if err != nil {
		return err
	}
	unused := func(e *Entry) bool { return e.Removed && len(uses[e.ID]) == 0 }
	if !slices.ContainsFunc(c.entries, unused) {
		return nil
	}
	return s.shrink(ctx, func(entries []*Entry) ([]*Entry, error) { return slices.DeleteFunc(entries, unused), nil })
}

func (s *Store) forgetMetadata(c *catalogue, e *Entry) error {
	var errs []error
	shared := slices.ContainsFunc(c.entries, func(o *Entry) bool { return o.Manifest == e.Manifest })
	if !shared {
		errs = append(errs, s.content.Remove(e.Manifest))
	}
	errs = append(errs, s.content.Remove(e.ID))
	if err := os.Remove(s.usedFile(e.ID)); err != nil && !errors.Is(err, fs.ErrNotExist) {
		errs = append(errs, err)
	}
	return errors.Join(errs...)
}

// removeLayer deletes a layer that no image stacks and returns its size, or -1 if it stays.
func (s *Store) removeLayer(ctx context.Context, key snapshot.Key, lockName string) (int64, error) {
	lock, err := s.content.TryLock(lockName, content.Exclusive)
	if lock == nil || err != nil {
		return -1, err
	}
	defer lock.Release()
	// Only under the lock: a pull that found the layer here writes its catalogue entry
	// before it lets go.
	c, err := s.load()
	if err != nil {
		return -1, err
	}
	if c.countLayers()[key] > 0 || !s.layers.Has(key) {
		return -1, nil
	}
	size := s.layers.Size(key)
	if err := s.layers.Remove(ctx, key); err != nil {
		return -1, err
	}
	return size, nil
}

// sweepOrphans deletes layers that no image stacks at all: a pull was killed between its
// layers and its catalogue entry, or a sweep was.
func (s *Store) sweepOrphans(ctx context.Context) (int64, error) {
	keys, err := s.layers.Keys()
	if err != nil {
		return 0, err
	}
	c, err := s.load()
	if err != nil {
		return 0, err
	}
	used := c.countLayers()
	freed := int64(0)
	var errs []error
	for _, k := range keys {
		if used[k] > 0 {
			continue
		}
		diff, err := s.layers.DiffID(k)
		if err != nil {
			errs = append(errs, err)
			continue
		}
		n, err := s.removeLayer(ctx, k, "layer "+string(diff))
		errs = append(errs, err)
		freed += max(n, 0)
	}
	return freed, errors.Join(errs...)
}
