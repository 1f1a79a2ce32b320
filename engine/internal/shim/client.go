package shim

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"sync"
	"time"

	"berth/engine"
	"berth/engine/internal/bundle"
	"berth/engine/internal/jsonfields"

	specs "github.com/opencontainers/runtime-spec/specs-go"
	"golang.org/x/sys/unix"
)

// A Client asks one container's shim. It is safe for concurrent use. A shim that is
// gone, because its container has ended, is ClassConflict: the container does not run.
type Client struct {
	dir string

	mu   sync.Mutex // one request at a time
	conn *conn      // nil until the first request
}

// At returns a client of the shim of the container in dir, which may be gone: the first
// request tells.
func At(dir string) *Client { return &Client{dir: dir} }

// Dial connects to the shim of the container in dir. The caller closes the client.
func Dial(ctx context.Context, dir string) (*Client, error) {
	c := At(dir)
	_, err := c.call(ctx, wireRequest{Op: opState})
	if err != nil {
		return nil, err
	}
	return c, nil
}

// Close ends the connection. The container and attachments are not touched.
func (c *Client) Close() error {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.drop()
	return nil
}

func (c *Client) drop() {
	if c.conn != nil {
		_ = c.conn.Close() // nothing is buffered
		c.conn = nil
	}
}

// call sends one request over the client's own connection.
func (c *Client) call(ctx context.Context, req wireRequest) (*wireResponse, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	fresh := c.conn == nil
	if fresh {
		conn, err := dial(c.dir)
		if err != nil {
			return nil, gone(err)
		}
		c.conn = conn
	}
	conn := c.conn
	stop := context.AfterFunc(ctx, func() { _ = conn.Close() })
	var resp *wireResponse
	var err error
	if fresh {
		resp, err = exchange(conn, req)
	} else if err = conn.send(frameRequest, &req); err == nil {
		resp, err = response(conn)
	}
	if !stop() {
		c.drop()
		if err != nil {
			return nil, fmt.Errorf("ask container's shim: %w", ctx.Err())
		}
	}
	var e *engine.Error
	if err != nil && !errors.As(err, &e) {
		c.drop()
		return nil, gone(err)
	}
	return resp, err
}

// open sends one request over a connection of its own, which it returns.
func (c *Client) open(ctx context.Context, req wireRequest) (*conn, *wireResponse, error) {
	conn, err := dial(c.dir)
	if err != nil {
		return nil, nil, gone(err)
	}
	stop := context.AfterFunc(ctx, func() { _ = conn.Close() })
	resp, err := exchange(conn, req)
	if !stop() && err != nil {
		return nil, nil, fmt.Errorf("ask container's shim: %w", ctx.Err())
	}
	if err != nil {
		_ = conn.Close()
		var e *engine.Error
		if !errors.As(err, &e) {
			err = gone(err)
		}
		return nil, nil, err
	}
	return conn, resp, nil
}

// gone classifies a failure to reach the shim.
func gone(err error) error {
	switch {
	case errors.Is(err, fs.ErrNotExist), errors.Is(err, unix.ECONNREFUSED), errors.Is(err, io.EOF),
		errors.Is(err, io.ErrUnexpectedEOF), errors.Is(err, unix.EPIPE), errors.Is(err, unix.ECONNRESET):
		return engine.Errorf(engine.ClassConflict, "container is not running: its shim is gone: %w", err)
	case errors.Is(err, fs.ErrPermission):
		return engine.Errorf(engine.ClassPermission, "reach container's shim: %w", err)
	}
	return engine.Errorf(engine.ClassUnavailable, "reach container's shim: %w", err)
}

// Attach connects to the main process, as engine.Streams describes.
func (c *Client) Attach(ctx context.Context, opts engine.AttachOptions) (engine.Attachment, error) {
	conn, _, err := c.open(ctx, wireRequest{Op: opAttach, Attach: toWireAttach(&opts)})
	if err != nil {
		return nil, err
	}
	return newAttachment(conn, &opts), nil
}

// Exec starts another process in the container, as engine.Streams describes. Without
// attach the attachment is nil.
func (c *Client) Exec(ctx context.Context, cfg engine.ExecConfig, attach *engine.AttachOptions) (id string, a engine.Attachment, err error) {
	req := wireRequest{Op: opExec, Exec: &wireExec{
		Cmd: cfg.Cmd, User: cfg.User, WorkingDir: cfg.WorkingDir, Env: cfg.Env,
		TTY: cfg.TTY, Stdin: cfg.Stdin, Privileged: cfg.Privileged, Label: cfg.Label,
	}}
	if attach != nil {
		req.Attach = toWireAttach(attach)
	}
	conn, resp, err := c.open(ctx, req)
	if err != nil {
		return "", nil, err
	}
	if attach == nil {
		_ = conn.Close() // the exec runs on without it
		return resp.ExecID, nil, nil
	}
	return resp.ExecID, newAttachment(conn, attach), nil
}

// AttachExec connects to a process that Exec started; ClassNotFound if it has ended.
func (c *Client) AttachExec(ctx context.Context, execID string, opts engine.AttachOptions) (engine.Attachment, error) {
	conn, _, err := c.open(ctx, wireRequest{Op: opAttachExec, ExecID: execID, Attach: toWireAttach(&opts)})
	if err != nil {
		return nil, err
	}
	return newAttachment(conn, &opts), nil
}

