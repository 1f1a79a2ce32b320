package local

import (
	"context"
	"strconv"
	"time"

	"berth/engine"
	"berth/engine/internal/shim"
	"berth/engine/internal/state"

	"golang.org/x/sys/unix"
)

// defaultStopTimeout is how long a program may take to end when asked; Docker's value.
const defaultStopTimeout = 10 * time.Second

// StartContainer implements engine.Lifecycle.
func (e *Engine) StartContainer(ctx context.Context, ref string, attach *engine.AttachOptions) (engine.Attachment, error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	var attached engine.Attachment
	err := e.change(ref, func(rec *state.Record, c *engine.Container) (err error) {
		switch c.State {
		case engine.StatePaused:
			return engine.Errorf(engine.ClassConflict, "cannot start a paused container, try unpause instead")
		case engine.StateRunning, engine.StateRestarting:
			return nil
		}
		if attached, err = e.start(ctx, rec, attach); err != nil {
			_ = e.settle(rec.ID, nil) // there is something to settle if the shim was killed
			return err
		}
		attached = e.settling(rec.ID, attached)
		return nil
	})
	return attached, err
}

// start starts a shim for the container. The caller holds the lock.
func (e *Engine) start(ctx context.Context, rec *state.Record, attach *engine.AttachOptions) (engine.Attachment, error) {
	dir := e.state.Dir(rec.ID)
	op := e.begin("start", rec.ID)
	prepare := func() error {
		return op.step("write bundle", "All that the shim needs to know is put into one file, while its process comes up: the runtime configuration, the layers, the compiled seccomp filter.",
			map[string]string{"directory": dir}, func() error {
				return e.writeBundle(op, rec, dir)
			})
	}
	client, attached, err := shim.Start(ctx, shim.StartConfig{
		Dir: dir, Prepare: prepare, AttachFirst: attach, Spare: e.spare.take(rec.ID),
	})
	if err != nil {
		// A step of the shim's that failed has told so by itself.
		if step := engine.StepOf(err); step != "" {
			return nil, engine.AtStep(err, op.id, step)
		}
		s := op.next("start shim", "The process that is to keep the container running is started, and carries out the start.")
		return nil, op.end(s, map[string]string{"directory": dir}, err)
	}
	return attached, client.Close()
}

// StopContainer implements engine.Lifecycle.
func (e *Engine) StopContainer(ctx context.Context, ref string, opts engine.StopOptions) error {
	rec, c, err := e.find(ref)
	if err != nil {
		return err
	}
	if !c.State.Alive() {
		return nil
	}
	op := e.begin("stop", rec.ID)
	sig, timeout, err := stopSettings(rec, opts)
	if err != nil {
		return err
	}
	client, err := e.dial(ctx, &c)
	if err != nil {
		return ended(err)
	}
	defer client.Close()
	if c.State == engine.StatePaused {
		if err := client.Unpause(ctx); err != nil {
			return err
		}
	}
	err = op.step("signal", "The main process is asked to end; its restart policy no longer counts.",
		map[string]any{"signal": unix.SignalName(sig), "pid": c.Pid}, func() error {
			if err := client.StopRestarting(ctx); err != nil {
				return ended(err)
			}
			return ended(client.Signal(ctx, sig))
		})
	if err != nil {
		return err
	}
	if err := e.publishKill(&c, sig); err != nil {
		return err
	}
	wait := ctx
	if timeout >= 0 {
		var cancel context.CancelFunc
		wait, cancel = context.WithTimeout(ctx, timeout)
		defer cancel()
	}
	err = op.long("wait", "The program has this long to end by itself.",
		map[string]string{"timeout": timeout.String()}, func() error {
			_, err := client.Wait(wait)
			return err
		})
	if err != nil && ctx.Err() == nil && wait.Err() != nil {
		err = op.step("kill", "It did not end in time: SIGKILL ends it, and with it every process in its PID namespace.",
			map[string]any{"pid": c.Pid}, func() error {
				if err := ended(client.Kill(ctx)); err != nil {
					return err
				}
				if err := e.publishKill(&c, unix.SIGKILL); err != nil {
					return err
				}
				_, err := client.Wait(ctx)
				return err
			})
	}
	if err != nil {
		return err
	}
	return e.publish("stop", &c, nil)
}

// stopSettings returns the signal and the patience (negative: for ever) of a stop.
func stopSettings(rec *state.Record, opts engine.StopOptions) (unix.Signal, time.Duration, error) {
	sig := unix.SIGTERM
	name := opts.Signal
	if name == "" {
		name = rec.Config.StopSignal
	}
	if name != "" {
		s, err := parseSignal(name)
		if err != nil {
			return 0, 0, err
		}
		sig = s
	}
	timeout := defaultStopTimeout
	for _, t := range []*int{rec.Config.StopTimeout, opts.Timeout} {
		if t != nil {
			timeout = time.Duration(*t) * time.Second
		}
	}
	return sig, timeout, nil
}

