package quickio_test

import (
	"bytes"
	"io"
	"os"
	"testing"
	"time"

	"berth/pty/quickio"

	"github.com/creack/pty"
	"golang.org/x/sys/unix"
)

func TestInput(t *testing.T) {
	r, w, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	in, err := quickio.NewInput(r)
	if err != nil {
		t.Fatal(err)
	}
	defer in.Close()
	go func() {
		_, _ = w.WriteString("typed")
		_ = w.Close()
	}()
	got, err := io.ReadAll(in)
	if err != nil || string(got) != "typed" {
		t.Errorf("got %q, %v", got, err)
	}
}

// A program that ends must not wait for the next key.
func TestClosedInputEndsARead(t *testing.T) {
	master, slave, err := pty.Open()
	if err != nil {
		t.Fatal(err)
	}
	defer master.Close()
	defer slave.Close()
	in, err := quickio.NewInput(slave) // in blocking mode, as terminals are
	if err != nil {
		t.Fatal(err)
	}
	ended := make(chan error, 1)
	go func() {
		_, err := in.Read(make([]byte, 10))
		ended <- err
	}()
	select {
	case err := <-ended:
		t.Fatalf("nothing was typed, but: %v", err)
	case <-time.After(20 * time.Millisecond): // it waits by now, most likely
	}
	in.Close()
	if err := <-ended; err == nil {
		t.Error("a closed input still reads")
	}
}

func TestAFileIsNoInput(t *testing.T) {
	f, err := os.CreateTemp(t.TempDir(), "")
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	if _, err := quickio.NewInput(f); err == nil {
		t.Error("a regular file is always readable, and can't be waited for")
	}
}

// Writes wait for room, and both pieces of a Writev arrive in order.
func TestGateWritesAll(t *testing.T) {
	var fds [2]int
	if err := unix.Pipe2(fds[:], unix.O_CLOEXEC|unix.O_NONBLOCK); err != nil {
		t.Fatal(err)
	}
	r := os.NewFile(uintptr(fds[0]), "pipe")
	defer r.Close()
	w, err := quickio.Unwatched(os.NewFile(uintptr(fds[1]), "pipe"))
	if err != nil {
		t.Fatal(err)
	}
	g, err := quickio.NewGate(w, unix.EPOLLOUT)
	if err != nil {
		t.Fatal(err)
	}
	if n, err := quickio.Writev(int(w.Fd()), []byte("head "), []byte("and rest ")); n != 14 || err != nil {
		t.Fatal(n, err)
	}
	data := bytes.Repeat([]byte("0123456789"), 50_000)
	done := make(chan error, 1)
	go func() {
		_, err := g.Write(data)
		g.Close()
		_ = w.Close()
		done <- err
	}()
	got, err := io.ReadAll(r)
	if err != nil {
		t.Fatal(err)
	}
	if err := <-done; err != nil {
		t.Fatal(err)
	}
	if want := append([]byte("head and rest "), data...); !bytes.Equal(got, want) {
		t.Errorf("got %d bytes, want %d", len(got), len(want))
	}
}
