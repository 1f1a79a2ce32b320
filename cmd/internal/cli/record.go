package cli

import (
	"errors"
	"fmt"
	"io/fs"
	"os"

	"berth/engine"
	ptysession "berth/pty/session"
)

// recordFormats are the values of --record-format: asciinema's names.
var recordFormats = map[string]int{"asciicast-v2": 2, "asciicast-v3": 3}

// A recording is the file that a terminal's output goes to beside the user's terminal. It
// begins with the size of the program's terminal, which a watcher's own need not be. Its
// methods are called from the goroutine that brings the output, end after that.
type recording struct {
	*ptysession.Recorder // nil until it has begun
	file                 *os.File
	about                ptysession.RecorderOptions
	err                  error // why it did not
}

// record begins a recording. A file that is there is left alone: it may be the lesson of
// yesterday. It is readable by its owner only, for it shows what a terminal showed.
func (a *App) record(path, format, title string) (*recording, error) {
	version, ok := recordFormats[format]
	if !ok {
		return nil, engine.Errorf(engine.ClassInvalid, "record: unknown format %q", format).
			WithHint("There are asciicast-v2 and asciicast-v3.")
	}
	f, err := os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	switch {
	case errors.Is(err, fs.ErrExist):
		return nil, engine.Errorf(engine.ClassAlreadyExists, "record to %q: the file exists", path).
			WithHint("Give another name, or remove it first.")
	case err != nil:
		return nil, engine.Errorf(engine.ClassInvalid, "record: %w", err)
	}
	size := a.windowSize()
	if size == (engine.Size{}) {
		size = engine.Size{Cols: 80, Rows: 24}
	}
	return &recording{file: f, about: ptysession.RecorderOptions{Version: version, Size: ptysession.Size(size), Title: title}}, nil
}

// begin writes what the file starts with, and reports whether there is a recorder.
func (r *recording) begin() bool {
	if r.Recorder == nil && r.err == nil {
		r.Recorder, r.err = ptysession.NewRecorder(r.file, r.about)
	}
	return r.Recorder != nil
}

// sized takes the size that the program draws for from here on.
func (r *recording) sized(s engine.Size) {
	if r.Recorder == nil {
		r.about.Size = ptysession.Size(s)
		r.begin()
		return
	}
	r.Resize(ptysession.Size(s))
}

// Write takes output. It never fails: see end.
func (r *recording) Write(p []byte) (int, error) {
	if !r.begin() {
		return len(p), nil
	}
	return r.Recorder.Write(p)
}

// end closes the file and tells what is missing in it. The program's exit status stands.
func (r *recording) end(a *App) {
	err := r.err
	if r.begin() {
		err = r.Close()
	}
	if cerr := r.file.Close(); err == nil {
		err = cerr
	}
	if err != nil {
		fmt.Fprintf(a.err, "WARNING: The recording is not complete: %v\n", err)
	}
}
