package cli

import (
	"bytes"
	"errors"
	"io"
	"strings"
	"sync"
	"testing"

	"berth/cmd/internal/cli/tty"
	"berth/engine"
)

// deafAttachment takes nothing until it is closed.
type deafAttachment struct {
	engine.Attachment
	closed chan struct{}
}

func (d deafAttachment) Write([]byte) (int, error) { <-d.closed; return 0, io.ErrClosedPipe }
func (d deafAttachment) CloseWrite() error         { return nil }

func TestDetachFromAProgramThatNeverReads(t *testing.T) {
	att := deafAttachment{closed: make(chan struct{})}
	defer close(att.closed)
	in := io.MultiReader(strings.NewReader(strings.Repeat("x", 10*4096)), strings.NewReader("\x1dd"))
	if err := copyKeys(tty.NewDetachReader(in, tty.DefaultKeys()), att); !errors.Is(err, tty.ErrDetach) {
		t.Errorf("ended with %v, want a detach", err)
	}
}

// slowAttachment takes all, one piece whenever a token comes.
type slowAttachment struct {
	engine.Attachment
	token chan struct{}

	mu  sync.Mutex
	got bytes.Buffer
	eof bool
}

func (s *slowAttachment) Write(p []byte) (int, error) {
	<-s.token
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.got.Write(p)
}

func (s *slowAttachment) CloseWrite() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.eof = true
	return nil
}

func TestNothingTypedIsLostOnASlowProgram(t *testing.T) {
	att := &slowAttachment{token: make(chan struct{})}
	var want strings.Builder
	for i := range 50 * 4096 {
		want.WriteByte('a' + byte(i/7%26))
	}
	go func() {
		for range 100 {
			att.token <- struct{}{}
		}
	}()
	if err := copyKeys(tty.NewDetachReader(strings.NewReader(want.String()), tty.DefaultKeys()), att); err != nil {
		t.Fatal(err)
	}
	if att.got.String() != want.String() || !att.eof {
		t.Errorf("got %d of %d bytes, end %v", att.got.Len(), want.Len(), att.eof)
	}
}
