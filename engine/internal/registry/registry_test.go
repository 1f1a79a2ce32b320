package registry

import (
	"bytes"
	"context"
	"crypto/x509"
	"encoding/json"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"berth/engine"
	"berth/engine/internal/reference"
	"berth/engine/internal/registry/registrytest"

	"github.com/google/go-containerregistry/pkg/authn"
)

var quick = Retry{Attempts: 3, Base: time.Millisecond, Max: time.Millisecond, Stall: time.Second}

func named(t testing.TB, ref string) reference.Named {
	t.Helper()
	n, err := reference.Parse(ref)
	if err != nil {
		t.Fatal(err)
	}
	return n
}

// memory is a Sink.
type memory struct{ bytes.Buffer }

func (m *memory) Offset() int64 { return int64(m.Len()) }
func (m *memory) Reset() error  { m.Buffer.Reset(); return nil }

func ignore(string) {}

func image(t testing.TB, r *registrytest.Registry) registrytest.Pushed {
	return r.Push(t, "x", "1", registrytest.Image{Layers: [][]byte{registrytest.Tar(t, registrytest.File{Body: strings.Repeat("x", 10_000)})}})
}

func pullAll(c *Client, ref reference.Named, p registrytest.Pushed) error {
	repo := c.Repository(ref)
	if _, err := repo.Manifest(context.Background(), "1"); err != nil {
		return err
	}
	var m memory
	return repo.Download(context.Background(), p.Blobs[0], 11_776, &m, ignore)
}

func TestTokenStaysWithItsHost(t *testing.T) {
	for name, require := range map[string]func(*registrytest.Registry){
		"token": func(r *registrytest.Registry) { r.RequireToken("me", "secret") },
		"basic": func(r *registrytest.Registry) { r.RequireBasic("me", "secret") },
	} {
		t.Run(name, func(t *testing.T) {
			reg, cdn := registrytest.New(t), registrytest.New(t)
			p := image(t, reg)
			image(t, cdn)
			require(reg)
			reg.Fail(p.Blobs[0], registrytest.RedirectTo(cdn.Server.URL))
			dir := t.TempDir()
			c := New(Config{DockerConfig: dir, Retry: quick})
			to, err := c.Login(context.Background(), engine.Credentials{Registry: reg.Host(), Username: "me", Password: "secret"})
			if err != nil {
				t.Fatal(err)
			}
			if want := filepath.Join(dir, "config.json"); to.File != want {
				t.Errorf("the password lies in %q, want %q", to.File, want)
			}
			if err := pullAll(c, named(t, reg.Host()+"/x"), p); err != nil {
				t.Fatal(err)
			}
			for _, q := range cdn.Requests("") {
				if q.Authorization != "" {
					t.Errorf("the other host got %q", q.Authorization)
				}
			}
			if asked := reg.Requests("/blobs/"); len(asked) == 0 || asked[0].Authorization == "" {
				t.Errorf("the registry got no credentials: %+v", asked)
			}
		})
	}
}

func TestLoginRefusesWrongPassword(t *testing.T) {
	for name, require := range map[string]func(*registrytest.Registry){
		"token": func(r *registrytest.Registry) { r.RequireToken("me", "secret") },
		"basic": func(r *registrytest.Registry) { r.RequireBasic("me", "secret") },
	} {
		t.Run(name, func(t *testing.T) {
			reg := registrytest.New(t)
			require(reg)
			dir := t.TempDir()
			_, err := New(Config{DockerConfig: dir, Retry: quick}).Login(context.Background(), engine.Credentials{Registry: reg.Host(), Username: "me", Password: "wrong"})
			if engine.ClassOf(err) != engine.ClassUnauthorized || strings.Contains(err.Error(), "wrong") {
				t.Errorf("class %v: %v", engine.ClassOf(err), err)
			}
			if _, err := os.Stat(filepath.Join(dir, "config.json")); err == nil {
				t.Error("wrong credentials are stored")
			}
		})
	}
}

