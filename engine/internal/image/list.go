package image

import (
	"context"
	"os"
	"path/filepath"
	"time"

	"berth/engine"
	"berth/engine/internal/snapshot"
)

// view is one state of the catalogue with what the list needs beside it.
type view struct {
	*catalogue
	uses   map[engine.Digest][]Use
	layers map[snapshot.Key]int // images that stack the layer
	used   map[string]time.Time // by digits of the image ID
}

func (s *Store) view(ctx context.Context) (*view, error) {
	c, err := s.load()
	if err != nil {
		return nil, err
	}
	uses, err := s.cfg.Uses(ctx)
	if err != nil {
		return nil, err
	}
	return &view{catalogue: c, uses: uses, layers: c.countLayers(), used: s.usedTimes()}, nil
}

func (c *catalogue) countLayers() map[snapshot.Key]int {
	count := make(map[snapshot.Key]int, 4*len(c.entries))
	for _, e := range c.entries {
		for i, l := range e.LayerRefs {
			if !e.repeats(i) {
				count[l.Key]++
			}
		}
	}
	return count
}

// repeats reports whether a layer occurs further down in the same image.
func (e *Entry) repeats(i int) bool {
	for _, l := range e.LayerRefs[:i] {
		if l.Key == e.LayerRefs[i].Key {
			return true
		}
	}
	return false
}

// usedTimes reads all notes of use; most images of a long list have none.
func (s *Store) usedTimes() map[string]time.Time {
	entries, err := os.ReadDir(filepath.Join(s.cfg.Root, "used"))
	if err != nil {
		return nil
	}
	used := make(map[string]time.Time, len(entries))
	for _, e := range entries {
		if info, err := e.Info(); err == nil {
			used[e.Name()] = info.ModTime()
		}
	}
	return used
}

// ListImages implements engine.Images.
func (s *Store) ListImages(ctx context.Context, opts engine.ImageListOptions) ([]engine.Image, error) {
	v, err := s.view(ctx)
	if err != nil {
		return nil, err
	}
	keep, err := v.selector(opts)
	if err != nil {
		return nil, err
	}
	images := make([]engine.Image, 0, len(v.entries))
	for _, e := range v.entries {
		if !e.Removed && keep(e) {
			images = append(images, v.image(e))
		}
	}
	return images, nil
}

// image converts an entry to the contract's form.
func (v *view) image(e *Entry) engine.Image {
	img := engine.Image{
		ID:          e.ID,
		RepoTags:    familiarAll(e.Tags),
		RepoDigests: familiarAll(e.Digests),
		Created:     e.Created,
		Pulled:      e.Pulled,
		LastUsed:    v.used[e.ID.Hex()],
		Pinned:      e.Pinned,
		Labels:      e.Labels,
		Platform:    e.Platform,
		Layers:      len(e.LayerRefs),
		Size:        e.MetaSize,
		Unique:      e.MetaSize,
	}
	for i, l := range e.LayerRefs {
		if e.repeats(i) {
			continue
		}
		img.Size += l.Size
		if v.layers[l.Key] == 1 {
			img.Unique += l.Size
		}
	}
	img.Shared = img.Size - img.Unique
	for _, u := range v.uses[e.ID] {
		img.Containers++
		if u.Running {
			img.Running++
		}
	}
	return img
}
