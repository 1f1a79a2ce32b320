package pull

import (
	"archive/tar"
	"bufio"
	"context"
	"fmt"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"berth/engine"
	"berth/engine/enginetest/ability"
	"berth/engine/internal/idmap"
	"berth/engine/internal/image"
	"berth/engine/internal/registry/registrytest"

	"golang.org/x/sys/unix"
)

// pullMain is another process that pulls.
func pullMain(root, ref string) int {
	m, err := idmap.Detect()
	if err != nil {
		fmt.Println(err)
		return 1
	}
	images, err := image.Open(image.Config{Root: root, IDMap: m, Worker: selfWorker})
	if err != nil {
		fmt.Println(err)
		return 1
	}
	if _, err := New(images, Config{Retry: quick}).Pull(context.Background(), engine.PullRequest{Ref: ref}); err != nil {
		fmt.Println(err)
		return 1
	}
	fmt.Println("pulled")
	return 0
}

func startPull(t *testing.T, root, ref string) (*exec.Cmd, *bufio.Scanner) {
	t.Helper()
	cmd := exec.Command("/proc/self/exe", pullArg, root, ref)
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	cmd.Stderr = os.Stderr
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	return cmd, bufio.NewScanner(out)
}

// threeLayers is an image with layers large enough to be caught in the middle.
func threeLayers(t *testing.T, reg *registrytest.Registry) registrytest.Pushed {
	var layers [][]byte
	for i := range 3 {
		files := []registrytest.File{dir(fmt.Sprintf("d%d/", i), 0o755)}
		for f := range 50 {
			files = append(files, file(fmt.Sprintf("d%d/f%d", i, f), noise(uint64(i), 20_000)))
		}
		layers = append(layers, registrytest.Tar(t, files...))
	}
	return reg.Push(t, "x", "1", registrytest.Image{Compression: registrytest.Gzip, Layers: layers})
}

func checkThreeLayers(t *testing.T, s *Store, ref string) {
	t.Helper()
	for i, d := range lower(t, s, ref) {
		n := 2 - i
		for f := range 50 {
			if readFile(t, d, fmt.Sprintf("d%d/f%d", n, f)) != noise(uint64(n), 20_000) {
				t.Fatalf("layer %d, file %d is damaged", n, f)
			}
		}
	}
}

// TestProcessesShareTheWork: however many pull the same image, each layer comes once.
func TestProcessesShareTheWork(t *testing.T) {
	reg := registrytest.New(t)
	p := threeLayers(t, reg)
	s := openStore(t, Config{})
	ref := reg.Host() + "/x:1"
	for _, b := range p.Blobs {
		reg.Fail(b, registrytest.Drip(100_000, time.Millisecond)) // so that they meet
	}
	var wg sync.WaitGroup
	for range 3 {
		wg.Go(func() {
			cmd, out := startPull(t, s.Root(), ref)
			if !out.Scan() || out.Text() != "pulled" {
				t.Errorf("the other process says %q", out.Text())
			}
			if err := cmd.Wait(); err != nil {
				t.Error(err)
			}
		})
	}
	mustPull(t, s, ref)
	wg.Wait()
	for i, b := range p.Blobs {
		if n := len(reg.Requests("/blobs/" + string(b))); n != 1 {
			t.Errorf("layer %d was fetched %d times", i, n)
		}
	}
	checkThreeLayers(t, s, ref)
}

// TestOppositeOrders: two images with the same layers stacked the other way round
// must not make two pulls wait for each other.
func TestOppositeOrders(t *testing.T) {
	reg := registrytest.New(t)
	a, b := registrytest.Tar(t, dir("a/", 0o755), file("a/x", noise(1, 300_000))), registrytest.Tar(t, file("a/y", noise(2, 300_000)))
	reg.Push(t, "ab", "1", registrytest.Image{Layers: [][]byte{a, b}})
	reg.Push(t, "ba", "1", registrytest.Image{Layers: [][]byte{b, a}})
	s := openStore(t, Config{})
	var wg sync.WaitGroup
	for _, name := range []string{"ab", "ba", "ab", "ba"} {
		wg.Go(func() {
			if _, err := s.Pull(context.Background(), engine.PullRequest{Ref: reg.Host() + "/" + name + ":1"}); err != nil {
				t.Error(err)
			}
		})
	}
	wg.Wait()
}

