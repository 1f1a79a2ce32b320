package cli

import (
	"context"
	"errors"
	"fmt"

	"berth/cmd/internal/cli/tty"
	"berth/engine"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"
)

// runFlags are the flags that run has beyond create's.
type runFlags struct {
	creation
	detach     bool
	detachKeys string
	sigProxy   bool
}

func (a *App) runCommand() *cobra.Command {
	var f runFlags
	c := &cobra.Command{
		Use:   "run [OPTIONS] IMAGE [COMMAND] [ARG...]",
		Short: "Create and run a new container from an image",
		Long: `Create and run a new container from an image.

The image is pulled if it is not in the cache. The container lives on without berth:
detach from a terminal with ctrl-] d and come back with 'berth attach'.

Exit codes: the program's own; 125 if Berth could not do it, 126 if the program can't
be executed, 127 if it does not exist, 128+n if signal n ended it.`,
		Example: `  berth run hello-world
  berth run -it --rm ubuntu:24.04 bash
  berth run -d --name web --network host --memory 256m nginx
  berth run --rm -v "$PWD:/work" -w /work golang:1.26 go test ./...`,
		Args:        minArgs(1),
		Annotations: map[string]string{engineFailure: "yes"},
		RunE: func(cmd *cobra.Command, args []string) error {
			return a.run(cmd.Context(), &f, args)
		},
		ValidArgsFunction: a.completeImageThenFiles,
	}
	f.define(c.Flags())
	return c
}

func (f *runFlags) define(fs *pflag.FlagSet) {
	f.addFlags(fs)
	fs.BoolVarP(&f.detach, "detach", "d", false, "Run container in background and print container ID")
	fs.StringVar(&f.detachKeys, "detach-keys", "", "Override the key sequence for detaching a container")
	fs.BoolVar(&f.sigProxy, "sig-proxy", true, "Proxy received signals to the process")
}

func (a *App) run(ctx context.Context, f *runFlags, args []string) error {
	if f.sigProxy && !f.detach && !(f.opts.TTY() && f.opts.Interactive()) {
		a.signals.ask(proxied...) // it is some time until they are taken over
	}
	eng, err := a.openEngine(ctx, true)
	if err != nil {
		return err
	}
	cfg, err := f.opts.Config(args[0], args[1:])
	if err != nil {
		return err
	}
	s, err := a.runSession(f)
	if err != nil {
		return err
	}
	if cfg.TTY {
		cfg.Console = a.windowSize()
	}
	id, err := a.create(ctx, eng, &f.creation, cfg)
	if err != nil {
		return err
	}
	if s == nil {
		if _, err := eng.StartContainer(ctx, id, nil); err != nil {
			return a.startFailed(ctx, eng, id, cfg.AutoRemove, err)
		}
		fmt.Fprintln(a.out, id)
		return nil
	}
	s.id, s.name = id, cfg.Name
	s.signal = func(ctx context.Context, sig string) error { return eng.KillContainer(ctx, id, sig) }
	status, err := a.stream(ctx, s, func(o *engine.AttachOptions) (engine.Attachment, error) {
		return eng.StartContainer(ctx, id, o)
	})
	switch {
	case errors.Is(err, errNotConnected):
		return a.startFailed(ctx, eng, id, cfg.AutoRemove, errors.Unwrap(err))
	case errors.Is(err, tty.ErrDetach):
		a.sayDetached(ctx, eng, s)
		return nil
	case err != nil:
		return err
	}
	if cfg.AutoRemove {
		a.awaitRemoval(ctx, eng, id)
	}
	return endedWith(status)
}

// runSession says what to connect; nil for -d.
func (a *App) runSession(f *runFlags) (*session, error) {
	in, out, errs := f.opts.Streams()
	explicit := in || out || errs
	if f.detach {
		if explicit {
			return nil, &statusError{code: exitFailure, err: engine.Errorf(engine.ClassInvalid, "conflicting options: --attach and --detach")}
		}
		return nil, nil
	}
	if !explicit {
		in, out, errs = f.opts.Interactive(), true, true
	}
	s := &session{tty: f.opts.TTY(), stdin: in, stdout: out, stderr: errs}
	// With the terminal in raw mode keys arrive as bytes, and a signal is meant for berth.
	s.sigProxy = f.sigProxy && !(s.tty && s.stdin)
	var err error
	if s.keys, err = a.detachKeys(f.detachKeys); err != nil {
		return nil, err
	}
	return s, a.checkTerminal(s.tty, s.stdin)
}

// startFailed cleans up after a start that did not happen, as --rm promised.
func (a *App) startFailed(ctx context.Context, eng engine.Containers, id string, remove bool, err error) error {
	if remove {
		// Even if the user gave up: leaving the container would break the promise.
		_ = eng.RemoveContainer(context.WithoutCancel(ctx), id, engine.RemoveContainerOptions{Force: true})
	}
	return err
}

// awaitRemoval makes sure that the next `ps -a` does not show a --rm container. That
// it is gone already, or can't be waited for, changes nothing about the program's result.
func (a *App) awaitRemoval(ctx context.Context, eng engine.Lifecycle, id string) {
	_, _ = eng.WaitContainer(ctx, id, engine.WaitRemoved)
}
