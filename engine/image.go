package engine

import (
	"context"
	"encoding/json"
	"time"
)

// Images reads and changes the image cache.
//
// A ref names an image as Docker users write it: a reference ("ubuntu:24.04",
// "ghcr.io/a/b@sha256:...", a bare name means tag latest) or an image ID, whole or
// a unique prefix of it. An unknown ref is ClassNotFound, a prefix that fits
// several images ClassConflict, a malformed one ClassInvalid.
type Images interface {
	// ListImages returns one entry for each image ID, newest first.
	ListImages(ctx context.Context, opts ImageListOptions) ([]Image, error)
	// InspectImage returns all that is known of one image.
	InspectImage(ctx context.Context, ref string) (ImageDetail, error)
	// ImageHistory returns how the image came to be, newest step first.
	ImageHistory(ctx context.Context, ref string) ([]HistoryEntry, error)
	// TagImage makes target, a reference without digest, name the image that source names.
	// A target that named another image is moved.
	TagImage(ctx context.Context, source, target string) error
	// RemoveImage removes the reference, and the image with its layers once nothing
	// names or uses them. It returns what was done, in order. An image that a
	// container uses is ClassConflict unless Force is set; a running container's
	// image can't be removed by any means.
	RemoveImage(ctx context.Context, ref string, opts RemoveImageOptions) ([]ImageRemoval, error)
	// PruneImages removes images that no container uses; with opts.DryRun it only says which.
	PruneImages(ctx context.Context, opts PruneImagesOptions) (PruneReport, error)
	// PinImage protects an image from every prune, or ends that.
	PinImage(ctx context.Context, ref string, pinned bool) error
}

// ImageListOptions selects images. The zero value selects all.
type ImageListOptions struct {
	All     bool    // images without a name too, when they are parents of others
	Filters Filters // dangling, reference, label, before, since, until
	Ref     string  // only images with this repository, or repository and tag
}

// Filters are Docker's --filter key=value pairs. Values of one key are alternatives, keys must all hold.
// An unknown key is ClassInvalid.
type Filters map[string][]string

// An Image is one image in the cache.
type Image struct {
	ID          Digest   // digest of the config
	RepoTags    []string // familiar form, "ubuntu:24.04", in order; empty for a dangling image
	RepoDigests []string // "ubuntu@sha256:..."
	Created     time.Time
	Pulled      time.Time
	LastUsed    time.Time // zero if no container was ever made of it
	Size        int64     // disk usage of all its layers, and of its metadata
	Unique      int64     // the part that removing this image alone would free
	Shared      int64     // Size - Unique
	Containers  int       // how many containers use it
	Running     int       // how many of these run
	Pinned      bool
	Labels      map[string]string
	Platform    Platform
	Layers      int
}

// Dangling reports whether no tag names the image.
func (i Image) Dangling() bool { return len(i.RepoTags) == 0 }

// A Platform is an operating system and processor: OCI image-spec, image-index.md.
type Platform struct {
	OS, Architecture, Variant string
}

// String returns the form "linux/arm64/v8".
func (p Platform) String() string {
	s := p.OS + "/" + p.Architecture
	if p.Variant != "" {
		s += "/" + p.Variant
	}
	return s
}

// ImageDetail is an image with its configuration.
type ImageDetail struct {
	Image
	Parent      Digest
	Author      string
	Config      ImageConfig
	LayerDetail []Layer // bottom first
	Manifest    Digest
	RawConfig   json.RawMessage // the config blob as it was pulled
	RawManifest json.RawMessage
	GraphDriver map[string]string // where the layers lie on this host
	MediaType   string
	Annotations map[string]string
}

// A Layer is one read-only layer of an image.
type Layer struct {
	DiffID  DiffID
	ChainID ChainID
	Digest  Digest // of the compressed blob; empty if unknown
	Size    int64  // disk usage unpacked
}

// ImageConfig holds an image's defaults for containers: OCI image-spec, config.md.
type ImageConfig struct {
	User         string
	ExposedPorts []string // "80/tcp", sorted
	Env          []string
	Entrypoint   []string
	Cmd          []string
	Volumes      []string // sorted
	WorkingDir   string
	Labels       map[string]string
	StopSignal   string
	Shell        []string
	Healthcheck  json.RawMessage `json:",omitempty"` // Docker's form, empty if none
}

// A HistoryEntry is one step of an image's making.
type HistoryEntry struct {
	ID        Digest // the image's for the newest step, else empty ("<missing>")
	Created   time.Time
	CreatedBy string
	Comment   string
	Size      int64
	Empty     bool // the step made no layer
	Tags      []string
}

// RemoveImageOptions says how far RemoveImage goes.
type RemoveImageOptions struct {
	Force   bool // remove although stopped containers use it or several tags name it
	NoPrune bool // keep untagged parents
}

// An ImageRemoval is one thing that RemoveImage did: exactly one field is set.
type ImageRemoval struct {
	Untagged string // reference
	Deleted  string // image ID or layer chain ID
}

// PruneImagesOptions selects what PruneImages removes.
type PruneImagesOptions struct {
	All     bool // every unused image, not the dangling ones alone
	Filters Filters
	DryRun  bool
}

// A PruneReport says what a prune removed, or would remove.
type PruneReport struct {
	Images     []ImageRemoval
	Containers []string // IDs
	Reclaimed  int64    // bytes
}
