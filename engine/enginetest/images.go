package enginetest

import (
	"cmp"
	"context"
	"encoding/json"
	"slices"
	"strings"
	"time"

	"berth/engine"
)

// An image is one cached image; several references may name it.
type image struct {
	repo     *Repository
	id       engine.Digest
	tags     []string
	pulled   time.Time
	lastUsed time.Time
	pinned   bool
}

// AddImage puts the image of a repository into the cache, as if it had been
// pulled at that time. Further tags name it too.
func (f *Fake) AddImage(r *Repository, pulled time.Time, tags ...string) engine.Digest {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.addImage(r, pulled, tags...)
}

func (f *Fake) addImage(r *Repository, pulled time.Time, tags ...string) engine.Digest {
	id := r.ImageID()
	im := f.images[id]
	if im == nil {
		im = &image{repo: r, id: id, pulled: pulled}
		f.images[id] = im
		for _, l := range r.Layers {
			f.layerUsers[l.Content]++
		}
	}
	if r.Ref != "" {
		tags = append([]string{r.Ref}, tags...)
	}
	for _, t := range tags {
		f.moveTag(t, im)
	}
	return id
}

// moveTag makes ref name im and no other image. f.mu is held.
func (f *Fake) moveTag(ref string, im *image) {
	for _, other := range f.images {
		other.tags = slices.DeleteFunc(other.tags, func(t string) bool { return t == ref && other != im })
	}
	if !slices.Contains(im.tags, ref) {
		im.tags = append(im.tags, ref)
	}
}

// record converts an image for the outside. f.mu is held.
func (f *Fake) record(im *image) engine.Image {
	out := engine.Image{
		ID: im.id, RepoTags: slices.Clone(im.tags), Created: im.repo.Created, Pulled: im.pulled, LastUsed: im.lastUsed,
		Pinned: im.pinned, Labels: im.repo.Config.Labels, Platform: engine.Platform{OS: "linux", Architecture: "amd64"},
		Layers: len(im.repo.Layers),
	}
	slices.Sort(out.RepoTags)
	if im.repo.Ref != "" {
		name, _ := repository(im.repo.Ref)
		out.RepoDigests = []string{name + "@" + string(im.repo.Manifest())}
	}
	for _, l := range im.repo.Layers {
		out.Size += l.Unpacked
		if f.layerUsers[l.Content] == 1 {
			out.Unique += l.Unpacked
		}
	}
	out.Shared = out.Size - out.Unique
	for _, c := range f.containers {
		if c.rec.ImageID == im.id {
			out.Containers++
			if c.rec.State.Alive() {
				out.Running++
			}
		}
	}
	return out
}

// lookup finds the image that ref names, whether as a reference or an ID. f.mu is held.
func (f *Fake) lookup(ref string) (*image, string, error) {
	if hex := strings.TrimPrefix(ref, "sha256:"); isHex(hex) {
		var found *image
		for _, im := range f.images {
			if strings.HasPrefix(im.id.Hex(), hex) {
				if found != nil {
					return nil, "", engine.Errorf(engine.ClassConflict, "find image %q: several images begin so", ref)
				}
				found = im
			}
		}
		if found != nil {
			return found, "", nil
		}
	}
	name, err := familiar(ref)
	if err != nil {
		return nil, "", err
	}
	for _, im := range f.images {
		if slices.Contains(im.tags, name) {
			return im, name, nil
		}
		if repo, digest := repository(name); strings.HasPrefix(digest, "sha256:") && im.repo.Ref != "" {
			own, _ := repository(im.repo.Ref)
			if own == repo && digest == string(im.repo.Manifest()) {
				return im, "", nil
			}
		}
	}
	return nil, "", engine.Errorf(engine.ClassNotFound, "find image %q: no such image", ref)
}

