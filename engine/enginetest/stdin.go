package enginetest

import (
	"io"
	"sync"
)

// A pipe is a process's standard input: bytes wait in it until they are read.
type pipe struct {
	mu     sync.Mutex
	more   *sync.Cond
	buf    []byte
	closed bool
	eof    bool // one end of file, which a terminal can give without closing
}

func newPipe() *pipe {
	p := &pipe{}
	p.more = sync.NewCond(&p.mu)
	return p
}

// Read implements io.Reader.
func (p *pipe) Read(b []byte) (int, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	for len(p.buf) == 0 {
		if p.eof || p.closed {
			p.eof = false
			return 0, io.EOF
		}
		p.more.Wait()
	}
	n := copy(b, p.buf)
	p.buf = p.buf[n:]
	return n, nil
}

func (p *pipe) write(b []byte) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if !p.closed {
		p.buf = append(p.buf, b...)
		p.more.Broadcast()
	}
}

func (p *pipe) endOnce() {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.eof = true
	p.more.Broadcast()
}

func (p *pipe) close() {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.closed = true
	p.more.Broadcast()
}

func (p *pipe) isClosed() bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.closed
}

// A lineDiscipline is the little of a terminal's cooked mode that tests see: echo,
// erase, end of file, interrupt (termios(3): ICANON, ECHO, ISIG).
type lineDiscipline struct {
	p    *process
	mu   sync.Mutex
	line []byte
}

func (l *lineDiscipline) input(b []byte) {
	l.mu.Lock()
	defer l.mu.Unlock()
	echo := l.p.env.Stdout
	for _, c := range b {
		switch c {
		case '\r', '\n':
			io.WriteString(echo, "\n")
			l.p.in.write(append(l.line, '\n'))
			l.line = nil
		case 0x03:
			io.WriteString(echo, "^C")
			l.line = nil
			l.p.signal("INT") // a known signal
		case 0x04:
			if len(l.line) == 0 {
				l.p.in.endOnce()
				continue
			}
			l.p.in.write(l.line)
			l.line = nil
		case 0x7f, 0x08:
			if n := len(l.line); n > 0 {
				l.line = l.line[:n-1]
				io.WriteString(echo, "\b \b")
			}
		default:
			l.line = append(l.line, c)
			echo.Write([]byte{c})
		}
	}
}
