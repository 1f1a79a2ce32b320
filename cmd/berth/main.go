// Command berth is a container workstation in the terminal: without arguments the
// workstation, with arguments a command line with Docker's grammar. This is the one
// place that puts the front ends and the engine of this host together.
package main

import (
	"context"
	"os"

	"berth/cmd/internal/cli"
	"berth/cmd/internal/cli/config"
	"berth/engine"
	"berth/engine/local"
	"berth/engine/shimproc"
	"berth/ui"
)

func main() {
	if shimproc.Invoked() {
		os.Exit(shimproc.Main())
	}
	os.Exit(cli.Main(cli.Host{Open: open, Examine: examine, UI: workstation}))
}

// workstation opens the terminal user interface.
func workstation(ctx context.Context, eng engine.Engine, s config.Settings) error {
	return ui.Run(ctx, eng, ui.Options{
		Theme:     s.UI.Theme,
		ConfigDir: config.Dir(os.Getenv),
		ASCII:     s.UI.ASCII,
		NoMouse:   s.UI.NoMouse,
		ParseRun:  cli.ParseRun,
	})
}

// examine makes the doctor's checks on a host where open fails.
func examine(ctx context.Context, s config.Settings) ([]engine.Check, error) {
	return local.Examine(ctx, local.Options{Root: s.Root})
}

// open opens the engine of this host as the user's settings say.
func open(_ context.Context, s config.Settings) (engine.Engine, error) {
	maxSize, err := s.Log.MaxBytes()
	if err != nil {
		return nil, err
	}
	version, commit := cli.Build()
	e, err := local.Open(local.Options{
		Root:       s.Root,
		Demo:       s.Demo,
		Mirrors:    s.Mirrors,
		Insecure:   s.Insecure,
		LogMaxSize: maxSize,
		LogMaxFile: s.Log.MaxFile,
		Version:    version,
		Commit:     commit,
	})
	if err != nil {
		return nil, err // not e: a nil pointer in the interface would not be nil
	}
	return e, nil
}
