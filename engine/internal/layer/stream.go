package layer

import (
	"bufio"
	"io"
)

// A Source is a tar that need not be copied out of its buffers to be written.
type Source interface {
	io.Reader
	// Next returns what comes next, at least one and at most n bytes, or an error. The
	// bytes are valid until the next call of Next or Read.
	Next(n int) ([]byte, error)
}

// A stream is what archive/tar reads headers from, while the contents of files go
// past it, straight from the source's buffers into the file. When archive/tar then
// skips the contents, it is told that it has read them.
type stream struct {
	src   Source
	taken int64 // bytes that archive/tar does not know of yet
}

func newStream(r io.Reader) *stream {
	src, ok := r.(Source)
	if !ok {
		src = &bufferedSource{bufio.NewReaderSize(r, readSize)}
	}
	return &stream{src: src}
}

// Read implements io.Reader, for archive/tar.
func (s *stream) Read(p []byte) (int, error) {
	if s.taken > 0 {
		n := int(min(s.taken, int64(len(p))))
		s.taken -= int64(n)
		return n, nil // nobody looks at bytes that are skipped
	}
	return s.src.Read(p)
}

// next takes at most n bytes of the present entry's contents.
func (s *stream) next(n int64) ([]byte, error) {
	data, err := s.src.Next(int(min(n, readSize)))
	s.taken += int64(len(data))
	if err == io.EOF {
		err = io.ErrUnexpectedEOF
	}
	return data, err
}

// bufferedSource makes a Source of a reader, such as a pipe.
type bufferedSource struct{ *bufio.Reader }

// Next implements Source.
func (b *bufferedSource) Next(n int) ([]byte, error) {
	if _, err := b.Peek(1); err != nil {
		return nil, err
	}
	data, err := b.Peek(min(n, b.Buffered()))
	if err != nil {
		return nil, err
	}
	_, err = b.Discard(len(data))
	return data, err
}
