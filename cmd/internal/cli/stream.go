package cli

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/signal"
	"sync/atomic"
	"syscall"

	"berth/cmd/internal/cli/config"
	"berth/cmd/internal/cli/output"
	"berth/cmd/internal/cli/tty"
	"berth/engine"
)

// A session is one connection of the user's terminal or pipes with a process.
type session struct {
	id, name       string // as the user wrote it; its name if known
	exec           string // ID of the process that exec started; "" for the container's own
	tty            bool
	size           engine.Size // of the user's terminal, as the process was told first
	stdin          bool
	stdout, stderr bool
	sigProxy       bool
	noReplay       bool
	readOnly       bool       // the size of the user's terminal is not the program's affair
	recording      *recording // nil for none
	autoRemove     bool       // --rm: the container is to be gone when the command ends
	keys           tty.Keys
	// signal sends a signal to the process; needed for sigProxy.
	signal func(ctx context.Context, sig string) error
}

// errNotConnected wraps the error of a connection that was never made.
var errNotConnected = errors.New("not connected")

type notConnected struct{ err error }

func (e *notConnected) Error() string        { return e.err.Error() }
func (e *notConnected) Unwrap() error        { return e.err }
func (e *notConnected) Is(target error) bool { return target == errNotConnected }

// stream connects, pumps both directions until the process ends, and returns its
// status. The terminal is in raw mode meanwhile and restored on every way out. The
// error is tty.ErrDetach if the user detached, and a notConnected if connect failed.
func (a *App) stream(ctx context.Context, s *session, connect func(*engine.AttachOptions) (engine.Attachment, error)) (engine.ExitStatus, error) {
	var raw *tty.Raw
	if s.tty && s.stdin && a.InTerm != nil {
		var err error
		if raw, err = tty.MakeRaw(a.InTerm); err != nil {
			return engine.ExitStatus{}, &notConnected{err}
		}
		defer raw.Restore()
	}
	opts := &engine.AttachOptions{Stdin: s.stdin, NoReplay: s.noReplay, ReadOnly: s.readOnly}
	if s.stdout {
		opts.Stdout = a.Out
	}
	if s.stderr {
		opts.Stderr = a.Err
	}
	var modes *tty.ModeTracker
	if s.tty {
		s.size = a.windowSize()
		opts.Size = s.size
		if s.stdout && a.OutTerm != nil {
			modes = tty.NewModeTracker(a.Out)
			opts.Stdout = modes
		}
	}
	if s.recording != nil {
		opts.Stdout = io.MultiWriter(s.recording, opts.Stdout) // the terminal's errors end it, the file's don't
		opts.OnSize = s.recording.sized
	}
	var proxy *signalProxy
	if s.sigProxy {
		proxy = a.proxySignals(ctx, s)
		defer proxy.stop()
	}
	att, err := connect(opts)
	if err != nil {
		return engine.ExitStatus{}, &notConnected{err}
	}
	if att == nil {
		return engine.ExitStatus{}, &notConnected{engine.Errorf(engine.ClassConflict, "container %q is already running", s.id).
			WithHint("Attach to it with berth attach.")}
	}
	proxy.connected(att)
	status, err := a.pump(ctx, s, att, raw)
	if modes != nil {
		io.WriteString(a.Out, modes.Restore(err == nil))
	}
	return status, err
}

// pump moves bytes, sizes and signals until the stream ends.
func (a *App) pump(ctx context.Context, s *session, att engine.Attachment, raw *tty.Raw) (engine.ExitStatus, error) {
	defer att.Close()
	var detached atomic.Bool
	if s.stdin {
		go func() {
			defer raw.RestoreOnPanic()
			if errors.Is(a.copyInput(s, att), tty.ErrDetach) {
				detached.Store(true)
				att.Close()
			}
		}()
	}
	if s.tty {
		defer a.followSize(s, att)()
	}
	stop := context.AfterFunc(ctx, func() { att.Close() })
	defer stop()
	status, err := att.Wait()
	switch {
	case detached.Load():
		return status, tty.ErrDetach
	case err != nil && ctx.Err() != nil:
		return status, context.Cause(ctx)
	}
	return status, err
}

// followSize tells the process of every new window size until stop is called, one that
// came while the process was being started included.
func (a *App) followSize(s *session, att engine.Attachment) (stop func()) {
	ch := make(chan os.Signal, 1)
	done := make(chan struct{})
	signal.Notify(ch, syscall.SIGWINCH)
	go func() {
		for told := s.size; ; told = (engine.Size{}) {
			if size := a.windowSize(); size.Cols > 0 && size != told {
				_ = att.Resize(size) // the process may just have ended
			}
			select {
			case <-done:
				return
			case <-ch:
			}
		}
	}()
	return func() {
		signal.Stop(ch)
		close(done)
	}
}

// windowSize is the size of the user's terminal, or the zero Size.
func (a *App) windowSize() engine.Size {
	for _, f := range []*os.File{a.OutTerm, a.InTerm} {
		if f != nil {
			return tty.Size(f)
		}
	}
	return engine.Size{}
}

// checkTerminal refuses a terminal that the user does not have.
func (a *App) checkTerminal(wantTTY, stdin bool) error {
	if wantTTY && stdin && a.InTerm == nil {
		return &statusError{code: exitFailure, err: engine.Errorf(engine.ClassInvalid, "the input device is not a TTY").
			WithHint("Leave -t out when the input is a file or a pipe.")}
	}
	return nil
}

// detachKeys returns the keys of the flag, of Berth's configuration, of Docker's, or the default.
func (a *App) detachKeys(flag string) (tty.Keys, error) {
	for _, s := range []string{flag, a.settings.DetachKeys} {
		if s != "" {
			return tty.ParseKeys(s)
		}
	}
	keys, err := tty.ParseKeys(config.DockerDetachKeys(a.Getenv))
	if err != nil {
		return tty.DefaultKeys(), nil // a mistake in Docker's file is not ours to report
	}
	return keys, nil
}

// sayDetached tells a user at a terminal that the container lives on.
func (a *App) sayDetached(ctx context.Context, eng engine.Containers, s *session) {
	if a.ErrTerm == nil {
		return
	}
	name := s.name
	if name == "" {
		name = engine.ShortID(s.id)
		if d, err := eng.InspectContainer(ctx, s.id, engine.InspectOptions{}); err == nil {
			name = d.Name
		}
	}
	if s.exec != "" {
		fmt.Fprintf(a.err, "\nDetached. The process keeps running in %s; come back with: berth attach --exec %s %s\n",
			output.Escape(name), engine.ShortID(s.exec), output.Escape(name))
		return
	}
	fmt.Fprintf(a.err, "\nDetached. %s keeps running; come back with: berth attach %s\n", output.Escape(name), output.Escape(name))
}
