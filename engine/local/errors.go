package local

import (
	"errors"
	"io/fs"

	"berth/engine"

	"golang.org/x/sys/unix"
)

// hostError classifies an error of a system call.
func hostError(err error, format string, args ...any) error {
	class, hint := engine.ClassUnknown, ""
	switch {
	case errors.Is(err, unix.ENOSPC), errors.Is(err, unix.EDQUOT):
		class, hint = engine.ClassExhausted, "Free some space, e.g. with `berth image prune -a`."
	case errors.Is(err, fs.ErrPermission):
		class = engine.ClassPermission
	case errors.Is(err, fs.ErrNotExist):
		class = engine.ClassNotFound
	}
	e := engine.Errorf(class, format+": %w", append(args, err)...)
	e.Hint = hint
	return e
}
