package runtime

import (
	"errors"
	"fmt"
	"strings"

	"berth/engine"
	"berth/engine/internal/plan"

	"golang.org/x/sys/unix"
)

// classOf classifies an answer of the kernel.
func classOf(err error) engine.Class {
	switch {
	case errors.Is(err, unix.EPERM), errors.Is(err, unix.EACCES):
		return engine.ClassPermission
	case errors.Is(err, unix.ENOSYS), errors.Is(err, unix.ENODEV), errors.Is(err, unix.EOPNOTSUPP):
		return engine.ClassUnsupported
	case errors.Is(err, unix.ENOSPC), errors.Is(err, unix.ENOMEM), errors.Is(err, unix.EMFILE), errors.Is(err, unix.ENFILE),
		errors.Is(err, unix.EAGAIN), errors.Is(err, unix.EDQUOT):
		return engine.ClassExhausted
	case errors.Is(err, unix.ELOOP), errors.Is(err, unix.EXDEV), errors.Is(err, unix.ENOTDIR), errors.Is(err, unix.EINVAL),
		errors.Is(err, unix.ENOENT), errors.Is(err, unix.EISDIR):
		return engine.ClassInvalid
	}
	return engine.ClassUnknown
}

// explain turns the end of a start into the error that callers get.
func explain(err error, args []string) error {
	var f *plan.Failure
	if !errors.As(err, &f) {
		return err
	}
	if f.Step.Name == "exec" && strings.HasPrefix(f.Call, "execve") {
		return execError(f, args[0])
	}
	if f.Step.Name == stepEnter && errors.Is(f.Errno, unix.ESRCH) {
		return errNotRunning()
	}
	e := &engine.Error{Class: classOf(f.Errno), Step: f.Step.Name, Msg: f.Step.Doing, Err: fmt.Errorf("%s: %w", f.Call, f.Errno)}
	if f.Log != "" {
		e.Err = fmt.Errorf("%s: %s: %w", f.Call, f.Log, f.Errno)
	}
	switch {
	case errors.Is(f.Errno, unix.ENOSYS):
		e.Hint = "Berth needs Linux 5.12 or later."
	case f.Step.Name == "mount proc" && errors.Is(f.Errno, unix.EPERM):
		e.Hint = "The kernel gives an unprivileged container a /proc only if the host's own is complete; inside another container parts of it are hidden."
	case f.Step.Name == "mount overlay" && strings.Contains(f.Log, "not supported as upperdir"):
		e.Hint = "Put the state on a local file system such as ext4, xfs or btrfs with --root or BERTH_ROOT."
	case isMount(f.Step.Name) && errors.Is(f.Errno, unix.EXDEV):
		e.Err = errors.New("a link in the image leads there into /proc")
		e.Hint = "Choose another target; do not trust this image."
	case strings.HasSuffix(f.Step.Name, "working directory") && (errors.Is(f.Errno, unix.ELOOP) || errors.Is(f.Errno, unix.EXDEV)):
		e.Err = fmt.Errorf("it does not lead to a place inside the container: %w", f.Errno)
	}
	return e
}

// isMount reports whether a step puts something into the container's tree.
func isMount(step string) bool { return step == "bind" || strings.HasPrefix(step, "mount ") }

// execError words the failure of execve as Docker does.
func execError(f *plan.Failure, name string) error {
	e := &engine.Error{Class: engine.ClassCommandNotInvokable, Step: f.Step.Name, Msg: fmt.Sprintf("exec: %q", name), Err: f.Errno}
	switch {
	case errors.Is(f.Errno, unix.EACCES):
		e.Hint = "It is no program, or the container's user may not execute it."
	case errors.Is(f.Errno, unix.ENOEXEC):
		e.Hint = "It was made for another processor, or is a script without its first line."
	}
	if !errors.Is(f.Errno, unix.ENOENT) {
		return e
	}
	e.Class, e.Hint = engine.ClassCommandNotFound, "Check the spelling; the image may not have this program."
	if strings.Contains(name, "/") {
		e.Err = fmt.Errorf("stat %s: %w", name, f.Errno)
	} else {
		e.Err = errors.New("executable file not found in $PATH")
	}
	return e
}
