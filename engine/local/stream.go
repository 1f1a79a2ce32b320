package local

import (
	"cmp"
	"context"
	"path/filepath"
	"strings"

	"berth/engine"
	"berth/engine/internal/logfile"
	"berth/engine/internal/shim"
)

// Attach implements engine.Streams.
func (e *Engine) Attach(ctx context.Context, ref string, opts engine.AttachOptions) (engine.Attachment, error) {
	c, client, err := e.client(ctx, ref)
	if err != nil {
		return nil, err
	}
	defer client.Close()
	var a engine.Attachment
	err = e.one("attach", c.ID, "attach", "The container's shim sends the present screen, or the output from now on, and takes input.",
		map[string]any{"stdin": opts.Stdin, "size": opts.Size, "readOnly": opts.ReadOnly}, func() error {
			switch c.State {
			case engine.StatePaused:
				return engine.Errorf(engine.ClassConflict, "you cannot attach to a paused container, unpause it first")
			case engine.StateRestarting:
				return engine.Errorf(engine.ClassConflict, "you cannot attach to a restarting container, wait until it is running")
			}
			a, err = client.Attach(ctx, opts)
			return err
		})
	if err != nil {
		return nil, err
	}
	return e.settling(c.ID, a), e.publish("attach", c, nil)
}

// Exec implements engine.Streams.
func (e *Engine) Exec(ctx context.Context, ref string, cfg engine.ExecConfig, attach *engine.AttachOptions) (string, engine.Attachment, error) {
	if len(cfg.Cmd) == 0 {
		return "", nil, invalid("no exec command specified")
	}
	if cfg.WorkingDir != "" && !strings.HasPrefix(cfg.WorkingDir, "/") {
		return "", nil, invalid("the working directory %q is invalid, it needs to be an absolute path", cfg.WorkingDir)
	}
	id, err := e.state.Resolve(ref)
	if err != nil {
		return "", nil, err
	}
	rec, err := e.state.LoadBrief(id)
	if err != nil {
		return "", nil, err
	}
	cfg.User = cmp.Or(cfg.User, rec.Config.User)
	cfg.WorkingDir = cmp.Or(cfg.WorkingDir, rec.Config.WorkingDir)
	cfg.Env = mergeEnv(&engine.ContainerConfig{Hostname: rec.Config.Hostname, TTY: cfg.TTY, Env: cfg.Env}, rec.Config.Env)
	// Without a question first whether the shim is there: the request asks it too.
	execID, a, err := shim.At(e.state.Dir(id)).Exec(ctx, cfg, attach)
	if err != nil {
		return "", nil, e.notExecable(id, err)
	}
	return execID, e.settling(id, a), nil
}

// notExecable returns an error of the shim's, or why no process can be put beside the
// container's, if that is the reason.
func (e *Engine) notExecable(id string, err error) error {
	if engine.ClassOf(err) != engine.ClassConflict && engine.ClassOf(err) != engine.ClassUnavailable {
		return err
	}
	_, c, lerr := e.look(id)
	switch {
	case lerr != nil:
		return lerr
	case c.State == engine.StatePaused:
		return engine.Errorf(engine.ClassConflict, "container %s is paused, unpause the container before exec", c.Name)
	case !c.State.Alive():
		return notRunning(&c)
	}
	return e.unlessEnded(&c, err)
}

// AttachExec implements engine.Streams.
func (e *Engine) AttachExec(ctx context.Context, ref, execID string, opts engine.AttachOptions) (engine.Attachment, error) {
	c, client, err := e.client(ctx, ref)
	if err != nil {
		return nil, err
	}
	defer client.Close()
	a, err := client.AttachExec(ctx, execID, opts)
	return e.settling(c.ID, a), err
}

// Execs implements engine.Streams.
func (e *Engine) Execs(ctx context.Context, ref string) ([]engine.ExecInfo, error) {
	_, client, err := e.client(ctx, ref)
	if err != nil {
		return nil, err
	}
	defer client.Close()
	return client.Execs(ctx)
}

// Logs implements engine.Streams.
func (e *Engine) Logs(ctx context.Context, ref string, opts engine.LogOptions, f func(engine.LogEntry) error) error {
	rec, c, err := e.find(ref)
	if err != nil {
		return err
	}
	dir := e.state.Dir(rec.ID)
	var done chan struct{}
	if opts.Follow && c.State.Alive() {
		done = make(chan struct{})
		go func() {
			defer close(done)
			client, err := shim.Dial(ctx, dir)
			if err != nil {
				return
			}
			defer client.Close()
			client.Wait(ctx)
		}()
	} else {
		opts.Follow = false
	}
	return logfile.Read(ctx, filepath.Join(dir, logFile), opts, done, f)
}
