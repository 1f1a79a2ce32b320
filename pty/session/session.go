// Package session connects one program, on a terminal or on pipes, with any number
// of clients that come and go.
//
// The program's output goes into one [stream] that keeps the newest few megabytes.
// Whoever wants output holds a place in it: the screen, the log, each client. So a
// byte is stored once however many clients there are, and a slow one costs nothing
// but its own lag. What happens when a reader falls behind the stream's end depends
// on its kind:
//
//   - the screen and the log are required readers: the program waits for them. Both
//     are ours and neither waits for anybody.
//   - a client of a terminal that stops reading is moved forward: it gets a repaint of
//     the screen as it is now, then the stream goes on. It never sees a gap.
//   - a client of pipes can't be moved: there is no state to repaint, and a gap would
//     corrupt data silently. For a client that asked for Hold the rest is kept on
//     disk; any other is cut off with [ErrTooSlow].
//
// A client that attaches to a terminal gets a repaint made by the screen at one
// position of the stream, and the stream from exactly that position. Nothing falls
// in between and nothing comes twice.
//
// # Window size
//
// The size is that of the client that was active last (attached, typed or resized).
// The alternative, the smallest of all, lets a forgotten small window in another
// terminal cramp the one that is being worked in; it is what users of multiplexers
// switch off first. When the active client leaves, the one active before it decides.
//
// # Who answers terminal queries
//
// A program may ask its terminal for cursor position, attributes or colours. Exactly
// one answer must come back. While no client with a terminal of its own may write,
// the screen answers. Otherwise the client that was active last does: it alone gets
// the stream as it is, from all other writing clients the queries are kept, so that
// their terminals stay silent. Who it was is recorded by position in the stream; the
// screen and a client that reads the same bytes at different times agree.
//
// It runs in the shim. It knows nothing of sockets, containers or logs' formats.
package session

import (
	"errors"
	"os"
	"time"

	"berth/pty/quickio"

	"golang.org/x/sys/unix"
)

// A Size is the size of a terminal in character cells. The zero Size is "none".
type Size struct {
	Cols, Rows int
}

// A Screen is the model of a terminal that a session keeps so that it can repaint.
// A session calls it from one goroutine at a time.
type Screen interface {
	// Write interprets output. It never fails and never blocks.
	Write(p []byte) (int, error)
	// Resize changes the size.
	Resize(cols, rows int)
	// Repaint appends the bytes that make a terminal of the same size show the
	// present state, whatever it showed before. With history, lines that have left
	// the screen come first.
	Repaint(dst []byte, history bool) []byte
	// Replies returns what a terminal answers to the queries written since the last
	// call. It is valid until the next call of any method.
	Replies() []byte
}

// ErrTooSlow ends a client of pipes that fell behind by more than the stream keeps.
var ErrTooSlow = errors.New("output came faster than this client read it")

// ErrClosed is returned by the methods of a client that was closed.
var ErrClosed = errors.New("client is closed")

// Config says what a session connects.
type Config struct {
	// Terminal is the master side of the program's PTY; nil for pipes.
	Terminal *os.File
	// Stdin, Stdout and Stderr are our ends of pipes; each may be nil. Stdin must be
	// pollable (os.NewFile of a non-blocking descriptor), so that closing it ends a
	// pending write. The session takes all files over and closes them.
	Stdin, Stdout, Stderr *os.File
	// Screen is required with Terminal.
	Screen Screen
	Size   Size
	// Log gets all output in order, from one goroutine. It must not block for long.
	// p is valid until it returns. It may be nil.
	Log func(k Kind, p []byte)
	// SpillDir is where output is kept that a client with Hold has not read. Empty: the
	// program waits instead, as for a shell's pipe.
	SpillDir string
	// StdinOnce closes the program's standard input when the first client that had
	// Stdin is gone without having detached, as Docker does for `run -i`.
	StdinOnce bool
}

// A Session is one program's terminal or pipes.
type Session struct {
	cfg     Config
	screen  Screen
	stream  *stream
	input   *input
	outputs []output

	// The following are guarded by stream.mu, whose condition announces every change.

	clients  []*Client
	size     Size
	clock    uint64  // ticks with every activity
	resizes  []mark  // sizes that the screen has still to take over
	sizes    []mark  // sizes by position, for the clients; the first one's position is the start
	drawn    Size    // the screen's size
	owners   []owner // who answers queries, by position
	asking   []*Client
	title    string
	painted  bool // the screen has had output
	readers  int  // reading goroutines that have not ended
	required int  // required readers that have not reached the end
	closed   bool
	drained  chan struct{}
}

// A mark is a change of size at a position of the stream.
type mark struct {
	pos  int64
	size Size
}

