package cli

import (
	"io"
	"time"

	"berth/cmd/internal/cli/tty"
	"berth/engine"
)

// copyInput sends the standard input until it ends or the user detaches.
func (a *App) copyInput(s *session, att engine.Attachment) error {
	if s.tty {
		return copyKeys(tty.NewDetachReader(a.In, s.keys), att)
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
// detach keys may come next: then what it won't take is dropped, as a terminal does.
func copyKeys(in io.Reader, att engine.Attachment) error {
	queue := make(chan []byte, 8)
	sent := make(chan error, 1)
	go func() {
		for p := range queue {
			if _, err := att.Write(p); err != nil {
				sent <- err
				return
			}
		}
		sent <- att.CloseWrite()
	}()
	defer func() {
		if queue != nil {
			close(queue)
		}
	}()
	patience := deaf
	for {
		buf := make([]byte, 4096)
		n, err := in.Read(buf)
		if n > 0 {
			select {
			case queue <- buf[:n]:
				patience = deaf
			case err := <-sent:
				return err
			case <-time.After(patience):
				patience = 0 // until it takes something
			}
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