// TestKill kills a pull at many moments: whatever it leaves, the next one works,
// nothing half done is visible, and a prune takes what is left.
func TestKill(t *testing.T) {
	reg := registrytest.New(t)
	p := threeLayers(t, reg)
	ref := reg.Host() + "/x:1"
	s := openStore(t, Config{})
	// The registry kills the process when it has sent a certain share of all bytes.
	for _, share := range []int{0, 1, 2, 5, 10, 20, 29, 30} {
		cmd, out := startPullWhenServed(t, reg, p, s.Root(), ref, share)
		for out.Scan() {
		}
		_ = cmd.Wait() // killed, or done before
		dirs, err := os.ReadDir(filepath.Join(s.Root(), "layers"))
		if err != nil {
			t.Fatal(err)
		}
		for _, d := range dirs {
			if _, err := os.Stat(filepath.Join(s.Root(), "layers", d.Name(), "layer.json")); err != nil {
				t.Errorf("a layer without record is visible: %v", err)
			}
		}
		if _, err := s.Resolve(context.Background(), ref); err == nil {
			checkThreeLayers(t, s, ref)
		}
	}
	for _, b := range p.Blobs {
		reg.Fail(b, nil)
	}
	mustPull(t, s, ref)
	checkThreeLayers(t, s, ref)
	if left, _ := os.ReadDir(filepath.Join(s.Root(), "staging")); len(left) > 0 {
		t.Errorf("garbage in staging: %v", left)
	}
	if _, err := s.PruneImages(context.Background(), engine.PruneImagesOptions{All: true}); err != nil {
		t.Fatal(err)
	}
	for _, d := range []string{"layers", "staging", "ingest", "blobs/sha256"} {
		if left, _ := os.ReadDir(filepath.Join(s.Root(), d)); len(left) > 0 {
			t.Errorf("%s after prune: %v", d, left)
		}
	}
}

// startPullWhenServed starts a pull and kills it after share pieces of 100 kB.
func startPullWhenServed(t *testing.T, reg *registrytest.Registry, p registrytest.Pushed, root, ref string, share int) (*exec.Cmd, *bufio.Scanner) {
	t.Helper()
	started := make(chan *exec.Cmd, 1)
	var once sync.Once
	var mu sync.Mutex
	left := share
	for _, b := range p.Blobs {
		reg.Fail(b, func(w http.ResponseWriter, r *http.Request, body []byte, _ int) bool {
			start := 0
			if _, err := fmt.Sscanf(r.Header.Get("Range"), "bytes=%d-", &start); err == nil {
				w.Header().Set("Content-Range", fmt.Sprintf("bytes %d-%d/%d", start, len(body)-1, len(body)))
			}
			w.Header().Set("Content-Length", fmt.Sprint(len(body)-start))
			if start > 0 {
				w.WriteHeader(http.StatusPartialContent)
			}
			for ; start < len(body); start += 100_000 {
				mu.Lock()
				left--
				kill := left < 0
				mu.Unlock()
				if kill {
					once.Do(func() { _ = (<-started).Process.Kill() })
					return true
				}
				_, _ = w.Write(body[start:min(start+100_000, len(body))])
			}
			return true
		})
	}
	cmd, out := startPull(t, root, ref)
	started <- cmd
	return cmd, out
}

