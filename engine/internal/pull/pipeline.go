package pull

import (
	"bufio"
	"bytes"
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"hash"
	"io"
	"runtime/debug"

	"berth/engine"
	"berth/engine/internal/pull/inflate"

	"github.com/klauspost/compress/zstd"
)

// Sizes of the pipeline's buffers: large enough that handing one over costs
// nothing, small enough that the data is still in the processor's cache.
const (
	chunkSize = 256 << 10
	chunks    = 4
	inSize    = 128 << 10

	// Windows of zstd, whose limit RFC 8878 leaves to the decoder: that of --long=27, and
	// what all of its ordinary levels stay within.
	maxWindow, commonWindow = 128 << 20, 16 << 20
)

// A pipeline turns a compressed stream into a tar, on two goroutines beside the
// reader's: one hashes what comes and inflates it, one hashes the result. Read
// and Next pass on what has been through both.
type pipeline struct {
	ctx        context.Context
	cancel     context.CancelFunc
	compressed hash.Hash
	diff       hash.Hash
	free       chan []byte
	inflated   chan chunk
	hashed     chan chunk
	err        error // why inflated was closed; nil at the end

	cur  []byte // the reader's buffer
	rest []byte // what is left in it
}

// A chunk is a buffer and the part of it that holds data.
type chunk struct{ buf, data []byte }

// startPipeline reads src, size bytes when it is complete, and asks memory for large
// windows. stop must be called.
func startPipeline(ctx context.Context, src io.Reader, size int64, memory reserve) *pipeline {
	p := &pipeline{
		compressed: sha256.New(), diff: sha256.New(),
		free: make(chan []byte, chunks), inflated: make(chan chunk, chunks), hashed: make(chan chunk, chunks),
	}
	p.ctx, p.cancel = context.WithCancel(ctx)
	go func() {
		defer close(p.inflated)
		p.err = p.inflate(src, size, memory)
	}()
	go func() {
		defer close(p.hashed)
		for c := range p.inflated {
			p.diff.Write(c.data)
			if !p.send(p.hashed, c) {
				return
			}
		}
	}()
	return p
}

func (p *pipeline) stop() { p.cancel() }

func (p *pipeline) send(to chan<- chunk, c chunk) bool {
	select {
	case to <- c:
		return true
	case <-p.ctx.Done():
		return false
	}
}

// Next returns what comes next, at least one and at most n bytes, without copying them.
// They are valid until the next call of Next or Read. See [layer.Source].
func (p *pipeline) Next(n int) ([]byte, error) {
	for len(p.rest) == 0 {
		if p.cur != nil {
			p.free <- p.cur // never blocks: it has room for all
			p.cur = nil
		}
		c, ok := <-p.hashed
		if !ok {
			// hashed is closed after inflated, so err is set.
			if err := p.ctx.Err(); err != nil {
				return nil, err
			}
			if p.err != nil {
				return nil, p.err
			}
			return nil, io.EOF
		}
		p.cur, p.rest = c.buf, c.data
	}
	n = min(n, len(p.rest))
	next := p.rest[:n]
	p.rest = p.rest[n:]
	return next, nil
}

// Read implements io.Reader.
func (p *pipeline) Read(b []byte) (int, error) {
	next, err := p.Next(len(b))
	return copy(b, next), err
}

// sums returns the digests of the compressed and of the inflated bytes, once Read
// returned io.EOF.
func (p *pipeline) sums() (compressed, inflated []byte) {
	return p.compressed.Sum(nil), p.diff.Sum(nil)
}

func (p *pipeline) inflate(src io.Reader, size int64, memory reserve) error {
	in := bufio.NewReaderSize(io.TeeReader(src, p.compressed), inSize)
	tar, closeTar, err := decompressor(p.ctx, in, memory)
	if err != nil {
		return sourceError(err)
	}
	defer closeTar()
	for range chunks { // not before it is this layer's turn
		p.free <- make([]byte, inflate.Overhead+chunkSize)
	}
	limit := maxInflated(size)
	total := int64(0)
	for {
		var c chunk
		select {
		case c.buf = <-p.free:
		case <-p.ctx.Done():
			return p.ctx.Err()
		}
		c.data, err = tar.Fill(c.buf)
		if total += int64(len(c.data)); total > limit {
			return engine.Errorf(engine.ClassExhausted, "%d MB of compressed data inflate to more than %d MB: refused as a decompression bomb", size/1e6, limit/1e6)
		}
		if len(c.data) > 0 && !p.send(p.inflated, c) {
			return p.ctx.Err()
		}
		if err == io.EOF {
			break
		}
		if err != nil {
			return sourceError(err)
		}
	}
	// The blob's digest covers what follows the compressed stream, too.
	if _, err := io.Copy(io.Discard, in); err != nil {
		return sourceError(err)
	}
	return nil
}

