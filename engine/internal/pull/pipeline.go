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

	"berth/engine"
	"berth/engine/internal/pull/inflate"

	"github.com/klauspost/compress/zstd"
)

// Sizes of the pipeline's buffers: large enough that handing one over costs
// nothing, small enough that the data is still in the processor's cache.
const (
	chunkSize = 256 << 10
	chunks    = 8

	// Windows of zstd, whose limit RFC 8878 leaves to the decoder: that of --long=27, and
	// what all of its ordinary levels stay within.
	maxWindow, commonWindow = 128 << 20, 16 << 20
)

// A pipeline turns a compressed stream into a tar, on two goroutines beside the
// reader's: one hashes what comes and inflates it, one hashes the result. Read
// passes on what has been through both.
type pipeline struct {
	ctx        context.Context
	cancel     context.CancelFunc
	compressed hash.Hash
	diff       hash.Hash
	free       chan []byte
	inflated   chan []byte
	hashed     chan []byte
	err        error // why inflated was closed; nil at the end

	cur, rest []byte
}

// startPipeline reads src, size bytes when it is complete. stop must be called.
func startPipeline(ctx context.Context, src io.Reader, size int64) *pipeline {
	p := &pipeline{
		compressed: sha256.New(), diff: sha256.New(),
		free: make(chan []byte, chunks), inflated: make(chan []byte, chunks), hashed: make(chan []byte, chunks),
	}
	p.ctx, p.cancel = context.WithCancel(ctx)
	for range chunks {
		p.free <- make([]byte, chunkSize)
	}
	go func() {
		defer close(p.inflated)
		p.err = p.inflate(src, size)
	}()
	go func() {
		defer close(p.hashed)
		for chunk := range p.inflated {
			p.diff.Write(chunk)
			if !p.send(p.hashed, chunk) {
				return
			}
		}
	}()
	return p
}

func (p *pipeline) stop() { p.cancel() }

func (p *pipeline) send(to chan<- []byte, chunk []byte) bool {
	select {
	case to <- chunk:
		return true
	case <-p.ctx.Done():
		return false
	}
}

// Read implements io.Reader.
func (p *pipeline) Read(b []byte) (int, error) {
	for len(p.rest) == 0 {
		if p.cur != nil {
			p.free <- p.cur[:chunkSize] // never blocks: it has room for all
			p.cur = nil
		}
		chunk, ok := <-p.hashed
		if !ok {
			// hashed is closed after inflated, so err is set.
			if err := p.ctx.Err(); err != nil {
				return 0, err
			}
			if p.err != nil {
				return 0, p.err
			}
			return 0, io.EOF
		}
		p.cur, p.rest = chunk, chunk
	}
	n := copy(b, p.rest)
	p.rest = p.rest[n:]
	return n, nil
}

// sums returns the digests of the compressed and of the inflated bytes, once Read
// returned io.EOF.
func (p *pipeline) sums() (compressed, inflated []byte) {
	return p.compressed.Sum(nil), p.diff.Sum(nil)
}

func (p *pipeline) inflate(src io.Reader, size int64) error {
	in := bufio.NewReaderSize(io.TeeReader(src, p.compressed), chunkSize)
	tar, closeTar, err := decompressor(p.ctx, in)
	if err != nil {
		return sourceError(err)
	}
	defer closeTar()
	limit := maxInflated(size)
	total := int64(0)
	for {
		var chunk []byte
		select {
		case chunk = <-p.free:
		case <-p.ctx.Done():
			return p.ctx.Err()
		}
		n, err := fill(tar, chunk)
		if total += int64(n); total > limit {
			return engine.Errorf(engine.ClassExhausted, "%d MB of compressed data inflate to more than %d MB: refused as a decompression bomb", size/1e6, limit/1e6)
		}
		if n > 0 && !p.send(p.inflated, chunk[:n]) {
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

// fill is io.ReadFull with the reader's own error, so that a stream that ended can
// be told from one that was cut.
func fill(r io.Reader, p []byte) (n int, err error) {
	for n < len(p) && err == nil {
		var m int
		m, err = r.Read(p[n:])
		n += m
	}
	return n, err
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
func decompressor(ctx context.Context, in *bufio.Reader) (io.Reader, func(), error) {
	magic, err := in.Peek(4)
	if err != nil && err != io.EOF {
		return nil, nil, err
	}
	switch {
	case bytes.HasPrefix(magic, []byte{0x1f, 0x8b}):
		r, err := inflate.NewReader(in)
		return r, func() {}, err
	case bytes.Equal(magic, []byte{0x28, 0xb5, 0x2f, 0xfd}), len(magic) == 4 && magic[0]&0xf0 == 0x50 && bytes.Equal(magic[1:], []byte{0x2a, 0x4d, 0x18}):
		return unzstd(ctx, in)
	}
	return in, func() {}, nil
}

// largeWindow lets one layer at a time have a window that takes most of the memory that a
// pull may use.
var largeWindow = make(chan struct{}, 1)

func unzstd(ctx context.Context, in *bufio.Reader) (io.Reader, func(), error) {
	head, err := in.Peek(zstd.HeaderMaxSize)
	if err != nil && err != io.EOF {
		return nil, nil, err
	}
	var h zstd.Header
	limit, release := uint64(commonWindow), func() {}
	err = h.Decode(head)
	if h.SingleSegment {
		h.WindowSize = h.FrameContentSize
	}
	if err != nil || h.Skippable || h.WindowSize > commonWindow {
		if err := acquire(ctx, largeWindow); err != nil {
			return nil, nil, err
		}
		limit, release = maxWindow, func() { <-largeWindow }
	}
	r, err := zstd.NewReader(in, zstd.WithDecoderConcurrency(1), zstd.WithDecoderLowmem(true), zstd.WithDecoderMaxWindow(limit))
	if err != nil {
		release()
		return nil, nil, fmt.Errorf("zstd: %w", err)
	}
	return r, func() { r.Close(); release() }, nil
}
