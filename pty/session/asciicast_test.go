package session

import (
	"bytes"
	"encoding/json"
	"errors"
	"strings"
	"testing"
	"time"
)

func TestRecording(t *testing.T) {
	var file bytes.Buffer
	r, err := NewRecorder(&file, RecorderOptions{Size: Size{80, 24}, Title: "a \"title\""})
	if err != nil {
		t.Fatal(err)
	}
	want := "héllo \x1b[1m€😀 \xff\r\n"
	for i := range len(want) { // every character torn
		_, _ = r.Write([]byte(want[i : i+1]))
	}
	r.Resize(Size{100, 30})
	r.Mark("here")
	_, _ = r.Write([]byte("\xe2\x82")) // never completed
	if err := r.Close(); err != nil {
		t.Fatal(err)
	}
	lines := strings.Split(strings.TrimSpace(file.String()), "\n")
	var header struct {
		Version, Width, Height int
		Timestamp              int64
		Title                  string
	}
	if err := json.Unmarshal([]byte(lines[0]), &header); err != nil {
		t.Fatal(err)
	}
	if header.Version != 2 || header.Width != 80 || header.Height != 24 || header.Title != `a "title"` || time.Since(time.Unix(header.Timestamp, 0)) > time.Minute {
		t.Errorf("header %s", lines[0])
	}
	var out, rest string
	last := 0.0
	for _, line := range lines[1:] {
		var e []any
		if err := json.Unmarshal([]byte(line), &e); err != nil || len(e) != 3 || e[0].(float64) < last {
			t.Fatalf("event %s: %v", line, err)
		}
		last = e[0].(float64)
		if e[1] == "o" {
			out += e[2].(string)
		} else {
			rest += e[1].(string) + e[2].(string) + " "
		}
	}
	if w := strings.ReplaceAll(want, "\xff", "\ufffd") + "\ufffd"; out != w && out != w+"\ufffd" {
		t.Errorf("recorded %q, want %q", out, w)
	}
	if rest != "r100x30 mhere " {
		t.Errorf("other events %q", rest)
	}
}

func TestRecordingVersion3CountsFromEventToEvent(t *testing.T) {
	var file bytes.Buffer
	begun := time.Unix(1000, 0)
	r, err := newRecorder(&file, RecorderOptions{Version: 3, Size: Size{80, 24}}, begun)
	if err != nil {
		t.Fatal(err)
	}
	r.event("o", []byte("a"), begun.Add(2*time.Second))
	r.event("o", []byte("b"), begun.Add(3*time.Second))
	want := `{"version":3,"term":{"cols":80,"rows":24,"type":"xterm-256color"},"timestamp":1000}
[2.000000, "o", "a"]
[1.000000, "o", "b"]
`
	if file.String() != want {
		t.Errorf("got:\n%swant:\n%s", &file, want)
	}
}

type fullDisk struct{ n int }

var errFull = errors.New("no space left on device")

func (f *fullDisk) Write(p []byte) (int, error) {
	if f.n++; f.n > 1 {
		return 0, errFull
	}
	return len(p), nil
}

func TestRecordingOnAFullDiskDoesNotDisturb(t *testing.T) {
	r, err := NewRecorder(&fullDisk{}, RecorderOptions{Size: Size{80, 24}})
	if err != nil {
		t.Fatal(err)
	}
	for range 100 {
		if n, err := r.Write(bytes.Repeat([]byte("x"), 1000)); n != 1000 || err != nil {
			t.Fatalf("write: %d, %v", n, err)
		}
	}
	if err := r.Close(); !errors.Is(err, errFull) {
		t.Errorf("close: %v", err)
	}
}
