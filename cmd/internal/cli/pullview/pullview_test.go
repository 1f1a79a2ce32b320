package pullview

import (
	"bytes"
	"fmt"
	"regexp"
	"strings"
	"testing"
	"time"

	"berth/engine"
)

func digest(c byte) engine.Digest { return engine.Digest("sha256:" + strings.Repeat(string(c), 64)) }

func progress(layers ...engine.LayerProgress) engine.PullProgress {
	return engine.PullProgress{Name: "library/toolbox", Tag: "latest", State: engine.PullActive, Layers: layers}
}

func layer(c byte, state engine.LayerState, current int64) engine.LayerProgress {
	return engine.LayerProgress{Digest: digest(c), State: state, Current: current, Total: 1000}
}

func TestPlain(t *testing.T) {
	var b bytes.Buffer
	v := Plain(&b)
	v.Update(engine.PullProgress{Name: "library/toolbox", Tag: "latest", State: engine.PullResolving})
	if b.Len() > 0 {
		t.Errorf("wrote %q before the manifest was known", b.String())
	}
	v.Update(progress(layer('a', engine.LayerExists, 0), layer('b', engine.LayerWaiting, 0), layer('c', engine.LayerDownloading, 10)))
	v.Update(progress(layer('a', engine.LayerExists, 0), layer('b', engine.LayerDownloading, 10), layer('c', engine.LayerDone, 1000)))
	retry := layer('b', engine.LayerRetrying, 10)
	retry.Note = "connection reset\x1b[31m"
	v.Update(progress(layer('a', engine.LayerExists, 0), retry, layer('c', engine.LayerDone, 1000)))
	v.Update(progress(layer('a', engine.LayerExists, 0), retry, layer('c', engine.LayerDone, 1000)))
	v.Update(progress(layer('a', engine.LayerExists, 0), layer('b', engine.LayerUnpacking, 1000), layer('c', engine.LayerDone, 1000)))
	v.Update(progress(layer('a', engine.LayerExists, 0), layer('b', engine.LayerDone, 1000), layer('c', engine.LayerDone, 1000)))
	v.Close(true)
	want := `latest: Pulling from library/toolbox
aaaaaaaaaaaa: Already exists
bbbbbbbbbbbb: Pulling fs layer
cccccccccccc: Pulling fs layer
cccccccccccc: Verifying Checksum
cccccccccccc: Download complete
cccccccccccc: Pull complete
bbbbbbbbbbbb: Retrying: connection reset\x1b[31m
bbbbbbbbbbbb: Verifying Checksum
bbbbbbbbbbbb: Download complete
bbbbbbbbbbbb: Pull complete
`
	if got := b.String(); got != want {
		t.Errorf("got:\n%s\nwant:\n%s", got, want)
	}
}

// screen is a terminal just able to show what the view writes.
type screen struct {
	rows []string
	row  int
}

var move = regexp.MustCompile(`^\x1b\[(\d*)([AKJ])`)

func (s *screen) Write(p []byte) (int, error) {
	text := string(p)
	for text != "" {
		for len(s.rows) <= s.row {
			s.rows = append(s.rows, "")
		}
		switch m := move.FindStringSubmatch(text); {
		case m != nil && m[2] == "A":
			var n int
			fmt.Sscan(m[1], &n)
			if s.row -= n; s.row < 0 {
				return 0, fmt.Errorf("cursor left the screen")
			}
			text = text[len(m[0]):]
		case m != nil && m[2] == "K":
			s.rows[s.row] = ""
			text = text[len(m[0]):]
		case m != nil:
			s.rows = s.rows[:s.row]
			text = text[len(m[0]):]
		case text[0] == '\r':
			text = text[1:]
		case text[0] == '\n':
			s.row++
			text = text[1:]
		default:
			i := strings.IndexAny(text, "\x1b\r\n")
			if i < 0 {
				i = len(text)
			}
			s.rows[s.row] += text[:i]
			text = text[i:]
		}
	}
	return len(p), nil
}

func (s *screen) String() string { return strings.TrimRight(strings.Join(s.rows, "\n"), "\n") }

