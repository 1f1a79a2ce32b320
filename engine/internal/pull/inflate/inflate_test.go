package inflate

import (
	"bytes"
	stdgzip "compress/gzip"
	"errors"
	"io"
	"math/rand/v2"
	"os"
	"strings"
	"testing"
	"testing/iotest"

	"github.com/klauspost/compress/gzip"
)

func compress(t testing.TB, data []byte, level int) []byte {
	t.Helper()
	var b bytes.Buffer
	w, err := stdgzip.NewWriterLevel(&b, level)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := w.Write(data); err != nil {
		t.Fatal(err)
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

// reader makes an io.Reader of a Reader with buffers of a few sizes.
type reader struct {
	*Reader
	bufs [][]byte
	n    int
	rest []byte
	err  error
}

func newReader(src io.Reader) (*reader, error) {
	d, err := NewReader(src)
	if err != nil {
		return nil, err
	}
	return &reader{Reader: d, bufs: [][]byte{make([]byte, Overhead+100_000), make([]byte, Overhead+1), make([]byte, Overhead+256<<10)}}, nil
}

func (r *reader) Read(p []byte) (int, error) {
	for len(r.rest) == 0 && r.err == nil {
		r.rest, r.err = r.Fill(r.bufs[r.n%len(r.bufs)])
		r.n++
	}
	if len(r.rest) == 0 {
		return 0, r.err
	}
	n := copy(p, r.rest)
	r.rest = r.rest[n:]
	return n, nil
}

func read(r io.Reader) ([]byte, error) {
	d, err := newReader(r)
	if err != nil {
		return nil, err
	}
	return io.ReadAll(d)
}

// samples are data of different nature, several of them longer than all buffers.
func samples(t testing.TB) map[string][]byte {
	rnd := rand.New(rand.NewPCG(1, 2))
	noise := make([]byte, 700_000)
	for i := range noise {
		noise[i] = byte(rnd.Uint32())
	}
	few := make([]byte, 900_000)
	for i := range few {
		few[i] = byte(rnd.ExpFloat64() * 8)
	}
	self, err := os.ReadFile("/proc/self/exe")
	if err != nil {
		t.Fatal(err)
	}
	return map[string][]byte{
		"empty": nil, "one": []byte("x"), "short": []byte("hello, hello, hello"), "zeros": make([]byte, 3_000_000),
		"noise": noise, "few symbols": few, "text": []byte(strings.Repeat("the quick brown fox jumps over the lazy dog\n", 40_000)),
		"far matches": append(append(bytes.Clone(noise[:32768]), noise[:32768]...), noise[:40000]...), "program": self[:min(len(self), 4<<20)],
	}
}

func TestInflatesWhatOthersDeflate(t *testing.T) {
	for name, data := range samples(t) {
		for level := stdgzip.HuffmanOnly; level <= 9; level++ {
			packed := compress(t, data, level)
			for how, r := range map[string]io.Reader{"whole": bytes.NewReader(packed), "halves": iotest.HalfReader(bytes.NewReader(packed))} {
				if got, err := read(r); err != nil || !bytes.Equal(got, data) {
					t.Errorf("%s, level %d, %s: %d of %d bytes, %v", name, level, how, len(got), len(data), err)
				}
			}
		}
		if len(data) < 100_000 {
			if got, err := read(iotest.OneByteReader(bytes.NewReader(compress(t, data, 6)))); err != nil || !bytes.Equal(got, data) {
				t.Errorf("%s, byte by byte: %v", name, err)
			}
		}
	}
}

func TestMembersFollowEachOther(t *testing.T) {
	a, b := compress(t, []byte("first "), 6), compress(t, []byte("second"), 0)
	for name, c := range map[string]struct {
		data []byte
		want error
	}{
		"two": {append(bytes.Clone(a), b...), nil}, "zeros behind": {append(append(bytes.Clone(a), b...), make([]byte, 10_000)...), nil},
		"garbage behind": {append(append(bytes.Clone(a), b...), "garbage behind it"...), ErrHeader},
	} {
		if got, err := read(bytes.NewReader(c.data)); !errors.Is(err, c.want) || string(got) != "first second" {
			t.Errorf("%s: %q, %v", name, got, err)
		}
	}
	// A match must not reach into the member before.
	if got, err := read(bytes.NewReader(append(bytes.Clone(a), reaching...))); !errors.Is(err, ErrData) {
		t.Errorf("a match across members: %q, %v", got, err)
	}
}

// reaching is a member that begins with a match of length 3 and distance 1 in a fixed block.
var reaching = []byte{0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 0, 0x03, 0x02, 0, 0, 0, 0, 0, 0, 0, 0, 0}

func TestBrokenStreams(t *testing.T) {
	data := samples(t)["few symbols"][:50_000]
	packed := compress(t, data, 6)
	for cut := range len(packed) {
		if cut > 100 && cut < len(packed)-100 && cut%97 != 0 {
			continue
		}
		if _, err := read(bytes.NewReader(packed[:cut])); !errors.Is(err, io.ErrUnexpectedEOF) {
			t.Fatalf("cut at %d of %d: %v", cut, len(packed), err)
		}
	}
	wrong := bytes.Clone(packed)
	wrong[len(wrong)-5] ^= 1
	if _, err := read(bytes.NewReader(wrong)); !errors.Is(err, ErrChecksum) {
		t.Errorf("wrong checksum: %v", err)
	}
	broken := errors.New("broken source")
	if _, err := read(io.MultiReader(bytes.NewReader(packed[:20_000]), iotest.ErrReader(broken))); !errors.Is(err, broken) {
		t.Errorf("broken source: %v", err)
	}
}

func TestHeaderFields(t *testing.T) {
	var b bytes.Buffer
	w := stdgzip.NewWriter(&b)
	w.Name, w.Comment, w.Extra = "name", "comment", make([]byte, 5000)
	if _, err := w.Write([]byte("x")); err != nil {
		t.Fatal(err)
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	if got, err := read(&b); err != nil || string(got) != "x" {
		t.Errorf("%q, %v", got, err)
	}
}

// FuzzInflate compares with the standard library: the same bytes, or both refuse.
func FuzzInflate(f *testing.F) {
	for _, data := range samples(f) {
		for _, level := range []int{stdgzip.HuffmanOnly, 0, 1, 6, 9} {
			if packed := compress(f, data[:min(len(data), 3000)], level); len(packed) < 3000 {
				f.Add(packed)
			}
		}
	}
	f.Add(reaching)
	f.Fuzz(func(t *testing.T, packed []byte) {
		const most = 8 << 20
		var want []byte
		std, wantErr := stdgzip.NewReader(bytes.NewReader(packed))
		if wantErr == nil {
			want, wantErr = io.ReadAll(io.LimitReader(std, most))
		}
		var got []byte
		d, err := newReader(bytes.NewReader(packed))
		if err == nil {
			got, err = io.ReadAll(io.LimitReader(d, most))
		}
		if err == nil && wantErr != nil && len(bytes.TrimRight(packed, "\x00")) < len(packed) {
			return // zeros behind the last member: gzip(1) takes them, the library does not
		}
		if (err == nil) != (wantErr == nil) || err == nil && !bytes.Equal(got, want) {
			t.Fatalf("%d bytes, %v; the standard library says %d bytes, %v", len(got), err, len(want), wantErr)
		}
	})
}

// program is what the benchmarks inflate.
func program(b *testing.B) (packed []byte) {
	self, err := os.ReadFile("/proc/self/exe")
	if err != nil {
		b.Fatal(err)
	}
	b.SetBytes(int64(len(self)))
	return compress(b, self, 6)
}

func BenchmarkInflate(b *testing.B) {
	packed := program(b)
	buf := make([]byte, Overhead+256<<10)
	for b.Loop() {
		d, err := NewReader(bytes.NewReader(packed))
		for err == nil {
			_, err = d.Fill(buf)
		}
		if err != io.EOF {
			b.Fatal(err)
		}
	}
}

func BenchmarkInflateKlauspost(b *testing.B) {
	packed := program(b)
	buf := make([]byte, 256<<10)
	for b.Loop() {
		r, err := gzip.NewReader(bytes.NewReader(packed))
		if err != nil {
			b.Fatal(err)
		}
		if _, err := io.CopyBuffer(struct{ io.Writer }{io.Discard}, struct{ io.Reader }{r}, buf); err != nil {
			b.Fatal(err)
		}
	}
}
