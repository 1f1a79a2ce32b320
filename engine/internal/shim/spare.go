package shim

// A Spare is a shim's process that comes up before its container exists: starting a
// process takes about as long as making a container. One that is not used ends with
// Close, or with this process.
type Spare struct {
	ready chan struct{} // closed when what follows is set
	conn  *conn
	err   error
}

// Ready starts a spare process for the container whose directory will be dir. It returns
// at once. The caller gives it to [Start] or closes it.
func Ready(dir string) *Spare {
	s := &Spare{ready: make(chan struct{})}
	go func() {
		defer close(s.ready)
		s.conn, s.err = spawn(dir)
	}()
	return s
}

// Close ends a process that Start was not given.
func (s *Spare) Close() {
	if <-s.ready; s.conn != nil {
		_ = s.conn.Close() // it has nothing to do
	}
}

// connection returns our end of the first connection with the process for dir, which is
// started now if there is no spare one.
func (s *Spare) connection(dir string) (*conn, error) {
	if s == nil {
		return spawn(dir)
	}
	<-s.ready
	return s.conn, s.err
}
