// Package layer writes one image layer, a tar of changes, into a directory in the
// form that overlayfs stacks: whiteouts become character devices 0:0, opaque
// directories an extended attribute.
//
// A layer is hostile input. Everything is created relative to descriptors of
// directories which openat2 resolved beneath the layer's own root, with O_EXCL and
// without following a final link, so no entry reaches outside; see [Limits] for
// what bounds its size.
//
// The package downloads nothing and verifies no digest. It runs in berth when
// that is root, else in a worker: a process in a user namespace in which the
// layer's owners exist (see [Runner] and [WorkerMain]).
package layer

import (
	"errors"
	"io"
	"os"
	"runtime"
	"syscall"

	"berth/engine"
)

// Options says how a layer is written.
type Options struct {
	// Owners sets owners from the tar. Otherwise all belongs to the caller and the
	// tar's ids are kept in the attribute user.berth.owner of files and directories.
	Owners bool
	// Devices creates device nodes. Otherwise a whiteout takes the place of each: the
	// node is absent, as it is with other unprivileged engines.
	Devices bool
	// UserXattr marks opaque directories in overlayfs's user.* names (mount option
	// userxattr, Linux 5.11) instead of trusted.*, which needs privilege.
	UserXattr bool
	Limits    Limits
}

// Limits bound what one layer may cost. Zero fields mean the defaults.
type Limits struct {
	Entries int   // tar entries; default 1,000,000
	Bytes   int64 // contents of all files; default 1 TiB
	Names   int   // bytes of names that must be remembered until the end; default 32 MiB
}

func (l Limits) withDefaults() Limits {
	if l.Entries == 0 {
		l.Entries = 1_000_000
	}
	if l.Bytes == 0 {
		l.Bytes = 1 << 40
	}
	if l.Names == 0 {
		l.Names = 32 << 20
	}
	return l
}

// A Result tells about a written layer.
type Result struct {
	Size    int64 // disk usage in bytes
	Entries int
	// Implicit are directories that the tar uses but does not describe, parents
	// first. In the image they have the attributes of the layers below, so the layer
	// fits on no other layers than those: see [Inherit].
	Implicit []string `json:",omitempty"`
}

// Unpack reads a tar from r, best a [Source], to the end of the stream and writes it
// below root, an open and empty directory. It makes nothing durable. After an error root holds a part
// of the layer and must be removed. Errors: ClassIntegrity for a broken or malicious
// tar, ClassExhausted for a full disk or a limit, ClassUnsupported for owners that the
// id mapping lacks.
func Unpack(root *os.File, r io.Reader, opt Options) (Result, error) {
	u := newUnpacker(int(root.Fd()), r, opt)
	defer u.dirs.flush()
	defer runtime.KeepAlive(root) // u holds its number only, and a collected File closes it
	if err := u.run(); err != nil {
		return Result{}, err
	}
	return u.result(), nil
}

// malicious is the error for an entry that no honest tool writes.
func malicious(name, format string, args ...any) error {
	e := engine.Errorf(engine.ClassIntegrity, format, args...)
	e.Msg = "malicious tar entry " + quote(name) + ": " + e.Msg
	return e
}

// quote bounds a name and makes control characters visible.
func quote(name string) string {
	if len(name) > 200 {
		name = name[:200] + "..."
	}
	return engine.Errorf(engine.ClassUnknown, "%q", name).Msg
}

// entryError says which entry could not be written.
func entryError(verb, name string, err error) error {
	var own *engine.Error
	if errors.As(err, &own) {
		return err
	}
	class := engine.ClassUnknown
	switch {
	case errors.Is(err, syscall.ENOSPC), errors.Is(err, syscall.EDQUOT):
		class = engine.ClassExhausted
	case errors.Is(err, syscall.ENAMETOOLONG), errors.Is(err, syscall.ENOTDIR), errors.Is(err, syscall.ELOOP), errors.Is(err, syscall.EXDEV):
		class = engine.ClassIntegrity
	case errors.Is(err, syscall.EPERM), errors.Is(err, syscall.EACCES):
		class = engine.ClassPermission
	}
	return engine.Errorf(class, "%s %s: %w", verb, quote(name), err)
}
