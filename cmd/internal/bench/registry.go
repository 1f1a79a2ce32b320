package main

import (
	"bytes"
	"io"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"time"
)

// A registry serves the images on the loopback, over plain HTTP. One of a library at hand hashes each blob
// again at every request, which would be measured too; this one lets the kernel send files.
type registry struct {
	address string
	dir     string
	server  *http.Server

	mu        sync.Mutex // guards what is below
	manifests map[string][]byte
	sizes     map[string]contents
}

// serve starts a registry whose blobs lie in dir.
func serve(dir string) (*registry, error) {
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return nil, err
	}
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return nil, err
	}
	r := &registry{address: listener.Addr().String(), dir: dir, manifests: map[string][]byte{}, sizes: map[string]contents{}}
	r.server = &http.Server{Handler: r}
	go func() { _ = r.server.Serve(listener) }() // until close
	return r, nil
}

func (r *registry) close() error { return r.server.Close() }

// ref is how the tools call an image.
func (r *registry) ref(name string) string { return r.address + "/" + name + ":latest" }

func (r *registry) blob(digest string) string {
	return filepath.Join(r.dir, filepath.Base(strings.TrimPrefix(digest, "sha256:")))
}

// size tells what an image holds.
func (r *registry) size(name string) contents {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.sizes[name]
}

// ServeHTTP answers what a pull asks for (OCI distribution specification 1.1, end-1 to end-3).
func (r *registry) ServeHTTP(w http.ResponseWriter, req *http.Request) {
	name, what, _ := strings.Cut(strings.TrimPrefix(req.URL.Path, "/v2/"), "/")
	kind, id, _ := strings.Cut(what, "/")
	switch {
	case req.Method != http.MethodGet && req.Method != http.MethodHead:
		w.WriteHeader(http.StatusMethodNotAllowed)
	case name == "":
		_, _ = io.WriteString(w, "{}")
	case kind == "manifests":
		if id == "latest" {
			id = name
		}
		r.mu.Lock()
		manifest, ok := r.manifests[id]
		r.mu.Unlock()
		if !ok {
			http.NotFound(w, req)
			return
		}
		w.Header().Set("Content-Type", manifestType)
		w.Header().Set("Docker-Content-Digest", digest(manifest))
		http.ServeContent(w, req, "", time.Time{}, bytes.NewReader(manifest))
	case kind == "blobs":
		file, err := os.Open(r.blob(id))
		if err != nil {
			http.NotFound(w, req)
			return
		}
		defer file.Close()
		w.Header().Set("Content-Type", "application/octet-stream")
		w.Header().Set("Docker-Content-Digest", id)
		if name == slowImage {
			drip(w, req, file)
			return
		}
		http.ServeContent(w, req, "", time.Time{}, file)
	default:
		http.NotFound(w, req)
	}
}

// slowImage is served slowly: each layer in so many steps, one at every beat.
const (
	slowImage = "slow"
	slowBeat  = 50 * time.Millisecond
	slowSteps = 600
)

// drip sends a blob like a slow network does.
func drip(w http.ResponseWriter, req *http.Request, file *os.File) {
	ticker := time.NewTicker(slowBeat)
	defer ticker.Stop()
	info, err := file.Stat()
	if err != nil {
		w.WriteHeader(http.StatusInternalServerError)
		return
	}
	w.Header().Set("Content-Length", strconv.FormatInt(info.Size(), 10))
	if req.Method == http.MethodHead {
		return
	}
	step := max(info.Size()/slowSteps, 256) // a config, which is small, is there at once
	for {
		if _, err := io.CopyN(w, file, step); err != nil {
			return // the end, or nobody reads any more
		}
		if f, ok := w.(http.Flusher); ok {
			f.Flush()
		}
		select {
		case <-ticker.C:
		case <-req.Context().Done():
			return
		}
	}
}