func TestConfigFileKeepsTheRest(t *testing.T) {
	dir := t.TempDir()
	path := filepath.Join(dir, "config.json")
	const before = `{"auths":{"other.io":{"auth":"YTpi","extra":1}},"HttpHeaders":{"X":"y"},"unknown":[1,2,{"a":null}]}`
	if err := os.WriteFile(path, []byte(before), 0o600); err != nil {
		t.Fatal(err)
	}
	f := credentialFile{dir: dir}
	ctx := context.Background()
	if _, err := f.store(ctx, "docker.io", "me", "secret:with:colons"); err != nil {
		t.Fatal(err)
	}
	if cfg, err := f.lookup(ctx, HubHost); err != nil || cfg.Username != "me" || cfg.Password != "secret:with:colons" {
		t.Errorf("looked up %+v, %v", cfg, err)
	}
	if err := f.erase(ctx, "docker.io"); err != nil {
		t.Fatal(err)
	}
	data, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	var got, want any
	if json.Unmarshal(data, &got) != nil || json.Unmarshal([]byte(before), &want) != nil {
		t.Fatal(string(data))
	}
	a, _ := json.Marshal(got)
	b, _ := json.Marshal(want)
	if !bytes.Equal(a, b) {
		t.Errorf("after login and logout:\n%s\nbefore:\n%s", a, b)
	}
	if info, _ := os.Stat(path); info.Mode().Perm() != 0o600 {
		t.Errorf("mode %v", info.Mode())
	}
	if err := f.erase(ctx, "never.io"); err != nil {
		t.Errorf("logout from where nobody logged in: %v", err)
	}
}

// TestCredentialHelper runs a helper as Docker does: docker-credential-NAME on the PATH.
func TestCredentialHelper(t *testing.T) {
	bin := t.TempDir()
	script := "#!/bin/sh\nread key\ncase $1 in get) [ \"$key\" = helped.io ] && echo '{\"Username\":\"<token>\",\"Secret\":\"tok\"}' || { echo credentials not found in native keychain; exit 1; };;\n" +
		"store) echo \"$key\" > " + bin + "/stored;; esac\n"
	if err := os.WriteFile(filepath.Join(bin, "docker-credential-test"), []byte(script), 0o755); err != nil {
		t.Fatal(err)
	}
	t.Setenv("PATH", bin+":"+os.Getenv("PATH"))
	dir := t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, "config.json"), []byte(`{"credsStore":"test","credHelpers":{"broken.io":"missing","evil.io":"../../bin/sh"}}`), 0o600); err != nil {
		t.Fatal(err)
	}
	f := credentialFile{dir: dir}
	ctx := context.Background()
	if cfg, err := f.lookup(ctx, "helped.io"); err != nil || cfg.IdentityToken != "tok" {
		t.Errorf("helped: %+v, %v", cfg, err)
	}
	if cfg, err := f.lookup(ctx, "unknown.io"); err != nil || cfg != (authn.AuthConfig{}) {
		t.Errorf("unknown to the helper: %+v, %v", cfg, err)
	}
	if _, err := f.lookup(ctx, "broken.io"); engine.HintOf(err) == "" {
		t.Errorf("a helper that is not installed: %v", err)
	}
	if _, err := f.lookup(ctx, "evil.io"); engine.ClassOf(err) != engine.ClassInvalid {
		t.Errorf("a helper by path: %v", err)
	}
	if file, err := f.store(ctx, "new.io", "me", "s3cret"); err != nil || file != "" {
		t.Fatalf("stored in %q, %v", file, err)
	}
	stored, _ := os.ReadFile(filepath.Join(bin, "stored"))
	config, _ := os.ReadFile(filepath.Join(dir, "config.json"))
	if !strings.Contains(string(stored), "s3cret") || strings.Contains(string(config), "s3cret") || strings.Contains(string(config), "czNj") {
		t.Errorf("stored %s, config %s", stored, config)
	}
}

func TestCredentialsInOldForms(t *testing.T) {
	dir := t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, "config.json"), []byte(`{"auths":{"https://old.io/v1/":{"auth":"YTpi"},"plain.io":{"username":"u","password":"p"},"bad.io":{"auth":"%%"}}}`), 0o600); err != nil {
		t.Fatal(err)
	}
	f := credentialFile{dir: dir}
	for host, want := range map[string]string{"old.io": "a:b", "plain.io": "u:p", "none.io": ":"} {
		if cfg, err := f.lookup(context.Background(), host); err != nil || cfg.Username+":"+cfg.Password != want {
			t.Errorf("%s: %+v, %v", host, cfg, err)
		}
	}
	if _, err := f.lookup(context.Background(), "bad.io"); engine.ClassOf(err) != engine.ClassInvalid {
		t.Errorf("broken entry: %v", err)
	}
}

