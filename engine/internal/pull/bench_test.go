package pull

import (
	"fmt"
	"math/rand/v2"
	"path/filepath"
	"testing"

	"berth/engine/internal/registry/registrytest"
)

// prose is data that compresses about as well as programs and texts do.
func prose(seed uint64, n int) string {
	rnd := rand.New(rand.NewPCG(seed, 1))
	words := make([]string, 2000)
	for i := range words {
		w := make([]byte, 2+rnd.IntN(9))
		for j := range w {
			w[j] = byte(' ' + rnd.IntN(95))
		}
		words[i] = string(w)
	}
	text := make([]byte, 0, n+16)
	for len(text) < n {
		text = append(text, words[min(int(rnd.ExpFloat64()*300), len(words)-1)]...)
	}
	return string(text[:n])
}

// benchmarkPull pulls an image of some layers with some files each from loopback, into
// an empty state directory each time. Bytes are those unpacked.
func benchmarkPull(b *testing.B, layers, files, size int) {
	reg := registrytest.New(b)
	img := registrytest.Image{Compression: registrytest.Gzip}
	total := int64(0)
	for l := range layers {
		var entries []registrytest.File
		for f := range files {
			if f%50 == 0 {
				entries = append(entries, dir(fmt.Sprintf("l%d/d%d/", l, f/50), 0o755))
			}
			entries = append(entries, file(fmt.Sprintf("l%d/d%d/f%d", l, f/50, f), prose(uint64(f%7), size)))
			total += int64(size)
		}
		img.Layers = append(img.Layers, registrytest.Tar(b, append([]registrytest.File{dir(fmt.Sprintf("l%d/", l), 0o755)}, entries...)...))
	}
	reg.Push(b, "x", "1", img)
	root := b.TempDir()
	b.SetBytes(total)
	n := 0
	for b.Loop() {
		n++
		s := openStoreIn(b, filepath.Join(root, fmt.Sprint(n)), Config{})
		mustPull(b, s, reg.Host()+"/x:1")
	}
}

func BenchmarkPullSmall(b *testing.B) { benchmarkPull(b, 1, 1, 1000) }

func BenchmarkPullSixLayers(b *testing.B) { benchmarkPull(b, 6, 1000, 30_000) }

func BenchmarkPullOneLayer(b *testing.B) { benchmarkPull(b, 1, 4000, 30_000) }
