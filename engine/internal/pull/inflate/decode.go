package inflate

import (
	"encoding/binary"
	"io"
)

// decode carries out codes until the output is full, the input needs filling, or the
// block ends.
//
// Bits above nbits may be set during the loop: they are those of the bytes at pos,
// and the next refill sets them again. One refill gives at least 56 bits: enough for
// two look-ups of literals (11 each) and a length (20), and after another for a distance (28).
// The first two look-ups write two bytes each in any case; an entry that is no
// literal advances nothing, and the next look-up finds it again.
func (d *Reader) decode() error {
	in, pos := d.in[:d.end], d.pos
	if d.eof {
		in = d.in[:d.end+padding]
	}
	inLimit := len(in) - 16 // for two refills
	out, w, limit := d.out, d.w, d.limit
	hold, n := d.bits, d.nbits
	lit, dist := &d.lit, &d.dist
	var err error

	for pos <= inLimit && w < limit {
		hold |= binary.LittleEndian.Uint64(in[pos:]) << (n & 63)
		pos += int((63 - n) >> 3)
		n |= 56
		e := lit[hold&(1<<litBits-1)]
		binary.LittleEndian.PutUint16(out[w:], uint16(e>>16))
		w += int(e >> 6 & 3)
		hold >>= e & 63
		n -= uint(e & 63)
		e = lit[hold&(1<<litBits-1)]
		binary.LittleEndian.PutUint16(out[w:], uint16(e>>16))
		w += int(e >> 6 & 3)
		hold >>= e & 63
		n -= uint(e & 63)
		e = lit[hold&(1<<litBits-1)]
		if e&flagLiteral != 0 {
			binary.LittleEndian.PutUint16(out[w:], uint16(e>>16))
			w += int(e >> 6 & 3)
			hold >>= e & 63
			n -= uint(e & 63)
			continue
		}
		if e&flagSpecial != 0 {
			if e>>16 >= 1<<litBits {
				e = lit[(e>>16+uint32(hold>>litBits)&(1<<(e>>8&15)-1))%litTable]
			}
			if e&flagLiteral != 0 {
				out[w] = byte(e >> 16)
				w++
				hold >>= e & 63
				n -= uint(e & 63)
				continue
			}
			if e&flagSpecial != 0 {
				if e>>16 != 0 {
					err = ErrData
					break
				}
				hold >>= e >> 8 & 31
				n -= uint(e >> 8 & 31)
				d.stage = atBlock
				break
			}
		}
		length := int(e>>16&511) + int(hold&(1<<(e>>25&63)-1)>>(e>>8&31))
		hold >>= e >> 25 & 63
		n -= uint(e >> 25 & 63)

		hold |= binary.LittleEndian.Uint64(in[pos:]) << (n & 63)
		pos += int((63 - n) >> 3)
		n |= 56
		e = dist[hold&(1<<distBits-1)]
		if e&flagSpecial != 0 {
			if e>>16 < 1<<distBits {
				err = ErrData
				break
			}
			e = dist[(e>>16+uint32(hold>>distBits)&(1<<(e>>8&15)-1))%distTable]
			if e&flagSpecial != 0 {
				err = ErrData
				break
			}
		}
		offset := int(e>>16) + int(hold&(1<<(e&63)-1)>>(e>>8&31))
		hold >>= e & 63
		n -= uint(e & 63)
		if offset > w-d.start {
			err = ErrData
			break
		}
		if from := w - offset; offset >= 16 && length <= 32 { // most of them: no loop whose end is mispredicted
			*(*[16]byte)(out[w:]) = *(*[16]byte)(out[from:])
			*(*[16]byte)(out[w+16:]) = *(*[16]byte)(out[from+16:])
			w += length
			continue
		}
		w = copyMatch(out, w, offset, length)
	}
	d.pos, d.w = pos-int(n/8), w // whole bytes that were read ahead go back
	d.nbits = n % 8
	d.bits = hold & (1<<d.nbits - 1)
	if d.eof && (d.pos > d.end || pos > inLimit && d.stage == inCodes) {
		return io.ErrUnexpectedEOF // the padding was taken for codes
	}
	return err
}

// copyMatch repeats length bytes from offset before w and returns where they end. It
// copies in words as long as source and target are a word apart; up to 15 bytes behind the
// match are touched, which what follows writes over.
func copyMatch(out []byte, w, offset, length int) int {
	from, end := w-offset, w+length
	switch {
	case offset >= 16:
		for ; w < end; w, from = w+16, from+16 {
			*(*[16]byte)(out[w:]) = *(*[16]byte)(out[from:])
		}
	case offset >= 8:
		for ; w < end; w, from = w+8, from+8 {
			binary.LittleEndian.PutUint64(out[w:], binary.LittleEndian.Uint64(out[from:]))
		}
	case offset == 1:
		word := uint64(out[from]) * 0x0101010101010101
		for ; w < end; w += 8 {
			binary.LittleEndian.PutUint64(out[w:], word)
		}
	default:
		for ; w < end; w, from = w+1, from+1 {
			out[w] = out[from]
		}
	}
	return end
}
