// Package registrytest is a registry in the test's own process that holds images made by
// the test, and misbehaves on request: it truncates, lies, redirects, throttles and
// breaks connections. For tests of package registry and of everything above it.
package registrytest

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"io"
	"log"
	"net/http"
	"net/http/httptest"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"berth/engine"
)

// A Registry serves over plain HTTP on a loopback address, or TLS if made with NewTLS.
type Registry struct {
	Server *httptest.Server

	mu        sync.Mutex // guards what follows
	blobs     map[engine.Digest][]byte
	manifests map[string]manifest // by "repository:tag" and "repository@digest"
	faults    map[engine.Digest]Fault
	all       Fault
	requests  []Request
	auth      *auth
}

type manifest struct {
	mediaType string
	raw       []byte
}

// A Request is one that the registry got.
type Request struct {
	Method, Path, Range, Authorization string
}

// A Fault answers a request in place of the registry if it returns true. body is
// what an honest registry would send; n counts the requests for the object from 1.
type Fault func(w http.ResponseWriter, r *http.Request, body []byte, n int) bool

// New starts a registry that ends with the test.
func New(t testing.TB) *Registry { return start(t, httptest.NewUnstartedServer, false) }

// NewTLS starts one whose certificate nobody trusts.
func NewTLS(t testing.TB) *Registry { return start(t, httptest.NewUnstartedServer, true) }

func start(t testing.TB, make func(http.Handler) *httptest.Server, tls bool) *Registry {
	r := &Registry{
		blobs: map[engine.Digest][]byte{}, manifests: map[string]manifest{}, faults: map[engine.Digest]Fault{},
	}
	r.Server = make(r)
	r.Server.Config.ErrorLog = log.New(io.Discard, "", 0) // broken connections are what tests ask for
	if tls {
		r.Server.StartTLS()
	} else {
		r.Server.Start()
	}
	t.Cleanup(func() {
		r.Server.CloseClientConnections()
		r.Server.Close()
	})
	return r
}

// Host returns the registry's name in references, "127.0.0.1:port".
func (r *Registry) Host() string {
	_, host, _ := strings.Cut(r.Server.URL, "://")
	return host
}

// Fail makes requests for a blob or manifest misbehave; nil ends that.
func (r *Registry) Fail(d engine.Digest, f Fault) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.faults[d] = counted(f)
}

// FailAll makes every request misbehave; nil ends that.
func (r *Registry) FailAll(f Fault) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.all = counted(f)
}

// counted makes n count calls, whatever the registry passes.
func counted(f Fault) Fault {
	if f == nil {
		return nil
	}
	var mu sync.Mutex
	calls := 0
	return func(w http.ResponseWriter, r *http.Request, body []byte, _ int) bool {
		mu.Lock()
		calls++
		n := calls
		mu.Unlock()
		return f(w, r, body, n)
	}
}

// Requests returns the requests so far whose path contains part.
func (r *Registry) Requests(part string) []Request {
	r.mu.Lock()
	defer r.mu.Unlock()
	var found []Request
	for _, q := range r.requests {
		if strings.Contains(q.Path, part) {
			found = append(found, q)
		}
	}
	return found
}

// AddBlob stores a blob.
func (r *Registry) AddBlob(data []byte) engine.Digest {
	d := Digest(data)
	r.mu.Lock()
	defer r.mu.Unlock()
	r.blobs[d] = data
	return d
}

// AddManifest stores a manifest or index under its digest and, unless it is empty, a tag.
func (r *Registry) AddManifest(repo, tag, mediaType string, raw []byte) engine.Digest {
	d := Digest(raw)
	r.mu.Lock()
	defer r.mu.Unlock()
	r.manifests[repo+"@"+string(d)] = manifest{mediaType, raw}
	if tag != "" {
		r.manifests[repo+":"+tag] = manifest{mediaType, raw}
	}
	return d
}

// Digest returns the SHA-256 digest of data.
func Digest(data []byte) engine.Digest {
	h := sha256.Sum256(data)
	return engine.Digest("sha256:" + hex.EncodeToString(h[:]))
}

// ServeHTTP implements http.Handler: OCI distribution-spec, "Pull".
func (r *Registry) ServeHTTP(w http.ResponseWriter, req *http.Request) {
	r.mu.Lock()
	r.requests = append(r.requests, Request{req.Method, req.URL.Path, req.Header.Get("Range"), req.Header.Get("Authorization")})
	all, auth := r.all, r.auth
	r.mu.Unlock()
	if all != nil && all(w, req, nil, 0) {
		return
	}
	if auth != nil && auth.refuse(w, req) {
		return
	}
	switch path := req.URL.Path; {
	case path == "/v2/":
		w.WriteHeader(http.StatusOK)
	case strings.Contains(path, "/manifests/"):
		r.serveManifest(w, req)
	case strings.Contains(path, "/blobs/"):
		r.serveBlob(w, req)
	default:
		http.NotFound(w, req)
	}
}

func (r *Registry) serveManifest(w http.ResponseWriter, req *http.Request) {
	repo, ref, _ := strings.Cut(strings.TrimPrefix(req.URL.Path, "/v2/"), "/manifests/")
	sep := ":"
	if strings.HasPrefix(ref, "sha256:") {
		sep = "@"
	}
	r.mu.Lock()
	m, ok := r.manifests[repo+sep+ref]
	fault := r.faults[Digest(m.raw)]
	r.mu.Unlock()
	if !ok {
		fail(w, http.StatusNotFound, "MANIFEST_UNKNOWN", "manifest unknown")
		return
	}
	if fault != nil && fault(w, req, m.raw, 0) {
		return
	}
	w.Header().Set("Content-Type", m.mediaType)
	w.Header().Set("Docker-Content-Digest", string(Digest(m.raw)))
	_, _ = w.Write(m.raw)
}

func (r *Registry) serveBlob(w http.ResponseWriter, req *http.Request) {
	_, digest, _ := strings.Cut(req.URL.Path, "/blobs/")
	r.mu.Lock()
	blob, ok := r.blobs[engine.Digest(digest)]
	fault := r.faults[engine.Digest(digest)]
	r.mu.Unlock()
	if !ok {
		fail(w, http.StatusNotFound, "BLOB_UNKNOWN", "blob unknown to registry")
		return
	}
	if fault != nil && fault(w, req, blob, 0) {
		return
	}
	http.ServeContent(w, req, "", time.Time{}, bytes.NewReader(blob))
}

func fail(w http.ResponseWriter, status int, code, message string) {
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	fmt.Fprintf(w, `{"errors":[{"code":%s,"message":%s}]}`, strconv.Quote(code), strconv.Quote(message))
}
