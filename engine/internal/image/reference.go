package image

import (
	"context"
	"slices"
	"strings"

	"berth/engine"
	"berth/engine/internal/reference"
)

// ParseReference reads a reference as Docker users write it; a bare name gets the
// tag latest. A malformed one, or a bare image ID, is ClassInvalid.
func ParseReference(ref string) (reference.Named, error) {
	named, err := reference.Parse(ref)
	if err != nil {
		return named, engine.Errorf(engine.ClassInvalid, "invalid reference %q: %s", ref, strings.TrimPrefix(err.Error(), "invalid reference: "))
	}
	return named.Tagged(), nil
}

// familiar shortens a whole reference as Docker shows it: "docker.io/library/" and
// "docker.io/" go. It equals [reference.Named.Familiar], without parsing.
func familiar(whole string) string {
	rest, ok := strings.CutPrefix(whole, "docker.io/")
	if !ok {
		return whole
	}
	if name, ok := strings.CutPrefix(rest, "library/"); ok && !strings.Contains(name, "/") {
		return name
	}
	return rest
}

func familiarAll(names []string) []string {
	if len(names) == 0 {
		return nil
	}
	short := make([]string, len(names))
	for i, n := range names {
		short[i] = familiar(n)
	}
	slices.Sort(short)
	return short
}

// repository cuts tag and digest off a whole reference.
func repository(whole string) string {
	whole, _, _ = strings.Cut(whole, "@")
	if at := strings.LastIndexByte(whole, ':'); at > strings.LastIndexByte(whole, '/') {
		whole = whole[:at]
	}
	return whole
}

// A match is an image that a ref names.
type match struct {
	entry *Entry
	name  string // the whole reference that matched; empty for an ID
}

// find resolves ref: first as a name, then as an ID or the beginning of one, as Docker does.
func (c *catalogue) find(ref string) (match, error) {
	if id := strings.TrimPrefix(ref, "sha256:"); len(id) == 64 && isHex(id) {
		if e := c.byID(engine.Digest("sha256:" + id)); e != nil {
			return match{entry: e}, nil
		}
		return match{}, notFound(ref)
	}
	named, err := ParseReference(ref)
	if err == nil {
		if m, ok := c.byName(named); ok {
			return m, nil
		}
	}
	if id := strings.TrimPrefix(ref, "sha256:"); isHex(id) && id != "" {
		var found *Entry
		for _, e := range c.entries {
			if !e.Removed && strings.HasPrefix(e.ID.Hex(), id) {
				if found != nil {
					return match{}, engine.Errorf(engine.ClassConflict, "image ID %q is ambiguous: several images begin with it", ref)
				}
				found = e
			}
		}
		if found != nil {
			return match{entry: found}, nil
		}
	}
	if err != nil {
		return match{}, err
	}
	return match{}, notFound(named.Familiar())
}

func (c *catalogue) byID(id engine.Digest) *Entry {
	for _, e := range c.entries {
		if e.ID == id && !e.Removed {
			return e
		}
	}
	return nil
}

func (c *catalogue) byName(named reference.Named) (match, bool) {
	// A name with both tag and digest means the digest: the tag is a remark.
	if d := named.Digest(); d != "" {
		name := named.Name() + "@" + d
		for _, e := range c.entries {
			if !e.Removed && slices.Contains(e.Digests, name) {
				return match{e, name}, true
			}
		}
		return match{}, false
	}
	for _, e := range c.entries {
		if !e.Removed && slices.Contains(e.Tags, named.String()) {
			return match{e, named.String()}, true
		}
	}
	return match{}, false
}

func notFound(ref string) error {
	return engine.Errorf(engine.ClassNotFound, "no such image: %s", ref)
}

func isHex(s string) bool {
	return strings.Trim(s, "0123456789abcdef") == ""
}

// A Resolved image is what a container is made of.
type Resolved struct {
	ID        engine.Digest
	Name      string // familiar form of the reference, or the ID if it was asked for by ID
	Manifest  engine.Digest
	RawConfig []byte
	Config    engine.ImageConfig
	Platform  engine.Platform
}

// Resolve finds an image in the cache: ClassNotFound if it is not there.
func (s *Store) Resolve(ctx context.Context, ref string) (Resolved, error) {
	c, err := s.load()
	if err != nil {
		return Resolved{}, err
	}
	m, err := c.find(ref)
	if err != nil {
		return Resolved{}, err
	}
	raw, err := s.content.Get(m.entry.ID)
	if err != nil {
		return Resolved{}, err
	}
	doc, err := ParseConfig(raw)
	if err != nil {
		return Resolved{}, err
	}
	name := familiar(m.name)
	if name == "" {
		name = string(m.entry.ID)
	}
	return Resolved{ID: m.entry.ID, Name: name, Manifest: m.entry.Manifest, RawConfig: raw, Config: doc.Defaults(), Platform: m.entry.Platform}, nil
}

// LowerDirs returns the image's layers as absolute directories, topmost first. An image
// that was removed by force still has them while containers use it.
func (s *Store) LowerDirs(_ context.Context, id engine.Digest) ([]string, error) {
	c, err := s.load()
	if err != nil {
		return nil, err
	}
	at := slices.IndexFunc(c.entries, func(e *Entry) bool { return e.ID == id })
	if at < 0 {
		return nil, notFound(string(id))
	}
	var dirs []string
	for _, l := range slices.Backward(c.entries[at].LayerRefs) {
		dir := s.layers.Dir(l.Key)
		if slices.Contains(dirs, dir) {
			continue // overlayfs refuses a layer twice; the upper one decides
		}
		if !s.layers.Has(l.Key) {
			return nil, engine.Errorf(engine.ClassNotFound, "layer %.12s of image %s is missing on disk", l.DiffID.Hex(), id.Short()).
				WithHint("Pull the image again.")
		}
		dirs = append(dirs, dir)
	}
	return dirs, nil
}
