package local_test

import (
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"berth/engine"
	"berth/engine/local"
	"berth/engine/registries"
)

// An account that is stored where Docker's client keeps its own is used by the next pull.
func TestAccountsAreDockers(t *testing.T) {
	seen := make(chan string, 64)
	srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		user, password, _ := r.BasicAuth()
		if user != "ann" || password != "secret" {
			w.Header().Set("WWW-Authenticate", `Basic realm="test"`)
			w.WriteHeader(http.StatusUnauthorized)
			return
		}
		seen <- r.URL.Path
		if strings.Contains(r.URL.Path, "/manifests/") {
			w.WriteHeader(http.StatusNotFound)
		}
	}))
	defer srv.Close()
	host := strings.TrimPrefix(srv.URL, "http://")

	for _, env := range []string{"DOCKER_CONFIG", "HOME"} {
		t.Run(env, func(t *testing.T) {
			dir := t.TempDir()
			file := filepath.Join(dir, "config.json")
			t.Setenv("DOCKER_CONFIG", "")
			if env == "HOME" {
				file = filepath.Join(dir, ".docker", "config.json")
			}
			t.Setenv(env, dir)
			e, err := local.Open(local.Options{Root: t.TempDir(), Registries: registries.Open})
			if err != nil {
				t.Fatal(err)
			}
			defer e.Close()
			ctx := testContext(t)
			if _, err := e.Login(ctx, engine.Credentials{Registry: host, Username: "ann", Password: "secret"}); err != nil {
				t.Fatal(err)
			}
			if _, err := os.Stat(file); err != nil {
				t.Error(err)
			}
			for len(seen) > 0 {
				<-seen
			}
			_, err = e.Pull(ctx, engine.PullRequest{Ref: host + "/private"})
			wantClass(t, err, engine.ClassNotFound) // and not unauthorized
			if len(seen) == 0 {
				t.Error("the pull did not use the account")
			}
			if err := e.Logout(ctx, host); err != nil {
				t.Fatal(err)
			}
			if data, err := os.ReadFile(file); err != nil || strings.Contains(string(data), host) {
				t.Errorf("after the logout, %s holds %s, %v", file, data, err)
			}
			_, err = e.Pull(ctx, engine.PullRequest{Ref: host + "/private"})
			wantClass(t, err, engine.ClassUnauthorized) // the engine that is still open keeps no session
		})
	}
}
