package inflate

import "math/bits"

// A table's entry, for the code at the front of the bits. Of literals, and of all
// symbols of the tables for distances and code lengths:
//
//	 0..5   bits to consume, extra bits included
//	 6..7   literals that the entry yields; 0 for everything else
//	 8..12  bits of the code alone; of a pair, of its first literal
//	15      literal
//	16..31  value: literal(s), or what extra bits are added to
//
// A length has 0 in 0..7, so that taking it for a literal does nothing, and its bits to
// consume in 25..30, above a value of 9 bits. So has a special entry, bit 14: end of
// block (value 0), no code (1), or a subtable at index value; its code's bits, or the
// subtable's width, are in 8..12.
const (
	oneLiteral  = 1 << 6
	oneBit      = 1 | 1<<8     // what a bit of the code adds
	oneLenBit   = 1<<25 | 1<<8 // the same for lengths
	flagSpecial = 1 << 14
	flagLiteral = 1 << 15

	litBits, distBits = 11, 8
	// A complete code has at least two codes below each prefix that is longer than the
	// table is wide, so there are at most 143 and 15 subtables, of 2^4 and 2^7 entries.
	litTable  = 1<<litBits + 144<<(15-litBits)
	distTable = 1<<distBits + 16<<(15-distBits)

	noCode = flagSpecial | 1<<16
)

// A symbol is its entry for a code of no bits, and what each bit of the code adds to that.
type symbol struct{ entry, bit uint32 }

var (
	litSymbols  = makeLitSymbols()
	distSymbols = makeDistSymbols()
	codeSymbols = makeCodeSymbols()
)

func makeLitSymbols() (s [288]symbol) {
	for i := range 256 {
		s[i] = symbol{flagLiteral | oneLiteral | uint32(i)<<16, oneBit}
	}
	s[256] = symbol{flagSpecial, 1 << 8}
	base := uint32(3)
	for i := 257; i < 285; i++ {
		extra := uint32(0)
		if i >= 265 {
			extra = uint32(i-261) / 4
		}
		s[i] = symbol{base<<16 | extra<<25, oneLenBit}
		base += 1 << extra
	}
	s[285] = symbol{258 << 16, oneLenBit}
	s[286], s[287] = symbol{noCode, 0}, symbol{noCode, 0}
	return s
}

func makeDistSymbols() (s [288]symbol) {
	base := uint32(1)
	for i := range 30 {
		extra := uint32(0)
		if i >= 4 {
			extra = uint32(i-2) / 2
		}
		s[i] = symbol{base<<16 | extra, oneBit}
		base += 1 << extra
	}
	s[30], s[31] = symbol{noCode, 0}, symbol{noCode, 0}
	return s
}

func makeCodeSymbols() (s [288]symbol) {
	for i := range 19 {
		s[i] = symbol{uint32(i) << 16, oneBit}
	}
	s[16].entry |= 2
	s[17].entry |= 3
	s[18].entry |= 7
	return s
}

// buildTable fills a table of 1<<width entries and its subtables from the lengths of
// a code's words (RFC 1951, 3.2.2). It reports whether the code is complete; as in
// every decoder a single word of one bit is allowed to stand alone, and none at all to
// be never used.
func buildTable(table []uint32, width uint, lens []uint8, symbols *[288]symbol) bool {
	var count, next [16]int
	longest := uint(0)
	for _, l := range lens {
		count[l]++
		longest = max(longest, uint(l))
	}
	main := table[:1<<width]
	for i := range main {
		main[i] = noCode
	}
	if longest == 0 {
		return true
	}
	count[0] = 0
	code := 0
	for l := 1; l <= 15; l++ {
		code = (code + count[l-1]) << 1
		next[l] = code
	}
	if used := next[longest] + count[longest]; used != 1<<longest && !(used == 1 && longest == 1) {
		return false
	}
	sub := len(main) // where the next subtable goes
	for sym, l := range lens {
		if l == 0 {
			continue
		}
		n := uint(l)
		word := bits.Reverse16(uint16(next[l])) >> (16 - n)
		next[l]++
		e := symbols[sym].entry + uint32(n)*symbols[sym].bit
		if n <= width {
			for i := uint(word); i < 1<<width; i += 1 << n {
				main[i] = e
			}
			continue
		}
		prefix := uint(word) & (1<<width - 1)
		subWidth := longest - width
		if main[prefix] == noCode {
			if sub+1<<subWidth > len(table) {
				return false
			}
			main[prefix] = flagSpecial | uint32(sub)<<16 | uint32(subWidth)<<8
			sub += 1 << subWidth
		}
		at := table[main[prefix]>>16:][:1<<subWidth]
		for i := uint(word) >> width; i < 1<<subWidth; i += 1 << (n - width) {
			at[i] = e
		}
	}
	return true
}

// pairLiterals lets entries whose bits hold a second whole literal yield both.
func pairLiterals(table *[litTable]uint32) {
	for i := uint32(0); i < 1<<litBits; i++ {
		first := table[i]
		if first&flagLiteral == 0 {
			continue
		}
		used := first >> 8 & 31
		// The entry may be a pair itself already; its own first literal is what counts.
		second := table[i>>used]
		if second&flagLiteral == 0 || used+second>>8&31 > litBits {
			continue
		}
		table[i] = first&0x00ff_0000 | second&0x00ff_0000<<8 | flagLiteral | 2*oneLiteral | used<<8 | (used + second>>8&31)
	}
}
