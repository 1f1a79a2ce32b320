package shim

import (
	"context"
	"os"
	"time"

	"berth/engine"
	"berth/engine/internal/bundle"
	"berth/engine/internal/cgroup"
	"berth/engine/internal/runtime"

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
	// Dismantle takes its mounts down, after Wait; it is called once.
	Dismantle()
	Exec(ctx context.Context, e runtime.ExecSpec, o runtime.Options) (program, error)
}

// A launcher starts containers. Tests put one in the place of package runtime that
// starts ordinary processes: what they are about is the shim.
type launcher interface {
	Launch(ctx context.Context, b *bundle.Bundle, o runtime.Options) (container, error)
	// Group makes the container's cgroup, nil if it gets none.
	Group(b *bundle.Bundle) (*cgroup.Group, error)
}

// isolated launches real containers.
type isolated struct{}

type isolatedContainer struct{ *runtime.Process }

func (isolated) Launch(ctx context.Context, b *bundle.Bundle, o runtime.Options) (container, error) {
	p, err := runtime.Start(ctx, b, o)
	if err != nil {
		return nil, err
	}
	return isolatedContainer{p}, nil
}

func (isolated) Group(b *bundle.Bundle) (*cgroup.Group, error) {
	host := cgroup.Detect()
	path := host.Path(b.ID)
	l := b.Spec.Linux
	if l == nil {
		return host.Create(path, nil)
	}
	if l.CgroupsPath != "" {
		path = l.CgroupsPath
	}
	return host.Create(path, l.Resources)
}

func (c isolatedContainer) Exec(ctx context.Context, e runtime.ExecSpec, o runtime.Options) (program, error) {
	p, err := c.Process.Exec(ctx, e, o)
	if err != nil {
		return nil, err
	}
	return p, nil
}

// startOptions returns what a process starts with, which tells steps of it.
func startOptions(io *stdio, steps func(runtime.Step)) runtime.Options {
	o := runtime.Options{Size: io.size, Steps: steps}
	if io.p != nil {
		o.Stdin, o.Stdout, o.Stderr = io.p.its[0], io.p.its[1], io.p.its[2]
	}
	return o
}

// publicStep converts what is not the shim's to decide.
func publicStep(st runtime.Step) engine.Step {
	out := engine.Step{Name: st.Name, Explain: st.Explain, Data: st.Data, Start: st.Start, Duration: st.Duration.Round(time.Microsecond), Done: true}
	if st.Err != nil {
		out.Error, out.Hint = st.Err.Error(), engine.HintOf(st.Err)
	}
	return out
}
