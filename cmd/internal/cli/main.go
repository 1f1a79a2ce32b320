package cli

import (
	"context"
	"os"
	"time"

	"berth/cmd/internal/cli/config"
	"berth/engine"
)

// Main runs the command line of this process and returns its exit code. ui may be nil.
func Main(open Opener, ui func(context.Context, engine.Engine, config.Settings) error) int {
	app := &App{Streams: StandardStreams(), Open: open, UI: ui, Getenv: os.Getenv, Now: time.Now}
	return app.Run(context.Background(), os.Args[1:])
}
