package ui

import (
	"io"
	"time"

	"berth/engine"
)

// Options fit the workstation to its user and terminal. The zero value is a good one.
type Options struct {
	Theme     string // by name; empty: dark or light as the terminal is
	KeyFile   string // TOML; empty: keys.toml in ConfigDir, if it exists
	ConfigDir string // themes/*.toml and keys.toml; empty: only what is built in
	ASCII     bool   // no characters beyond ASCII
	NoColor   bool
	NoMouse   bool

	// ParseRun reads the arguments behind "run" as the command line does. Nil: a few
	// common flags are understood.
	ParseRun func(args []string) (engine.ContainerConfig, error)

	// In, Out and Environ replace the terminal in tests. Now replaces the clock.
	In      io.Reader
	Out     io.Writer
	Environ []string
	Now     func() time.Time
}
