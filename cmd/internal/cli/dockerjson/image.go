package dockerjson

import (
	"maps"

	"berth/engine"
)

// An Image is ImageInspect's answer.
type Image struct {
	ID            string `json:"Id"`
	RepoTags      []string
	RepoDigests   []string
	Parent        string
	Comment       string
	Created       string
	DockerVersion string
	Author        string
	Config        Config
	Architecture  string
	Variant       string `json:",omitempty"`
	Os            string
	Size          int64
	GraphDriver   GraphDriver
	RootFS        RootFS
	Metadata      Metadata
	Descriptor    Descriptor
}

// RootFS lists an image's layers, bottom first.
type RootFS struct {
	Type   string
	Layers []string
}

// Metadata is what this host knows of an image.
type Metadata struct {
	LastTagTime string
}

// Descriptor points at the manifest: OCI image-spec, descriptor.md.
type Descriptor struct {
	MediaType   string            `json:"mediaType"`
	Digest      string            `json:"digest"`
	Size        int               `json:"size"`
	Annotations map[string]string `json:"annotations,omitempty"`
}

// FromImage converts d.
func FromImage(d engine.ImageDetail) Image {
	cfg := d.Config
	img := Image{
		ID: string(d.ID), RepoTags: orEmpty(d.RepoTags), RepoDigests: orEmpty(d.RepoDigests), Parent: string(d.Parent),
		Created: Time(d.Created), Author: d.Author, Architecture: d.Platform.Architecture, Variant: d.Platform.Variant,
		Os: d.Platform.OS, Size: d.Size,
		Config: Config{
			User: cfg.User, ExposedPorts: set(cfg.ExposedPorts), Env: orEmpty(cfg.Env), Cmd: cfg.Cmd,
			Entrypoint: cfg.Entrypoint, Volumes: set(cfg.Volumes), WorkingDir: cfg.WorkingDir, Labels: cfg.Labels,
			StopSignal: cfg.StopSignal, Shell: cfg.Shell, Healthcheck: cfg.Healthcheck,
		},
		GraphDriver: GraphDriver{Name: "overlay2", Data: withoutName(d.GraphDriver)},
		RootFS:      RootFS{Type: "layers", Layers: []string{}},
		Metadata:    Metadata{LastTagTime: Time(d.Pulled)},
		Descriptor: Descriptor{MediaType: d.MediaType, Digest: string(d.Manifest), Size: len(d.RawManifest),
			Annotations: d.Annotations},
	}
	for _, l := range d.LayerDetail {
		img.RootFS.Layers = append(img.RootFS.Layers, string(l.DiffID))
	}
	return img
}

// withoutName leaves out the driver's name, which has a key of its own.
func withoutName(data map[string]string) map[string]string {
	m := orEmptyMap(maps.Clone(data))
	delete(m, "Name")
	return m
}
