package cli

import (
	"context"
	"errors"
	"fmt"
	"syscall"

	"berth/engine"

	"github.com/spf13/cobra"
)

// Exit codes beside the container's own, as Docker has them.
const (
	exitFailure      = 1   // most commands
	exitFormat       = 64  // a template that can't be read: sysexits.h, EX_USAGE
	exitEngine       = 125 // run, and a flag that can't be read
	exitNotInvokable = 126
	exitNotFound     = 127
	exitSignal       = 128 // and the signal's number
)

// A statusError ends the program with a code. Its cause is printed unless it is nil.
type statusError struct {
	code int
	err  error
}

func (e *statusError) Error() string {
	if e.err == nil {
		return fmt.Sprintf("exit status %d", e.code)
	}
	return e.err.Error()
}

func (e *statusError) Unwrap() error { return e.err }

// exitWith returns the error that ends the program silently with a container's code.
func exitWith(code int) error {
	if code == 0 {
		return nil
	}
	return &statusError{code: code}
}

// endedWith ends the program as a container's process ended: silently, unless it was
// not that process's doing, as when the container's shim was killed.
func endedWith(status engine.ExitStatus) error {
	if status.Error == "" || status.Code == 0 {
		return exitWith(status.Code)
	}
	return &statusError{code: status.Code, err: errors.New(status.Error)}
}

// followEnded is how a command ends that goes on until the user has seen enough: with
// the signal's code, but without a word, as the signal is no failure.
func followEnded(ctx context.Context) error {
	return exitWith(exitCode(context.Cause(ctx), exitFailure))
}

// A usageError is a command line that can't be understood.
type usageError struct {
	code int
	msg  string
}

func (e *usageError) Error() string { return e.msg }

func usagef(format string, args ...any) error {
	return &usageError{code: exitFailure, msg: fmt.Sprintf(format, args...)}
}

// exitCode is the one place where an error becomes a number. fallback is what the
// command gives for a failure of the engine: 125 for run, 1 for the others.
func exitCode(err error, fallback int) int {
	var status *statusError
	var usage *usageError
	var sig *signalError
	switch {
	case errors.As(err, &status):
		return status.code
	case errors.As(err, &usage):
		return usage.code
	case errors.As(err, &sig):
		return exitSignal + int(sig.sig)
	}
	switch engine.ClassOf(err) {
	case engine.ClassCommandNotFound:
		return exitNotFound
	case engine.ClassCommandNotInvokable:
		return exitNotInvokable
	case engine.ClassCanceled:
		return exitSignal + int(syscall.SIGINT)
	}
	return fallback
}

// finish prints err, unless it only carries a code, and returns the exit code.
func (a *App) finish(ctx context.Context, cmd *cobra.Command, err error) int {
	fallback := exitFailure
	if cmd != nil && cmd.Annotations[engineFailure] != "" {
		fallback = exitEngine
	}
	var status *statusError
	var usage *usageError
	switch {
	case errors.As(err, &status) && status.err == nil:
		return status.code
	case errors.Is(err, syscall.EPIPE):
		// The reader went away, as in `berth ps | head`: nobody is left to tell.
		return exitSignal + int(syscall.SIGPIPE)
	case errors.As(err, &usage):
		fmt.Fprintf(a.err, "berth: %s\nSee '%s --help'.\n", usage.msg, cmd.CommandPath())
		return usage.code
	}
	var interrupted *signalError
	if engine.ClassOf(err) == engine.ClassCanceled || errors.As(err, &interrupted) {
		if sig, ok := context.Cause(ctx).(*signalError); ok {
			fmt.Fprintf(a.err, "berth: interrupted\n")
			return exitCode(sig, fallback)
		}
	}
	a.report(err)
	return exitCode(err, fallback)
}

// report prints one error as a sentence, and the remedy if there is one.
func (a *App) report(err error) {
	fmt.Fprintf(a.err, "berth: %s\n", err)
	hint := engine.HintOf(err)
	if hint == "" && engine.ClassOf(err) != engine.ClassUnknown && errors.Is(err, syscall.ENOSPC) {
		hint = "Free some space on the disk, for example with berth image prune -a or berth container prune."
	}
	if hint != "" {
		fmt.Fprintln(a.err, hint)
	}
}

// each does one thing to several objects, as `rm a b c` does: a failure is printed
// at once and does not stop the others. It returns the error for the exit code.
func (a *App) each(ctx context.Context, names []string, do func(name string) error) error {
	failed := false
	for _, name := range names {
		err := do(name)
		if err == nil {
			continue
		}
		if ctx.Err() != nil {
			return err
		}
		a.report(err)
		failed = true
	}
	if failed {
		return exitWith(exitFailure)
	}
	return nil
}