// New returns a session that does not read yet; see Start. Clients may attach before. An
// error means that there are no descriptors left; the files are closed then.
func New(c Config) (*Session, error) {
	s := &Session{
		cfg: c, screen: c.Screen, size: c.Size, drawn: c.Size, sizes: []mark{{0, c.Size}},
		stream:  newStream(),
		drained: make(chan struct{}),
	}
	err := s.openOutputs()
	if err == nil {
		err = s.openInput()
	}
	if err != nil {
		s.closeFiles()
		if s.input == nil && s.cfg.Stdin != nil {
			_ = s.cfg.Stdin.Close() // nothing was written
		}
		return nil, err
	}
	return s, nil
}

// An output is one of the program's outputs.
type output struct {
	f    *os.File
	gate *quickio.Gate
	kind Kind
}

// openOutputs takes over what the program writes to.
func (s *Session) openOutputs() error {
	for _, o := range []struct {
		f **os.File
		k Kind
	}{{&s.cfg.Terminal, Stdout}, {&s.cfg.Stdout, Stdout}, {&s.cfg.Stderr, Stderr}} {
		if *o.f == nil {
			continue
		}
		f, err := quickio.Unwatched(*o.f)
		if err != nil {
			return err
		}
		*o.f = f
		g, err := quickio.NewGate(f, unix.EPOLLIN)
		if err != nil {
			return err
		}
		s.outputs = append(s.outputs, output{f, g, o.k})
	}
	return nil
}

// closeFiles ends reading. Nothing can be lost by it.
func (s *Session) closeFiles() {
	for _, o := range s.outputs {
		o.gate.Close()
	}
	for _, f := range []*os.File{s.cfg.Terminal, s.cfg.Stdout, s.cfg.Stderr} {
		if f != nil {
			_ = f.Close()
		}
	}
}

// Start begins to read the program's output and to write its input.
func (s *Session) Start() {
	st := s.stream
	st.mu.Lock()
	defer st.mu.Unlock()
	if s.screen != nil {
		s.required++
		go s.runScreen(st.addCursor(true))
	}
	if s.cfg.Log != nil {
		s.required++
		go s.runLog(st.addCursor(true))
	}
	for _, o := range s.outputs {
		s.readers++
		go s.readSource(o)
	}
	if s.readers == 0 {
		st.end()
	}
	if s.required == 0 {
		s.required++
		go s.finishRequired()
	}
	go s.input.run()
}

// StopReading ends the output once nothing has come for the quiet time, or at the
// latest after limit. Call it when the program has exited: its end of the pipes or of
// the terminal is usually closed by then and this returns at once, but a process that
// it left behind may hold it open for ever. It returns when the stream has ended.
func (s *Session) StopReading(quiet, limit time.Duration) {
	st := s.stream
	deadline := time.Now().Add(limit)
	last := int64(-1)
	for {
		head, ended := st.waitEnd(quiet)
		now := time.Now()
		if ended {
			return
		}
		if head == last || now.After(deadline) {
			break
		}
		last = head
	}
	for _, o := range s.outputs {
		o.gate.Stop() // buffered output was read already
	}
	st.waitEnd(time.Minute)
}

// Drained is closed when the output has ended and the screen and the log have all of it.
func (s *Session) Drained() <-chan struct{} { return s.drained }

// Close ends the session: clients get what they have not read yet and then the end.
// The program sees a hangup or a closed pipe if it still runs.
func (s *Session) Close() {
	s.closeFiles()
	s.input.close()
	s.stream.mu.Lock()
	defer s.stream.mu.Unlock()
	s.closed = true
	s.stream.end()
}

// Clients returns how many clients are attached.
func (s *Session) Clients() int {
	s.stream.mu.Lock()
	defer s.stream.mu.Unlock()
	return len(s.clients)
}

// passOn gives little to the clients that wait for it, at once, and reports whether nobody
// but the screen and the log is left to be told.
func (s *Session) passOn() bool {
	st := s.stream
	st.mu.Lock()
	defer st.mu.Unlock()
	all := len(s.clients) > 0
	for _, c := range s.clients {
		all = c.deliver() && all
	}
	return all
}

// runLog feeds the log.
func (s *Session) runLog(cu *cursor) {
	for {
		v, ok := cu.next(nil)
		if !ok {
			break
		}
		s.cfg.Log(v.kind, v.data)
		cu.release(v)
	}
	s.finishRequired()
}

// finishRequired counts a required reader off.
func (s *Session) finishRequired() {
	st := s.stream
	st.mu.Lock()
	for !st.ended {
		st.cond.Wait()
	}
	s.required--
	last := s.required == 0
	st.mu.Unlock()
	if last {
		close(s.drained)
	}
}
