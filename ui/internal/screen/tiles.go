package screen

import "slices"

// tiles are the sessions that show at once: columns from left to right, each from top to
// bottom. None: only the current one shows.
type tiles [][]*session

// The least that a tile has; where there is less room, only the current session shows.
const (
	leastTileCols = 20
	leastTileRows = 3
)

func (t tiles) find(s *session) (col, row int, ok bool) {
	for c, column := range t {
		if r := slices.Index(column, s); r >= 0 {
			return c, r, true
		}
	}
	return 0, 0, false
}

func (t tiles) has(s *session) bool {
	_, _, ok := t.find(s)
	return ok
}

func (t tiles) replace(old, s *session) {
	if c, r, ok := t.find(old); ok {
		t[c][r] = s
	}
}

// add puts a session beside another one, or below it.
func (t *tiles) add(at, s *session, below bool) {
	if len(*t) == 0 {
		*t = tiles{{at}}
	}
	c, r, ok := t.find(at)
	switch {
	case !ok:
		*t = append(*t, []*session{s})
	case below:
		(*t)[c] = slices.Insert((*t)[c], r+1, s)
	default:
		*t = slices.Insert(*t, c+1, []*session{s})
	}
}

// remove takes a session out; a last one alone is no split.
func (t *tiles) remove(s *session) {
	c, r, ok := t.find(s)
	if !ok {
		return
	}
	if (*t)[c] = slices.Delete((*t)[c], r, r+1); len((*t)[c]) == 0 {
		*t = slices.Delete(*t, c, c+1)
	}
	if len(*t) == 1 && len((*t)[0]) == 1 {
		*t = nil
	}
}

// next returns the session behind another one, in the order of the columns; nil if no
// other shows.
func (t tiles) next(s *session) *session {
	all := slices.Concat(t...)
	i := slices.Index(all, s)
	if i < 0 || len(all) < 2 {
		return nil
	}
	return all[(i+1)%len(all)]
}

// arrange divides w by h cells between the tiles, with a rule between two. Without room
// for all of them there are no places.
func (t tiles) arrange(x, y, w, h int) (places []place) {
	widths := share(w, len(t), leastTileCols)
	for c, column := range t {
		heights := share(h, len(column), leastTileRows)
		if widths == nil || heights == nil {
			return nil
		}
		top := y
		for r, s := range column {
			places = append(places, place{s, x, top, widths[c], heights[r]})
			top += heights[r] + 1
		}
		x += widths[c] + 1
	}
	return places
}

// share divides a length into n parts with one cell between two; nil if they would be
// less than least.
func share(length, n, least int) []int {
	length -= n - 1
	if n == 0 || length/n < least {
		return nil
	}
	parts := make([]int, n)
	for i := range parts {
		parts[i] = length * (i + 1) / n
		for _, before := range parts[:i] {
			parts[i] -= before
		}
	}
	return parts
}
