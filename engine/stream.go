package engine

import (
	"context"
	"io"
	"time"
)

// Streams connects callers with the terminals, pipes and logs of containers.
type Streams interface {
	// Attach connects to the main process of a running container: ClassConflict if
	// it does not run. On a terminal the first bytes written to opts.Stdout repaint
	// the present screen; the live stream follows with no gap and no overlap.
	Attach(ctx context.Context, id string, opts AttachOptions) (Attachment, error)
	// Exec starts another process in a running container. With a nil attach it is
	// detached from the start.
	Exec(ctx context.Context, id string, cfg ExecConfig, attach *AttachOptions) (execID string, a Attachment, err error)
	// AttachExec connects to a process that Exec started, as Attach does.
	AttachExec(ctx context.Context, id, execID string, opts AttachOptions) (Attachment, error)
	// Execs lists the processes that Exec started and that still run.
	Execs(ctx context.Context, id string) ([]ExecInfo, error)
	// Logs calls f for each entry in order, until the end, or with Follow until the
	// container exits or ctx ends. It returns f's error as it is.
	Logs(ctx context.Context, id string, opts LogOptions, f func(LogEntry) error) error
}

// A Size is the size of a terminal in character cells.
type Size struct {
	Cols, Rows int
}

// AttachOptions says what to connect. Output is written by one goroutine, in the
// order in which the process wrote it; a slow writer never stalls the process or
// other clients.
type AttachOptions struct {
	Stdout   io.Writer // nil: not wanted
	Stderr   io.Writer // not used on a terminal
	Stdin    bool      // this client will Write
	Size     Size      // of the client's terminal; zero if it has none
	ReadOnly bool      // Write and Resize are refused
	NoReplay bool      // leave out the repaint of the present screen
	// OnSize hears of the terminal's size, from the goroutine that writes to Stdout and
	// before the bytes that are meant for that size: the window of another client may be
	// the one that counts. It may be nil, and is not called on pipes.
	OnSize func(Size)
}

// An Attachment is one client's connection to a process. Closing it detaches and
// never harms the process.
type Attachment interface {
	// Write sends bytes to the process's standard input or terminal.
	io.Writer
	// CloseWrite ends the standard input, if this client is the last with Stdin.
	// On a terminal it does nothing.
	CloseWrite() error
	// Resize tells the size of the client's terminal.
	Resize(s Size) error
	// Wait blocks until the stream ended: the process exited and all its output was
	// delivered, or the attachment was closed (ErrDetached).
	Wait() (ExitStatus, error)
	io.Closer
}

// Offer sends input to a process if that needs no waiting, and reports whether it did; if not,
// nothing was sent. What is typed is offered first: to hand it to a goroutine that may wait takes
// as long as all the rest of its way. Nobody may write to the attachment at the same time. An
// attachment that has no method of this name takes nothing.
func Offer(a Attachment, p []byte) bool {
	o, ok := a.(interface{ Offer(p []byte) bool })
	return ok && o.Offer(p)
}

// ErrDetached is what Attachment.Wait returns after Close.
var ErrDetached = &Error{Class: ClassCanceled, Msg: "detached"}

// An ExitStatus is how a process ended.
type ExitStatus struct {
	Code      int // 128+n after signal n, as Docker reports it
	Signal    int // 0 if it exited by itself
	OOMKilled bool
	At        time.Time
	Error     string // why it could not be started, if so
}

// ExecConfig says what Exec starts.
type ExecConfig struct {
	Cmd        []string
	User       string // "", "name", "uid", "uid:gid"
	WorkingDir string
	Env        []string
	TTY        bool
	Stdin      bool
	Privileged bool
	Label      string // shown in lists; the command if empty
}

// ExecInfo is one running exec process.
type ExecInfo struct {
	ID      string
	Cmd     []string
	User    string
	TTY     bool
	Pid     int // on the host
	Started time.Time
	Clients int // attached now
	Title   string
}

// LogOptions selects log entries.
type LogOptions struct {
	Follow bool
	Since  time.Time
	Until  time.Time
	Tail   int // last n entries; negative for all
	Stdout bool
	Stderr bool
}

// A LogEntry is one line, or a part of one if Line does not end in a newline.
// Line is valid until f returns.
type LogEntry struct {
	Time   time.Time
	Stderr bool
	Line   []byte
}
