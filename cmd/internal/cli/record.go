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

// A recording is the file that a terminal's output goes to beside the user's terminal.
type recording struct {
	*ptysession.Recorder
	file *os.File
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
	r, err := ptysession.NewRecorder(f, ptysession.RecorderOptions{Version: version, Size: ptysession.Size(size), Title: title})
	if err != nil {
		_ = f.Close()
		return nil, err
	}
	return &recording{r, f}, nil
}

func (r *recording) resize(s engine.Size) { r.Resize(ptysession.Size(s)) }

// end closes the file and tells what is missing in it. The program's exit status stands.
func (r *recording) end(a *App) {
	err := r.Close()
	if cerr := r.file.Close(); err == nil {
		err = cerr
	}
	if err != nil {
		fmt.Fprintf(a.err, "WARNING: The recording is not complete: %v\n", err)
	}
}
