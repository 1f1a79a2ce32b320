package shim

import (
	"context"
	"os"

	"berth/engine"
	"berth/engine/internal/bundle"

	specs "github.com/opencontainers/runtime-spec/specs-go"
	"golang.org/x/sys/unix"
)

// A program is a started process: the container's main one, or an exec's.
type program interface {
	Pid() int
	// Console is the master side of its terminal; nil without one.
	Console() *os.File
	Signal(sig unix.Signal) error
	// Wait reaps it; it is called once.
	Wait() (unix.WaitStatus, error)
}

// A container is a program that others can join.
type container interface {
	program
	Exec(ctx context.Context, e execSpec, io launchIO) (program, error)
}

// An execSpec is what an exec starts.
type execSpec struct {
	Args, Env            []string
	User, Cwd            string
	Terminal, Privileged bool
}

// A launchIO is what a process starts with.
type launchIO struct {
	Stdin, Stdout, Stderr *os.File // the process's ends; nil with a terminal
	Size                  engine.Size
	Cgroup                []*os.File
	// Step is called after each step of the start with what it worked on, which
	// encodes to JSON.
	Step func(st engine.Step, data any)
}

// A launcher starts containers. Tests put one in the place of package runtime that
// starts ordinary processes.
type launcher interface {
	Launch(ctx context.Context, b *bundle.Bundle, io launchIO) (container, error)
}

// A cgroup is what the shim uses of package cgroup.
type cgroup interface {
	Procs() ([]*os.File, error)
	Freeze() error
	Thaw() error
	Kill() error
	Remove() error
	Update(r *specs.LinuxResources) error
	OOMKills() int64
}

func newLauncher() launcher { return nil }

func openCgroup(*bundle.Bundle) (cgroup, error) { return nil, nil }
