package vt

import (
	"encoding/binary"
	"unicode/utf8"
)

// The encoding of a line in the scrollback is its text in UTF-8 with these
// bytes between. A style costs its bytes once per change, plain text one byte
// per character.
const (
	opPlain   = 0x01 // back to the default style
	opStyle   = 0x02 // mask, then the fields that are set
	opEmpty   = 0x03 // uvarint: that many cells where nothing was printed
	opCluster = 0x04 // width, length, UTF-8: one cell
	opFill    = 0x05 // the rest of the last row is blank in this style
)

// Bits of the mask after opStyle, in the order of the fields.
const (
	hasFg = 1 << iota
	hasBg
	hasUnderlineColor
	hasAttrs // attributes and underline
	hasLink  // two strings, each with its length
)

// maxLinkLine bounds what links may add to one row in the scrollback: two long
// links that alternate would make each cell thousands of bytes.
const maxLinkLine = 8 << 10

// encode appends cells, continuing in the style that the line ended with, and
// the style in which the rest of the last row is blank, if that is not plain.
func (s *Screen) encode(dst []byte, cells []cell, fill uint32) (out []byte, wide bool) {
	h := &s.hist
	attr := uint32(0)
	if h.style != (Style{}) {
		attr = ^uint32(0)
	}
	linkRoom := maxLinkLine
	solid := len(cells) // cells[solid:] are empty but not the end of the line: spaces
	for fill != 0 && solid > 0 && cells[solid-1] == (cell{}) {
		solid--
	}
	for i := 0; i < len(cells); i++ {
		c := cells[i]
		if c.tail() {
			wide = true
			continue
		}
		if c.style() != attr {
			attr = c.style()
			if st := s.tab.styles[attr]; st != h.style {
				dst, linkRoom = s.encodeStyle(dst, st, linkRoom)
				h.style = st
			}
		}
		switch {
		case c.ch-0x20 < 0x5f:
			dst = append(dst, byte(c.ch))
		case c.ch == 0 && i >= solid:
			dst = append(dst, ' ')
		case c.ch == 0:
			n := i + 1
			for n < len(cells) && cells[n] == c {
				n++
			}
			dst = binary.AppendUvarint(append(dst, opEmpty), uint64(n-i))
			i = n - 1
		case c.ch&clusterBit != 0:
			str := s.tab.clusters[c.ch&^clusterBit]
			w := byte(1)
			if c.wide() {
				w = 2
			}
			dst = append(append(dst, opCluster, w, byte(len(str))), str...)
		default:
			dst = utf8.AppendRune(dst, rune(c.ch))
		}
	}
	if fill != 0 {
		dst, _ = s.encodeStyle(dst, s.tab.styles[fill], 0)
		dst = append(dst, opFill)
	}
	return dst, wide
}

func (s *Screen) encodeStyle(dst []byte, st Style, linkRoom int) ([]byte, int) {
	if st == (Style{}) {
		return append(dst, opPlain), linkRoom
	}
	link := s.tab.links[st.Link]
	if size := len(link.ID) + len(link.URI); size > linkRoom {
		link = Link{}
	} else {
		linkRoom -= size
	}
	dst = append(dst, opStyle, 0)
	mask := len(dst) - 1
	for i, c := range [...]Color{st.Fg, st.Bg, st.UnderlineColor} {
		if c != 0 {
			dst[mask] |= hasFg << i
			dst = binary.LittleEndian.AppendUint32(dst, uint32(c))
		}
	}
	if st.Attrs != 0 || st.Underline != 0 {
		dst[mask] |= hasAttrs
		dst = binary.LittleEndian.AppendUint16(dst, uint16(st.Attrs))
		dst = append(dst, byte(st.Underline))
	}
	if link.URI != "" {
		dst[mask] |= hasLink
		for _, str := range [...]string{link.ID, link.URI} {
			dst = append(binary.AppendUvarint(dst, uint64(len(str))), str...)
		}
	}
	return dst, linkRoom
}

// decode returns the cells of an encoded line, and its fill, in a buffer that the next call
// reuses. Their styles are in the tables until the next sweep, so the caller
// holds off sweeps (tables.hold) until it is done with them.
func (s *Screen) decode(b []byte) (cells []cell, fill uint32) {
	s.hist.read.chunk = nil
	cells = s.hist.scratch[:0]
	attr := uint32(0)
	for len(b) > 0 {
		switch op := b[0]; {
		case op >= 0x20 && op < 0x7f:
			cells = append(cells, cell{uint32(op), attr})
			b = b[1:]
		case op == opPlain:
			attr, b = 0, b[1:]
		case op == opFill:
			fill, b = attr, b[1:]
		case op == opStyle:
			var st Style
			st, b = s.decodeStyle(b[1:])
			attr = s.styleID(st)
		case op == opEmpty:
			n, k := binary.Uvarint(b[1:])
			b = b[1+k:]
			for range n {
				cells = append(cells, cell{0, attr})
			}
		case op == opCluster:
			n := int(b[2])
			cells = appendChar(cells, clusterBit|s.clusterID(b[3:3+n]), int(b[1]), attr)
			b = b[3+n:]
		default:
			r, n := utf8.DecodeRune(b)
			cells = appendChar(cells, uint32(r), runeWidth(r), attr)
			b = b[n:]
		}
	}
	s.hist.scratch = cells
	return cells, fill
}

func appendChar(cells []cell, ch uint32, w int, attr uint32) []cell {
	if w == 2 {
		return append(cells, cell{ch, attr | wideBit}, cell{0, attr | tailBit})
	}
	return append(cells, cell{ch, attr})
}

func (s *Screen) decodeStyle(b []byte) (Style, []byte) {
	var st Style
	mask := b[0]
	b = b[1:]
	for i, c := range [...]*Color{&st.Fg, &st.Bg, &st.UnderlineColor} {
		if mask&(hasFg<<i) != 0 {
			*c = Color(binary.LittleEndian.Uint32(b))
			b = b[4:]
		}
	}
	if mask&hasAttrs != 0 {
		st.Attrs, st.Underline = Attrs(binary.LittleEndian.Uint16(b)), Underline(b[2])
		b = b[3:]
	}
	if mask&hasLink != 0 {
		var link [2]string
		for i := range link {
			n, k := binary.Uvarint(b)
			link[i] = string(b[k : k+int(n)])
			b = b[k+int(n):]
		}
		st.Link = s.linkID(Link{ID: link[0], URI: link[1]})
	}
	return st, b
}
