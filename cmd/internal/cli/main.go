package cli

import (
	"context"
	"io"
	"os"
	"time"

	"berth/cmd/internal/cli/config"
	"berth/engine"
)

// A Host is what the command line works on.
type Host struct {
	Open Opener
	// Examine makes the doctor's checks where Open fails; nil if it can't.
	Examine func(context.Context, config.Settings) ([]engine.Check, error)
	// UI opens the terminal user interface; nil if this build has none.
	UI func(context.Context, engine.Engine, config.Settings) error
	// Unzstd reads what zstd packed; nil if this build can't.
	Unzstd func(io.Reader) (io.ReadCloser, error)
	// Elsewhere replaces this process by the program that has all of this, for a program
	// that leaves parts out in order to start faster; nil in a program that has all. It
	// returns only if that fails.
	Elsewhere func() error
}

// Main runs the command line of this process and returns its exit code.
func Main(h Host) int {
	app := &App{Host: h, Streams: StandardStreams(), Getenv: os.Getenv, Now: time.Now}
	// Caught until the end, unlike in Run: letting them go takes time, and nobody is left.
	var ctx context.Context
	ctx, app.signals = catchSignals(context.Background())
	return app.carryOut(ctx, os.Args[1:])
}
