// Package host puts the command line and the engine of this host together, for the two
// programs that do so.
package host

import (
	"context"

	"berth/cmd/internal/cli"
	"berth/cmd/internal/cli/config"
	"berth/engine"
	"berth/engine/local"
)

// Opener opens the engine as the user's settings say. Without registries it has no part
// that speaks with them.
func Opener(registries func(local.RegistryConfig) engine.Registries) cli.Opener {
	return func(_ context.Context, s config.Settings, expectStart bool) (engine.Engine, error) {
		maxSize, err := s.Log.MaxBytes()
		if err != nil {
			return nil, err
		}
		version, commit := cli.Build()
		e, err := local.Open(local.Options{
			Root:        s.Root,
			Demo:        s.Demo,
			Mirrors:     s.Mirrors,
			Insecure:    s.Insecure,
			LogMaxSize:  maxSize,
			LogMaxFile:  s.Log.MaxFile,
			ExpectStart: expectStart,
			Version:     version,
			Commit:      commit,
			Registries:  registries,
		})
		if err != nil {
			return nil, err // not e: a nil pointer in the interface would not be nil
		}
		return e, nil
	}
}

// Examine makes the doctor's checks on a host where opening the engine fails.
func Examine(ctx context.Context, s config.Settings) ([]engine.Check, error) {
	return local.Examine(ctx, local.Options{Root: s.Root})
}
