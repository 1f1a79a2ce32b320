package session

import (
	"bufio"
	"encoding/json"
	"fmt"
	"io"
	"strconv"
	"sync"
	"time"
	"unicode/utf8"
)

// A Recorder writes terminal output as an asciicast, version 2
// (docs.asciinema.org/manual/asciicast/v2): a header, then one JSON array for each
// event. It is an io.Writer, so recording means to attach it as a client: the repaint
// makes the first frame, whenever that is. Version 3 differs in counting time from
// event to event; players read both, and editors of recordings know 2 best.
//
// Its methods may be called from several goroutines.
type Recorder struct {
	mu    sync.Mutex
	w     *bufio.Writer
	begun time.Time
	held  []byte // the first bytes of a character that is not complete
	line  []byte
	err   error
}

// RecorderOptions are what a recording says of itself.
type RecorderOptions struct {
	Size    Size   // of the terminal; required
	Title   string // empty for none
	Command string // empty for none
}

// NewRecorder writes the header to w. The caller closes w after Close.
func NewRecorder(w io.Writer, o RecorderOptions) (*Recorder, error) {
	return newRecorder(w, o, time.Now())
}

func newRecorder(w io.Writer, o RecorderOptions, now time.Time) (*Recorder, error) {
	r := &Recorder{w: bufio.NewWriterSize(w, 16<<10), begun: now}
	header, err := json.Marshal(struct {
		Version   int               `json:"version"`
		Width     int               `json:"width"`
		Height    int               `json:"height"`
		Timestamp int64             `json:"timestamp"`
		Title     string            `json:"title,omitempty"`
		Command   string            `json:"command,omitempty"`
		Env       map[string]string `json:"env"`
	}{2, o.Size.Cols, o.Size.Rows, now.Unix(), o.Title, o.Command, map[string]string{"TERM": "xterm-256color"}})
	if err == nil {
		_, err = r.w.Write(append(header, '\n'))
	}
	if err == nil {
		err = r.w.Flush()
	}
	if err != nil {
		return nil, fmt.Errorf("begin recording: %w", err)
	}
	return r, nil
}

// Write records output. After a fault of the recording's file it goes on without
// recording and Close tells, so that a full disk does not end an attachment.
func (r *Recorder) Write(p []byte) (int, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	data := p
	if len(r.held) > 0 {
		data = append(r.held, p...)
	}
	// An event is a JSON string: a character must not be torn in two.
	whole := len(data) - incomplete(data)
	r.event("o", data[:whole], time.Now())
	r.held = append([]byte(nil), data[whole:]...)
	return len(p), nil
}

// incomplete returns how many bytes at the end of p begin a character and lack its rest.
func incomplete(p []byte) int {
	for n := 1; n < utf8.UTFMax && n <= len(p); n++ {
		if c := p[len(p)-n]; utf8.RuneStart(c) {
			if c >= utf8.RuneSelf && !utf8.FullRune(p[len(p)-n:]) {
				return n
			}
			return 0
		}
	}
	return 0
}

// Resize records a change of size.
func (r *Recorder) Resize(size Size) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.event("r", fmt.Appendf(nil, "%dx%d", size.Cols, size.Rows), time.Now())
}

// Mark records a named moment, to which players can jump.
func (r *Recorder) Mark(label string) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.event("m", []byte(label), time.Now())
}

func (r *Recorder) event(kind string, data []byte, now time.Time) {
	if r.err != nil || len(data) == 0 && kind == "o" {
		return
	}
	text, err := json.Marshal(string(data))
	if err != nil {
		r.err = err
		return
	}
	r.line = strconv.AppendFloat(append(r.line[:0], '['), now.Sub(r.begun).Seconds(), 'f', 6, 64)
	r.line = append(append(append(r.line, `, "`...), kind...), `", `...)
	r.line = append(append(r.line, text...), "]\n"...)
	if _, r.err = r.w.Write(r.line); r.err == nil && r.w.Buffered() > 0 && kind != "o" {
		r.err = r.w.Flush()
	}
}

// Close writes what is buffered and returns the first fault.
func (r *Recorder) Close() error {
	r.mu.Lock()
	defer r.mu.Unlock()
	if len(r.held) > 0 {
		r.event("o", r.held, time.Now())
		r.held = nil
	}
	if r.err == nil {
		r.err = r.w.Flush()
	}
	if r.err != nil {
		return fmt.Errorf("record: %w", r.err)
	}
	return nil
}
