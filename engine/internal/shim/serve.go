package shim

import (
	"context"
	"encoding/binary"
	"errors"
	"io"

	"berth/engine"
	"berth/engine/internal/jsonfields"
	"berth/pty/session"

	"golang.org/x/sys/unix"
)

// acceptLoop serves connections until the listener closes.
func (s *supervisor) acceptLoop() {
	for {
		c, err := s.listener.accept()
		if err != nil {
			return
		}
		s.conns.Go(func() {
			defer c.Close() // nothing is buffered
			if s.busy(c, false) {
				s.converse(c, s.handle)
				s.forget(c)
			}
		})
	}
}

// converse greets the peer and passes its requests to handle, until that takes the
// connection over (it returns false) or the peer leaves.
func (s *supervisor) converse(c *conn, handle func(*conn, wireRequest) bool) {
	var hello wireHello
	if c.expect(frameHello, &hello) != nil {
		return
	}
	if c.send(frameHello, &wireHello{Version: protocolVersion}) != nil || hello.Version != protocolVersion {
		return // the peer sees our version and says what is wrong
	}
	for {
		var req wireRequest
		if c.expect(frameRequest, &req) != nil || !handle(c, req) {
			return
		}
	}
}

// handle carries out one request.
func (s *supervisor) handle(c *conn, req wireRequest) bool {
	var resp wireResponse
	var err error
	switch req.Op {
	case opAttach:
		return s.handleAttach(c, req)
	case opExec:
		return s.handleExec(c, req)
	case opAttachExec:
		return s.handleAttachExec(c, req)
	case opWait:
		return s.handleWait(c)
	case opExecs:
		resp.Execs = encode(s.listExecs())
	case opState:
		resp.State = encode(s.state())
	case opSignal:
		err = s.signal(req.ExecID, req.Signal)
	case opResize:
		err = s.resize(req.ExecID, req.Size)
	case opPause:
		err = s.pause(true)
	case opUnpause:
		err = s.pause(false)
	case opUpdate:
		err = s.update(req.Resources, req.Restart)
	case opStopRestarting:
		s.stopRestarting()
	case opRename:
		s.events.rename(req.Name)
	default:
		err = engine.Errorf(engine.ClassInvalid, "request %q is unknown to the container's shim", req.Op)
	}
	if err != nil {
		resp = wireResponse{Error: toWireError(err)}
	}
	return c.send(frameResponse, &resp) == nil
}

func refuse(c *conn, err error) bool {
	return c.send(frameResponse, &wireResponse{Error: toWireError(err)}) == nil
}

func (s *supervisor) handleAttach(c *conn, req wireRequest) bool {
	r := s.running()
	if r == nil {
		return refuse(c, s.notRunning())
	}
	if req.Attach == nil {
		req.Attach = &wireAttach{}
	}
	client := r.attach(req.Attach, false)
	if c.send(frameResponse, &wireResponse{}) != nil {
		client.Close(true)
		return false
	}
	s.stream(c, client, r)
	return false
}

func (s *supervisor) handleExec(c *conn, req wireRequest) bool {
	if req.Exec == nil || len(req.Exec.Cmd) == 0 {
		return refuse(c, engine.Errorf(engine.ClassInvalid, "exec needs a command"))
	}
	e, client, err := s.exec(context.Background(), req.Exec, req.Attach)
	if err != nil {
		return refuse(c, err)
	}
	err = c.send(frameResponse, &wireResponse{ExecID: e.id})
	if client == nil {
		return err == nil
	}
	if err != nil {
		client.Close(true)
		return false
	}
	s.stream(c, client, e.run)
	return false
}

func (s *supervisor) handleAttachExec(c *conn, req wireRequest) bool {
	e := s.findExec(req.ExecID)
	if e == nil {
		return refuse(c, engine.Errorf(engine.ClassNotFound, "no such exec: %q has ended or never was", req.ExecID))
	}
	if req.Attach == nil {
		req.Attach = &wireAttach{}
	}
	client := e.run.attach(req.Attach, false)
	if c.send(frameResponse, &wireResponse{}) != nil {
		client.Close(true)
		return false
	}
	s.stream(c, client, e.run)
	return false
}

// handleWait answers at once that the wait has begun, and again with the next exit.
func (s *supervisor) handleWait(c *conn) bool {
	r := s.running()
	if r == nil {
		return refuse(c, s.notRunning())
	}
	s.busy(c, true)
	if c.send(frameResponse, &wireResponse{}) != nil {
		return false
	}
	gone := make(chan struct{})
	go func() {
		defer close(gone)
		_, _, _ = c.read() // a waiting client sends nothing: this is its end
	}()
	select {
	case <-r.exited:
		x := wireExit(r.exit)
		_ = c.send(frameExit, &x) // a peer that is gone does not wait any more
	case <-gone:
	}
	return false
}

// stream carries a client's output and input until it detaches or the run has ended.
func (s *supervisor) stream(c *conn, client *session.Client, r *run) {
	s.busy(c, true)
	defer s.forget(c)
	gone := make(chan bool, 1)
	go func() { gone <- receive(c, client) }()
	client.Direct(func(p []byte) bool { return c.tryWrite(frameStdout, p) })
	var b [4]byte
	var err error
	for {
		var out session.Output
		if out, err = client.Next(); err != nil {
			break
		}
		if out.Consumed > 0 {
			binary.BigEndian.PutUint32(b[:], uint32(out.Consumed))
			err = c.write(frameCredit, b[:])
		}
		if out.Size != (session.Size{}) && err == nil {
			size := wireSize(out.Size)
			err = c.send(frameSize, &size)
		}
		t := frameStdout
		if out.Kind == session.Stderr {
			t = frameStderr
		}
		for data := out.Data; len(data) > 0 && err == nil; {
			n := min(len(data), maxPayload)
			err = c.write(t, data[:n])
			data = data[n:]
		}
		client.Release(out)
		tidy.passed(len(out.Data)) // a client that lags holds memory after the program's last byte
		if err != nil {
			break
		}
	}
	switch {
	case err == io.EOF:
		// All output was delivered; the status follows when it is known.
		select {
		case <-r.exited:
			x := wireExit(r.exit)
			_ = c.send(frameExit, &x) // a peer that is gone does not need it
		case g := <-gone:
			client.Close(g)
			return
		}
	case errors.Is(err, session.ErrTooSlow):
		e := engine.Errorf(engine.ClassExhausted, "attach: %w", err).
			WithHint("`berth logs` shows what was printed.")
		_ = refuse(c, e)
	case !errors.Is(err, session.ErrClosed):
		// The peer is gone, but what it sent before still counts.
		<-gone
	}
	client.Close(true)
}

// receive passes on what the peer sends. It returns whether the peer vanished, as
// against detached.
func receive(c *conn, client *session.Client) (gone bool) {
	defer func() { client.Close(gone) }()
	for {
		t, p, err := c.read()
		if err != nil {
			return true
		}
		switch t {
		case frameStdin:
			// Refused input of a client without the right to send goes nowhere.
			_ = client.Input(p)
		case frameCloseStdin:
			client.CloseInput()
		case frameResize:
			var size wireSize
			if jsonfields.Parse(p, &size) == nil {
				client.Resize(session.Size(size))
			}
		case frameDetach:
			return false
		default:
			return true
		}
	}
}

func signalOf(n int) (unix.Signal, error) {
	if n <= 0 || n > 64 {
		return 0, engine.Errorf(engine.ClassInvalid, "signal %d does not exist", n)
	}
	return unix.Signal(n), nil
}
