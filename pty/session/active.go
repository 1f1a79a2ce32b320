package session

// An owner is the client that answers terminal queries from a position of the stream
// on; nil stands for the screen.
type owner struct {
	pos int64
	c   *Client
}

// touch makes c the client that was active last. mu is held.
func (s *Session) touch(c *Client) {
	s.clock++
	c.used = s.clock
	if s.screen != nil {
		s.elect()
	}
}

// elect finds who was active last among those with a terminal, takes over its size and
// lets it answer. mu is held.
func (s *Session) elect() {
	var latest, sized *Client
	for _, c := range s.clients {
		if c.opts.answers() && (latest == nil || c.used > latest.used) {
			latest = c
		}
		if !c.opts.ReadOnly && c.opts.Size != (Size{}) && (sized == nil || c.used > sized.used) {
			sized = c
		}
	}
	if sized != nil {
		s.setSize(sized.opts.Size)
	}
	if n := len(s.owners); n == 0 && latest == nil || n > 0 && s.owners[n-1].c == latest {
		return
	}
	s.stream.cut()
	s.owners = append(s.owners, owner{s.stream.head(), latest})
	// All views start behind the first chunk's base: older owners but the last are done.
	for len(s.owners) > 1 && s.owners[1].pos <= s.stream.first.base {
		s.owners = s.owners[1:]
	}
}

// ownerAt returns who answers what was written at pos. mu is held.
func (s *Session) ownerAt(pos int64) *Client {
	for i := len(s.owners) - 1; i >= 0; i-- {
		if s.owners[i].pos <= pos {
			return s.owners[i].c
		}
	}
	return nil
}
