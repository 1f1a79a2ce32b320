package enginetest

import (
	"context"
	"strconv"
	"time"

	"berth/engine"
)

// StartContainer implements engine.Lifecycle.
func (f *Fake) StartContainer(ctx context.Context, id string, attach *engine.AttachOptions) (a engine.Attachment, err error) {
	err = f.with(ctx, "StartContainer", id, func(c *container) error {
		if c.rec.State.Alive() {
			return nil
		}
		c.stopped = false
		p, err := f.start(c)
		if err != nil {
			return err
		}
		if attach != nil {
			a = p.attach(*attach)
		}
		p.run()
		return nil
	})
	return a, err
}

// start makes the main process of a container and publishes that it runs; the
// caller lets it run once its clients are attached. f.mu is held.
func (f *Fake) start(c *container) (*process, error) {
	p, err := f.newProcess(c, c.rec.Command, procConfig{
		env: c.cfg.Env, dir: c.cfg.WorkingDir, user: c.cfg.User, tty: c.cfg.TTY, stdin: c.cfg.OpenStdin, size: c.cfg.Console,
	})
	if err != nil {
		c.rec.Error, c.rec.State = err.Error(), engine.StateExited
		c.rec.ExitCode = 127
		if engine.ClassOf(err) == engine.ClassCommandNotInvokable {
			c.rec.ExitCode = 126
		}
		c.rec.Finished = f.clock.Now()
		c.exit = engine.ExitStatus{Code: c.rec.ExitCode, At: c.rec.Finished, Error: c.rec.Error}
		f.publishContainer("die", c, map[string]string{"exitCode": strconv.Itoa(c.rec.ExitCode)})
		return nil, f.fail("start", c.rec.ID, startSteps(c, f.pid), err)
	}
	p.out.log = c.logs
	f.pid += 3
	p.pid = f.pid
	c.main = p
	c.rec.State, c.rec.Pid, c.rec.Started, c.rec.Error, c.rec.OOMKilled = engine.StateRunning, p.pid, f.clock.Now(), "", false
	p.onExit = func(st engine.ExitStatus) { f.exited(c, p, st) }
	f.steps("start", c.rec.ID, startSteps(c, p.pid))
	f.publishContainer("start", c, nil)
	f.publishImage("update", c.image, "")
	return p, nil
}

// startSteps are the steps by which a container's program comes to run.
func startSteps(c *container, pid int) []fakeStep {
	return []fakeStep{
		{"prepare snapshot", "Make the writable layer on top of the image's layers.", map[string]any{"layers": len(c.image.repo.Layers)}, 400 * time.Microsecond},
		{"mount overlay", "Join the layers into one directory tree.", map[string]any{"type": "overlay"}, 200 * time.Microsecond},
		{"clone", "Fork a process into namespaces of its own.", map[string]any{"flags": "CLONE_NEWPID|CLONE_NEWNS|CLONE_NEWNET|CLONE_NEWUTS|CLONE_NEWIPC", "pid": pid}, 900 * time.Microsecond},
		{"pivot root", "Make the joined tree the root directory.", nil, 100 * time.Microsecond},
		{"exec", "Become the user's program.", map[string]any{"argv": c.rec.Command}, 300 * time.Microsecond},
	}
}

// exited is what happens once a main process has ended and its output is written.
func (f *Fake) exited(c *container, p *process, st engine.ExitStatus) {
	f.mu.Lock()
	defer f.mu.Unlock()
	for _, e := range c.execs {
		e.signal("KILL") // the PID namespace ends with its init
	}
	c.main, c.exit = nil, st
	c.rec.Pid, c.rec.ExitCode, c.rec.Finished, c.rec.State = 0, st.Code, st.At, engine.StateExited
	again := f.restarts(c, st.Code)
	if again {
		c.rec.State = engine.StateRestarting
	}
	close(c.exited)
	c.exited = make(chan struct{})
	f.publishContainer("die", c, map[string]string{"exitCode": strconv.Itoa(st.Code)})
	f.publishImage("update", c.image, "")
	switch {
	case again:
		go f.restartLater(c)
	case c.rec.AutoRemove:
		f.drop(c)
	}
}

func (f *Fake) restarts(c *container, code int) bool {
	if c.stopped {
		return false
	}
	switch r := c.cfg.Restart; r.Name {
	case "always", "unless-stopped":
		return true
	case "on-failure":
		return code != 0 && (r.MaxRetry == 0 || c.rec.RestartCount < r.MaxRetry)
	}
	return false
}

