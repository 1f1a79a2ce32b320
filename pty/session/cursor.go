package session

// A cursor is one reader's place in the stream.
type cursor struct {
	st       *stream
	c        *chunk // nil if lapsed
	off      int
	viewing  int  // bytes of the view that is out
	required bool // the program waits for it
	lapsed   bool // the stream moved on without this reader
	spill    *spill
}

// addCursor adds a reader at the head. mu is held.
func (st *stream) addCursor(required bool) *cursor {
	cu := &cursor{st: st, c: st.last, off: st.last.n, required: required}
	st.cursors = append(st.cursors, cu)
	return cu
}

// addCursorAt adds an optional reader where another one stands. mu is held.
func (st *stream) addCursorAt(at *cursor) *cursor {
	cu := &cursor{st: st, c: at.c, off: at.off}
	st.cursors = append(st.cursors, cu)
	return cu
}

// remove takes a reader out. mu is held.
func (cu *cursor) remove() {
	st := cu.st
	for i, o := range st.cursors {
		if o == cu {
			st.cursors = append(st.cursors[:i], st.cursors[i+1:]...)
			break
		}
	}
	cu.spill.close()
	st.trim()
	st.announce() // a writer may wait for room
}

// pos is the cursor's position; it must not have lapsed. mu is held.
func (cu *cursor) pos() int64 { return cu.c.base + int64(cu.off) }

// A view is a run of bytes of one kind at one cursor.
type view struct {
	c    *chunk
	kind Kind
	data []byte
	pos  int64 // of data[0]
}

// peek returns what lies at the cursor, nothing if it stands at the head. The view
// pins its bytes until release. mu is held.
func (cu *cursor) peek() (view, bool) {
	if cu.c == nil {
		return view{}, false
	}
	for cu.off == cu.c.n {
		if cu.c.next == nil {
			return view{}, false
		}
		cu.advance()
	}
	c := cu.c
	v := view{c: c, pos: cu.pos()}
	end := c.n
	for _, s := range c.spans {
		if s.end > cu.off {
			v.kind, end = s.kind, s.end
			break
		}
	}
	for _, b := range cu.st.bounds {
		if b > v.pos && b < c.base+int64(end) {
			end = int(b - c.base)
			break
		}
	}
	v.data = c.buf[cu.off:end]
	c.users++
	cu.viewing = len(v.data)
	return v, true
}

// next blocks until there is something to read and returns false at the end. With
// until, it also returns false as soon as that says so (mu is held when it is called).
func (cu *cursor) next(until func() bool) (view, bool) {
	st := cu.st
	st.mu.Lock()
	defer st.mu.Unlock()
	for {
		if until != nil && until() {
			return view{}, false
		}
		if v, ok := cu.peek(); ok {
			return v, true
		}
		if cu.lapsed || st.ended {
			return view{}, false
		}
		st.cond.Wait()
	}
}

// release moves the cursor behind the view and unpins it.
func (cu *cursor) release(v view) {
	cu.st.mu.Lock()
	defer cu.st.mu.Unlock()
	cu.releaseLocked(v)
}

func (cu *cursor) releaseLocked(v view) {
	if cu.c == v.c {
		cu.off += len(v.data)
	}
	cu.viewing = 0
	v.c.users--
	cu.st.recycle(v.c)
	if cu.c != nil && cu.off == cu.c.n && cu.c.next != nil {
		cu.advance()
	}
}

// unpeek unpins a view that was not used. mu is held.
func (cu *cursor) unpeek(v view) {
	cu.viewing = 0
	v.c.users--
	cu.st.recycle(v.c)
}

// advance moves the cursor to the next chunk. A writer that waits for room looks again,
// even if the chunk stays: perhaps only readers are left on it that nobody waits for.
func (cu *cursor) advance() {
	cu.c, cu.off = cu.c.next, 0
	cu.st.trim()
	cu.st.announce()
}
