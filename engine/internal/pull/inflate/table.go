package inflate

import "math/bits"

// A table's entry, for the code at the front of the bits:
//
//	 0..5   bits to consume, extra bits included
//	 8..12  bits of the code alone; of a pair, of its first literal
//	13      the value is two literals
//	14      special: end of block (value 0), no code (1), or a subtable at index value,
//	        whose width is in 0..5
//	15      literal
//	16..31  value: literal(s), or what extra bits are added to
const (
	flagPair    = 1 << 13
	flagSpecial = 1 << 14
	flagLiteral = 1 << 15

	litBits, distBits = 11, 8
	// A complete code has at least two codes below each prefix that is longer than the
	// table is wide, so there are at most 143 and 15 subtables, of 2^4 and 2^7 entries.
	litTable  = 1<<litBits + 144<<(15-litBits)
	distTable = 1<<distBits + 16<<(15-distBits)

	noCode = flagSpecial | 1<<16
)

// symbols are a code's entries but for the code lengths: value, flags, and extra bits in 0..5.
var (
	litSymbols  = makeLitSymbols()
	distSymbols = makeDistSymbols()
	codeSymbols = makeCodeSymbols()
)

func makeLitSymbols() (s [288]uint32) {
	for i := range 256 {
		s[i] = flagLiteral | uint32(i)<<16
	}
	s[256] = flagSpecial
	base := uint32(3)
	for i := 257; i < 285; i++ {
		extra := uint32(0)
		if i >= 265 {
			extra = uint32(i-261) / 4
		}
		s[i] = base<<16 | extra
		base += 1 << extra
	}
	s[285] = 258 << 16
	s[286], s[287] = noCode, noCode
	return s
}

func makeDistSymbols() (s [288]uint32) {
	base := uint32(1)
	for i := range 30 {
		extra := uint32(0)
		if i >= 4 {
			extra = uint32(i-2) / 2
		}
		s[i] = base<<16 | extra
		base += 1 << extra
	}
	s[30], s[31] = noCode, noCode
	return s
}

func makeCodeSymbols() (s [288]uint32) {
	for i := range 19 {
		s[i] = uint32(i) << 16
	}
	s[16] |= 2
	s[17] |= 3
	s[18] |= 7
	return s
}

// buildTable fills a table of 1<<width entries and its subtables from the lengths of
// a code's words (RFC 1951, 3.2.2). It reports whether the code is complete; as in
// every decoder a single word of one bit is allowed to stand alone, and none at all to
// be never used.
func buildTable(table []uint32, width uint, lens []uint8, symbols *[288]uint32) bool {
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
		e := symbols[sym] + uint32(n) | uint32(n)<<8
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
			main[prefix] = flagSpecial | uint32(sub)<<16 | uint32(subWidth)
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
		table[i] = first&0x00ff_0000 | second&0x00ff_0000<<8 | flagLiteral | flagPair | used<<8 | (used + second>>8&31)
	}
}
