package shim

// A Spare is a shim's process that comes up before its container exists: starting a
// process takes about as long as making a container. One that is not used ends with
// Close, or with this process.
type Spare struct {
	ready chan struct{} // closed when what follows is set
	conn  *conn
	ended <-chan struct{} // closed when the process has been reaped
	err   error
}

// Ready starts a spare process for the container whose directory will be dir. It returns
// at once. The caller gives it to [Start] or closes it.
func Ready(dir string) *Spare {
	s := &Spare{ready: make(chan struct{})}
	go func() {
		defer close(s.ready)
		s.conn, s.ended, s.err = spawn(dir)
	}()
	return s
}

// Close ends a process that Start was not given, and returns when it has ended: this
// process may become another program, which would not know its child.
func (s *Spare) Close() {
	if <-s.ready; s.conn != nil {
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
	<-s.ready
	return s.conn, s.err
}
