// Package demo is the built-in registry: it stands in for Docker Hub on machines
// without network and in lessons. It is an http.RoundTripper that answers the
// distribution protocol inside the process of berth, without a socket, so that
// pulling from it takes the very path that pulling from a real registry takes.
//
// Its images are made when they are first asked for, and have the same bytes,
// hence the same digests, each time. It is not a registry to push to, knows no
// accounts, and serves nothing from disk but the toolbox program.
//
// Source: the OCI distribution specification, version 1.1.
package demo

import (
	"fmt"
	"io"
	"net/http"
	"slices"
	"strings"
	"sync"

	"berth/engine"
)

// hosts are the names under which clients reach Docker Hub.
var hosts = []string{"registry-1.docker.io", "index.docker.io", "docker.io"}

// Options sets up a Registry. The zero value serves Docker Hub's names only.
type Options struct {
	// Toolbox is the program that the toolbox image is made of. Empty means:
	// $BERTH_TOOLBOX, else berth-toolbox beside the running executable, else in $PATH.
	Toolbox string
	// Next answers requests to all other hosts. If nil they fail with engine.ClassUnavailable.
	Next http.RoundTripper
}

// A Registry answers for Docker Hub. It may be used by several goroutines at once.
type Registry struct {
	next  http.RoundTripper
	repos map[string]func() (*repository, error) // by full name; each makes its images once
}

// New returns a registry. It makes no image yet.
func New(opts Options) *Registry {
	return &Registry{
		next: opts.Next,
		repos: map[string]func() (*repository, error){
			"library/hello-world": sync.OnceValues(makeHello),
			"library/toolbox":     sync.OnceValues(func() (*repository, error) { return makeToolbox(opts.Toolbox) }),
		},
	}
}

// Names returns the repositories' full names, "library/hello-world", in order.
func (r *Registry) Names() []string {
	names := make([]string, 0, len(r.repos))
	for name := range r.repos {
		names = append(names, name)
	}
	slices.Sort(names)
	return names
}

// RoundTrip answers a request. What the protocol can express is a response with a status; an
// error means that the image can't be made on this host, that the host is not
// served, or that the request's context is done.
func (r *Registry) RoundTrip(req *http.Request) (*http.Response, error) {
	if !slices.Contains(hosts, req.URL.Hostname()) {
		if r.next != nil {
			return r.next.RoundTrip(req)
		}
		closeBody(req)
		return nil, engine.Errorf(engine.ClassUnavailable, "reach registry %q: the built-in registry stands in for Docker Hub only", req.URL.Host)
	}
	closeBody(req)
	if err := req.Context().Err(); err != nil {
		return nil, err
	}
	if req.Method != http.MethodGet && req.Method != http.MethodHead {
		return failure(req, http.StatusMethodNotAllowed, "UNSUPPORTED", "the built-in registry can only be read"), nil
	}
	path, ok := strings.CutPrefix(req.URL.Path, "/v2/")
	switch {
	case req.URL.Path == "/v2" || ok && path == "":
		return content(req, blob{mediaType: "application/json", data: []byte("{}")}), nil
	case ok && path == "_catalog":
		return list(req, "repositories", "", r.Names()), nil
	case ok:
		return r.repository(req, path)
	}
	return failure(req, http.StatusNotFound, "NOT_FOUND", "the built-in registry has no such page"), nil
}

// repository answers for path, what follows "/v2/" in "/v2/<name>/<kind>/<rest>".
func (r *Registry) repository(req *http.Request, path string) (*http.Response, error) {
	// A name may itself hold "manifests" as a component, so the last marker counts.
	parts := strings.Split(path, "/")
	if len(parts) < 3 {
		return failure(req, http.StatusNotFound, "NAME_INVALID", "no repository is named"), nil
	}
	name, kind, rest := strings.Join(parts[:len(parts)-2], "/"), parts[len(parts)-2], parts[len(parts)-1]
	build, ok := r.repos[name]
	if !ok {
		return failure(req, http.StatusNotFound, "NAME_UNKNOWN", fmt.Sprintf(
			"the built-in registry has no %q; it has %s", strings.TrimPrefix(name, "library/"), r.familiar())), nil
	}
	repo, err := build()
	if err != nil {
		return nil, err
	}
	switch {
	case kind == "tags" && rest == "list":
		return list(req, "tags", name, repo.tagNames()), nil
	case kind == "manifests":
		b, ok := repo.manifest(rest)
		if !ok {
			return failure(req, http.StatusNotFound, "MANIFEST_UNKNOWN", fmt.Sprintf(
				"the built-in registry has no %q of %q; it has %s", rest, strings.TrimPrefix(name, "library/"), strings.Join(repo.tagNames(), ", "))), nil
		}
		return content(req, b), nil
	case kind == "blobs":
		b, ok := repo.blobs[rest]
		if !ok {
			return failure(req, http.StatusNotFound, "BLOB_UNKNOWN", fmt.Sprintf("the built-in registry has no blob %q", rest)), nil
		}
		return content(req, b), nil
	}
	return failure(req, http.StatusNotFound, "NOT_FOUND", "the built-in registry has no such page"), nil
}

// familiar lists the repositories as users write them.
func (r *Registry) familiar() string {
	names := r.Names()
	for i, name := range names {
		names[i] = strings.TrimPrefix(name, "library/")
	}
	return strings.Join(names, ", ")
}

// closeBody does what every RoundTripper must, whatever it answers.
func closeBody(req *http.Request) {
	if req.Body != nil {
		_, _ = io.Copy(io.Discard, io.LimitReader(req.Body, 1<<20))
		_ = req.Body.Close()
	}
}
