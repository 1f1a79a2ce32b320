// Package cli is Berth's command line: Docker's grammar, columns and exit codes on
// the contract of package engine. It knows no engine but through that contract, so
// it runs the same on the fake in tests. One file holds one command; its help text
// is its documentation. It runs in berth only.
package cli

import (
	"context"
	"errors"
	"io"
	"os"
	"runtime/debug"
	"time"

	"berth/cmd/internal/cli/config"
	"berth/cmd/internal/cli/output"
	"berth/cmd/internal/cli/tty"
	"berth/engine"
)

// Streams are the program's standard streams. A terminal is nil where the stream is none.
type Streams struct {
	In       io.Reader
	Out, Err io.Writer
	InTerm   *os.File
	OutTerm  *os.File
	ErrTerm  *os.File
}

// StandardStreams returns those of this process.
func StandardStreams() Streams {
	s := Streams{In: os.Stdin, Out: os.Stdout, Err: os.Stderr}
	if tty.Is(os.Stdin) {
		s.InTerm = os.Stdin
	}
	if tty.Is(os.Stdout) {
		s.OutTerm = os.Stdout
	}
	if tty.Is(os.Stderr) {
		s.ErrTerm = os.Stderr
	}
	return s
}

// An Opener opens the engine that commands work on. It is called when a command
// first needs it, so that --help and --version never touch the state directory.
// expectStart says that the command makes a container and starts it at once.
type Opener func(ctx context.Context, s config.Settings, expectStart bool) (engine.Engine, error)

// An App is one run of the command line.
type App struct {
	Host
	Streams
	Getenv func(string) string
	Now    func() time.Time

	out      io.Writer // Out, but control characters are shown when it is a terminal
	err      io.Writer // Err, likewise
	settings config.Settings
	global   globalFlags
	eng      engine.Engine
	signals  *signals
	leaving  bool // for the program that has everything
}

// globalFlags stand before or behind the command's name.
type globalFlags struct {
	root  string
	demo  bool
	theme string
}

// engine opens the engine on its first call.
func (a *App) engine(ctx context.Context) (engine.Engine, error) {
	return a.openEngine(ctx, false)
}

func (a *App) openEngine(ctx context.Context, expectStart bool) (engine.Engine, error) {
	if a.eng != nil {
		return a.eng, nil
	}
	s, err := a.loadSettings()
	if err != nil {
		return nil, err
	}
	a.eng, err = a.Open(ctx, s, expectStart)
	if err != nil {
		a.eng = nil // a typed nil pointer in the interface would look opened
		return nil, err
	}
	return a.eng, nil
}

func (a *App) loadSettings() (config.Settings, error) {
	s, err := config.Load(a.Getenv)
	if err != nil {
		return s, err
	}
	if a.global.root != "" {
		s.Root = a.global.root
	}
	if a.global.demo {
		s.Demo = true
	}
	if a.global.theme != "" {
		s.UI.Theme = a.global.theme
	}
	a.settings = s
	return s, nil
}

// Run carries out the command line in args, without the program's name, and
// returns the exit code. Everything that it has to say is written by then.
func (a *App) Run(ctx context.Context, args []string) int {
	ctx, a.signals = catchSignals(ctx)
	defer a.signals.stop()
	return a.carryOut(ctx, args)
}

// carryOut is Run with the signals caught.
func (a *App) carryOut(ctx context.Context, args []string) int {
	code := a.carryOutHere(ctx, args)
	if !a.leaving {
		return code
	}
	// The engine is closed by now: nothing of it outlives its program.
	a.report(a.Elsewhere())
	return exitEngine
}

// errElsewhere ends a command that this program can't carry out. Whoever returns it has
// neither printed nor read nor made anything.
var errElsewhere = errors.New("another program does this")

// whole returns errElsewhere unless this program has everything.
func (a *App) whole() error {
	if a.Elsewhere != nil {
		return errElsewhere
	}
	return nil
}

func (a *App) carryOutHere(ctx context.Context, args []string) (code int) {
	a.out, a.err = a.Out, a.Err
	if a.OutTerm != nil {
		a.out = output.NewEscapeWriter(a.Out)
	}
	if a.ErrTerm != nil {
		a.err = output.NewEscapeWriter(a.Err)
	}
	defer func() {
		if a.eng == nil {
			return
		}
		if err := a.eng.Close(); err != nil && code == 0 {
			a.report(err)
			code = 1
		}
	}()
	cmd, err := a.execute(ctx, args)
	if err == nil {
		return 0
	}
	if a.leaving = errors.Is(err, errElsewhere); a.leaving {
		return 0
	}
	return a.finish(ctx, cmd, err)
}

// quick tells the collector that this process ends before its garbage is worth the
// work: the list of a thousand containers is made a fifth faster without.
func quick() { debug.SetGCPercent(400) } // nothing below 16 MB

// now is the time that ages are measured against.
func (a *App) now() time.Time { return a.Now() }
