package session

import (
	"encoding/json"
	"fmt"
	"io"
	"strconv"
	"sync"
	"time"
	"unicode/utf8"
)

// A Recorder writes terminal output as an asciicast, version 2 or 3
// (docs.asciinema.org/manual/asciicast/v3): a header, then one JSON array for each
// event. It is an io.Writer, so recording means to attach it as a client: the repaint
// makes the first frame, whenever that is. Version 3 counts time from event to event
// instead of from the beginning; players and editors of recordings know 2 best.
//
// Each event is written at once, so that what was recorded survives the recorder. Its
// methods may be called from several goroutines.
type Recorder struct {
	mu      sync.Mutex
	w       io.Writer
	version int
	last    time.Time // what times are counted from
	held    []byte    // the first bytes of a character that is not complete
	line    []byte
	err     error
}

// RecorderOptions are what a recording says of itself.
type RecorderOptions struct {
	Version int    // of the format, 2 or 3; 0 is 2
	Size    Size   // of the terminal; required
	Title   string // empty for none
	Command string // empty for none
}

// NewRecorder writes the header to w. The caller closes w after Close.
func NewRecorder(w io.Writer, o RecorderOptions) (*Recorder, error) {
	return newRecorder(w, o, time.Now())
}

const termType = "xterm-256color"

func newRecorder(w io.Writer, o RecorderOptions, now time.Time) (*Recorder, error) {
	r := &Recorder{w: w, version: max(o.Version, 2), last: now}
	type about struct {
		Timestamp int64  `json:"timestamp"`
		Title     string `json:"title,omitempty"`
		Command   string `json:"command,omitempty"`
	}
	type term struct {
		Cols int    `json:"cols"`
		Rows int    `json:"rows"`
		Type string `json:"type"`
	}
	var header any
	if r.version == 2 {
		header = struct {
			Version int `json:"version"`
			Width   int `json:"width"`
			Height  int `json:"height"`
			about
			Env map[string]string `json:"env"`
		}{2, o.Size.Cols, o.Size.Rows, about{now.Unix(), o.Title, o.Command}, map[string]string{"TERM": termType}}
	} else {
		header = struct {
			Version int  `json:"version"`
			Term    term `json:"term"`
			about
		}{r.version, term{o.Size.Cols, o.Size.Rows, termType}, about{now.Unix(), o.Title, o.Command}}
	}
	line, err := json.Marshal(header)
	if err == nil {
		_, err = w.Write(append(line, '\n'))
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
	r.line = strconv.AppendFloat(append(r.line[:0], '['), now.Sub(r.last).Seconds(), 'f', 6, 64)
	r.line = append(append(append(r.line, `, "`...), kind...), `", `...)
	r.line = append(append(r.line, text...), "]\n"...)
	_, r.err = r.w.Write(r.line)
	if r.version > 2 {
		r.last = now
	}
}

// Close writes what is held back and returns the first fault.
func (r *Recorder) Close() error {
	r.mu.Lock()
	defer r.mu.Unlock()
	if len(r.held) > 0 {
		r.event("o", r.held, time.Now())
		r.held = nil
	}
	if r.err != nil {
		return fmt.Errorf("record: %w", r.err)
	}
	return nil
}
