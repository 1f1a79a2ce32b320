package cli

import (
	"io"
	"sync/atomic"
	"time"

	"berth/cmd/internal/cli/tty"
	"berth/engine"
	"berth/pty/quickio"
)

// copyInput sends the standard input until it ends or the user detaches.
func (a *App) copyInput(s *session, att engine.Attachment) error {
	if s.tty {
		in := a.In
		if a.InTerm != nil && in == io.Reader(a.InTerm) {
			if quick, err := quickio.NewInput(a.InTerm); err == nil {
				defer quick.Close()
				in = quick
			}
		}
		return copyKeys(tty.NewDetachReader(in, s.keys), att)
	}
	// Copy would hand over to an *os.File's WriteTo; a plain loop keeps each read one write.
	buf := make([]byte, 32<<10)
	for {
		n, err := a.In.Read(buf)
		if n > 0 {
			if _, err := att.Write(buf[:n]); err != nil {
				return err
			}
		}
		switch {
		case err == io.EOF:
			return att.CloseWrite()
		case err != nil:
			return err
		}
	}
}

// deaf is after how long without taking input a program counts as one that doesn't read.
const deaf = time.Second

// copyKeys sends what is typed. It reads on while the program does not, because the
// detach keys may come next: then what it won't take is dropped, as a terminal does. So what
// can't be sent at once is left to a goroutine that may wait.
func copyKeys(in io.Reader, att engine.Attachment) error {
	queue := make(chan []byte, 8)
	sent := make(chan error, 1)
	var queued atomic.Int32
	go func() {
		for p := range queue {
			if _, err := att.Write(p); err != nil {
				sent <- err
				return
			}
			queued.Add(-1)
		}
		sent <- att.CloseWrite()
	}()
	defer func() {
		if queue != nil {
			close(queue)
		}
	}()
	patience := deaf
	var buf []byte
	for {
		if buf == nil {
			buf = make([]byte, 4096)
		}
		n, err := in.Read(buf)
		if n > 0 && (queued.Load() > 0 || !engine.Offer(att, buf[:n])) {
			queued.Add(1)
			select {
			case queue <- buf[:n]:
				patience = deaf
			case err := <-sent:
				return err
			case <-time.After(patience):
				queued.Add(-1)
				patience = 0 // until it takes something
			}
			buf = nil
		}
		switch {
		case err == io.EOF:
			close(queue)
			queue = nil
			return <-sent
		case err != nil:
			return err
		}
	}
}
