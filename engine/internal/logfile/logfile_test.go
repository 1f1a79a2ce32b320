package logfile

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"berth/engine"

	"golang.org/x/sys/unix"
)

var everything = engine.LogOptions{Tail: -1, Stdout: true, Stderr: true}

// texts reads a log and returns its entries, stderr's marked with "!".
func texts(t testing.TB, path string, opts engine.LogOptions) []string {
	t.Helper()
	list := []string{}
	err := Read(t.Context(), path, opts, nil, func(e engine.LogEntry) error {
		mark := ""
		if e.Stderr {
			mark = "!"
		}
		list = append(list, mark+string(e.Line))
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return list
}

func write(t testing.TB, path string, maxSize int64, maxFile int, text ...string) {
	t.Helper()
	w := NewWriter(path, maxSize, maxFile)
	for _, s := range text {
		err, out := strings.CutPrefix(s, "!")
		w.Write(out, []byte(err))
	}
	w.Close()
	if w.Err() != nil {
		t.Fatal(w.Err())
	}
}

func TestFormIsDockers(t *testing.T) {
	path := filepath.Join(t.TempDir(), "log")
	write(t, path, 0, 0, "a <b> & \"c\" \\ \t\x1b[1m\r\n", "!\xff\xfe\u2028é€😀\n", "no end")
	data, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	lines := strings.Split(strings.TrimSuffix(string(data), "\n"), "\n")
	for i, want := range []string{
		`{"log":"a \u003cb\u003e \u0026 \"c\" \\ \t\u001b[1m\r\n","stream":"stdout","time":"`,
		`{"log":"\ufffd\ufffd\u2028é€😀\n","stream":"stderr","time":"`,
		`{"log":"no end","stream":"stdout","time":"`,
	} {
		if !strings.HasPrefix(lines[i], want) {
			t.Errorf("line %d is %s, want it to begin %s", i, lines[i], want)
		}
		var e struct{ Log, Stream, Time string }
		if err := json.Unmarshal([]byte(lines[i]), &e); err != nil {
			t.Errorf("line %d is no JSON: %v", i, err)
		}
		if _, err := time.Parse(time.RFC3339Nano, e.Time); err != nil {
			t.Error(err)
		}
	}
	want := []string{"a <b> & \"c\" \\ \t\x1b[1m\r\n", "!\ufffd\ufffd\u2028é€😀\n", "no end"}
	if got := texts(t, path, everything); !equal(got, want) {
		t.Errorf("read back %q", got)
	}
}

func equal(a, b []string) bool { return fmt.Sprintf("%q", a) == fmt.Sprintf("%q", b) }

func TestLinesAreJoinedAndSplit(t *testing.T) {
	path := filepath.Join(t.TempDir(), "log")
	long := strings.Repeat("é", maxLine) // two bytes each
	write(t, path, 0, 0, "one ", "!err", "line\ntwo", "!or\n", "\n", long+"\n")
	got := texts(t, path, everything)
	if want := []string{"one line\n", "!error\n", "two\n"}; !equal(got[:3], want) {
		t.Errorf("got %q, want %q", got[:3], want)
	}
	if strings.Join(got[3:], "") != long+"\n" {
		t.Error("the long line's parts don't make up the line")
	}
	for i, part := range got[3:] {
		if len(part) > maxLine || strings.Contains(part, "\ufffd") {
			t.Errorf("part %d has %d bytes, or a broken character", i, len(part))
		}
	}
}

func TestRotationKeepsTheNewest(t *testing.T) {
	path := filepath.Join(t.TempDir(), "log")
	w := NewWriter(path, 1000, 3)
	for i := range 100 {
		w.Write(false, fmt.Appendf(nil, "line %03d\n", i))
	}
	w.Close()
	for _, name := range []string{path, path + ".1", path + ".2"} {
		if fi, err := os.Stat(name); err != nil || fi.Size() > 1000 || fi.Size() < 100 {
			t.Errorf("%s: %v, %v", name, fi, err)
		}
	}
	if _, err := os.Stat(path + ".3"); err == nil {
		t.Error("a fourth file is kept")
	}
	got := texts(t, path, everything)
	if len(got) < 25 || got[len(got)-1] != "line 099\n" {
		t.Fatalf("%d entries are left, the last %q", len(got), got[len(got)-1])
	}
	for i, s := range got {
		if s != fmt.Sprintf("line %03d\n", 100-len(got)+i) {
			t.Fatalf("entry %d is %q", i, s)
		}
	}
}

func TestTail(t *testing.T) {
	path := filepath.Join(t.TempDir(), "log")
	w := NewWriter(path, 100<<10, 3) // several blocks in several files
	const n = 2500
	for i := range n {
		w.Write(i%2 == 1, fmt.Appendf(nil, "line %d %s\n", i, strings.Repeat("x", i%50)))
	}
	w.Close()
	all := texts(t, path, everything)
	if len(all) != n {
		t.Fatalf("%d entries; the test wants none lost", len(all))
	}
	for _, tail := range []int{0, 1, 2, 700, 1234, n - 1, n, n + 1} {
		opts := everything
		opts.Tail = tail
		if got, want := texts(t, path, opts), all[n-min(n, tail):]; !equal(got, want) {
			t.Errorf("tail %d returned %d entries", tail, len(got))
		}
	}
}

func TestSelection(t *testing.T) {
	path := filepath.Join(t.TempDir(), "log")
	mid := time.Date(2024, 1, 2, 3, 4, 5, 0, time.UTC)
	content := `{"log":"early\n","stream":"stdout","time":"2024-01-02T03:04:04.9Z"}
{"log":"early\n","stream":"stderr","time":"2024-01-02T03:04:04.999999999Z"}
{"log":"late\n","stream":"stdout","time":"2024-01-02T03:04:05.000000001Z"}
`
	if err := os.WriteFile(path, []byte(content), 0o600); err != nil {
		t.Fatal(err)
	}
	for _, tt := range []struct {
		name string
		opts engine.LogOptions
		want []string
	}{
		{"since", engine.LogOptions{Tail: -1, Stdout: true, Stderr: true, Since: mid}, []string{"late\n"}},
		{"until", engine.LogOptions{Tail: -1, Stdout: true, Stderr: true, Until: mid}, []string{"early\n", "!early\n"}},
		{"stderr", engine.LogOptions{Tail: -1, Stderr: true}, []string{"!early\n"}},
		{"none", engine.LogOptions{Tail: -1}, []string{}},
	} {
		if got := texts(t, path, tt.opts); !equal(got, tt.want) {
			t.Errorf("%s: %q", tt.name, got)
		}
	}
}

func TestBrokenLinesArePassedOver(t *testing.T) {
	path := filepath.Join(t.TempDir(), "log")
	content := `{"log":"good\n","stream":"stdout","time":"2024-01-02T03:04:05.6Z"}
{"log":"cut
garbage
{"stream":"stderr","attrs":{"a":["}\"",1]},"time":"2024-01-02T03:04:05Z","log":"\ud83d\ude00\u00e9\/\b\f\n" , "x": null}
{"log":"unfinished`
	if err := os.WriteFile(path, []byte(content), 0o600); err != nil {
		t.Fatal(err)
	}
	if got, want := texts(t, path, everything), []string{"good\n", "!😀é/\b\f\n"}; !equal(got, want) {
		t.Errorf("got %q, want %q", got, want)
	}
}

func TestMissingLogIsEmpty(t *testing.T) {
	if got := texts(t, filepath.Join(t.TempDir(), "log"), everything); len(got) != 0 {
		t.Errorf("got %q", got)
	}
}

func TestErrorOfTheCallbackComesBack(t *testing.T) {
	path := filepath.Join(t.TempDir(), "log")
	write(t, path, 0, 0, "a\nb\n")
	mine := errors.New("mine")
	n := 0
	err := Read(t.Context(), path, everything, nil, func(engine.LogEntry) error { n++; return mine })
	if err != mine || n != 1 {
		t.Errorf("after %d calls: %v", n, err)
	}
}

func TestFollowAcrossRotations(t *testing.T) {
	path := filepath.Join(t.TempDir(), "log") // not there yet
	done := make(chan struct{})
	var mu sync.Mutex
	var got []string
	result := make(chan error)
	opts := everything
	opts.Follow = true
	go func() {
		result <- Read(context.Background(), path, opts, done, func(e engine.LogEntry) error {
			mu.Lock()
			defer mu.Unlock()
			got = append(got, string(e.Line))
			return nil
		})
	}()
	w := NewWriter(path, 4096, 4)
	const n = 500
	for i := range n {
		w.Write(false, fmt.Appendf(nil, "line %d\n", i))
		if i%20 == 19 { // not faster than the files that are kept
			for end := time.Now().Add(10 * time.Second); ; time.Sleep(100 * time.Microsecond) {
				mu.Lock()
				k := len(got)
				mu.Unlock()
				if k == i+1 {
					break
				}
				if time.Now().After(end) {
					t.Fatalf("the follower has %d of %d entries", k, i+1)
				}
			}
		}
	}
	w.Write(false, []byte("last"))
	w.Close()
	close(done)
	if err := <-result; err != nil {
		t.Fatal(err)
	}
	if len(got) != n+1 || got[n] != "last" {
		t.Fatalf("got %d entries, the last %q", len(got), got[len(got)-1])
	}
	for i, s := range got[:n] {
		if s != fmt.Sprintf("line %d\n", i) {
			t.Fatalf("entry %d is %q", i, s)
		}
	}
}

func TestFollowEndsWithContext(t *testing.T) {
	path := filepath.Join(t.TempDir(), "log")
	write(t, path, 0, 0, "a\n")
	ctx, cancel := context.WithCancel(context.Background())
	opts := everything
	opts.Follow = true
	err := Read(ctx, path, opts, nil, func(engine.LogEntry) error { cancel(); return nil })
	if err != nil {
		t.Errorf("end by context: %v", err)
	}
}

// TestFullDisk limits the size of this process's files, which fails writes as a full
// disk does, in the midst of one.
func TestFullDisk(t *testing.T) {
	path := filepath.Join(t.TempDir(), "log")
	w := NewWriter(path, -1, 0)
	var old unix.Rlimit
	if err := unix.Getrlimit(unix.RLIMIT_FSIZE, &old); err != nil {
		t.Fatal(err)
	}
	limit := old
	limit.Cur = 1000
	if err := unix.Setrlimit(unix.RLIMIT_FSIZE, &limit); err != nil {
		t.Skipf("RLIMIT_FSIZE can't be set: %v", err)
	}
	w.Write(false, []byte(strings.Repeat("kept\n", 5)))
	w.Write(false, []byte(strings.Repeat("lost\n", 100)))
	if err := unix.Setrlimit(unix.RLIMIT_FSIZE, &old); err != nil {
		t.Fatal(err)
	}
	if w.Dropped() != 100 || !errors.Is(w.Err(), unix.EFBIG) {
		t.Errorf("dropped %d, error %v", w.Dropped(), w.Err())
	}
	w.Write(false, []byte("again\n"))
	w.Close()
	got := texts(t, path, everything)
	if strings.Join(got, "") != strings.Repeat("kept\n", 5)+"again\n" {
		t.Errorf("the log holds %q", got)
	}
}

func FuzzDecode(f *testing.F) {
	f.Add([]byte(`{"log":"a\n","stream":"stdout","time":"2024-01-02T03:04:05Z"}`))
	f.Add([]byte(`{"log":"\ud800\u0041\\","attrs":{"a":[1,"]"]},"stream":"stderr"}`))
	f.Fuzz(func(t *testing.T, line []byte) {
		var d decoder
		d.decode(line) // must not panic
		text := line
		enc := appendEntry(nil, text, true, []byte("2024-01-02T03:04:05Z"))
		e, ok := d.decode(bytes.TrimSuffix(enc, []byte("\n")))
		if want := bytes.ToValidUTF8(text, nil); !ok || len(want) == len(text) && !bytes.Equal(e.text, text) || !e.stderr {
			t.Errorf("%q came back as %q (%v)", text, e.text, ok)
		}
		var std struct{ Log string }
		if err := json.Unmarshal(enc, &std); err != nil || std.Log != string(e.text) {
			t.Errorf("encoding/json reads %q, we read %q: %v", std.Log, e.text, err)
		}
	})
}

func BenchmarkWrite(b *testing.B) {
	w := NewWriter(filepath.Join(b.TempDir(), "log"), 0, 0)
	defer w.Close()
	for name, line := range map[string]string{"seq": "1234567\r\n", "colour": "\x1b[32mok\x1b[m  berth/engine/internal/logfile \"quoted\" 0.123s\r\n"} {
		p := []byte(strings.Repeat(line, 4096/len(line)))
		b.Run(name, func(b *testing.B) {
			b.SetBytes(int64(len(p)))
			b.ReportAllocs()
			for b.Loop() {
				w.Write(false, p)
			}
		})
	}
}

func BenchmarkRead(b *testing.B) {
	path := filepath.Join(b.TempDir(), "log")
	w := NewWriter(path, -1, 0)
	for range 100000 {
		w.Write(false, []byte("a line of some sixty characters, as programs print them\n"))
	}
	w.Close()
	fi, _ := os.Stat(path)
	for name, tail := range map[string]int{"all": -1, "tail10": 10} {
		b.Run(name, func(b *testing.B) {
			if tail < 0 {
				b.SetBytes(fi.Size())
			}
			opts := everything
			opts.Tail = tail
			for b.Loop() {
				_ = Read(b.Context(), path, opts, nil, func(engine.LogEntry) error { return nil })
			}
		})
	}
}
