package shim

import (
	"encoding/binary"
	"errors"
	"fmt"
	"io"
)

// protocolVersion is bumped when an old and a new berth would misunderstand each other.
const protocolVersion = 1

// A frameType says what a frame carries.
type frameType byte

const (
	frameHello frameType = iota + 1
	frameRequest
	frameResponse
	frameStdin
	frameCloseStdin
	frameResize
	frameDetach
	frameStdout
	frameStderr
	frameCredit
	frameExit
	frameSize // of the terminal, to a client that asked for Sizes
)

const (
	headerSize = 5
	// maxPayload bounds a frame: what a peer can make us allocate.
	maxPayload = 1 << 20
)

var errFrame = errors.New("malformed frame")

func putHeader(h *[headerSize]byte, t frameType, n int) {
	binary.BigEndian.PutUint32(h[:4], uint32(n))
	h[4] = byte(t)
}

// readFrame reads one frame. The payload is in buf, which grows as needed, and valid
// until the next call. io.EOF means that the peer closed between two frames.
func readFrame(r io.Reader, buf []byte) (t frameType, payload, grown []byte, err error) {
	var h [headerSize]byte
	if _, err := io.ReadFull(r, h[:]); err != nil {
		return 0, nil, buf, err
	}
	n := int(binary.BigEndian.Uint32(h[:4]))
	t = frameType(h[4])
	if n > maxPayload || t < frameHello || t > frameSize {
		return 0, nil, buf, fmt.Errorf("%w: type %d with %d bytes", errFrame, t, n)
	}
	if cap(buf) < n {
		buf = make([]byte, n)
	}
	payload = buf[:n]
	if _, err := io.ReadFull(r, payload); err != nil {
		if err == io.EOF {
			err = io.ErrUnexpectedEOF
		}
		return 0, nil, buf, err
	}
	return t, payload, buf, nil
}
