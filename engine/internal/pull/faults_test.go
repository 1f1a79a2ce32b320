package pull

import (
	"context"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"berth/engine"
	"berth/engine/internal/registry/registrytest"
)

func owner(t testing.TB, path string) (uid, gid uint32) {
	t.Helper()
	info, err := os.Lstat(path)
	if err != nil {
		t.Fatal(err)
	}
	st := info.Sys().(*syscall.Stat_t)
	return st.Uid, st.Gid
}

// TestFaultsOfTheRegistry: what can be repaired is; what can't be is one sentence
// and leaves nothing visible; and afterwards, with the registry mended, a pull works.
func TestFaultsOfTheRegistry(t *testing.T) {
	elsewhere := registrytest.New(t)
	for _, c := range []struct {
		name  string
		fault registrytest.Fault
		class engine.Class // 0: the pull succeeds
		says  string
	}{
		{"wrong bytes", registrytest.WrongBytes, engine.ClassIntegrity, "other bytes than it promised"},
		{"truncated, and again", registrytest.Truncate(70_000), engine.ClassUnavailable, "unexpected EOF"},
		{"endless", registrytest.Endless, 0, ""},
		{"200 instead of 206", registrytest.ResetAfter(0.5, 1, registrytest.IgnoreRange), 0, ""},
		{"another range", registrytest.ResetAfter(0.5, 1, registrytest.WrongRange), 0, ""},
		{"416", registrytest.ResetAfter(0.5, 1, registrytest.Status(416, "", 1)), 0, ""},
		{"reset at 90 %, five times", registrytest.ResetAfter(0.9, 5, nil), 0, ""},
		{"reset at once, for ever", registrytest.ResetAfter(0, 1000, nil), engine.ClassUnavailable, "EOF"},
		{"429 once", registrytest.Status(429, "0", 1), 0, ""},
		{"429 for ever", registrytest.Status(429, "", -1), engine.ClassUnavailable, "too many requests"},
		{"503 twice", registrytest.Status(503, "", 2), 0, ""},
		{"500 for ever", registrytest.Status(500, "", -1), engine.ClassUnavailable, "Internal Server Error"},
		{"404 for the layer", registrytest.Status(404, "", -1), engine.ClassNotFound, "does not have it"},
		{"hangs", registrytest.Hang, engine.ClassUnavailable, "no data for"},
		{"slow drip", registrytest.Drip(40_000, time.Millisecond), 0, ""},
		{"redirect to another host", registrytest.RedirectTo(elsewhere.Server.URL), 0, ""},
		{"redirect to nowhere", registrytest.RedirectTo("http://127.0.0.1:1"), engine.ClassUnavailable, "connection refused"},
		{"redirect to plain HTTP outside", registrytest.RedirectTo("http://198.51.100.7"), engine.ClassPermission, "plain HTTP is refused"},
	} {
		t.Run(c.name, func(t *testing.T) {
			reg := registrytest.New(t)
			layer := registrytest.Tar(t, file("a", noise(1, 200_000)))
			pushed := reg.Push(t, "x", "1", registrytest.Image{Compression: registrytest.Gzip, Layers: [][]byte{layer}})
			elsewhere.AddBlob(registrytest.Compress(t, layer, registrytest.Gzip))
			reg.Fail(pushed.Blobs[0], c.fault)
			s := openStore(t, Config{})
			ref := reg.Host() + "/x:1"
			_, err := s.Pull(context.Background(), engine.PullRequest{Ref: ref})
			if engine.ClassOf(err) != c.class || err != nil && !strings.Contains(err.Error(), c.says) {
				t.Fatalf("class %v: %v", engine.ClassOf(err), err)
			}
			if err != nil {
				if strings.Contains(err.Error(), "\n") || len(err.Error()) > 400 {
					t.Errorf("not one sentence: %q", err)
				}
				if left := leftovers(t, s.Root()); len(left) > 0 {
					t.Errorf("left behind: %v", left)
				}
				if _, err := s.Resolve(context.Background(), ref); engine.ClassOf(err) != engine.ClassNotFound {
					t.Errorf("the image exists after a failed pull: %v", err)
				}
				reg.Fail(pushed.Blobs[0], nil)
				mustPull(t, s, ref)
			}
			if got := readFile(t, lower(t, s, ref)[0], "a"); got != noise(1, 200_000) {
				t.Error("the layer's content is wrong")
			}
		})
	}
}

