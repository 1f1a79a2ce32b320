package local

import (
	"context"

	"berth/engine"
	"berth/engine/internal/cgroup"
	"berth/engine/internal/process"
	"berth/engine/internal/state"
)

// alive resolves a container that must run.
func (e *Engine) alive(ctx context.Context, ref string) (*state.Record, *engine.Container, error) {
	if err := ctx.Err(); err != nil {
		return nil, nil, err
	}
	rec, c, err := e.find(ref)
	if err != nil {
		return nil, nil, err
	}
	if !c.State.Alive() || c.Pid == 0 {
		return nil, nil, notRunning(&c)
	}
	return rec, &c, nil
}

// pids lists the processes of a running container, and returns its cgroup if it has one.
func (e *Engine) pids(rec *state.Record, c *engine.Container) ([]int, *cgroup.Group, error) {
	group, err := cgroup.Detect().Load(rec.CgroupPath)
	if err != nil {
		return nil, nil, err
	}
	if !group.Exists() {
		pids, err := process.Pids(c.Pid)
		return pids, nil, err
	}
	pids, err := group.Pids()
	return pids, group, err
}

// Processes implements engine.Lifecycle.
func (e *Engine) Processes(ctx context.Context, ref string) ([]engine.ProcessInfo, error) {
	rec, c, err := e.alive(ctx, ref)
	if err != nil {
		return nil, err
	}
	pids, _, err := e.pids(rec, c)
	if err != nil {
		return nil, err
	}
	return process.List(process.Container{Init: c.Pid, Pids: pids, IDMap: e.ids})
}
