// Package shimproc is the shim process as its two programs see it: cmd/berth-shim,
// and berth itself when no berth-shim lies beside it. It exists because the shim's
// package is internal to the engine and engine/local, which has everything, would make
// the small program a large one.
package shimproc

import (
	"os"

	"berth/engine/internal/archive"
	"berth/engine/internal/diff"
	"berth/engine/internal/doctor"
	"berth/engine/internal/layer"
	"berth/engine/internal/shim"
)

// modes are the program's services besides running a container, by its first argument.
var modes = map[string]shim.Mode{
	// What concerns files of foreign ids is done inside a user namespace.
	"unpack":  layer.WorkerMain,
	"diff":    diff.WorkerMain,
	"archive": archive.WorkerMain,
	"doctor":  doctor.WorkerMain,
}

// Main is the whole of the process and returns its exit code. The arguments are
// os.Args'.
func Main() int { return shim.Main(os.Args[1:], modes) }

// Invoked reports whether this process was started to be a shim: by its argv[0]. A
// program that can be one asks this before anything else.
func Invoked() bool { return shim.Invoked() }
