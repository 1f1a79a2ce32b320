package hosttar

import (
	"bufio"
	"bytes"
	"compress/bzip2"
	"compress/gzip"
	"io"

	"berth/engine"
)

// Plain returns r without the compression that its first bytes announce: gzip, bzip2 and,
// with unzstd, zstd, as Docker reads them from its standard input, but for xz. The caller
// closes it.
func Plain(r io.Reader, unzstd func(io.Reader) (io.ReadCloser, error)) (io.ReadCloser, error) {
	b := bufio.NewReader(r)
	magic, _ := b.Peek(6) // what is shorter is no archive, which its reader says
	switch {
	case bytes.HasPrefix(magic, []byte{0x1f, 0x8b}):
		z, err := gzip.NewReader(b)
		if err != nil {
			return nil, engine.Errorf(engine.ClassInvalid, "read the archive: %w", err)
		}
		return z, nil
	case bytes.HasPrefix(magic, []byte("BZh")):
		return io.NopCloser(bzip2.NewReader(b)), nil
	case bytes.HasPrefix(magic, []byte{0x28, 0xb5, 0x2f, 0xfd}) && unzstd != nil:
		z, err := unzstd(b)
		if err != nil {
			return nil, engine.Errorf(engine.ClassInvalid, "read the archive: %w", err)
		}
		return z, nil
	case bytes.HasPrefix(magic, []byte("\xfd7zXZ\x00")):
		return nil, engine.Errorf(engine.ClassUnsupported, "read the archive: xz is not supported").
			WithHint("Unpack it on the way, as in xz -dc FILE | berth cp - CONTAINER:PATH.")
	}
	return io.NopCloser(b), nil
}
