package demo

import (
	"archive/tar"
	"bytes"
	"debug/elf"
	"encoding/binary"
	"errors"
	"io"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"testing"

	"github.com/google/go-containerregistry/pkg/name"
	v1 "github.com/google/go-containerregistry/pkg/v1"
	"github.com/google/go-containerregistry/pkg/v1/mutate"
	"github.com/google/go-containerregistry/pkg/v1/remote"
	"github.com/google/go-containerregistry/pkg/v1/remote/transport"
	"github.com/google/go-containerregistry/pkg/v1/validate"

	"berth/engine"
)

// reference parses a reference that the test itself wrote.
func reference(t *testing.T, ref string) name.Reference {
	t.Helper()
	parsed, err := name.ParseReference(ref)
	if err != nil {
		t.Fatal(err)
	}
	return parsed
}

// index pulls an index over the registry and checks all its digests, sizes and media types.
func index(t *testing.T, ref string, opts Options) v1.ImageIndex {
	t.Helper()
	idx, err := remote.Index(reference(t, ref), remote.WithTransport(New(opts)))
	if err != nil {
		t.Fatal(err)
	}
	if err := validate.Index(idx); err != nil {
		t.Error(err)
	}
	return idx
}

// programs pulls the file from every image of the index.
func programs(t *testing.T, idx v1.ImageIndex, path string) map[string][]byte {
	t.Helper()
	manifest, err := idx.IndexManifest()
	if err != nil {
		t.Fatal(err)
	}
	found := map[string][]byte{}
	for _, m := range manifest.Manifests {
		image, err := idx.Image(m.Digest)
		if err != nil {
			t.Fatal(err)
		}
		found[m.Platform.String()] = extract(t, image)[path]
	}
	return found
}

func TestHelloWorldRunsOnEveryMachine(t *testing.T) {
	found := programs(t, index(t, "hello-world", Options{}), "hello")
	want := map[string]elf.Machine{"linux/amd64": elf.EM_X86_64, "linux/arm64": elf.EM_AARCH64}
	if len(found) != len(want) {
		t.Errorf("the index has %d platforms, want %d", len(found), len(want))
	}
	for platform, machine := range want {
		t.Run(platform, func(t *testing.T) {
			program := found[platform]
			file, err := elf.NewFile(bytes.NewReader(program))
			if err != nil {
				t.Fatal(err)
			}
			if file.Machine != machine || file.Type != elf.ET_EXEC || len(file.Progs) != 1 {
				t.Fatalf("the program is a %s %s with %d segments", file.Machine, file.Type, len(file.Progs))
			}
			segment := file.Progs[0]
			if segment.Flags&elf.PF_W != 0 || segment.Filesz != uint64(len(program)) || segment.Vaddr%segment.Align != segment.Off%segment.Align {
				t.Errorf("segment %+v does not fit a program of %d bytes", segment.ProgHeader, len(program))
			}
			if !bytes.HasSuffix(program, []byte(helloMessage)) {
				t.Error("the message is not at the program's end")
			}
			if platform != "linux/"+runtime.GOARCH {
				t.Skip("missing ability: a processor for " + platform)
			}
			path := filepath.Join(t.TempDir(), "hello")
			if err := os.WriteFile(path, program, 0o755); err != nil {
				t.Fatal(err)
			}
			out, err := exec.Command(path).Output()
			if err != nil || string(out) != helloMessage {
				t.Errorf("the program ended with %v and printed %q", err, out)
			}
			full, err := os.OpenFile("/dev/full", os.O_WRONLY, 0)
			if err != nil {
				t.Fatal(err)
			}
			defer full.Close()
			cmd := exec.Command(path)
			cmd.Stdout = full
			var exit *exec.ExitError
			if err := cmd.Run(); !errors.As(err, &exit) || exit.ExitCode() != 1 {
				t.Errorf("the program ended with %v when its output could not be written, want exit status 1", err)
			}
		})
	}
}

// The arm64 program can't run everywhere, so its instructions are read back as a disassembler would.
func TestHelloARM64PointsAtTheMessage(t *testing.T) {
	const message = "a message"
	program := tinyELF(machines[1], message)
	adr := binary.LittleEndian.Uint32(program[headers+4:])
	if adr&0x9f00001f != 0x10000001 {
		t.Fatalf("the second instruction is %#x, want adr x1", adr)
	}
	target := headers + 4 + int(adr>>5&0x7ffff)<<2 + int(adr>>29&3)
	length := binary.LittleEndian.Uint32(program[headers+8:]) >> 5 & 0xffff
	if got := string(program[target : target+int(length)]); got != message {
		t.Errorf("the program would print %q, want %q", got, message)
	}
}