func (f *Fake) restartLater(c *container) {
	if f.sleep(f.ctx, 100*time.Millisecond) != nil {
		return
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	if c.rec.State != engine.StateRestarting {
		return
	}
	c.rec.RestartCount++
	if p, err := f.start(c); err == nil {
		p.run()
	}
}

// StopContainer implements engine.Lifecycle.
func (f *Fake) StopContainer(ctx context.Context, id string, opts engine.StopOptions) error {
	var p *process
	timeout := 10
	err := f.with(ctx, "StopContainer", id, func(c *container) error {
		c.stopped = true
		p = c.main
		if p == nil {
			if c.rec.State == engine.StateRestarting {
				c.rec.State = engine.StateExited
				f.publishContainer("stop", c, nil)
			}
			return nil
		}
		if c.cfg.StopTimeout != nil {
			timeout = *c.cfg.StopTimeout
		}
		sig := "TERM"
		for _, s := range []string{c.image.repo.Config.StopSignal, c.cfg.StopSignal, opts.Signal} {
			if s != "" {
				sig = s
			}
		}
		if c.rec.State == engine.StatePaused {
			p.thaw()
		}
		_, n := signalOf(sig)
		f.publishContainer("kill", c, map[string]string{"signal": strconv.Itoa(n)})
		return p.signal(sig)
	})
	if err != nil || p == nil {
		return err
	}
	if opts.Timeout != nil {
		timeout = *opts.Timeout
	}
	limit := f.clock.After(time.Duration(timeout) * time.Second)
	if timeout < 0 {
		limit = nil
	}
	for {
		select {
		case <-p.gone:
			f.mu.Lock()
			defer f.mu.Unlock()
			if c, err := f.container(id); err == nil { // else it was to be removed at its exit
				f.publishContainer("stop", c, nil)
			}
			return nil
		case <-limit:
			limit = nil
			err := f.with(ctx, "StopContainer", id, func(c *container) error {
				f.publishContainer("kill", c, map[string]string{"signal": "9"})
				return p.signal("KILL")
			})
			if err != nil {
				return err
			}
		case <-ctx.Done():
			return ctx.Err()
		}
	}
}

// RestartContainer implements engine.Lifecycle.
func (f *Fake) RestartContainer(ctx context.Context, id string, opts engine.StopOptions) error {
	if err := f.StopContainer(ctx, id, opts); err != nil {
		return err
	}
	if _, err := f.StartContainer(ctx, id, nil); err != nil {
		return err
	}
	return f.with(ctx, "RestartContainer", id, func(c *container) error {
		f.publishContainer("restart", c, nil)
		return nil
	})
}

// KillContainer implements engine.Lifecycle.
func (f *Fake) KillContainer(ctx context.Context, id, signal string) error {
	return f.with(ctx, "KillContainer", id, func(c *container) error {
		if c.main == nil {
			return notRunning("kill", id)
		}
		name, n := signalOf(signal)
		if n == 0 {
			return engine.Errorf(engine.ClassInvalid, "kill container %q: unknown signal %q", id, signal)
		}
		if name == "KILL" {
			c.stopped = true
		}
		f.publishContainer("kill", c, map[string]string{"signal": strconv.Itoa(n)})
		return c.main.signal(name)
	})
}

func notRunning(doing, id string) error {
	return engine.Errorf(engine.ClassConflict, "%s container %q: it does not run", doing, id).WithHint("Start it first.")
}

// PauseContainer implements engine.Lifecycle.
func (f *Fake) PauseContainer(ctx context.Context, id string) error {
	return f.with(ctx, "PauseContainer", id, func(c *container) error {
		switch {
		case c.main == nil:
			return notRunning("pause", id)
		case c.rec.State == engine.StatePaused:
			return engine.Errorf(engine.ClassConflict, "pause container %q: it is paused already", id)
		}
		c.main.freeze()
		c.rec.State = engine.StatePaused
		f.publishContainer("pause", c, nil)
		return nil
	})
}

// UnpauseContainer implements engine.Lifecycle.
func (f *Fake) UnpauseContainer(ctx context.Context, id string) error {
	return f.with(ctx, "UnpauseContainer", id, func(c *container) error {
		if c.rec.State != engine.StatePaused {
			return engine.Errorf(engine.ClassConflict, "unpause container %q: it is not paused", id)
		}
		c.main.thaw()
		c.rec.State = engine.StateRunning
		f.publishContainer("unpause", c, nil)
		return nil
	})
}

// WaitContainer implements engine.Lifecycle.
func (f *Fake) WaitContainer(ctx context.Context, id string, cond engine.WaitCondition) (engine.ExitStatus, error) {
	var c *container
	var ch <-chan struct{}
	err := f.with(ctx, "WaitContainer", id, func(found *container) error {
		c = found
		switch {
		case cond == engine.WaitRemoved:
			ch = c.removed
		case cond == engine.WaitNextExit || c.rec.State.Alive():
			ch = c.exited
		}
		return nil
	})
	if err != nil {
		return engine.ExitStatus{}, err
	}
	if ch != nil {
		select {
		case <-ch:
		case <-ctx.Done():
			return engine.ExitStatus{}, ctx.Err()
		case <-f.ctx.Done():
			return engine.ExitStatus{}, engine.Errorf(engine.ClassUnavailable, "wait for container %q: the engine is closed", id)
		}
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	return c.exit, nil
}