// What came before a pull was given up is not fetched again: neither parts of layers nor whole ones.
func TestCompleteLayersSurviveACancel(t *testing.T) {
	reg := registrytest.New(t)
	pushed := reg.Push(t, "x", "1", registrytest.Image{Compression: registrytest.Gzip, Layers: [][]byte{
		registrytest.Tar(t, file("a", noise(3, 300_000))), registrytest.Tar(t, file("b", noise(4, 300_000))),
	}})
	reg.Fail(pushed.Blobs[1], registrytest.Hang)
	s := openStore(t, Config{})
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	_, err := s.Pull(ctx, engine.PullRequest{Ref: reg.Host() + "/x:1", Progress: func(p engine.PullProgress) {
		if len(p.Layers) == 2 && p.Layers[0].State == engine.LayerVerifying {
			cancel()
		}
	}})
	if engine.ClassOf(err) != engine.ClassCanceled {
		t.Fatalf("class %v: %v", engine.ClassOf(err), err)
	}
	if staged, _ := os.ReadDir(filepath.Join(s.Root(), "staging")); len(staged) > 0 {
		t.Errorf("left in staging: %v", staged)
	}
	reg.Fail(pushed.Blobs[1], nil)
	mustPull(t, s, reg.Host()+"/x:1")
	if asked := reg.Requests("/blobs/" + string(pushed.Blobs[0])); len(asked) != 1 {
		t.Errorf("the layer that was complete was asked for %d times", len(asked))
	}
	if spools, _ := os.ReadDir(filepath.Join(s.Root(), "ingest")); len(spools) > 0 {
		t.Errorf("left in ingest: %v", spools)
	}
}

func TestResumeAfterCancel(t *testing.T) {
	reg := registrytest.New(t)
	pushed := reg.Push(t, "x", "1", registrytest.Image{Compression: registrytest.Gzip, Layers: [][]byte{registrytest.Tar(t, file("a", noise(2, 1_000_000)))}})
	reg.Fail(pushed.Blobs[0], registrytest.Hang)
	s := openStore(t, Config{})
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	_, err := s.Pull(ctx, engine.PullRequest{Ref: reg.Host() + "/x:1", Progress: func(p engine.PullProgress) {
		if p.Current > 400_000 {
			cancel()
		}
	}})
	if engine.ClassOf(err) != engine.ClassCanceled {
		t.Fatalf("class %v: %v", engine.ClassOf(err), err)
	}
	reg.Fail(pushed.Blobs[0], nil)
	resumed := int64(0)
	if _, err := s.Pull(context.Background(), engine.PullRequest{Ref: reg.Host() + "/x:1", Progress: func(p engine.PullProgress) {
		if len(p.Layers) > 0 {
			resumed = p.Layers[0].Resumed
		}
	}}); err != nil {
		t.Fatal(err)
	}
	asked := reg.Requests("/blobs/" + string(pushed.Blobs[0]))
	if last := asked[len(asked)-1].Range; resumed < 400_000 || last != fmt.Sprintf("bytes=%d-", resumed) {
		t.Errorf("resumed at %d with range %q", resumed, last)
	}
}

func TestDamagedSpoolIsFetchedAnew(t *testing.T) {
	reg := registrytest.New(t)
	pushed := reg.Push(t, "x", "1", registrytest.Image{Compression: registrytest.Gzip, Layers: [][]byte{registrytest.Tar(t, file("a", noise(3, 300_000)))}})
	s := openStore(t, Config{})
	// What a power loss leaves of a file: its length, but not its content.
	spool := filepath.Join(s.Root(), "ingest", pushed.Blobs[0].Hex())
	if err := os.WriteFile(spool, make([]byte, 150_000), 0o600); err != nil {
		t.Fatal(err)
	}
	mustPull(t, s, reg.Host()+"/x:1")
}

