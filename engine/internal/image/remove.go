package image

import (
	"context"
	"slices"
	"strings"

	"berth/engine"
	"berth/engine/internal/content"
)

// RemoveImage implements engine.Images. Layers that a container of a forcibly removed image
// still needs stay on disk, and go with the first removal after the container's.
func (s *Store) RemoveImage(ctx context.Context, ref string, opts engine.RemoveImageOptions) ([]engine.ImageRemoval, error) {
	lock, err := s.content.Lock(ctx, lockUse, content.Exclusive)
	if err != nil {
		return nil, err
	}
	defer lock.Release()
	uses, err := s.cfg.Uses(ctx)
	if err != nil {
		return nil, err
	}
	var r removal
	defer s.holdReserve()
	err = s.shrink(ctx, func(entries []*Entry) ([]*Entry, error) {
		m, err := (&catalogue{entries: entries}).find(ref)
		if err != nil {
			return nil, err
		}
		r = removal{entry: m.entry, uses: uses[m.entry.ID]}
		if err := r.plan(m, ref, opts.Force); err != nil {
			return nil, err
		}
		return r.apply(entries), nil
	})
	if err != nil {
		return nil, err
	}
	done := r.untagged()
	for _, name := range r.names {
		s.publish("untag", r.entry.ID, map[string]string{"name": familiar(name)})
	}
	if !r.whole {
		return done, nil
	}
	s.publish("delete", r.entry.ID, map[string]string{"name": string(r.entry.ID)})
	done = append(done, engine.ImageRemoval{Deleted: string(r.entry.ID)})
	lock.Release() // nobody can put the image to use any more; deleting its files may take long
	layers, _, err := s.sweep(ctx, uses, []*Entry{r.entry})
	return append(done, layers...), err
}

// A removal is what is taken from one image.
type removal struct {
	entry *Entry
	uses  []Use
	names []string // whole references to take away
	whole bool     // the image goes too
}

// plan decides what goes, by Docker's rules, or why nothing may.
func (r *removal) plan(m match, ref string, force bool) error {
	e := m.entry
	if m.name != "" {
		if names := r.with(m.name); len(names) < len(e.Tags)+len(e.Digests) {
			r.names = names
			return nil
		}
	}
	r.names, r.whole = slices.Concat(e.Tags, e.Digests), true
	id := e.ID.Short()
	if m.name == "" && !force && repositories(e) > 1 {
		return engine.Errorf(engine.ClassConflict, "conflict: unable to delete %s (must be forced) - image is referenced in multiple repositories", id)
	}
	for _, u := range r.uses {
		if u.Running {
			return engine.Errorf(engine.ClassConflict, "conflict: unable to delete %s (cannot be forced) - image is being used by running container %s",
				id, engine.ShortID(u.ID)).WithHint("Stop the container first: berth stop %s", engine.ShortID(u.ID))
		}
	}
	if len(r.uses) == 0 || force {
		return nil
	}
	user := engine.ShortID(r.uses[0].ID)
	if m.name != "" {
		return engine.Errorf(engine.ClassConflict, "conflict: unable to remove repository reference %q (must force) - container %s is using its referenced image %s",
			ref, user, id)
	}
	return engine.Errorf(engine.ClassConflict, "conflict: unable to delete %s (must be forced) - image is being used by stopped container %s", id, user)
}

// with returns what goes when a name is taken away: with the last tag of a repository
// its digests too, because they came with the tag.
func (r *removal) with(name string) []string {
	names := []string{name}
	repo := repository(name)
	if strings.Contains(name, "@") || slices.ContainsFunc(r.entry.Tags, func(t string) bool {
		return t != name && repository(t) == repo
	}) {
		return names
	}
	for _, d := range r.entry.Digests {
		if repository(d) == repo {
			names = append(names, d)
		}
	}
	return names
}

func repositories(e *Entry) int {
	seen := map[string]bool{}
	for _, t := range e.Tags {
		seen[repository(t)] = true
	}
	return len(seen)
}

// apply changes the entries. An image whose containers remain is only marked: their
// root file systems stand on its layers.
func (r *removal) apply(entries []*Entry) []*Entry {
	gone := func(name string) bool { return slices.Contains(r.names, name) }
	r.entry.Tags, r.entry.Digests = slices.DeleteFunc(r.entry.Tags, gone), slices.DeleteFunc(r.entry.Digests, gone)
	if !r.whole {
		return entries
	}
	if len(r.uses) > 0 {
		r.entry.Removed, r.entry.Pinned = true, false
		return entries
	}
	return slices.DeleteFunc(entries, func(e *Entry) bool { return e.ID == r.entry.ID })
}

func (r *removal) untagged() []engine.ImageRemoval {
	done := make([]engine.ImageRemoval, 0, len(r.names))
	for _, n := range r.names {
		done = append(done, engine.ImageRemoval{Untagged: familiar(n)})
	}
	return done
}
