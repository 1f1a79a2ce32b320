// Package inflate reads gzip (RFC 1952) about twice as fast as the libraries do:
// inflating is what a pull spends most of its time with, and nearly every layer in the
// world is gzip. It is a whole reader, not a tool box: no writer, no dictionary, no
// access to the header.
//
// What makes it fast: bits are refilled eight bytes at a time; one look-up in a
// table of 2,048 entries yields two literals, or a length with its extra bits; a
// look-up that finds no literal writes none and consumes nothing, so that up to four
// literals need no branch that could be mispredicted; matches are copied 16 bytes at a
// time; and there is one loop for the whole stream, because the end of the input is
// padded with zeros instead of being checked at each bit.
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
	slack   = 320 // more than one round of the loop writes: a match of 258 and words beyond it

	// Overhead is the part of a buffer that Fill uses for itself.
	Overhead = window + slack
)

// A Reader inflates a stream of gzip members that follow each other. It reads its
// source to the end. What follows the last member is an error unless it is zeros
// (gzip(1) ignores such padding). It is used by one goroutine.
//
// It is no io.Reader: the caller brings the buffers that it inflates into, so that
// nothing has to be copied.
type Reader struct {
	src io.Reader
	err error // sticky

	in       []byte // whole buffer
	pos, end int    // next byte, end of data
	eof      bool   // the source has ended; padding follows end
	bits     uint64 // bits read but not used, the lowest first
	nbits    uint   // how many

	out    []byte // the caller's buffer; in front of what is new lies the window
	w      int    // written up to
	limit  int    // full here; slack follows
	start  int    // where this member began in out: matches can't reach behind it
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
	d := &Reader{src: src, in: make([]byte, inSize+padding)}
	if err := d.member(); err != nil {
		if err == io.EOF {
			err = io.ErrUnexpectedEOF
		}
		return nil, err
	}
	return d, nil
}

// Fill inflates into buf, which must be longer than Overhead, and returns what it wrote
// there: as much as fits, less only together with an error, io.EOF at the end. The
// next call, for whatever buffer, still reads buf; until it returns, nobody may change buf.
func (d *Reader) Fill(buf []byte) ([]byte, error) {
	keep := min(d.w, window)
	shift := d.w - keep
	copy(buf, d.out[shift:d.w])
	d.out, d.w, d.summed, d.limit = buf, keep, keep, len(buf)-slack
	d.start = max(d.start-shift, 0)
	for d.w < d.limit && d.err == nil {
		d.err = d.step()
	}
	d.sum()
	return buf[keep:d.w], d.err
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
