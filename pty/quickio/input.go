package quickio

import (
	"io"
	"os"

	"golang.org/x/sys/unix"
)

// An Input reads what a person types. Unlike a file in blocking mode, as terminals are that
// other programs use too, it occupies no thread while nothing is typed, and a key wakes nothing
// but who reads it.
type Input struct {
	f    *os.File
	gate *Gate
}

// NewInput returns an input that reads f, usually the standard input. It fails for what can't
// be waited for, such as a regular file. f stays the caller's.
func NewInput(f *os.File) (*Input, error) {
	g, err := NewGate(f, unix.EPOLLIN)
	if err != nil {
		return nil, err
	}
	return &Input{f, g}, nil
}

// Read implements io.Reader. It waits first: the descriptor may be in blocking mode. A program
// that reads the same terminal at the same moment, as a pager behind a pipe does, can take the
// key away in between; then the next one ends the wait. That is why the runtime is told of this
// call: without that, its garbage collector would wait for the key, too, and everybody with it.
func (in *Input) Read(p []byte) (int, error) {
	for {
		if err := in.gate.Wait(); err != nil {
			return 0, err
		}
		n, ready, err := in.gate.try(told, p)
		switch {
		case err != nil:
			return 0, &os.PathError{Op: "read", Path: in.f.Name(), Err: err}
		case ready && n == 0 && len(p) > 0:
			return 0, io.EOF
		case ready:
			return n, nil
		}
	}
}

// told is read(2), again if a signal ended it.
func told(fd int, p []byte) (n int, err error) {
	for {
		if n, err = unix.Read(fd, p); err != unix.EINTR {
			return max(n, 0), err
		}
	}
}

// Close ends a Read that waits, and all later ones.
func (in *Input) Close() error {
	in.gate.Close()
	return nil
}