func TestToolboxImage(t *testing.T) {
	toolbox := buildToolbox(t)
	found := index(t, "toolbox", Options{Toolbox: toolbox})
	manifest, err := found.IndexManifest()
	if err != nil {
		t.Fatal(err)
	}
	image, err := found.Image(manifest.Manifests[0].Digest)
	if err != nil {
		t.Fatal(err)
	}
	layers, err := image.Layers()
	if err != nil {
		t.Fatal(err)
	}
	if len(layers) < 3 {
		t.Errorf("the image has %d layers, want several", len(layers))
	}
	files := extract(t, image)
	program, err := os.ReadFile(toolbox)
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(files["bin/toolbox"], program) {
		t.Error("/bin/toolbox is not the program")
	}
	for _, path := range []string{"bin/sh", "bin/ls", "bin/ps", "etc/passwd", "etc/profile", "tmp", "root"} {
		if _, ok := files[path]; !ok {
			t.Errorf("the image has no /%s", path)
		}
	}
}

func TestDigestsAreStable(t *testing.T) {
	toolbox := buildToolbox(t)
	for _, ref := range []string{"hello-world", "toolbox"} {
		var digests [2]v1.Hash
		for i := range digests {
			head, err := remote.Head(reference(t, ref), remote.WithTransport(New(Options{Toolbox: toolbox})))
			if err != nil {
				t.Fatal(err)
			}
			digests[i] = head.Digest
		}
		if digests[0] != digests[1] {
			t.Errorf("%q has the digests %v: two registries must make the same bytes", ref, digests)
		}
	}
}

func TestUnknownImages(t *testing.T) {
	for _, test := range []struct {
		ref, code, text string
	}{
		{"ubuntu:24.04", "NAME_UNKNOWN", `no "ubuntu"; it has hello-world, toolbox`},
		{"someone/hello-world", "NAME_UNKNOWN", `no "someone/hello-world"`},
		{"hello-world:2", "MANIFEST_UNKNOWN", `no "2" of "hello-world"; it has latest`},
	} {
		_, err := remote.Get(reference(t, test.ref), remote.WithTransport(New(Options{})))
		var failed *transport.Error
		if !errors.As(err, &failed) || failed.StatusCode != http.StatusNotFound || len(failed.Errors) != 1 {
			t.Errorf("%s: got %v, want one 404 error", test.ref, err)
			continue
		}
		if got := failed.Errors[0]; string(got.Code) != test.code || !strings.Contains(got.Message, test.text) {
			t.Errorf("%s: got %v, want %s with %q", test.ref, got, test.code, test.text)
		}
	}
}

func TestLists(t *testing.T) {
	registry := New(Options{})
	hub, err := name.NewRegistry("docker.io")
	if err != nil {
		t.Fatal(err)
	}
	names, err := remote.Catalog(t.Context(), hub, remote.WithTransport(registry))
	if err != nil || strings.Join(names, " ") != "library/hello-world library/toolbox" {
		t.Errorf("the catalog is %v, %v", names, err)
	}
	tags, err := remote.List(reference(t, "hello-world").Context(), remote.WithTransport(registry))
	if err != nil || len(tags) != 1 || tags[0] != "latest" {
		t.Errorf("the tags are %v, %v", tags, err)
	}
}

func TestToolboxMissing(t *testing.T) {
	t.Setenv(toolboxEnv, "")
	t.Setenv("PATH", t.TempDir())
	_, err := remote.Get(reference(t, "toolbox"), remote.WithTransport(New(Options{})))
	if engine.ClassOf(err) != engine.ClassUnsupported || !strings.Contains(err.Error(), `"berth-toolbox" lies neither`) {
		t.Errorf("got %v", err)
	}
	var failed *engine.Error
	if errors.As(err, &failed); failed == nil || !strings.Contains(failed.Hint, "make build") {
		t.Errorf("got %v, want a hint with the remedy", err)
	}
}

func TestToolboxOfAnotherKind(t *testing.T) {
	script := filepath.Join(t.TempDir(), "script")
	if err := os.WriteFile(script, []byte("#!/bin/sh\n"), 0o755); err != nil {
		t.Fatal(err)
	}
	for path, class := range map[string]engine.Class{
		script:                engine.ClassInvalid,
		"/dev/null":           engine.ClassInvalid,
		script + "/not/there": engine.ClassUnsupported,
	} {
		_, err := New(Options{Toolbox: path}).RoundTrip(request(t, "GET", "/v2/library/toolbox/manifests/latest"))
		if engine.ClassOf(err) != class {
			t.Errorf("%s: got %v (%s), want class %s", path, err, engine.ClassOf(err), class)
		}
	}
}

