package shim

// A Spare is a shim's process that comes up before its container exists: starting a
// process takes about as long as making a container. One that is not used ends with
// Close, or with this process.
type Spare struct {
	conn  *conn
	ended <-chan struct{} // closed when the process has been reaped
	err   error
}

// Ready starts a spare process for the container whose directory will be dir. It returns
// when that runs by itself. The caller gives it to [Start] or closes it.
//
// It does so in the caller's goroutine, although that takes some 0.4 ms: another one, on
// a machine that is just waking up or busy, has been seen to begin two milliseconds later.
func Ready(dir string) *Spare {
	s := &Spare{}
	s.conn, s.ended, s.err = spawn(dir)
	return s
}

// Close ends a process that Start was not given, and returns when it has ended: this
// process may become another program, which would not know its child.
func (s *Spare) Close() {
	if s.conn != nil {
		_ = s.conn.Close() // it has nothing to do
		<-s.ended
	}
}

// connection returns our end of the first connection with the process for dir, which is
// started now if there is no spare one.
func (s *Spare) connection(dir string) (*conn, error) {
	if s == nil {
		c, _, err := spawn(dir)
		return c, err
	}
	return s.conn, s.err
}
