package demo

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"slices"
	"time"

	v1 "github.com/google/go-containerregistry/pkg/v1"
	"github.com/google/go-containerregistry/pkg/v1/types"
	"github.com/klauspost/compress/gzip"
)

// epoch is the time of everything in these images: a clock would change the digests.
var epoch = time.Date(2026, time.January, 1, 0, 0, 0, 0, time.UTC)

// A blob is stored content with its media type. Answers of the protocol itself have no digest.
type blob struct {
	digest    string
	mediaType string
	data      []byte
}

// A repository holds the blobs and manifests of one name.
type repository struct {
	tags      map[string]string // tag -> digest
	manifests map[string]blob   // by digest
	blobs     map[string]blob   // by digest: configs and layers
}

func newRepository() *repository {
	return &repository{tags: map[string]string{}, manifests: map[string]blob{}, blobs: map[string]blob{}}
}

// manifest finds a manifest or index by tag or digest.
func (r *repository) manifest(ref string) (blob, bool) {
	if digest, ok := r.tags[ref]; ok {
		ref = digest
	}
	b, ok := r.manifests[ref]
	return b, ok
}

func (r *repository) tagNames() []string {
	names := make([]string, 0, len(r.tags))
	for name := range r.tags {
		names = append(names, name)
	}
	slices.Sort(names)
	return names
}

// A layer is a changeset and how it came to be, for the image's history.
type layer struct {
	tar       []byte
	createdBy string
	comment   string
}

// addImage stores an image of layers, bottom first, and returns its descriptor for an index.
func (r *repository) addImage(platform v1.Platform, config v1.Config, layers []layer) (v1.Descriptor, error) {
	file := v1.ConfigFile{
		Created: v1.Time{Time: epoch}, Author: "Berth",
		OS: platform.OS, Architecture: platform.Architecture, Variant: platform.Variant,
		Config: config, RootFS: v1.RootFS{Type: "layers"},
	}
	manifest := v1.Manifest{SchemaVersion: 2, MediaType: types.OCIManifestSchema1}
	for _, l := range layers {
		data, err := compress(l.tar)
		if err != nil {
			return v1.Descriptor{}, err
		}
		manifest.Layers = append(manifest.Layers, add(r.blobs, types.OCILayer, data))
		file.RootFS.DiffIDs = append(file.RootFS.DiffIDs, hashOf(l.tar))
		file.History = append(file.History, v1.History{
			Created: v1.Time{Time: epoch}, CreatedBy: l.createdBy, Comment: l.comment,
		})
	}
	file.History = append(file.History, v1.History{
		Created: v1.Time{Time: epoch}, CreatedBy: "CMD " + string(mustJSON(config.Cmd)), EmptyLayer: true,
	})
	manifest.Config = add(r.blobs, types.OCIConfigJSON, mustJSON(file))
	descriptor := add(r.manifests, types.OCIManifestSchema1, mustJSON(manifest))
	descriptor.Platform = &platform
	return descriptor, nil
}

// addIndex stores an index of images and gives it a tag.
func (r *repository) addIndex(tag string, images []v1.Descriptor) {
	index := v1.IndexManifest{SchemaVersion: 2, MediaType: types.OCIImageIndex, Manifests: images}
	r.tags[tag] = add(r.manifests, types.OCIImageIndex, mustJSON(index)).Digest.String()
}

// add stores data under its digest.
func add(in map[string]blob, mediaType types.MediaType, data []byte) v1.Descriptor {
	hash := hashOf(data)
	in[hash.String()] = blob{digest: hash.String(), mediaType: string(mediaType), data: data}
	return v1.Descriptor{MediaType: mediaType, Size: int64(len(data)), Digest: hash}
}

func hashOf(data []byte) v1.Hash {
	sum := sha256.Sum256(data)
	return v1.Hash{Algorithm: "sha256", Hex: hex.EncodeToString(sum[:])}
}

// compress makes a gzip stream without name or time, so that equal input has equal output.
// The fastest level: the bytes only cross from one part of this process to another.
func compress(data []byte) ([]byte, error) {
	var out bytes.Buffer
	w, err := gzip.NewWriterLevel(&out, gzip.BestSpeed)
	if err != nil {
		return nil, err
	}
	if _, err := w.Write(data); err != nil {
		return nil, err
	}
	if err := w.Close(); err != nil {
		return nil, err
	}
	return out.Bytes(), nil
}
