package image

import (
	"context"

	"berth/engine"
)

// TagImage implements engine.Images.
func (s *Store) TagImage(ctx context.Context, source, target string) error {
	named, err := ParseReference(target)
	if err != nil {
		return err
	}
	if named.Digest() != "" {
		return engine.Errorf(engine.ClassInvalid, "refusing to create a tag with a digest reference: %q", target)
	}
	var id engine.Digest
	err = s.update(ctx, func(entries []*Entry) ([]*Entry, error) {
		m, err := (&catalogue{entries: entries}).find(source)
		if err != nil {
			return nil, err
		}
		id = m.entry.ID
		moveName(entries, m.entry, named.String())
		return entries, nil
	})
	if err != nil {
		return err
	}
	s.publish("tag", id, map[string]string{"name": named.Familiar()})
	return nil
}

// PinImage implements engine.Images.
func (s *Store) PinImage(ctx context.Context, ref string, pinned bool) error {
	var id engine.Digest
	err := s.update(ctx, func(entries []*Entry) ([]*Entry, error) {
		m, err := (&catalogue{entries: entries}).find(ref)
		if err != nil {
			return nil, err
		}
		id, m.entry.Pinned = m.entry.ID, pinned
		return entries, nil
	})
	if err != nil {
		return err
	}
	action := "pin"
	if !pinned {
		action = "unpin"
	}
	s.publish(action, id, nil)
	return nil
}
