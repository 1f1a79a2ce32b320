package enginetest

import (
	"cmp"
	"context"
	"slices"
	"strings"
	"time"

	"berth/engine"
)

// Attach implements engine.Streams.
func (f *Fake) Attach(ctx context.Context, id string, opts engine.AttachOptions) (a engine.Attachment, err error) {
	err = f.with(ctx, "Attach", id, func(c *container) error {
		if c.main == nil {
			return notRunning("attach to", id)
		}
		a = c.main.attach(opts)
		f.publishContainer("attach", c, nil)
		return nil
	})
	return a, err
}

// Exec implements engine.Streams.
func (f *Fake) Exec(ctx context.Context, id string, cfg engine.ExecConfig, attach *engine.AttachOptions) (execID string, a engine.Attachment, err error) {
	err = f.with(ctx, "Exec", id, func(c *container) error {
		switch {
		case c.main == nil:
			return notRunning("exec in", id)
		case c.rec.State == engine.StatePaused:
			return engine.Errorf(engine.ClassConflict, "exec in container %q: it is paused", id).WithHint("Unpause it first.")
		case len(cfg.Cmd) == 0:
			return engine.Errorf(engine.ClassInvalid, "exec in container %q: no command is given", id)
		}
		p, err := f.newProcess(c, cfg.Cmd, procConfig{
			env: slices.Concat(c.cfg.Env, cfg.Env), dir: cmp.Or(cfg.WorkingDir, c.cfg.WorkingDir), user: cmp.Or(cfg.User, c.cfg.User),
			tty: cfg.TTY, stdin: cfg.Stdin, label: cfg.Label,
		})
		if err != nil {
			return f.fail("exec", c.rec.ID, []fakeStep{
				{"enter namespaces", "Enter the container's namespaces.", map[string]any{"pid": c.main.pid}, 100 * time.Microsecond},
				{"exec", "Become the user's program.", map[string]any{"argv": cfg.Cmd}, 300 * time.Microsecond},
			}, err)
		}
		f.pid++
		p.id, p.pid, execID = f.id("exec")[:12], f.pid, ""
		execID = p.id
		c.execs[p.id] = p
		attrs := map[string]string{"execID": p.id, "command": strings.Join(cfg.Cmd, " ")}
		p.onExit = func(engine.ExitStatus) {
			f.mu.Lock()
			defer f.mu.Unlock()
			delete(c.execs, p.id)
			if slices.Contains(f.containers, c) { // else nothing is told of it any more
				f.publishContainer("exec_die", c, attrs)
			}
		}
		if attach != nil {
			a = p.attach(*attach)
		}
		f.publishContainer("exec_start", c, attrs)
		p.run()
		return nil
	})
	return execID, a, err
}

// AttachExec implements engine.Streams.
func (f *Fake) AttachExec(ctx context.Context, id, execID string, opts engine.AttachOptions) (a engine.Attachment, err error) {
	err = f.with(ctx, "AttachExec", id, func(c *container) error {
		p := c.execs[execID]
		if p == nil {
			return engine.Errorf(engine.ClassNotFound, "attach to exec %q in container %q: no such process", execID, id)
		}
		a = p.attach(opts)
		return nil
	})
	return a, err
}

// Execs implements engine.Streams.
func (f *Fake) Execs(ctx context.Context, id string) (out []engine.ExecInfo, err error) {
	err = f.with(ctx, "Execs", id, func(c *container) error {
		for _, p := range c.execs {
			out = append(out, engine.ExecInfo{
				ID: p.id, Cmd: p.args, User: cmp.Or(p.cfg.user, "root"), TTY: p.cfg.tty, Pid: p.pid, Started: p.started,
				Clients: p.out.clientCount(), Title: p.cfg.label,
			})
		}
		slices.SortFunc(out, func(a, b engine.ExecInfo) int { return cmp.Compare(a.Pid, b.Pid) })
		return nil
	})
	return out, err
}
