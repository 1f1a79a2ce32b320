package pull

import (
	"bytes"
	"context"
	"crypto/sha256"
	"io"
	"strings"
	"testing"

	"berth/engine"

	"github.com/klauspost/compress/zstd"
)

// plenty has memory for everybody.
func plenty(context.Context, int64) (func(), error) { return func() {}, nil }

func inflateAll(data []byte) ([]byte, *pipeline, error) {
	p := startPipeline(context.Background(), bytes.NewReader(data), int64(len(data)), plenty)
	defer p.stop()
	got, err := io.ReadAll(p)
	return got, p, err
}

func TestZstdWindows(t *testing.T) {
	data := []byte(noise(7, 1<<20) + strings.Repeat("x", 20<<20) + noise(7, 1<<20))
	for name, c := range map[string]struct {
		window int
		whole  bool
	}{"common": {8 << 20, false}, "large": {64 << 20, false}, "one segment": {8 << 20, true}} {
		w, err := zstd.NewWriter(nil, zstd.WithWindowSize(c.window), zstd.WithEncoderConcurrency(1), zstd.WithSingleSegment(c.whole))
		if err != nil {
			t.Fatal(err)
		}
		var packed bytes.Buffer
		if c.whole {
			packed.Write(w.EncodeAll(data, nil))
		} else {
			w.Reset(&packed)
			if _, err := w.Write(data); err != nil {
				t.Fatal(err)
			}
			if err := w.Close(); err != nil {
				t.Fatal(err)
			}
		}
		got, p, err := inflateAll(packed.Bytes())
		if err != nil || !bytes.Equal(got, data) {
			t.Errorf("%s: %d of %d bytes, %v", name, len(got), len(data), err)
			continue
		}
		compressed, inflated := p.sums()
		if want := sha256.Sum256(packed.Bytes()); !bytes.Equal(compressed, want[:]) {
			t.Errorf("%s: wrong digest", name)
		}
		if want := sha256.Sum256(data); !bytes.Equal(inflated, want[:]) {
			t.Errorf("%s: wrong diffID", name)
		}
	}
	// --long=31, which nobody should be asked to have the memory for.
	frame := []byte{0x28, 0xb5, 0x2f, 0xfd, 0x00, 21 << 3, 0x01, 0x00, 0x00}
	if _, _, err := inflateAll(frame); engine.ClassOf(err) != engine.ClassIntegrity || !strings.Contains(err.Error(), "window") {
		t.Errorf("a window of 2 GiB: %v", err)
	}
}

func TestPipelineEnds(t *testing.T) {
	for name, data := range map[string][]byte{
		"gzip header alone": {0x1f, 0x8b, 8}, "zstd header alone": {0x28, 0xb5, 0x2f, 0xfd}, "gzip of another method": {0x1f, 0x8b, 7, 0, 0, 0, 0, 0, 0, 0},
	} {
		if _, _, err := inflateAll(data); engine.ClassOf(err) != engine.ClassIntegrity || !strings.Contains(err.Error(), "broken compressed data") {
			t.Errorf("%s: %v", name, err)
		}
	}
	for _, data := range []string{"", "x", "plain tar"} {
		if got, _, err := inflateAll([]byte(data)); err != nil || string(got) != data {
			t.Errorf("%q comes through as %q, %v", data, got, err)
		}
	}
}