func TestDiskFull(t *testing.T) {
	ability.Need(t, ability.Root)
	mount := t.TempDir()
	if err := unix.Mount("tmpfs", mount, "tmpfs", 0, "size=4m"); err != nil {
		t.Skipf("needs ability mount: %v", err)
	}
	t.Cleanup(func() {
		if err := unix.Unmount(mount, unix.MNT_DETACH); err != nil {
			t.Error(err)
		}
	})
	reg := registrytest.New(t)
	reg.Push(t, "small", "1", registrytest.Image{Layers: [][]byte{registrytest.Tar(t, file("a", "a"))}})
	// Not the compressed bytes fill the disk, but what they unpack to.
	reg.Push(t, "large", "1", registrytest.Image{Compression: registrytest.Gzip, Layers: [][]byte{registrytest.Tar(t, file("a", strings.Repeat("a", 10_000_000)))}})
	// And here it is the download.
	reg.Push(t, "noise", "1", registrytest.Image{Compression: registrytest.Gzip, Layers: [][]byte{registrytest.Tar(t, file("a", noise(1, 5_000_000)))}})
	s := openStoreIn(t, filepath.Join(mount, "state"), Config{})
	mustPull(t, s, reg.Host()+"/small:1")
	for _, name := range []string{"large", "noise"} {
		_, err := s.Pull(context.Background(), engine.PullRequest{Ref: reg.Host() + "/" + name + ":1"})
		if engine.ClassOf(err) != engine.ClassExhausted || !strings.Contains(err.Error(), "no space left on device") || engine.HintOf(err) == "" {
			t.Errorf("%s: class %v, hint %q: %v", name, engine.ClassOf(err), engine.HintOf(err), err)
		}
		if _, err := s.PruneImages(context.Background(), engine.PruneImagesOptions{}); err != nil {
			t.Errorf("a full disk can't be cleaned up: %v", err)
		}
	}
	if readFile(t, lower(t, s, reg.Host()+"/small:1")[0], "a") != "a" {
		t.Error("the image that was there is damaged")
	}
	// Full to the last block, the way out is to remove images.
	for n := 0; ; n++ {
		if err := os.WriteFile(filepath.Join(mount, fmt.Sprint("filler", n)), make([]byte, 4096), 0o600); err != nil {
			break
		}
	}
	if _, err := s.RemoveImage(context.Background(), reg.Host()+"/small:1", engine.RemoveImageOptions{}); err != nil {
		t.Errorf("remove on a full disk: %v", err)
	}
}

// TestBomb: little data that inflates beyond all measure ends early and leaves nothing.
func TestBomb(t *testing.T) {
	reg := registrytest.New(t)
	var bomb strings.Builder
	head := registrytest.Tar(t, registrytest.File{Header: tar.Header{Name: "zeros", Typeflag: tar.TypeReg}})
	_, _ = bomb.Write(head)
	layer := registrytest.Compress(t, []byte(bomb.String()), registrytest.Gzip)
	zeros := registrytest.Compress(t, make([]byte, 64<<20), registrytest.Zstd)
	blob := registrytest.Compress(t, head, registrytest.Zstd)
	for range 70 { // frames follow each other: 4.4 GB of zeros in a few hundred kB
		blob = append(blob, zeros...)
	}
	p := reg.Push(t, "x", "1", registrytest.Image{Compression: registrytest.Gzip, Layers: [][]byte{[]byte(bomb.String())}})
	raw := strings.Replace(string(p.Raw), string(p.Blobs[0]), string(reg.AddBlob(blob)), 1)
	raw = strings.Replace(raw, fmt.Sprintf(`"size":%d`, len(layer)), fmt.Sprintf(`"size":%d`, len(blob)), 1)
	reg.AddManifest("x", "1", "application/vnd.oci.image.manifest.v1+json", []byte(raw))
	s := openStore(t, Config{})
	_, err := s.Pull(context.Background(), engine.PullRequest{Ref: reg.Host() + "/x:1"})
	if engine.ClassOf(err) != engine.ClassExhausted || !strings.Contains(err.Error(), "decompression bomb") {
		t.Errorf("class %v: %v", engine.ClassOf(err), err)
	}
	if left := leftovers(t, s.Root()); len(left) > 0 {
		t.Errorf("left behind: %v", left)
	}
}