func TestTerminalRedraws(t *testing.T) {
	var s screen
	v := Terminal(&s, func() engine.Size { return engine.Size{Cols: 60, Rows: 24} })
	v.Update(progress(layer('a', engine.LayerDownloading, 500), layer('b', engine.LayerWaiting, 0)))
	want := `latest: Pulling from library/toolbox
aaaaaaaaaaaa: Downloading [=========>           ]  500B/1kB
bbbbbbbbbbbb: Waiting`
	if got := s.String(); got != want {
		t.Errorf("first frame:\n%s\nwant:\n%s", got, want)
	}
	v.Update(progress(layer('a', engine.LayerDone, 1000), layer('b', engine.LayerExists, 0)))
	v.Close(true)
	want = `latest: Pulling from library/toolbox
aaaaaaaaaaaa: Pull complete
bbbbbbbbbbbb: Already exists`
	if got := s.String(); got != want {
		t.Errorf("last frame:\n%s\nwant:\n%s", got, want)
	}
}

// TestWholeImageExists pulls what is there: a fresh name of it shows its layers.
func TestWholeImageExists(t *testing.T) {
	for fresh, want := range map[bool]string{
		true:  "latest: Pulling from library/toolbox\naaaaaaaaaaaa: Already exists\n",
		false: "latest: Pulling from library/toolbox\n",
	} {
		var plain, term bytes.Buffer
		for _, v := range []View{Plain(&plain), Terminal(&term, func() engine.Size { return engine.Size{Cols: 80, Rows: 24} })} {
			v.Update(progress(layer('a', engine.LayerExists, 0)))
			v.Close(fresh)
		}
		if plain.String() != want {
			t.Errorf("fresh %v: printed %q, want %q", fresh, plain.String(), want)
		}
		if got := strings.Contains(term.String(), "Already exists"); got != fresh {
			t.Errorf("fresh %v: the terminal shows %q", fresh, term.String())
		}
	}
	if got := Header(engine.PullProgress{Name: "127.0.0.1:5000/a/b", Tag: "1"}); got != "1: Pulling from a/b" {
		t.Errorf("header %q", got)
	}
}

// TestTerminalTallerThanScreen pulls more layers than there are rows: the display
// must never be taller than the window, and end with every layer's line.
func TestTerminalTallerThanScreen(t *testing.T) {
	var s screen
	v := Terminal(&s, func() engine.Size { return engine.Size{Cols: 60, Rows: 6} })
	layers := make([]engine.LayerProgress, 20)
	for i := range layers {
		layers[i] = layer('a'+byte(i), engine.LayerWaiting, 0)
	}
	for i := range layers {
		v.Update(progress(layers...))
		if live := len(v.(*terminal).live); live > 4 {
			t.Fatalf("%d lines are redrawn on a screen of 6", live)
		}
		layers[i].State = engine.LayerDone
	}
	v.Update(progress(layers...))
	v.Close(true)
	if got := strings.Count(s.String(), "Pull complete"); got != len(layers) {
		t.Errorf("%d layers are shown as complete, want %d:\n%s", got, len(layers), s.String())
	}
	if strings.Contains(s.String(), "more layers") {
		t.Errorf("a placeholder is left:\n%s", s.String())
	}
}

func TestMeterFits(t *testing.T) {
	l := engine.LayerProgress{Digest: digest('a'), State: engine.LayerDownloading, Current: 12345678, Total: 98765432, Rate: 18.2e6}
	for width := 20; width <= 200; width += 7 {
		if got := layerLine(l, width); len([]rune(got)) > width {
			t.Errorf("width %d: %d columns: %q", width, len([]rune(got)), got)
		}
	}
	if got := layerLine(l, 120); !strings.HasSuffix(got, "12.35MB/98.77MB  18.2MB/s  "+(4*time.Second).String()) {
		t.Errorf("rate and time left are missing: %q", got)
	}
	l.Total = 0
	if got := layerLine(l, 80); got != "aaaaaaaaaaaa: Downloading 12.35MB" {
		t.Errorf("unknown size: %q", got)
	}
}
