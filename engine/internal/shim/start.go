package shim

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"syscall"

	"berth/engine"

	"golang.org/x/sys/unix"
)

// StartConfig says which container Start starts.
type StartConfig struct {
	// Dir is the container's directory, with its bundle unless Prepare puts it there.
	Dir string
	// Prepare, if set, writes the bundle while the shim's process comes up.
	Prepare func() error
	// Spare, if set, is the process that Ready started for Dir. Start takes it over.
	Spare *Spare
	// AttachFirst connects a client before the program's first instruction; nil for none.
	AttachFirst *engine.AttachOptions
}

// Start starts a shim for the container in cfg.Dir and returns once the container's
// program has been executed. The attachment is nil if none was asked for. The container
// runs on when this process ends. Errors are those of the start's step, classified; a
// container that runs already is ClassConflict. When ctx ends first, the start goes on
// and the error is the context's.
func Start(ctx context.Context, cfg StartConfig) (*Client, engine.Attachment, error) {
	c, err := cfg.Spare.connection(cfg.Dir)
	if err != nil {
		return nil, nil, fmt.Errorf("start shim: %w", err)
	}
	if cfg.Prepare != nil {
		if err := cfg.Prepare(); err != nil {
			_ = c.Close() // the shim ends: nobody asked it for anything
			return nil, nil, err
		}
	}
	stop := context.AfterFunc(ctx, func() { _ = c.Close() })
	req := wireRequest{Op: opStart}
	if cfg.AttachFirst != nil {
		req.Attach = toWireAttach(cfg.AttachFirst)
	}
	_, err = exchange(c, req)
	if !stop() && ctx.Err() != nil {
		return nil, nil, ctx.Err()
	}
	if err != nil {
		_ = c.Close()
		var e *engine.Error
		if !errors.As(err, &e) {
			err = engine.Errorf(engine.ClassUnavailable, "start shim: it ended before the container ran: %w", err).
				WithHint("Look into %q.", filepath.Join(cfg.Dir, "shim.log"))
		}
		return nil, nil, err
	}
	client := &Client{dir: cfg.Dir}
	if cfg.AttachFirst == nil {
		_ = c.Close() // requests go over the socket from now on
		return client, nil, nil
	}
	return client, newAttachment(c, cfg.AttachFirst), nil
}

// Resume starts a shim that brings back, when the restart policy's delay has passed, a
// container that [Settle] left in the state "restarting". It returns once that shim has
// taken over.
func Resume(dir string, prepare func() error) error {
	c, _, err := spawn(dir)
	if err != nil {
		return fmt.Errorf("start shim: %w", err)
	}
	defer c.Close() // it needs no more of us
	if err := prepare(); err != nil {
		return err
	}
	_, err = exchange(c, wireRequest{Op: opResume})
	return err
}

// spawn runs the shim's program and returns our end of its first connection. ended is
// closed when the process has ended and was reaped, should that be before we end.
func spawn(dir string) (c *conn, ended <-chan struct{}, err error) {
	pair, err := unix.Socketpair(unix.AF_UNIX, unix.SOCK_STREAM|unix.SOCK_CLOEXEC, 0)
	if err != nil {
		return nil, nil, os.NewSyscallError("socketpair", err)
	}
	defer unix.Close(pair[1]) // the shim has its own
	if err := unix.SetNonblock(pair[0], true); err != nil {
		_ = unix.Close(pair[0])
		return nil, nil, os.NewSyscallError("fcntl", err)
	}
	ours, err := newConn(pair[0])
	if err != nil {
		return nil, nil, err
	}
	if ended, err = execShim(dir, pair[1]); err != nil {
		_ = ours.Close()
		return nil, nil, err
	}
	return ours, ended, nil
}

func execShim(dir string, theirs int) (ended <-chan struct{}, err error) {
	prog, argv0, err := Find()
	if err != nil {
		return nil, err
	}
	exe, err := seal(prog)
	if err != nil {
		return nil, err
	}
	null, err := unix.Open(os.DevNull, unix.O_RDWR|unix.O_CLOEXEC, 0)
	if err != nil {
		exe.close()
		return nil, &os.PathError{Op: "open", Path: os.DevNull, Err: err}
	}
	defer unix.Close(null) // never written
	files := []uintptr{uintptr(null), uintptr(null), uintptr(null), uintptr(theirs)}
	path := prog
	if exe.file != nil {
		// Among the files, or else package syscall may put one of its own in its place: it
		// moves them to numbers behind those that it was given. The shim closes it.
		path = fmt.Sprintf("/proc/self/fd/%d", len(files))
		files = append(files, exe.file.Fd())
	}
	// Package os would try out first, with a process of its own, what pidfds can do here.
	pid, err := syscall.ForkExec(path, []string{argv0, dir}, &syscall.ProcAttr{
		Dir:   "/",
		Env:   environment(os.Environ()),
		Files: files,
		// Its own session: no terminal's hangup and no job control reaches it.
		Sys: &syscall.SysProcAttr{Setsid: true},
	})
	if err != nil {
		exe.close()
		return nil, &os.PathError{Op: "fork/exec", Path: prog, Err: err}
	}
	done := make(chan struct{})
	go func() {
		defer close(done)
		exe.close() // the kernel takes a millisecond to end the mount
		// As long as we live it is our child and would stay a zombie. When we end first,
		// init takes it over.
		for {
			if _, err := syscall.Wait4(pid, nil, 0, nil); err != syscall.EINTR {
				return
			}
		}
	}()
	return done, nil
}

// environment is what the shim keeps of berth's: enough to find id helpers and
// systemd. What tunes Go programs (GOGC, GODEBUG) was not meant for it, and secrets
// have no business in a process that lives for months.
func environment(all []string) []string {
	var env []string
	for _, kv := range all {
		name, _, _ := strings.Cut(kv, "=")
		switch {
		case name == "PATH", name == "HOME", name == "USER", name == "DBUS_SESSION_BUS_ADDRESS",
			strings.HasPrefix(name, "XDG_"), strings.HasPrefix(name, "BERTH_"):
			env = append(env, kv)
		}
	}
	return env
}

// exchange sends a request, greeting first, and returns the response. The shim's
// refusal is returned as the error that it is.
func exchange(c *conn, req wireRequest) (*wireResponse, error) {
	if err := c.send(frameHello, &wireHello{Version: protocolVersion}); err != nil {
		return nil, err
	}
	if err := c.send(frameRequest, &req); err != nil {
		return nil, err
	}
	var hello wireHello
	if err := c.expect(frameHello, &hello); err != nil {
		return nil, err
	}
	if hello.Version != protocolVersion {
		return nil, engine.Errorf(engine.ClassUnsupported,
			"container's shim speaks version %d, this program %d", hello.Version, protocolVersion).
			WithHint("Stop and start the container to give it a shim of this version.")
	}
	return response(c)
}

func response(c *conn) (*wireResponse, error) {
	var resp wireResponse
	if err := c.expect(frameResponse, &resp); err != nil {
		if errors.Is(err, io.EOF) {
			err = io.ErrUnexpectedEOF
		}
		return nil, err
	}
	if resp.Error != nil {
		return nil, resp.Error.err()
	}
	return &resp, nil
}

func toWireAttach(o *engine.AttachOptions) *wireAttach {
	return &wireAttach{
		Stdout: o.Stdout != nil, Stderr: o.Stderr != nil, Stdin: o.Stdin,
		Size: wireSize(o.Size), ReadOnly: o.ReadOnly, NoReplay: o.NoReplay,
		Sizes: o.OnSize != nil,
	}
}
