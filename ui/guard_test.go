package ui

import (
	"bytes"
	"context"
	"io"
	"os"
	"strings"
	"sync"
	"testing"

	"berth/engine"
	"berth/engine/enginetest"
)

// A fault gives the terminal back, and the user a sentence.
func TestFaultsRestoreTheTerminal(t *testing.T) {
	t.Setenv("TMPDIR", t.TempDir())
	f := enginetest.New(enginetest.WithHook(func(_ context.Context, op, _ string) error {
		if op == "Watch" {
			panic("rigging torn")
		}
		return nil
	}))
	defer f.Close()
	in, w := io.Pipe()
	defer w.Close()
	var out lockedBuffer
	err := Run(t.Context(), f, Options{In: in, Out: &out, Environ: []string{"TERM=xterm-256color"}})
	if err == nil || !strings.Contains(err.Error(), "internal fault: rigging torn") || strings.Contains(err.Error(), "goroutine") {
		t.Fatalf("error %v", err)
	}
	if !strings.Contains(out.String(), "\x1b[?1049l") {
		t.Errorf("the alternate screen stays: %q", out.String())
	}
	hint := engine.HintOf(err)
	file := strings.TrimSuffix(hint[strings.LastIndex(hint, " ")+1:], ".")
	if data, err := os.ReadFile(file); err != nil || !bytes.Contains(data, []byte("goroutine")) {
		t.Errorf("%s: %v", hint, err)
	}
}

func TestNoTerminalIsAClearSentence(t *testing.T) {
	f := enginetest.New()
	defer f.Close()
	err := Run(t.Context(), f, Options{In: strings.NewReader(""), Out: io.Discard, Environ: []string{"TERM=dumb"}})
	if engine.ClassOf(err) != engine.ClassInvalid || !strings.Contains(err.Error(), "cursor") || engine.HintOf(err) == "" {
		t.Errorf("error %v", err)
	}
}

type lockedBuffer struct {
	mu  sync.Mutex
	buf bytes.Buffer
}

func (b *lockedBuffer) Write(p []byte) (int, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.buf.Write(p)
}

func (b *lockedBuffer) String() string {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.buf.String()
}