// TestLies: manifests and configs that promise what is not so.
func TestLies(t *testing.T) {
	layer := registrytest.Tar(t, file("a", "a"))
	for _, c := range []struct {
		name  string
		edit  func(manifest string, p registrytest.Pushed) string
		class engine.Class
		says  string
	}{
		{"size too small", func(m string, _ registrytest.Pushed) string {
			return strings.Replace(m, fmt.Sprintf(`"size":%d}]`, len(layer)), `"size":10}]`, 1)
		}, engine.ClassIntegrity, "its manifest promises 10"},
		{"huge config", func(m string, p registrytest.Pushed) string {
			return strings.Replace(m, `"config":{`, `"config":{"size":5000000000,"Size":5000000000,`, 1)
		}, 0, ""},
		{"layers missing", func(m string, _ registrytest.Pushed) string {
			return m[:strings.Index(m, `"layers":[`)] + `"layers":[],"mediaType":"application/vnd.oci.image.manifest.v1+json","schemaVersion":2}`
		}, engine.ClassIntegrity, "0 layers in its manifest but 1 in its config"},
		{"digest with a path", func(m string, p registrytest.Pushed) string {
			return strings.Replace(m, string(p.Blobs[0]), "sha256:../../../../etc/passwd", 1)
		}, engine.ClassIntegrity, "read manifest"},
		{"schema 1", func(string, registrytest.Pushed) string {
			return `{"schemaVersion":1,"fsLayers":[]}`
		}, engine.ClassUnsupported, "schema 1"},
		{"artifact", func(m string, _ registrytest.Pushed) string {
			return strings.Replace(m, "application/vnd.oci.image.config.v1+json", "application/vnd.cncf.helm.config.v1+json", 1)
		}, engine.ClassUnsupported, "no container image"},
		{"no JSON", func(string, registrytest.Pushed) string { return "<html>" }, engine.ClassIntegrity, "read manifest"},
		{"too large", func(string, registrytest.Pushed) string { return strings.Repeat(" ", 5<<20) }, engine.ClassInvalid, "larger than 4 MiB"},
	} {
		t.Run(c.name, func(t *testing.T) {
			reg := registrytest.New(t)
			p := reg.Push(t, "x", "1", registrytest.Image{Layers: [][]byte{layer}})
			reg.AddManifest("x", "1", "application/vnd.oci.image.manifest.v1+json", []byte(c.edit(string(p.Raw), p)))
			s := openStore(t, Config{})
			_, err := s.Pull(context.Background(), engine.PullRequest{Ref: reg.Host() + "/x:1"})
			if engine.ClassOf(err) != c.class || err != nil && !strings.Contains(err.Error(), c.says) {
				t.Errorf("class %v: %v", engine.ClassOf(err), err)
			}
		})
	}
}

// TestForeignURLs: a manifest can't make us fetch from addresses of its choice.
func TestForeignURLs(t *testing.T) {
	reg, canary := registrytest.New(t), registrytest.New(t)
	p := reg.Push(t, "x", "1", registrytest.Image{Layers: [][]byte{registrytest.Tar(t, file("a", "a"))}})
	raw := strings.Replace(string(p.Raw), `"mediaType":"application/vnd.oci.image.layer.v1.tar"`,
		`"mediaType":"application/vnd.docker.image.rootfs.foreign.diff.tar.gzip","urls":["`+canary.Server.URL+`/blob"]`, 1)
	reg.AddManifest("x", "1", "application/vnd.oci.image.manifest.v1+json", []byte(raw))
	s := openStore(t, Config{})
	mustPull(t, s, reg.Host()+"/x:1")
	if asked := canary.Requests(""); len(asked) > 0 {
		t.Errorf("the foreign address was asked for %+v", asked)
	}
}