// ended drops the error that says that the container ended meanwhile.
func ended(err error) error {
	if engine.ClassOf(err) == engine.ClassConflict {
		return nil
	}
	return err
}

// dial connects to the shim of a container; ClassConflict if it does not run.
func (e *Engine) dial(ctx context.Context, c *engine.Container) (*shim.Client, error) {
	if !c.State.Alive() {
		return nil, notRunning(c)
	}
	client, err := shim.Dial(ctx, e.state.Dir(c.ID))
	return client, e.unlessEnded(c, err)
}

// unlessEnded returns an error of the shim's, or that the container does not run any
// more if that is why.
func (e *Engine) unlessEnded(c *engine.Container, err error) error {
	if engine.ClassOf(err) != engine.ClassConflict && engine.ClassOf(err) != engine.ClassUnavailable {
		return err
	}
	if st, rerr := shim.ReadStatus(e.state.Dir(c.ID)); rerr != nil || !st.State.Alive() {
		return notRunning(c)
	}
	return err
}

func notRunning(c *engine.Container) error {
	return engine.Errorf(engine.ClassConflict, "container %s is not running", c.Name).
		WithHint("Start it with `berth start %s`.", c.Name)
}

// client connects to the shim of the running container that the user named.
func (e *Engine) client(ctx context.Context, ref string) (*engine.Container, *shim.Client, error) {
	_, c, err := e.find(ref)
	if err != nil {
		return nil, nil, err
	}
	client, err := e.dial(ctx, &c)
	return &c, client, err
}

// RestartContainer implements engine.Lifecycle.
func (e *Engine) RestartContainer(ctx context.Context, ref string, opts engine.StopOptions) error {
	rec, c, err := e.find(ref)
	if err != nil {
		return err
	}
	if c.State.Alive() && rec.Config.AutoRemove {
		return engine.Errorf(engine.ClassUnsupported, "container %s is removed when it stops (--rm), so it can't be restarted", c.Name)
	}
	if err := e.StopContainer(ctx, rec.ID, opts); err != nil {
		return err
	}
	if _, err := e.StartContainer(ctx, rec.ID, nil); err != nil {
		return err
	}
	return e.publish("restart", &c, nil)
}

// KillContainer implements engine.Lifecycle.
func (e *Engine) KillContainer(ctx context.Context, ref, signal string) error {
	sig := unix.SIGKILL
	if signal != "" {
		var err error
		if sig, err = parseSignal(signal); err != nil {
			return err
		}
	}
	c, client, err := e.client(ctx, ref)
	if err != nil {
		return err
	}
	defer client.Close()
	err = e.one("kill", c.ID, "signal", "The container's shim sends the signal to the main process.",
		map[string]any{"signal": unix.SignalName(sig), "pid": c.Pid}, func() error {
			return sendSignal(ctx, client, sig)
		})
	if err != nil {
		return err
	}
	return e.publishKill(c, sig)
}

// publishKill tells that a signal was sent.
func (e *Engine) publishKill(c *engine.Container, sig unix.Signal) error {
	return e.publish("kill", c, map[string]string{"signal": strconv.Itoa(int(sig))})
}

// sendSignal sends a signal, and waits for the end that SIGKILL is.
func sendSignal(ctx context.Context, client *shim.Client, sig unix.Signal) error {
	// Docker: only a signal that is meant to end it suspends the restart policy.
	if sig == unix.SIGKILL || sig == unix.SIGTERM || sig == unix.SIGINT {
		if err := client.StopRestarting(ctx); err != nil {
			return err
		}
	}
	err := client.Signal(ctx, sig)
	if err == nil && sig == unix.SIGKILL {
		_, err = client.Wait(ctx)
	}
	return err
}

// PauseContainer implements engine.Lifecycle.
func (e *Engine) PauseContainer(ctx context.Context, ref string) error {
	c, client, err := e.client(ctx, ref)
	if err != nil {
		return err
	}
	defer client.Close()
	return e.one("pause", c.ID, "freeze", "The kernel's freezer stops all processes of the container's control group where they are.",
		map[string]string{"cgroup": c.ID}, func() error {
			if c.State == engine.StatePaused {
				return engine.Errorf(engine.ClassConflict, "container %s is already paused", c.Name)
			}
			return client.Pause(ctx) // which tells of it
		})
}

// UnpauseContainer implements engine.Lifecycle.
func (e *Engine) UnpauseContainer(ctx context.Context, ref string) error {
	c, client, err := e.client(ctx, ref)
	if err != nil {
		return err
	}
	defer client.Close()
	return e.one("unpause", c.ID, "thaw", "The processes go on where the freezer stopped them.",
		map[string]string{"cgroup": c.ID}, func() error {
			if c.State != engine.StatePaused {
				return engine.Errorf(engine.ClassConflict, "container %s is not paused", c.Name)
			}
			return client.Unpause(ctx)
		})
}