func TestMirrors(t *testing.T) {
	dead, empty, mirror := "127.0.0.1:1", registrytest.New(t), registrytest.New(t)
	p := mirror.Push(t, "library/x", "1", registrytest.Image{Layers: [][]byte{registrytest.Tar(t, registrytest.File{Body: strings.Repeat("x", 10_000)})}})
	c := New(Config{Mirrors: []string{dead, empty.Server.URL, mirror.Server.URL + "/"}, Retry: quick})
	if err := pullAll(c, named(t, "x"), p); err != nil {
		t.Fatal(err)
	}
	if len(empty.Requests("/manifests/")) != 1 || len(empty.Requests("/blobs/")) != 0 {
		t.Errorf("the mirror without the image was asked for %+v", empty.Requests(""))
	}
}

func TestPlainHTTPNeedsPermission(t *testing.T) {
	c := New(Config{Insecure: []string{"reg.example:5000"}})
	for host, want := range map[string]bool{
		"127.0.0.1:5000": true, "127.8.9.1": true, "localhost": true, "localhost:5000": true, "x.localhost:1": true, "[::1]:5000": true,
		"reg.example:5000": true, "reg.example": false, "10.0.0.1:5000": false, "192.168.1.1": false, "localhost.evil.example": false,
	} {
		if got := c.plainAllowed(host); got != want {
			t.Errorf("%s: %v", host, got)
		}
	}
	req := &http.Request{URL: &url.URL{Scheme: "http", Host: "10.0.0.1:5000"}, Header: http.Header{}}
	if _, err := c.base.RoundTrip(req); engine.ClassOf(err) != engine.ClassPermission {
		t.Errorf("plain HTTP into a private network: %v", err)
	}
}

func TestRedirectsInside(t *testing.T) {
	for _, c := range []struct {
		from, to string
		ok       bool
	}{
		{"reg.example", "cdn.example", true}, {"reg.example", "127.0.0.1:22", false}, {"reg.example", "169.254.169.254", false},
		{"reg.example", "10.1.2.3", false}, {"reg.example", "[fe80::1]", false}, {"10.0.0.1:5000", "10.0.0.2", true}, {"127.0.0.1:5000", "127.0.0.1:9000", true},
	} {
		via := []*http.Request{{URL: &url.URL{Scheme: "https", Host: c.from}}}
		req := &http.Request{URL: &url.URL{Scheme: "https", Host: c.to}, Header: http.Header{"Authorization": {"secret"}}}
		if err := checkRedirect(req, via); (err == nil) != c.ok {
			t.Errorf("%s to %s: %v", c.from, c.to, err)
		}
		if req.Header.Get("Authorization") != "" && c.ok {
			t.Errorf("%s to %s keeps the credentials", c.from, c.to)
		}
	}
}

func TestRetryAfter(t *testing.T) {
	now := time.Date(2030, 1, 1, 0, 0, 0, 0, time.UTC)
	for v, want := range map[string]time.Duration{
		"": 0, "7": 7 * time.Second, "Tue, 01 Jan 2030 00:00:30 GMT": 30 * time.Second, "999999": 2 * time.Minute, "-5": 0, "soon": 0, "Mon, 01 Jan 2029 00:00:30 GMT": 0,
	} {
		if got := retryAfter(v, now); got != want {
			t.Errorf("%q: %v, want %v", v, got, want)
		}
	}
}

func TestUnknownAuthorityIsExplained(t *testing.T) {
	err := explain(&url.Error{Op: "Get", URL: "https://u:p@reg.example/v2/", Err: x509.UnknownAuthorityError{}}, "reg.example", "reg.example/x", "pull \"x\"")
	if engine.ClassOf(err) != engine.ClassUnavailable || engine.HintOf(err) == "" || strings.Contains(err.Error(), "u:p") {
		t.Errorf("class %v, hint %q: %v", engine.ClassOf(err), engine.HintOf(err), err)
	}
}
