package pull

import (
	"context"
	"fmt"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
	"time"

	"berth/engine"

	"github.com/google/go-containerregistry/pkg/name"
	"github.com/google/go-containerregistry/pkg/v1/random"
	"github.com/google/go-containerregistry/pkg/v1/remote"
)

// TestAgainstDistribution pulls from the registry that most of the world runs, if its
// program is installed.
func TestAgainstDistribution(t *testing.T) {
	program, err := exec.LookPath("docker-registry")
	if err != nil {
		t.Skip("missing ability: the program docker-registry")
	}
	host := startDistribution(t, program)
	ref, err := name.ParseReference(host + "/random/image:1")
	if err != nil {
		t.Fatal(err)
	}
	img, err := random.Image(100_000, 3)
	if err != nil {
		t.Fatal(err)
	}
	if err := remote.Write(ref, img); err != nil {
		t.Fatal(err)
	}
	digest, err := img.Digest()
	if err != nil {
		t.Fatal(err)
	}
	s := openStore(t, Config{})
	if res := mustPull(t, s, ref.String()); string(res.Digest) != digest.String() {
		t.Errorf("digest %s, want %s", res.Digest, digest)
	}
	byDigest := host + "/random/image@" + digest.String()
	if res := mustPull(t, s, byDigest); res.Ref != byDigest || res.Fresh {
		t.Errorf("by digest: %+v", res)
	}
	for _, unknown := range []string{host + "/random/image:2", host + "/nobody"} {
		if _, err := s.Pull(context.Background(), engine.PullRequest{Ref: unknown}); engine.ClassOf(err) != engine.ClassNotFound {
			t.Errorf("%s: class %v: %v", unknown, engine.ClassOf(err), err)
		}
	}
}

// startDistribution runs the registry and waits until it answers.
func startDistribution(t *testing.T, program string) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	host := l.Addr().String()
	l.Close()
	dir := t.TempDir()
	config := filepath.Join(dir, "config.yml")
	err = os.WriteFile(config, fmt.Appendf(nil, "version: 0.1\nlog: {level: error}\nstorage: {filesystem: {rootdirectory: %s}}\nhttp: {addr: %q}\n", dir, host), 0o600)
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command(program, "serve", config)
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_ = cmd.Process.Kill()
		_ = cmd.Wait()
	})
	for end := time.Now().Add(20 * time.Second); ; {
		resp, err := http.Get("http://" + host + "/v2/")
		if err == nil {
			resp.Body.Close()
			return host
		}
		if time.Now().After(end) {
			t.Fatalf("docker-registry does not answer: %v", err)
		}
		time.Sleep(10 * time.Millisecond)
	}
}
