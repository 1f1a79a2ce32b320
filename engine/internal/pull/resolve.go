package pull

import (
	"context"
	"encoding/json"
	"fmt"
	"runtime"
	"slices"
	"strings"

	"berth/engine"
	"berth/engine/internal/image"
	"berth/engine/internal/registry"

	v1 "github.com/google/go-containerregistry/pkg/v1"
	"github.com/google/go-containerregistry/pkg/v1/types"
)

// A remoteImage is an image as the registry describes it.
type remoteImage struct {
	target      engine.Digest // what the reference resolved to: an index or a manifest
	manifest    engine.Digest
	id          engine.Digest
	rawManifest []byte
	rawConfig   []byte
	config      *image.ConfigFile
	layers      []remoteLayer // bottom first
}

type remoteLayer struct {
	blob  engine.Digest
	size  int64
	diff  engine.DiffID
	chain engine.ChainID
}

// maxLayers is far above what overlayfs can stack (500 by Linux 5.12).
const maxLayers = 500

// resolve finds out what the reference means for the platform.
func (j *job) resolve(ctx context.Context, want engine.Platform) (*remoteImage, error) {
	done := j.steps.begin("resolve", "Ask the registry what the reference points to now.",
		map[string]any{"repository": j.named.Name(), "reference": tagOrDigest(j.named)})
	m, err := j.repo.Manifest(ctx, tagOrDigest(j.named))
	var man *v1.Manifest
	if err == nil && !m.MediaType.IsIndex() {
		man, err = j.parseManifest(m)
	}
	if err := done(err); err != nil {
		return nil, err
	}
	img := &remoteImage{target: m.Digest}
	if m.MediaType.IsIndex() {
		done := j.steps.begin("manifest", "Choose the manifest of this platform from the index and fetch it.",
			map[string]any{"index": m.Digest, "platform": want.String()})
		if m, err = j.choose(ctx, m, want); err == nil {
			man, err = j.parseManifest(m)
		}
		if err := done(err); err != nil {
			return nil, err
		}
	}
	img.manifest, img.rawManifest = m.Digest, m.Raw
	img.id = engine.Digest(man.Config.Digest.String())
	done = j.steps.begin("config", "Fetch the image's configuration: what it runs, and the digests of its layers once unpacked.",
		map[string]any{"digest": img.id, "size": man.Config.Size})
	err = j.fetchConfig(ctx, img, man)
	if err == nil && j.platformAsked {
		err = j.checkPlatform(img.config.Platform(), want)
	}
	return img, done(err)
}

// choose fetches the index's manifest for the platform.
func (j *job) choose(ctx context.Context, m registry.Manifest, want engine.Platform) (registry.Manifest, error) {
	var index v1.IndexManifest
	if err := json.Unmarshal(m.Raw, &index); err != nil {
		return m, engine.Errorf(engine.ClassIntegrity, "read index of %q: %w", j.named.Familiar(), err)
	}
	desc := choosePlatform(index.Manifests, want)
	if desc == nil {
		return m, engine.Errorf(engine.ClassNotFound, "no matching manifest for %s in %q: it is available for %s",
			want, j.named.Familiar(), strings.Join(platforms(index.Manifests), ", ")).
			WithHint("Name one of these platforms with --platform; programs of another processor need an emulator to run.")
	}
	digest := desc.Digest.String()
	m, err := j.repo.Manifest(ctx, digest)
	if err == nil && m.MediaType.IsIndex() {
		return m, engine.Errorf(engine.ClassUnsupported, "index of %q points to another index", j.named.Familiar())
	}
	return m, err
}

// parseManifest refuses what is no image that a container can be made of.
func (j *job) parseManifest(m registry.Manifest) (*v1.Manifest, error) {
	name := j.named.Familiar()
	if m.MediaType == types.DockerManifestSchema1 || m.MediaType == types.DockerManifestSchema1Signed {
		return nil, engine.Errorf(engine.ClassUnsupported, "image %q has a manifest of schema 1, which carries no verifiable layers", name).
			WithHint("Push the image again with a Docker of version 1.10 (2016) or later.")
	}
	if !m.MediaType.IsImage() {
		return nil, engine.Errorf(engine.ClassUnsupported, "manifest of %q has the unknown type %q", name, m.MediaType)
	}
	var man v1.Manifest
	if err := json.Unmarshal(m.Raw, &man); err != nil {
		return nil, engine.Errorf(engine.ClassIntegrity, "read manifest of %q: %w", name, err)
	}
	if !man.Config.MediaType.IsConfig() {
		return nil, engine.Errorf(engine.ClassUnsupported, "%q is no container image but an artifact of type %q", name, man.Config.MediaType)
	}
	if len(man.Layers) > maxLayers {
		return nil, engine.Errorf(engine.ClassInvalid, "image %q has %d layers: more than %d can't be stacked", name, len(man.Layers), maxLayers)
	}
	for _, l := range append([]v1.Descriptor{man.Config}, man.Layers...) {
		if l.Digest.Algorithm != "sha256" || len(l.Digest.Hex) != 64 || strings.Trim(l.Digest.Hex, "0123456789abcdef") != "" {
			return nil, engine.Errorf(engine.ClassUnsupported, "manifest of %q names %q: only SHA-256 digests are supported", name, l.Digest)
		}
		if l.Size < 0 || l.Size > 1<<40 {
			return nil, engine.Errorf(engine.ClassInvalid, "manifest of %q claims a blob of %d bytes", name, l.Size)
		}
	}
	return &man, nil
}

