// Command berth-full is all of Berth in one program: what berth has, the workstation, and
// what speaks with registries. berth becomes it where it must; by itself it does
// everything that berth does.
package main

import (
	"context"
	"io"
	"os"

	"berth/cmd/internal/cli"
	"berth/cmd/internal/cli/config"
	"berth/cmd/internal/host"
	"berth/engine"
	"berth/engine/registries"
	"berth/engine/shimproc"
	"berth/ui"

	"github.com/klauspost/compress/zstd"
)

func main() {
	if shimproc.Invoked() {
		os.Exit(shimproc.Main())
	}
	os.Exit(cli.Main(cli.Host{
		Open:    host.Opener(registries.Open),
		Examine: host.Examine,
		UI:      workstation,
		Unzstd:  unzstd,
	}))
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

// maxWindow bounds what a zstd stream may make us remember: RFC 8878, section 3.1.1.1.2,
// asks for 8 MiB at least.
const maxWindow = 128 << 20

func unzstd(r io.Reader) (io.ReadCloser, error) {
	z, err := zstd.NewReader(r, zstd.WithDecoderMaxWindow(maxWindow))
	if err != nil {
		return nil, err
	}
	return z.IOReadCloser(), nil
}