// A filler yields a stream in the caller's buffers: see [inflate.Reader.Fill].
type filler interface {
	Fill(buf []byte) ([]byte, error)
}

// readFiller fills from a reader.
type readFiller struct{ io.Reader }

// Fill is io.ReadFull with the reader's own error, so that a stream that ended can
// be told from one that was cut.
func (r readFiller) Fill(buf []byte) ([]byte, error) {
	n := 0
	for n < len(buf) {
		m, err := r.Read(buf[n:])
		n += m
		if err != nil {
			return buf[:n], err
		}
	}
	return buf, nil
}

// sourceError classifies what a decompressor says of its input. An error of the
// source itself comes through as it is.
func sourceError(err error) error {
	var own *engine.Error
	if errors.As(err, &own) || errors.Is(err, context.Canceled) {
		return err
	}
	return engine.Errorf(engine.ClassIntegrity, "broken compressed data: %w", err)
}

// maxInflated bounds what size bytes may become. Deflate can't exceed 1032 times;
// honest layers stay below 50, and small ones are let be.
func maxInflated(size int64) int64 {
	const floor, ratio = 4 << 30, 256
	return max(floor, size*ratio)
}

// decompressor looks at the first bytes instead of the media type: they can't be
// mistaken for a tar's, and registries hold layers with the wrong type.
func decompressor(ctx context.Context, in *bufio.Reader, memory reserve) (filler, func(), error) {
	magic, err := in.Peek(4)
	if err != nil && err != io.EOF {
		return nil, nil, err
	}
	switch {
	case bytes.HasPrefix(magic, []byte{0x1f, 0x8b}):
		r, err := inflate.NewReader(in)
		return r, func() {}, err
	case bytes.Equal(magic, []byte{0x28, 0xb5, 0x2f, 0xfd}), len(magic) == 4 && magic[0]&0xf0 == 0x50 && bytes.Equal(magic[1:], []byte{0x2a, 0x4d, 0x18}):
		return unzstd(ctx, in, memory)
	}
	return readFiller{in}, func() {}, nil
}

// A reserve waits until the process may use n bytes of memory more, and returns the
// function that gives them back.
type reserve func(ctx context.Context, n int64) (release func(), err error)

func unzstd(ctx context.Context, in *bufio.Reader, memory reserve) (filler, func(), error) {
	head, err := in.Peek(zstd.HeaderMaxSize)
	if err != nil && err != io.EOF {
		return nil, nil, err
	}
	var h zstd.Header
	limit := uint64(commonWindow)
	err = h.Decode(head)
	if h.SingleSegment {
		h.WindowSize = h.FrameContentSize
	}
	if err != nil || h.Skippable || h.WindowSize > commonWindow {
		limit = maxWindow
	}
	// Of common windows as many again may be garbage that is not collected yet.
	release, err := memory(ctx, min(2*int64(limit), maxWindow))
	if err != nil {
		return nil, nil, err
	}
	if limit == maxWindow {
		debug.FreeOSMemory() // all that others are done with; the collector would wait for as much again
	}
	r, err := zstd.NewReader(in, zstd.WithDecoderConcurrency(1), zstd.WithDecoderLowmem(true), zstd.WithDecoderMaxWindow(limit))
	if err != nil {
		release()
		return nil, nil, fmt.Errorf("zstd: %w", err)
	}
	f := &readFiller{r}
	return f, func() {
		r.Close()
		r, f.Reader = nil, nil // a closed decoder keeps its window
		if limit == maxWindow {
			debug.FreeOSMemory()
		}
		release()
	}, nil
}
