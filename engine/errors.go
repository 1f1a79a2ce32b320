package engine

import (
	"context"
	"errors"
	"fmt"
)

// A Class says what kind of failure an error is. One table maps it to exit
// codes, HTTP statuses and what the TUI does.
type Class uint8

// The classes. ClassUnknown is an error that nobody classified: an internal fault.
const (
	ClassUnknown             Class = iota
	ClassNotFound                  // the named object does not exist
	ClassAlreadyExists             // the name is taken
	ClassInvalid                   // the request itself is wrong
	ClassConflict                  // the object's state forbids it (in use, running, not running)
	ClassUnauthorized              // credentials are missing or wrong
	ClassPermission                // the host denies it to this user
	ClassUnsupported               // this host, or this version, can't do it
	ClassUnavailable               // the other side can't be reached or answers late; trying again may help
	ClassIntegrity                 // bytes are not what their digest promises
	ClassExhausted                 // disk, memory or a quota is used up
	ClassCanceled                  // the caller gave up
	ClassCommandNotFound           // the container's program does not exist (exit code 127)
	ClassCommandNotInvokable       // the container's program can't be executed (exit code 126)
)

var classNames = [...]string{
	"unknown", "not found", "already exists", "invalid argument", "conflict", "unauthorized", "permission denied",
	"unsupported", "unavailable", "integrity", "exhausted", "canceled", "command not found", "command not invokable",
}

// String returns the class in words.
func (c Class) String() string {
	if int(c) < len(classNames) {
		return classNames[c]
	}
	return fmt.Sprintf("class %d", uint8(c))
}

// An Error is a classified failure. Msg is one clause in lower case that says what
// was being done and quotes its subject; Hint, if there is one, is the remedy as a
// sentence. Step names the engine's step that failed, if one did, and Op the
// operation that it is a step of, which the event log tells in full.
type Error struct {
	Class Class
	Msg   string
	Hint  string
	Step  string
	Op    string
	Err   error

	whole bool // Msg holds Err's text already
}

// Error returns the clause, and the cause behind a colon.
func (e *Error) Error() string {
	switch {
	case e.Err == nil || e.whole:
		return e.Msg
	case e.Msg == "":
		return e.Err.Error()
	}
	return e.Msg + ": " + e.Err.Error()
}

// Unwrap returns the cause.
func (e *Error) Unwrap() error { return e.Err }

// Errorf makes an error of a class. A %w in the format becomes its cause, as with fmt.Errorf.
func Errorf(class Class, format string, args ...any) *Error {
	err := fmt.Errorf(format, args...)
	return &Error{Class: class, Msg: err.Error(), Err: errors.Unwrap(err), whole: true}
}

// WithHint returns e with a remedy.
func (e *Error) WithHint(format string, args ...any) *Error {
	e.Hint = fmt.Sprintf(format, args...)
	return e
}

// AtStep says in which step of which operation err came about. Class, text and hint stay
// as they are; nil stays nil, and an error that names its operation already is returned as it is.
func AtStep(err error, op, step string) error {
	if err == nil || OpOf(err) != "" {
		return err
	}
	return &Error{Class: ClassOf(err), Step: step, Op: op, Err: err}
}

// ClassOf returns the class of the outermost classified error in err's chain.
// A context's end is ClassCanceled; nil and everything else is ClassUnknown.
func ClassOf(err error) Class {
	var e *Error
	if errors.As(err, &e) && e.Class != ClassUnknown {
		return e.Class
	}
	if errors.Is(err, context.Canceled) || errors.Is(err, context.DeadlineExceeded) {
		return ClassCanceled
	}
	return ClassUnknown
}

// HintOf returns the remedy of the outermost error in err's chain that has one.
func HintOf(err error) string { return first(err, func(e *Error) string { return e.Hint }) }

// StepOf returns the step that the outermost error in err's chain that has one came about in.
func StepOf(err error) string { return first(err, func(e *Error) string { return e.Step }) }

// OpOf returns the operation that the outermost error in err's chain that has one came
// about in: [WatchOptions].Object finds its steps.
func OpOf(err error) string { return first(err, func(e *Error) string { return e.Op }) }

// first returns what the outermost error in err's chain has that has it.
func first(err error, of func(*Error) string) string {
	for err != nil {
		var e *Error
		if !errors.As(err, &e) {
			return ""
		}
		if v := of(e); v != "" {
			return v
		}
		err = e.Err
	}
	return ""
}
