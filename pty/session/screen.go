package session

import "os"

// runScreen feeds the screen, carries out changes of size where they belong in the
// stream, and makes the repaints for clients that ask.
func (s *Session) runScreen(cu *cursor) {
	st := s.stream
	titled, _ := s.screen.(interface{ Title() string })
	pending := func() bool { return len(s.asking) > 0 || s.resizeDue(cu) }
	for {
		v, ok := cu.next(pending)
		if ok {
			_, _ = s.screen.Write(v.data)
			s.answer(v.pos)
			st.mu.Lock()
			s.painted = true
			if titled != nil {
				s.title = titled.Title()
			}
			cu.releaseLocked(v)
			st.mu.Unlock()
			continue
		}
		st.mu.Lock()
		for s.resizeDue(cu) {
			m := s.resizes[0]
			s.resizes = s.resizes[1:]
			s.screen.Resize(m.size.Cols, m.size.Rows)
			s.drawn = m.size
			// A program may want to hear of that in band (mode 2048). The client whose size it
			// is may not know: it came later than the mode.
			if r := s.screen.Replies(); len(r) > 0 {
				s.input.reply(r)
			}
		}
		asking := s.asking
		s.asking = nil
		ended := st.ended && cu.pos() == st.head()
		painted := s.painted
		if len(asking) > 0 {
			s.serve(cu, asking, painted)
		}
		st.mu.Unlock()
		if ended {
			break
		}
	}
	s.finishRequired()
	// Clients that attach after the end still get to see the last state.
	st.mu.Lock()
	defer st.mu.Unlock()
	for !s.closed {
		for len(s.asking) == 0 && !s.closed {
			st.cond.Wait()
		}
		asking := s.asking
		s.asking = nil
		s.serve(cu, asking, s.painted)
	}
}

// resizeDue reports whether the screen has reached the next change of size. mu is held.
func (s *Session) resizeDue(cu *cursor) bool {
	return len(s.resizes) > 0 && cu.c != nil && s.resizes[0].pos <= cu.pos()
}

// serve gives clients a repaint of the present screen and a place in the stream right
// behind it. mu is held; it is let go of while the screen works. That is safe: cu is
// required and stands still meanwhile.
func (s *Session) serve(cu *cursor, asking []*Client, painted bool) {
	st := s.stream
	// A client that was here before has the history already.
	var first, again []byte
	if painted {
		st.mu.Unlock()
		first, again = s.screen.Repaint(nil, true), s.screen.Repaint(nil, false)
		st.mu.Lock()
	}
	for _, c := range asking {
		if c.closed {
			continue
		}
		// Nothing was printed yet: a repaint would only clear the client's terminal.
		switch {
		case painted && c.placed:
			c.paint = again
		case painted && !c.opts.NoReplay:
			c.paint = first
		}
		c.paintSize = s.drawn
		if c.cu != nil {
			c.cu.remove()
		}
		c.cu = st.addCursorAt(cu)
		c.placed = true
	}
	st.announce()
}

// answer sends the screen's replies to the program if nobody else is to answer what
// was written at pos.
func (s *Session) answer(pos int64) {
	r := s.screen.Replies()
	if len(r) == 0 {
		return
	}
	s.stream.mu.Lock()
	defer s.stream.mu.Unlock()
	if s.ownerAt(pos) == nil {
		s.input.reply(r)
	}
}

// setSize changes the terminal's size at once and the screen's at the same position of
// the stream. mu is held.
func (s *Session) setSize(size Size) {
	if s.screen == nil || size == s.size || size.Cols <= 0 || size.Rows <= 0 {
		return
	}
	s.size = size
	_ = setTerminalSize(s.cfg.Terminal, size) // a terminal that is gone has no size
	s.stream.cut()
	s.resizes = append(s.resizes, mark{s.stream.head(), size})
	s.sizes = append(s.sizes, mark{s.stream.head(), size})
	// All views start behind the first chunk's base: older sizes but the last are done.
	for len(s.sizes) > 1 && s.sizes[1].pos <= s.stream.first.base {
		s.sizes = s.sizes[1:]
	}
	s.stream.announce()
}

// sizeAt returns the terminal's size at a position of the stream. mu is held.
func (s *Session) sizeAt(pos int64) Size {
	for i := len(s.sizes) - 1; i > 0; i-- {
		if s.sizes[i].pos <= pos {
			return s.sizes[i].size
		}
	}
	return s.sizes[0].size
}

// Size returns the present size of the terminal.
func (s *Session) Size() Size {
	s.stream.mu.Lock()
	defer s.stream.mu.Unlock()
	return s.size
}

func setTerminalSize(f *os.File, size Size) error {
	if f == nil {
		return nil
	}
	return winsize(f, size)
}

// Title returns what the program set as its window's title, if the screen knows.
func (s *Session) Title() string {
	s.stream.mu.Lock()
	defer s.stream.mu.Unlock()
	return s.title
}

// Resize sets the size for a caller that is no client. The next active client's size
// takes its place.
func (s *Session) Resize(size Size) {
	s.stream.mu.Lock()
	defer s.stream.mu.Unlock()
	s.setSize(size)
}