// fetchConfig takes the config from the cache or the registry, and joins its diffIDs with the manifest's blobs.
func (j *job) fetchConfig(ctx context.Context, img *remoteImage, man *v1.Manifest) error {
	raw, err := j.Content().Get(img.id)
	if err != nil {
		if raw, err = j.repo.Metadata(ctx, img.id, man.Config.Size); err != nil {
			return err
		}
	}
	img.rawConfig = raw
	if img.config, err = image.ParseConfig(raw); err != nil {
		return err
	}
	diffs := img.config.RootFS.DiffIDs
	if len(diffs) != len(man.Layers) {
		return engine.Errorf(engine.ClassIntegrity, "image %q has %d layers in its manifest but %d in its config",
			j.named.Familiar(), len(man.Layers), len(diffs))
	}
	for i, chain := range image.ChainIDs(diffs) {
		if hex, ok := strings.CutPrefix(string(diffs[i]), "sha256:"); !ok || len(hex) != 64 || strings.Trim(hex, "0123456789abcdef") != "" {
			return engine.Errorf(engine.ClassUnsupported, "config of %q names layer %q: only SHA-256 is supported", j.named.Familiar(), diffs[i])
		}
		img.layers = append(img.layers, remoteLayer{
			blob: engine.Digest(man.Layers[i].Digest.String()), size: man.Layers[i].Size, diff: diffs[i], chain: chain,
		})
	}
	return nil
}

// checkPlatform refuses an image that was made for one platform only, and not the one asked for.
func (j *job) checkPlatform(has, want engine.Platform) error {
	if has.OS == want.OS && has.Architecture == want.Architecture && (want.Variant == "" || variantScore(want, has.Variant) > 0) {
		return nil
	}
	return engine.Errorf(engine.ClassNotFound, "image %q is for %s, not for %s", j.named.Familiar(), has, want)
}

// parsePlatform reads "os/arch[/variant]" or "arch"; empty means this machine.
func parsePlatform(s string) (engine.Platform, error) {
	p := engine.Platform{OS: "linux", Architecture: runtime.GOARCH}
	if s == "" {
		return p, nil
	}
	parts := strings.Split(strings.ToLower(s), "/")
	if len(parts) > 3 || slices.Contains(parts, "") {
		return p, engine.Errorf(engine.ClassInvalid, "invalid platform %q: it is written os/architecture or os/architecture/variant", s)
	}
	if len(parts) == 1 {
		parts = []string{"linux", parts[0]}
	}
	p.OS, p.Architecture = parts[0], parts[1]
	if len(parts) == 3 {
		p.Variant = parts[2]
	}
	switch p.Architecture {
	case "x86_64", "x86-64":
		p.Architecture = "amd64"
	case "aarch64":
		p.Architecture = "arm64"
	case "i386", "i686":
		p.Architecture = "386"
	case "armhf":
		p.Architecture, p.Variant = "arm", "v7"
	}
	return p, nil
}

// choosePlatform returns the best manifest: the variant asked for, else the plain
// one or the highest that the processor runs.
func choosePlatform(manifests []v1.Descriptor, want engine.Platform) *v1.Descriptor {
	var best *v1.Descriptor
	bestScore := 0
	for i := range manifests {
		d := &manifests[i]
		p := d.Platform
		if p == nil || p.OS != want.OS || p.Architecture != want.Architecture {
			continue
		}
		if score := variantScore(want, p.Variant); score > bestScore {
			best, bestScore = d, score
		}
	}
	return best
}

// variantScore ranks a variant: 0 does not fit. An arm processor runs the code of
// older variants; arm64 and amd64 know v8 and v1 as the plain one.
func variantScore(want engine.Platform, variant string) int {
	plain := map[string]string{"arm64": "v8", "amd64": "v1", "arm": "v7"}[want.Architecture]
	wanted := want.Variant
	if wanted == "" {
		wanted = plain
	}
	if variant == "" {
		variant = plain
	}
	switch {
	case variant == wanted:
		return 100
	case want.Architecture == "arm" && len(variant) == 2 && len(wanted) == 2 && variant < wanted:
		return 10 + int(variant[1]-'0')
	}
	return 0
}

// platforms lists what an index holds, without the attestations that builders add.
func platforms(manifests []v1.Descriptor) []string {
	var names []string
	for _, d := range manifests {
		if d.Platform == nil || d.Platform.OS == "unknown" {
			continue
		}
		p := engine.Platform{OS: d.Platform.OS, Architecture: d.Platform.Architecture, Variant: d.Platform.Variant}
		if !slices.Contains(names, p.String()) {
			names = append(names, p.String())
		}
		if len(names) == 20 {
			return append(names, fmt.Sprintf("and %d more", len(manifests)-20))
		}
	}
	return names
}
