package vt

// styleIndex finds the place of a style in tables.styles: an open hash table of
// places, 0 for none. A Go map would hold every style twice, and deleting from
// it in a sweep costs more than building this anew.
type styleIndex struct {
	slots []uint32 // a power of two, at most half full
	n     int
}

// hash spreads the fields over 64 bits; the low ones are used.
func (st *Style) hash() uint64 {
	h := (uint64(st.Fg) | uint64(st.Bg)<<32) * 0x9E3779B97F4A7C15
	h ^= h >> 29
	h += uint64(st.UnderlineColor) | uint64(st.Link)<<32
	h *= 0xBF58476D1CE4E5B9
	h ^= h >> 32
	h += uint64(st.Attrs) | uint64(st.Underline)<<16
	h *= 0x94D049BB133111EB
	return h ^ h>>31
}

// find returns the place of st in styles, and the slot for it when it has none.
func (x *styleIndex) find(styles []Style, st *Style) (id uint32, slot int) {
	mask := len(x.slots) - 1
	for slot = int(st.hash()) & mask; ; slot = (slot + 1) & mask {
		if id = x.slots[slot]; id == 0 || styles[id] == *st {
			return id, slot
		}
	}
}

// add fills a slot that find returned.
func (x *styleIndex) add(styles []Style, slot int, id uint32) {
	x.slots[slot] = id
	if x.n++; 2*x.n > len(x.slots) {
		x.build(styles)
	}
}

// build makes the index for styles; places without a style are free.
func (x *styleIndex) build(styles []Style) {
	n := 0
	for _, st := range styles {
		if st != (Style{}) {
			n++
		}
	}
	size := 64
	for size < 4*n {
		size *= 2
	}
	if size == len(x.slots) {
		clear(x.slots)
	} else {
		x.slots = make([]uint32, size)
	}
	x.n = n
	for id := range styles {
		if styles[id] != (Style{}) {
			_, slot := x.find(styles, &styles[id])
			x.slots[slot] = uint32(id)
		}
	}
}