// TestWrongDiffID: the blob is what the manifest says, but not what the config says.
func TestWrongDiffID(t *testing.T) {
	reg := registrytest.New(t)
	a := reg.Push(t, "x", "1", registrytest.Image{Compression: registrytest.Gzip, Layers: [][]byte{registrytest.Tar(t, file("a", "a"))}})
	b := reg.Push(t, "y", "1", registrytest.Image{Compression: registrytest.Gzip, Layers: [][]byte{registrytest.Tar(t, file("b", "b"))}})
	raw := strings.Replace(string(a.Raw), string(a.Blobs[0]), string(b.Blobs[0]), 1)
	reg.AddManifest("x", "1", "application/vnd.oci.image.manifest.v1+json", []byte(raw))
	s := openStore(t, Config{})
	_, err := s.Pull(context.Background(), engine.PullRequest{Ref: reg.Host() + "/x:1"})
	if engine.ClassOf(err) != engine.ClassIntegrity || !strings.Contains(err.Error(), "its config promises") {
		t.Errorf("class %v: %v", engine.ClassOf(err), err)
	}
}

// TestWhatUsersMistype: the sentences that people know from Docker.
func TestWhatUsersMistype(t *testing.T) {
	reg := registrytest.New(t)
	reg.Push(t, "alpine", "1", registrytest.Image{Layers: [][]byte{registrytest.Tar(t, file("a", "a"))}})
	private := registrytest.New(t)
	private.RequireToken("me", "secret")
	loop := registrytest.New(t)
	loop.RefuseAlways()
	s := openStore(t, Config{})
	for _, c := range []struct {
		ref, says string
		class     engine.Class
	}{
		{reg.Host() + "/alpine:nope", "manifest for " + reg.Host() + "/alpine:nope not found: manifest unknown", engine.ClassNotFound},
		{"127.0.0.1:1/alpine", `registry "127.0.0.1:1": connection refused`, engine.ClassUnavailable},
		{private.Host() + "/nope", "pull access denied for " + private.Host() + "/nope, repository does not exist or may require 'berth login'", engine.ClassUnauthorized},
		{loop.Host() + "/nope", "pull access denied", engine.ClassUnauthorized},
		{"Bad/Name", `invalid reference "Bad/Name": invalid reference format: repository name (Name) must be lowercase`, engine.ClassInvalid},
		{"x:", "invalid reference", engine.ClassInvalid},
	} {
		_, err := s.Pull(context.Background(), engine.PullRequest{Ref: c.ref})
		if engine.ClassOf(err) != c.class || !strings.Contains(err.Error(), c.says) {
			t.Errorf("%s: class %v: %v", c.ref, engine.ClassOf(err), err)
		}
		if engine.ClassOf(err) == engine.ClassUnavailable && engine.HintOf(err) == "" {
			t.Errorf("%s: no hint in %v", c.ref, err)
		}
	}
}

func TestLoopbackWithUnknownCertificate(t *testing.T) {
	reg := registrytest.NewTLS(t)
	reg.Push(t, "x", "1", registrytest.Image{Layers: [][]byte{registrytest.Tar(t, file("a", "a"))}})
	mustPull(t, openStore(t, Config{}), reg.Host()+"/x:1")
}

func TestHubStandIn(t *testing.T) {
	reg := registrytest.New(t)
	p := reg.Push(t, "library/hello", "latest", registrytest.Image{Layers: [][]byte{registrytest.Tar(t, file("a", "a"))}})
	hub := roundTripper(func(req *http.Request) (*http.Response, error) {
		if req.URL.Scheme != "https" || req.Header.Get("Authorization") != "" {
			t.Errorf("request %s with authorization %q", req.URL, req.Header.Get("Authorization"))
		}
		req = req.Clone(req.Context())
		req.URL.Scheme, req.URL.Host = "http", reg.Host()
		return http.DefaultTransport.RoundTrip(req)
	})
	s := openStore(t, Config{Hub: hub})
	if res := mustPull(t, s, "hello"); res.Ref != "hello:latest" || res.ImageID != p.ID {
		t.Errorf("result %+v", res)
	}
	if r, err := s.Resolve(context.Background(), "docker.io/library/hello"); err != nil || r.Name != "hello:latest" {
		t.Errorf("resolved %+v, %v", r, err)
	}
}

type roundTripper func(*http.Request) (*http.Response, error)

func (f roundTripper) RoundTrip(r *http.Request) (*http.Response, error) { return f(r) }