// ListImages implements engine.Images.
func (f *Fake) ListImages(ctx context.Context, opts engine.ImageListOptions) ([]engine.Image, error) {
	if err := f.enter(ctx, "ListImages", opts.Ref); err != nil {
		return nil, err
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	all := f.allImages()
	match, err := imageFilter(opts.Filters, all, f.clock.Now())
	if err != nil {
		return nil, err
	}
	return slices.DeleteFunc(all, func(im engine.Image) bool {
		return !match(im) || opts.Ref != "" && !slices.ContainsFunc(im.RepoTags, func(t string) bool {
			name, _ := repository(t)
			return t == opts.Ref || name == opts.Ref
		})
	}), nil
}

// allImages returns every image, newest first. f.mu is held.
func (f *Fake) allImages() []engine.Image {
	all := make([]engine.Image, 0, len(f.images))
	for _, im := range f.images {
		all = append(all, f.record(im))
	}
	slices.SortFunc(all, func(a, b engine.Image) int {
		return cmp.Or(b.Created.Compare(a.Created), strings.Compare(string(a.ID), string(b.ID)))
	})
	return all
}

// InspectImage implements engine.Images.
func (f *Fake) InspectImage(ctx context.Context, ref string) (engine.ImageDetail, error) {
	if err := f.enter(ctx, "InspectImage", ref); err != nil {
		return engine.ImageDetail{}, err
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	im, _, err := f.lookup(ref)
	if err != nil {
		return engine.ImageDetail{}, err
	}
	d := engine.ImageDetail{
		Image: f.record(im), Config: im.repo.Config, Manifest: im.repo.Manifest(), Author: "berth",
		MediaType:   "application/vnd.oci.image.manifest.v1+json",
		GraphDriver: map[string]string{"Name": "memory"},
	}
	chain := ""
	for _, l := range im.repo.Layers {
		chain = hexOf(chain + string(l.DiffID()))
		d.LayerDetail = append(d.LayerDetail, engine.Layer{
			DiffID: l.DiffID(), ChainID: engine.ChainID("sha256:" + chain), Digest: l.Digest(), Size: l.Unpacked,
		})
	}
	d.RawConfig, err = json.Marshal(map[string]any{
		"architecture": "amd64", "os": "linux", "created": im.repo.Created, "config": im.repo.Config,
	})
	if err != nil {
		return d, engine.Errorf(engine.ClassUnknown, "inspect image %q: %w", ref, err)
	}
	d.RawManifest, err = json.Marshal(map[string]any{"schemaVersion": 2, "mediaType": d.MediaType})
	return d, err
}

// ImageHistory implements engine.Images.
func (f *Fake) ImageHistory(ctx context.Context, ref string) ([]engine.HistoryEntry, error) {
	if err := f.enter(ctx, "ImageHistory", ref); err != nil {
		return nil, err
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	im, _, err := f.lookup(ref)
	if err != nil {
		return nil, err
	}
	out := []engine.HistoryEntry{{
		ID: im.id, Created: im.repo.Created, Empty: true, Tags: slices.Clone(im.tags),
		CreatedBy: "CMD " + jsonArgs(im.repo.Config.Cmd),
	}}
	for _, l := range slices.Backward(im.repo.Layers) {
		out = append(out, engine.HistoryEntry{Created: im.repo.Created, CreatedBy: l.CreatedBy, Size: l.Unpacked})
	}
	return out, nil
}

func jsonArgs(args []string) string {
	b, err := json.Marshal(args)
	if err != nil { // strings always marshal
		return strings.Join(args, " ")
	}
	return string(b)
}

// TagImage implements engine.Images.
func (f *Fake) TagImage(ctx context.Context, source, target string) error {
	if err := f.enter(ctx, "TagImage", source); err != nil {
		return err
	}
	name, err := familiar(target)
	if err != nil {
		return err
	}
	if strings.Contains(name, "@") {
		return engine.Errorf(engine.ClassInvalid, "tag %q: a tag can't have a digest", target)
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	im, _, err := f.lookup(source)
	if err != nil {
		return err
	}
	f.moveTag(name, im)
	f.publishImage("tag", im, name)
	return nil
}

// PinImage implements engine.Images.
func (f *Fake) PinImage(ctx context.Context, ref string, pinned bool) error {
	if err := f.enter(ctx, "PinImage", ref); err != nil {
		return err
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	im, _, err := f.lookup(ref)
	if err != nil {
		return err
	}
	im.pinned = pinned
	action := "unpin"
	if pinned {
		action = "pin"
	}
	f.publishImage(action, im, ref)
	return nil
}
