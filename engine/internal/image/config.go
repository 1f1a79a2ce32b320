package image

import (
	"encoding/json"
	"maps"
	"slices"
	"time"

	"berth/engine"
)

// A ConfigFile is an image's config blob: OCI image-spec, config.md, with the fields
// that Docker adds.
type ConfigFile struct {
	Architecture string          `json:"architecture"`
	OS           string          `json:"os"`
	Variant      string          `json:"variant"`
	Created      *time.Time      `json:"created"`
	Author       string          `json:"author"`
	Parent       string          `json:"parent"`
	Config       containerConfig `json:"config"`
	RootFS       struct {
		Type    string          `json:"type"`
		DiffIDs []engine.DiffID `json:"diff_ids"`
	} `json:"rootfs"`
	History []struct {
		Created    *time.Time `json:"created"`
		CreatedBy  string     `json:"created_by"`
		Comment    string     `json:"comment"`
		EmptyLayer bool       `json:"empty_layer"`
	} `json:"history"`
}

type containerConfig struct {
	User         string
	ExposedPorts map[string]struct{}
	Env          []string
	Entrypoint   []string
	Cmd          []string
	Volumes      map[string]struct{}
	WorkingDir   string
	Labels       map[string]string
	StopSignal   string
	Shell        []string
	Healthcheck  json.RawMessage
}

// ParseConfig reads a config blob: ClassIntegrity if it is none.
func ParseConfig(raw []byte) (*ConfigFile, error) {
	var doc ConfigFile
	if err := json.Unmarshal(raw, &doc); err != nil {
		return nil, engine.Errorf(engine.ClassIntegrity, "read image config: %w", err)
	}
	return &doc, nil
}

// Defaults returns the part that says what a container runs.
func (c *ConfigFile) Defaults() engine.ImageConfig {
	health := c.Config.Healthcheck
	if string(health) == "null" {
		health = nil
	}
	return engine.ImageConfig{
		User:         c.Config.User,
		ExposedPorts: slices.Sorted(maps.Keys(c.Config.ExposedPorts)),
		Env:          c.Config.Env,
		Entrypoint:   c.Config.Entrypoint,
		Cmd:          c.Config.Cmd,
		Volumes:      slices.Sorted(maps.Keys(c.Config.Volumes)),
		WorkingDir:   c.Config.WorkingDir,
		Labels:       c.Config.Labels,
		StopSignal:   c.Config.StopSignal,
		Shell:        c.Config.Shell,
		Healthcheck:  health,
	}
}

// Platform returns what the image runs on.
func (c *ConfigFile) Platform() engine.Platform {
	return engine.Platform{OS: c.OS, Architecture: c.Architecture, Variant: c.Variant}
}

// ChainIDs returns the names of the stacks that end with each layer (OCI image-spec, config.md).
func ChainIDs(diffs []engine.DiffID) []engine.ChainID {
	chain := make([]engine.ChainID, len(diffs))
	for i, d := range diffs {
		if i == 0 {
			chain[i] = engine.ChainID(d)
			continue
		}
		chain[i] = engine.ChainID(sumString(string(chain[i-1]) + " " + string(d)))
	}
	return chain
}
