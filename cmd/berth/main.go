// Command berth is a container workstation in the terminal: without arguments the
// workstation, with arguments a command line with Docker's grammar.
//
// It is the quick one of two programs. What a command needs of screens, registries and
// decompression would cost each start 2 ms, a fifth of an exec; berth-full, which lies
// beside it, has that too and takes the process over where it is needed.
package main

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"syscall"

	"berth/cmd/internal/cli"
	"berth/cmd/internal/host"
	"berth/engine"
	"berth/engine/shimproc"
)

func main() {
	if shimproc.Invoked() {
		os.Exit(shimproc.Main())
	}
	os.Exit(cli.Main(cli.Host{Open: host.Opener(nil), Examine: host.Examine, Elsewhere: becomeFull}))
}

// becomeFull replaces this process by berth-full, with the same arguments.
func becomeFull() error {
	self, err := os.Executable()
	if err != nil {
		return engine.Errorf(engine.ClassUnavailable, "find berth-full: %w", err)
	}
	full := filepath.Join(filepath.Dir(self), "berth-full")
	err = &fs.PathError{Op: "execute", Path: full, Err: syscall.Exec(full, os.Args, os.Environ())}
	if errors.Is(err, fs.ErrNotExist) {
		return engine.Errorf(engine.ClassUnavailable, "berth-full is not in %q, and this command needs it", filepath.Dir(self)).
			WithHint("Put it there; `make build` makes both. It also works alone, by the name of berth.")
	}
	return engine.Errorf(engine.ClassUnavailable, "%w", err)
}
