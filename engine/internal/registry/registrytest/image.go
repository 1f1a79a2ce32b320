package registrytest

import (
	"archive/tar"
	"bytes"
	"encoding/json"
	"testing"
	"time"

	"berth/engine"

	"github.com/klauspost/compress/gzip"
	"github.com/klauspost/compress/zstd"
)

// A File is one entry of a layer's tar. A header without type is that of a regular
// file with Body, or of a directory if its name ends in a slash.
type File struct {
	tar.Header
	Body string
}

// Tar writes a layer.
func Tar(t testing.TB, files ...File) []byte {
	t.Helper()
	var buf bytes.Buffer
	w := tar.NewWriter(&buf)
	for _, f := range files {
		h := f.Header
		if h.Typeflag == 0 {
			h.Typeflag = tar.TypeReg
			if h.Name != "" && h.Name[len(h.Name)-1] == '/' {
				h.Typeflag = tar.TypeDir
			}
		}
		if h.Mode == 0 {
			h.Mode = 0o755
		}
		if h.Typeflag == tar.TypeReg {
			h.Size = int64(len(f.Body))
		}
		if h.ModTime.IsZero() {
			h.ModTime = time.Unix(1_000_000_000, 0)
		}
		if err := w.WriteHeader(&h); err != nil {
			t.Fatalf("write header of %q: %v", h.Name, err)
		}
		if h.Typeflag == tar.TypeReg {
			if _, err := w.Write([]byte(f.Body)); err != nil {
				t.Fatalf("write %q: %v", h.Name, err)
			}
		}
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return buf.Bytes()
}

// A Compression is how a layer is stored.
type Compression string

// The compressions.
const (
	Gzip Compression = "gzip"
	Zstd Compression = "zstd"
	None Compression = ""
)

// Compress returns data compressed.
func Compress(t testing.TB, data []byte, c Compression) []byte {
	t.Helper()
	var buf bytes.Buffer
	switch c {
	case None:
		return data
	case Gzip:
		w := gzip.NewWriter(&buf)
		if _, err := w.Write(data); err != nil {
			t.Fatal(err)
		}
		if err := w.Close(); err != nil {
			t.Fatal(err)
		}
	case Zstd:
		w, err := zstd.NewWriter(&buf)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := w.Write(data); err != nil {
			t.Fatal(err)
		}
		if err := w.Close(); err != nil {
			t.Fatal(err)
		}
	}
	return buf.Bytes()
}

// An Image is what Push makes of layers.
type Image struct {
	Layers      [][]byte // uncompressed tars, bottom first
	Compression Compression
	Config      map[string]any // the config's "config"; may be nil
	Created     time.Time
	Arch        string // default amd64
	Variant     string
	Docker      bool // Docker's media types instead of OCI's
}

// A Pushed image's digests.
type Pushed struct {
	Manifest engine.Digest
	ID       engine.Digest
	Blobs    []engine.Digest
	DiffIDs  []engine.DiffID
	Raw      []byte // the manifest
}

type descriptor struct {
	MediaType string        `json:"mediaType"`
	Digest    engine.Digest `json:"digest"`
	Size      int           `json:"size"`
}

// Push stores the image under repository and tag; an empty tag leaves the digest as its only name.
func (r *Registry) Push(t testing.TB, repo, tag string, img Image) Pushed {
	t.Helper()
	manifestType, configType, layerType := "application/vnd.oci.image.manifest.v1+json", "application/vnd.oci.image.config.v1+json", "application/vnd.oci.image.layer.v1.tar"
	if img.Compression != None {
		layerType += "+" + string(img.Compression)
	}
	if img.Docker {
		manifestType, configType, layerType = "application/vnd.docker.distribution.manifest.v2+json", "application/vnd.docker.container.image.v1+json", "application/vnd.docker.image.rootfs.diff.tar.gzip"
	}
	if img.Arch == "" {
		img.Arch = "amd64"
	}
	p := Pushed{}
	layers := []descriptor{}
	history := []map[string]any{}
	for _, l := range img.Layers {
		blob := Compress(t, l, img.Compression)
		d := r.AddBlob(blob)
		p.Blobs = append(p.Blobs, d)
		p.DiffIDs = append(p.DiffIDs, engine.DiffID(Digest(l)))
		layers = append(layers, descriptor{MediaType: layerType, Digest: d, Size: len(blob)})
		history = append(history, map[string]any{"created_by": "layer"})
	}
	config := marshal(t, map[string]any{
		"architecture": img.Arch, "variant": img.Variant, "os": "linux", "created": img.Created, "config": img.Config, "history": history,
		"rootfs": map[string]any{"type": "layers", "diff_ids": p.DiffIDs},
	})
	p.ID = r.AddBlob(config)
	p.Raw = marshal(t, map[string]any{
		"schemaVersion": 2, "mediaType": manifestType, "layers": layers,
		"config": descriptor{MediaType: configType, Digest: p.ID, Size: len(config)},
	})
	p.Manifest = r.AddManifest(repo, tag, manifestType, p.Raw)
	return p
}

// PushIndex stores an index of images, one for each platform.
func (r *Registry) PushIndex(t testing.TB, repo, tag string, platforms []engine.Platform, images []Pushed) engine.Digest {
	t.Helper()
	type platform struct {
		Architecture string `json:"architecture"`
		OS           string `json:"os"`
		Variant      string `json:"variant,omitempty"`
	}
	type entry struct {
		descriptor
		Platform platform `json:"platform"`
	}
	var entries []entry
	for i, img := range images {
		entries = append(entries, entry{
			descriptor{MediaType: "application/vnd.oci.image.manifest.v1+json", Digest: img.Manifest, Size: len(img.Raw)},
			platform{platforms[i].Architecture, platforms[i].OS, platforms[i].Variant},
		})
	}
	raw := marshal(t, map[string]any{"schemaVersion": 2, "mediaType": "application/vnd.oci.image.index.v1+json", "manifests": entries})
	return r.AddManifest(repo, tag, "application/vnd.oci.image.index.v1+json", raw)
}

func marshal(t testing.TB, v any) []byte {
	t.Helper()
	data, err := json.Marshal(v)
	if err != nil {
		t.Fatal(err)
	}
	return data
}