// Execs lists the processes that Exec started and that still run.
func (c *Client) Execs(ctx context.Context) ([]engine.ExecInfo, error) {
	resp, err := c.call(ctx, wireRequest{Op: opExecs})
	if err != nil {
		return nil, err
	}
	var all []wireExecInfo
	if len(resp.Execs) > 0 { // none: an older shim leaves the list out
		if err := json.Unmarshal(resp.Execs, &all); err != nil {
			return nil, engine.Errorf(engine.ClassUnavailable, "ask container's shim: %w", err)
		}
	}
	list := make([]engine.ExecInfo, len(all))
	for i, e := range all {
		list[i] = engine.ExecInfo(e)
	}
	return list, nil
}

// State is how a container stands, with what only its shim knows.
type State struct {
	Status
	Clients    int      // attached to the main process
	Execs      []string // IDs
	LogDropped int64    // log entries lost to a full disk
}

// State asks how the container stands.
func (c *Client) State(ctx context.Context) (State, error) {
	resp, err := c.call(ctx, wireRequest{Op: opState})
	if err != nil {
		return State{}, err
	}
	var w wireState
	if err := json.Unmarshal(resp.State, &w); err != nil {
		return State{}, engine.Errorf(engine.ClassUnavailable, "ask container's shim: %w", err)
	}
	return State{w.Status, w.Clients, w.Execs, w.Dropped}, nil
}

// Signal sends a signal to the main process.
func (c *Client) Signal(ctx context.Context, sig unix.Signal) error {
	_, err := c.call(ctx, wireRequest{Op: opSignal, Signal: int(sig)})
	return err
}

// SignalExec sends a signal to an exec's process.
func (c *Client) SignalExec(ctx context.Context, execID string, sig unix.Signal) error {
	_, err := c.call(ctx, wireRequest{Op: opSignal, ExecID: execID, Signal: int(sig)})
	return err
}

// Kill kills the container for good: it is not restarted, a paused one is thawed, and
// one that waits for its restart stays down.
func (c *Client) Kill(ctx context.Context) error {
	st, err := c.State(ctx)
	if err == nil {
		err = c.StopRestarting(ctx)
	}
	if err == nil {
		err = c.Signal(ctx, unix.SIGKILL)
	}
	if engine.ClassOf(err) == engine.ClassConflict && st.State == engine.StateRestarting {
		return nil
	}
	return err
}

// StopRestarting suspends the restart policy until the container is started again, as
// every stop and kill by the user must.
func (c *Client) StopRestarting(ctx context.Context) error {
	_, err := c.call(ctx, wireRequest{Op: opStopRestarting})
	return err
}

// Resize sets the terminal's size without being attached; execID may be empty for the
// main process. The next active client's size takes its place.
func (c *Client) Resize(ctx context.Context, execID string, size engine.Size) error {
	_, err := c.call(ctx, wireRequest{Op: opResize, ExecID: execID, Size: &wireSize{size.Cols, size.Rows}})
	return err
}

// Pause freezes all processes; ClassUnsupported without a cgroup freezer.
func (c *Client) Pause(ctx context.Context) error {
	_, err := c.call(ctx, wireRequest{Op: opPause})
	return err
}

// Unpause thaws them.
func (c *Client) Unpause(ctx context.Context) error {
	_, err := c.call(ctx, wireRequest{Op: opUnpause})
	return err
}

// UpdateResources changes the limits of the running container.
func (c *Client) UpdateResources(ctx context.Context, r *specs.LinuxResources) error {
	_, err := c.call(ctx, wireRequest{Op: opUpdate, Resources: encode(r)})
	return err
}

// UpdateRestart changes the restart policy of the running container.
func (c *Client) UpdateRestart(ctx context.Context, r bundle.Restart) error {
	_, err := c.call(ctx, wireRequest{Op: opUpdate, Restart: encode(r)})
	return err
}

// Rename tells the shim the container's new name, for what it publishes and says.
func (c *Client) Rename(ctx context.Context, name string) error {
	_, err := c.call(ctx, wireRequest{Op: opRename, Name: name})
	return err
}

// Wait blocks until the present run of the main process ends. A container that does
// not run, or whose shim is killed meanwhile, has its last status returned.
func (c *Client) Wait(ctx context.Context) (engine.ExitStatus, error) {
	conn, _, err := c.open(ctx, wireRequest{Op: opWait})
	if err == nil {
		defer conn.Close() // nothing is buffered
		stop := context.AfterFunc(ctx, func() { _ = conn.Close() })
		defer stop()
		var exit wireExit
		if err = conn.expect(frameExit, &exit); err == nil {
			return exit.status(), nil
		}
	}
	if ctx.Err() != nil {
		return engine.ExitStatus{}, ctx.Err()
	}
	return LastExit(c.dir, err)
}

// LastExit reads from disk how a container ended whose shim can't be asked, for cause. A killed
// shim's descriptors close one after the other: its connections may break a moment
// before its lock is free.
func LastExit(dir string, cause error) (engine.ExitStatus, error) {
	for range 200 {
		st, err := ReadStatus(dir)
		if engine.ClassOf(err) == engine.ClassNotFound {
			return Killed(), nil // and, as it was to be at its end, removed by whoever settled it
		}
		if err != nil {
			return engine.ExitStatus{}, err
		}
		if st.State != engine.StateRunning && st.State != engine.StatePaused {
			return st.Exit(), nil
		}
		time.Sleep(5 * time.Millisecond)
	}
	return engine.ExitStatus{}, gone(cause)
}

func decodeExit(p []byte) (engine.ExitStatus, error) {
	var exit wireExit
	if err := jsonfields.Parse(p, &exit); err != nil {
		return engine.ExitStatus{}, fmt.Errorf("%w: %w", errFrame, err)
	}
	return exit.status(), nil
}
