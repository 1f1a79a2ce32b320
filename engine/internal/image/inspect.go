package image

import (
	"context"
	"encoding/json"
	"slices"
	"strings"

	"berth/engine"
)

// InspectImage implements engine.Images.
func (s *Store) InspectImage(ctx context.Context, ref string) (engine.ImageDetail, error) {
	v, err := s.view(ctx)
	if err != nil {
		return engine.ImageDetail{}, err
	}
	m, err := v.find(ref)
	if err != nil {
		return engine.ImageDetail{}, err
	}
	raw, err := s.content.Get(m.entry.ID)
	if err != nil {
		return engine.ImageDetail{}, err
	}
	doc, err := ParseConfig(raw)
	if err != nil {
		return engine.ImageDetail{}, err
	}
	rawManifest, err := s.content.Get(m.entry.Manifest)
	if err != nil {
		return engine.ImageDetail{}, err
	}
	var manifest struct {
		MediaType   string            `json:"mediaType"`
		Annotations map[string]string `json:"annotations"`
	}
	if err := json.Unmarshal(rawManifest, &manifest); err != nil {
		return engine.ImageDetail{}, engine.Errorf(engine.ClassIntegrity, "read manifest of image %s: %w", m.entry.ID.Short(), err)
	}
	return engine.ImageDetail{
		Image:       v.image(m.entry),
		Parent:      engine.Digest(doc.Parent),
		Author:      doc.Author,
		Config:      doc.Defaults(),
		LayerDetail: m.entry.layers(),
		Manifest:    m.entry.Manifest,
		RawConfig:   raw,
		RawManifest: rawManifest,
		GraphDriver: s.graphDriver(m.entry),
		MediaType:   manifest.MediaType,
		Annotations: manifest.Annotations,
	}, nil
}

func (e *Entry) layers() []engine.Layer {
	layers := make([]engine.Layer, len(e.LayerRefs))
	chains := ChainIDs(e.diffIDs())
	for i, l := range e.LayerRefs {
		layers[i] = engine.Layer{DiffID: l.DiffID, ChainID: chains[i], Digest: l.Blob, Size: l.Size}
	}
	return layers
}

func (e *Entry) diffIDs() []engine.DiffID {
	diffs := make([]engine.DiffID, len(e.LayerRefs))
	for i, l := range e.LayerRefs {
		diffs[i] = l.DiffID
	}
	return diffs
}

// graphDriver names the layers' directories as Docker's overlay2 does.
func (s *Store) graphDriver(e *Entry) map[string]string {
	dirs := make([]string, 0, len(e.LayerRefs))
	for _, l := range slices.Backward(e.LayerRefs) {
		dirs = append(dirs, s.layers.Dir(l.Key))
	}
	return map[string]string{"Name": "overlay", "LowerDir": strings.Join(dirs, ":")}
}

// ImageHistory implements engine.Images.
func (s *Store) ImageHistory(ctx context.Context, ref string) ([]engine.HistoryEntry, error) {
	c, err := s.load()
	if err != nil {
		return nil, err
	}
	m, err := c.find(ref)
	if err != nil {
		return nil, err
	}
	raw, err := s.content.Get(m.entry.ID)
	if err != nil {
		return nil, err
	}
	doc, err := ParseConfig(raw)
	if err != nil {
		return nil, err
	}
	var entries []engine.HistoryEntry
	layer := 0
	for _, h := range doc.History {
		e := engine.HistoryEntry{CreatedBy: h.CreatedBy, Comment: h.Comment, Empty: h.EmptyLayer}
		if h.Created != nil {
			e.Created = *h.Created
		}
		if !h.EmptyLayer && layer < len(m.entry.LayerRefs) {
			e.Size = m.entry.LayerRefs[layer].Size
			layer++
		}
		entries = append(entries, e)
	}
	// The history is a remark of the builder; layers that it leaves out are shown all the same.
	for ; layer < len(m.entry.LayerRefs); layer++ {
		entries = append(entries, engine.HistoryEntry{Size: m.entry.LayerRefs[layer].Size})
	}
	slices.Reverse(entries)
	if len(entries) > 0 {
		entries[0].ID, entries[0].Tags = m.entry.ID, familiarAll(m.entry.Tags)
	}
	return entries, nil
}
