// Package inflate reads gzip (RFC 1952) about twice as fast as the libraries do:
// inflating is what a pull spends most of its time with, and nearly every layer in the
// world is gzip. It is a whole reader, not a tool box: no writer, no dictionary, no
// access to the header.
//
// What makes it fast: bits are refilled eight bytes at a time; one look-up in a
// table of 2,048 entries yields two literals, or a length with its extra bits;
// matches are copied in words; and there is one loop for the whole stream, because
// the end of the input is padded with zeros instead of being checked at each bit.
package inflate

import (
	"encoding/binary"
	"errors"
	"hash/crc32"
	"io"
)

// Errors of a Reader. A stream that ends early is io.ErrUnexpectedEOF.
var (
	ErrHeader   = errors.New("gzip: invalid header")
	ErrChecksum = errors.New("gzip: invalid checksum")
	ErrData     = errors.New("deflate: invalid data")
)

const (
	inSize  = 256 << 10
	padding = 32 // zeros behind the end of the input: the loop runs 16 bytes into them, more than it can hold back
	window  = 32 << 10
	outSize = window + 256<<10
	slack   = 320 // more than one round of the loop writes: a match of 258 and words beyond it
)

// A Reader inflates a stream of gzip members that follow each other. It reads its
// source to the end. What follows the last member is an error unless it is zeros
// (gzip(1) ignores such padding). It is used by one goroutine.
type Reader struct {
	src io.Reader
	err error // sticky

	in       []byte // whole buffer
	pos, end int    // next byte, end of data
	eof      bool   // the source has ended; padding follows end
	bits     uint64 // bits read but not used, the lowest first
	nbits    uint   // how many

	out    []byte
	r, w   int // delivered up to, written up to
	start  int // where this member began in out: matches can't reach behind it
	length uint32
	crc    uint32
	summed int // crc covers out up to here

	members int // begun so far

	stage  stage
	last   bool // this block is the member's last
	stored int  // bytes left of a stored block

	lit  [litTable]uint32
	dist [distTable]uint32
	lens [320]uint8
}

type stage uint8

const (
	atMember stage = iota
	atBlock
	inStored
	inCodes
	atTrailer
)

// NewReader returns a reader of src, and an error if that does not begin as gzip does.
func NewReader(src io.Reader) (*Reader, error) {
	d := &Reader{src: src, in: make([]byte, inSize+padding), out: make([]byte, outSize+slack)}
	if err := d.member(); err != nil {
		if err == io.EOF {
			err = io.ErrUnexpectedEOF
		}
		return nil, err
	}
	return d, nil
}

// Read implements io.Reader.
func (d *Reader) Read(p []byte) (int, error) {
	for d.r == d.w && d.err == nil {
		d.slide()
		d.err = d.step()
	}
	if d.r == d.w {
		return 0, d.err
	}
	n := copy(p, d.out[d.r:d.w])
	d.r += n
	return n, nil
}

// slide makes room by moving the window to the front; everything is delivered.
func (d *Reader) slide() {
	if d.w < outSize-window {
		return
	}
	d.sum()
	shift := d.w - window
	copy(d.out, d.out[shift:d.w])
	d.r, d.w, d.summed = window, window, window
	d.start = max(d.start-shift, 0)
}

func (d *Reader) sum() {
	d.crc = crc32.Update(d.crc, crc32.IEEETable, d.out[d.summed:d.w])
	d.length += uint32(d.w - d.summed)
	d.summed = d.w
}

// step goes on until there is output, or to the next stage.
func (d *Reader) step() error {
	switch d.stage {
	case atMember:
		return d.member()
	case atBlock:
		return d.block()
	case inStored:
		return d.copyStored()
	case inCodes:
		if err := d.fill(); err != nil {
			return err
		}
		return d.decode()
	}
	return d.trailer()
}

// fill makes sure that a good deal of input is in the buffer, or all that is left.
func (d *Reader) fill() error {
	if d.eof || d.end-d.pos >= 4096 {
		return nil
	}
	d.end = copy(d.in, d.in[d.pos:d.end])
	d.pos = 0
	for d.end < 4096 && !d.eof {
		n, err := d.src.Read(d.in[d.end:inSize])
		d.end += n
		if err == io.EOF {
			d.eof = true
			clear(d.in[d.end : d.end+padding])
		} else if err != nil {
			return err
		}
	}
	return nil
}

// need makes n bits available, n at most 32, for everything outside the fast loop.
func (d *Reader) need(n uint) error {
	for d.nbits < n {
		if d.pos == d.end {
			if err := d.fill(); err != nil {
				return err
			}
			if d.pos == d.end {
				return io.ErrUnexpectedEOF
			}
		}
		d.bits |= uint64(d.in[d.pos]) << d.nbits
		d.pos++
		d.nbits += 8
	}
	return nil
}

func (d *Reader) take(n uint) uint32 {
	v := uint32(d.bits & (1<<n - 1))
	d.bits >>= n
	d.nbits -= n
	return v
}

func (d *Reader) number(n uint) (uint32, error) {
	if err := d.need(n); err != nil {
		return 0, err
	}
	return d.take(n), nil
}

// member reads a gzip header: io.EOF if there is none and nothing but zeros is left.
func (d *Reader) member() error {
	for {
		if err := d.fill(); err != nil {
			return err
		}
		for d.members > 0 && d.pos < d.end && d.in[d.pos] == 0 {
			d.pos++
		}
		if d.pos < d.end {
			break
		}
		if d.eof {
			return io.EOF
		}
	}
	d.members++
	var h [10]byte
	for i := range h {
		v, err := d.number(8)
		if err != nil {
			return err
		}
		h[i] = byte(v)
	}
	if h[0] != 0x1f || h[1] != 0x8b || h[2] != 8 {
		return ErrHeader
	}
	if err := d.skipFields(h[3]); err != nil {
		return err
	}
	d.stage, d.start, d.summed, d.crc, d.length = atBlock, d.w, d.w, 0, 0
	return nil
}

// skipFields passes over the header's optional parts.
func (d *Reader) skipFields(flags byte) error {
	const headerCRC, extra, name, comment = 1 << 1, 1 << 2, 1 << 3, 1 << 4
	if flags&extra != 0 {
		n, err := d.number(16)
		if err != nil {
			return err
		}
		for range n {
			if _, err := d.number(8); err != nil {
				return err
			}
		}
	}
	for _, text := range []byte{name, comment} {
		for flags&text != 0 {
			c, err := d.number(8)
			if err != nil {
				return err
			}
			if c == 0 {
				break
			}
		}
	}
	if flags&headerCRC != 0 {
		_, err := d.number(16)
		return err
	}
	return nil
}

// trailer compares checksum and length, and goes on to the next member.
func (d *Reader) trailer() error {
	d.sum()
	d.take(d.nbits & 7)
	var t [8]byte
	for i := range t {
		v, err := d.number(8)
		if err != nil {
			return err
		}
		t[i] = byte(v)
	}
	if binary.LittleEndian.Uint32(t[:]) != d.crc || binary.LittleEndian.Uint32(t[4:]) != d.length {
		return ErrChecksum
	}
	d.stage = atMember
	return nil
}
