package inflate

import "io"

// block reads a block's header: RFC 1951, 3.2.3.
func (d *Reader) block() error {
	if d.last {
		d.last, d.stage = false, atTrailer
		return nil
	}
	h, err := d.number(3)
	if err != nil {
		return err
	}
	d.last = h&1 != 0
	switch h >> 1 {
	case 0:
		return d.storedHeader()
	case 1:
		d.fixed()
		return nil
	case 2:
		return d.dynamic()
	}
	return ErrData
}

func (d *Reader) storedHeader() error {
	d.take(d.nbits & 7)
	n, err := d.number(32)
	if err != nil {
		return err
	}
	if n&0xffff != ^n>>16 {
		return ErrData
	}
	d.stored, d.stage = int(n&0xffff), inStored
	return nil
}

func (d *Reader) copyStored() error {
	for d.stored > 0 && d.nbits > 0 { // bytes that were read ahead
		d.out[d.w] = byte(d.take(8))
		d.w++
		d.stored--
	}
	if d.stored == 0 {
		d.stage = atBlock
		return nil
	}
	if d.w >= d.limit {
		return nil
	}
	if err := d.fill(); err != nil {
		return err
	}
	if d.pos == d.end {
		return io.ErrUnexpectedEOF
	}
	n := copy(d.out[d.w:d.limit], d.in[d.pos:min(d.end, d.pos+d.stored)])
	d.pos += n
	d.w += n
	d.stored -= n
	return nil
}

func (d *Reader) fixed() {
	for i := range 288 {
		switch {
		case i < 144:
			d.lens[i] = 8
		case i < 256:
			d.lens[i] = 9
		case i < 280:
			d.lens[i] = 7
		default:
			d.lens[i] = 8
		}
	}
	for i := range 32 {
		d.lens[288+i] = 5
	}
	buildTable(d.lit[:], litBits, d.lens[:288], &litSymbols)
	pairLiterals(&d.lit)
	buildTable(d.dist[:], distBits, d.lens[288:320], &distSymbols)
	d.stage = inCodes
}

// codeOrder is the order in which the lengths of the code lengths' code come: RFC 1951, 3.2.7.
var codeOrder = [19]uint8{16, 17, 18, 0, 8, 7, 9, 6, 10, 5, 11, 4, 12, 3, 13, 2, 14, 1, 15}

func (d *Reader) dynamic() error {
	h, err := d.number(14)
	if err != nil {
		return err
	}
	nlit, ndist, ncode := int(h&31)+257, int(h>>5&31)+1, int(h>>10)+4
	if nlit > 286 || ndist > 30 {
		return ErrData
	}
	var codeLens [19]uint8
	for _, at := range codeOrder[:ncode] {
		v, err := d.number(3)
		if err != nil {
			return err
		}
		codeLens[at] = uint8(v)
	}
	// The code for the lengths is at most 7 bits long: the table for distances is free to serve.
	if !buildTable(d.dist[:], distBits, codeLens[:], &codeSymbols) {
		return ErrData
	}
	if err := d.readLens(nlit + ndist); err != nil {
		return err
	}
	if d.lens[256] == 0 {
		return ErrData // no end of block
	}
	if !buildTable(d.lit[:], litBits, d.lens[:nlit], &litSymbols) || !buildTable(d.dist[:], distBits, d.lens[nlit:nlit+ndist], &distSymbols) {
		return ErrData
	}
	pairLiterals(&d.lit)
	d.stage = inCodes
	return nil
}

// readLens reads n code lengths, themselves coded: RFC 1951, 3.2.7.
func (d *Reader) readLens(n int) error {
	for i := 0; i < n; {
		// At the very end of a stream there may be fewer bits than the longest code and its repeat count.
		for d.nbits < 14 && (d.pos < d.end || !d.eof) {
			if err := d.need(min(d.nbits+8, 14)); err != nil && err != io.ErrUnexpectedEOF {
				return err
			}
		}
		e := d.dist[d.bits&(1<<distBits-1)]
		if e&flagSpecial != 0 {
			return ErrData
		}
		total := uint(e & 63)
		if total > d.nbits {
			return io.ErrUnexpectedEOF
		}
		extra := int(d.bits & (1<<total - 1) >> (e >> 8 & 31))
		d.take(total)
		sym := int(e >> 16)
		if sym < 16 {
			d.lens[i] = uint8(sym)
			i++
			continue
		}
		value, repeat := uint8(0), 3+extra
		switch sym {
		case 16:
			if i == 0 {
				return ErrData
			}
			value = d.lens[i-1]
		case 18:
			repeat = 11 + extra
		}
		if i+repeat > n {
			return ErrData
		}
		for range repeat {
			d.lens[i] = value
			i++
		}
	}
	return nil
}
