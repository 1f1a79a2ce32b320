// Package registries links package local's engine with what speaks with registries: the
// protocol, its credentials, TLS, and the decompression of layers. It is a package of its
// own for what it costs at the start of every process; see local.Options.
package registries

import (
	"berth/engine"
	"berth/engine/internal/demo"
	"berth/engine/internal/pull"
	"berth/engine/local"
)

// Open is for local.Options.Registries. It starts nothing and need not be closed.
func Open(c local.RegistryConfig) engine.Registries {
	cfg := pull.Config{Publish: c.Publish, Mirrors: c.Mirrors, Insecure: c.Insecure, DockerConfig: c.DockerConfig}
	if c.Demo {
		cfg.Hub = demo.New(demo.Options{})
	}
	return pull.New(c.Images, cfg)
}