func TestRanges(t *testing.T) {
	registry := New(Options{})
	idx, err := remote.Index(reference(t, "hello-world"), remote.WithTransport(registry))
	if err != nil {
		t.Fatal(err)
	}
	manifest, err := idx.IndexManifest()
	if err != nil {
		t.Fatal(err)
	}
	image, err := idx.Image(manifest.Manifests[0].Digest)
	if err != nil {
		t.Fatal(err)
	}
	parts, err := image.Manifest()
	if err != nil {
		t.Fatal(err)
	}
	path := "/v2/library/hello-world/blobs/" + parts.Layers[0].Digest.String()
	whole := body(t, registry, request(t, "GET", path), http.StatusOK)
	for spec, want := range map[string][]byte{
		"bytes=0-9":       whole[:10],
		"bytes=10-":       whole[10:],
		"bytes=-5":        whole[len(whole)-5:],
		"bytes=100-99999": whole[100:],
	} {
		req := request(t, "GET", path)
		req.Header.Set("Range", spec)
		if got := body(t, registry, req, http.StatusPartialContent); !bytes.Equal(got, want) {
			t.Errorf("%s: got %d bytes, want %d", spec, len(got), len(want))
		}
	}
	for _, spec := range []string{"bytes=99999-", "bytes=5-2", "bytes=x-", "lines=1-2", "bytes=-0"} {
		req := request(t, "GET", path)
		req.Header.Set("Range", spec)
		body(t, registry, req, http.StatusRequestedRangeNotSatisfiable)
	}
	head, err := registry.RoundTrip(request(t, "HEAD", path))
	if err != nil || head.ContentLength != int64(len(whole)) {
		t.Errorf("HEAD announces %d bytes, want %d (%v)", head.ContentLength, len(whole), err)
	}
}

func TestOtherHosts(t *testing.T) {
	req := request(t, "GET", "/v2/")
	req.URL.Host = "registry.example"
	if _, err := New(Options{}).RoundTrip(req); engine.ClassOf(err) != engine.ClassUnavailable {
		t.Errorf("without a next transport: got %v", err)
	}
	asked := false
	next := roundTripper(func(*http.Request) (*http.Response, error) { asked = true; return nil, io.EOF })
	if _, err := New(Options{Next: next}).RoundTrip(req); err != io.EOF || !asked {
		t.Errorf("with a next transport: got %v", err)
	}
}

func TestOnlyReading(t *testing.T) {
	body(t, New(Options{}), request(t, "PUT", "/v2/library/mine/manifests/latest"), http.StatusMethodNotAllowed)
	body(t, New(Options{}), request(t, "GET", "/v1/search"), http.StatusNotFound)
	body(t, New(Options{}), request(t, "GET", "/v2/x"), http.StatusNotFound)
}

func BenchmarkToolboxImage(b *testing.B) {
	toolbox := buildToolbox(b)
	for b.Loop() {
		if _, err := makeToolbox(toolbox); err != nil {
			b.Fatal(err)
		}
	}
}

type roundTripper func(*http.Request) (*http.Response, error)

func (f roundTripper) RoundTrip(req *http.Request) (*http.Response, error) { return f(req) }

func request(t *testing.T, method, path string) *http.Request {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), method, "https://registry-1.docker.io"+path, nil)
	if err != nil {
		t.Fatal(err)
	}
	return req
}

func body(t *testing.T, registry *Registry, req *http.Request, status int) []byte {
	t.Helper()
	resp, err := registry.RoundTrip(req)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	if resp.StatusCode != status {
		t.Errorf("%s %s %s: status %s, want %d", req.Method, req.URL.Path, req.Header.Get("Range"), resp.Status, status)
	}
	data, err := io.ReadAll(resp.Body)
	if err != nil {
		t.Fatal(err)
	}
	return data
}

// extract returns the image's merged files; directories have nil contents.
func extract(t *testing.T, image v1.Image) map[string][]byte {
	t.Helper()
	r := mutate.Extract(image)
	defer r.Close()
	files := map[string][]byte{}
	tr := tar.NewReader(r)
	for {
		h, err := tr.Next()
		if err == io.EOF {
			return files
		}
		if err != nil {
			t.Fatal(err)
		}
		data, err := io.ReadAll(tr)
		if err != nil {
			t.Fatal(err)
		}
		files[strings.Trim(h.Name, "/")] = data
	}
}

// buildToolbox compiles the program of the toolbox image.
func buildToolbox(t testing.TB) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), toolboxProgram)
	cmd := exec.Command("go", "build", "-trimpath", "-o", path, "berth/cmd/berth-toolbox")
	cmd.Env = append(os.Environ(), "CGO_ENABLED=0")
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("build the toolbox: %v\n%s", err, out)
	}
	return path
}
