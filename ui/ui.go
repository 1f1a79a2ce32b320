// Package ui is the workstation: the terminal user interface that `berth` opens. It
// stands on the contract of package engine alone, and runs in the process that the user
// started; quitting it never harms a container.
//
// [Run] gives it a terminal. [New] makes the model without one, for tests and pictures.
package ui

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/signal"
	"strings"
	"syscall"

	"berth/engine"

	tea "charm.land/bubbletea/v2"
	"golang.org/x/term"
)

// Run shows the workstation until the user quits or ctx ends, and gives the terminal
// back as it was, whatever happens. It is ClassInvalid if there is no terminal, or one
// that can't place its cursor. The caller closes the engine.
func Run(ctx context.Context, eng engine.Engine, opts Options) error {
	if opts.Environ == nil {
		opts.Environ = os.Environ()
	}
	if err := usable(&opts); err != nil {
		return err
	}
	// Signals end the context, and that the program. Bubble Tea's own handler would wait
	// for ever to tell a loop that the context has already ended: the caller may cancel
	// at the same signal.
	ctx, stop := signal.NotifyContext(ctx, os.Interrupt, syscall.SIGTERM, syscall.SIGHUP)
	defer stop()
	m := New(ctx, eng, opts)
	// A fault while drawing can only end the program from outside of its loop.
	ctx = m.ctx
	defer m.cancel()
	pace := newPace()
	defer pace.stop()
	out := opts.Out
	if out == nil {
		out = os.Stdout
	}
	canvas := newCanvas(out, opts.Environ, opts.In == nil || isTerminal(opts.In))
	go canvas.run(ctx)
	m.shells.Wrote = canvas.echo
	keyboard := newKeyboard(&opts, m.look.keys, canvas.key)
	defer keyboard.close()
	options := []tea.ProgramOption{tea.WithContext(ctx), tea.WithoutSignalHandler(), tea.WithFPS(fps), tea.WithFilter(func(_ tea.Model, msg tea.Msg) tea.Msg {
		if k, ok := msg.(caughtUp); ok {
			keyboard.caughtUp(k)
			return nil
		}
		pace.message()
		canvas.message(msg)
		return msg
	}), tea.WithEnvironment(opts.Environ), tea.WithOutput(canvas.writer())}
	switch {
	case keyboard != nil:
		options = append(options, tea.WithInput(keyboard))
	case opts.In != nil:
		options = append(options, tea.WithInput(opts.In))
	}
	g := guard{m, new(fault), canvas, keyboard}
	pace.program = tea.NewProgram(g, options...)
	keyboard.use(pace.program)
	_, err := pace.program.Run()
	if m.leaving.asked && !m.state.Ready {
		m.leaving.farewell = m.unheard()
	}
	if m.leaving.farewell != "" && g.fault.what == nil {
		fmt.Fprintln(out, m.leaving.farewell) // nobody is left to hear of an error
	}
	switch {
	case g.fault.what != nil:
		return g.fault.Error()
	case err == nil, errors.Is(err, tea.ErrInterrupted), errors.Is(err, tea.ErrProgramKilled) && ctx.Err() != nil:
		return nil
	}
	return engine.Errorf(engine.ClassUnknown, "show the workstation: %w", err)
}

// usable checks the terminal and fits the options to it.
func usable(opts *Options) error {
	name, noColor := "", false
	for _, kv := range opts.Environ {
		k, v, _ := strings.Cut(kv, "=")
		switch k {
		case "TERM":
			name = v
		case "NO_COLOR":
			noColor = v != ""
		}
	}
	if opts.In == nil && !isTerminal(os.Stdin) || opts.Out == nil && !isTerminal(os.Stdout) {
		return engine.Errorf(engine.ClassInvalid, "open the workstation: standard input and output are not a terminal").
			WithHint("Use a command, as in `berth images`; `berth --help` lists them.")
	}
	if name == "dumb" || name == "" && opts.Out == nil {
		return engine.Errorf(engine.ClassInvalid, "open the workstation: the terminal %q can't place its cursor", name).
			WithHint("Use a command, as in `berth images`; `berth --help` lists them.")
	}
	opts.NoColor = opts.NoColor || noColor
	charset := strings.ReplaceAll(strings.ToLower(locale(opts.Environ)), "-", "")
	if name == "linux" || charset != "" && !strings.Contains(charset, "utf8") {
		opts.ASCII = true
	}
	return nil
}

// locale returns the character locale that an environment names, "" if it names none:
// containers and services often have none, and their terminals show UTF-8 all the same.
func locale(env []string) string {
	values := make(map[string]string)
	for _, kv := range env {
		k, v, _ := strings.Cut(kv, "=")
		values[k] = v
	}
	return cmp.Or(values["LC_ALL"], values["LC_CTYPE"], values["LANG"])
}

func isTerminal(f io.Reader) bool {
	file, ok := f.(*os.File)
	return ok && term.IsTerminal(int(file.Fd()))
}
