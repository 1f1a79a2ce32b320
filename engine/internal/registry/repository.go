package registry

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"sync"

	"berth/engine"
	"berth/engine/internal/reference"

	"github.com/google/go-containerregistry/pkg/authn"
	"github.com/google/go-containerregistry/pkg/name"
	"github.com/google/go-containerregistry/pkg/v1/remote/transport"
	"github.com/google/go-containerregistry/pkg/v1/types"
)

// MaxMetadata bounds manifests, indexes and configs (OCI distribution-spec: 4 MiB).
const MaxMetadata = 4 << 20

// A Repository is one repository of one registry, with the mirrors that may stand in for it.
type Repository struct {
	client    *Client
	named     reference.Named
	endpoints []*endpoint

	mu      sync.Mutex // guards current
	current int        // the endpoint that last served a manifest
}

// An endpoint is one host that serves the repository. It connects once.
type endpoint struct {
	client *Client
	repo   name.Repository
	err    error // why it can't be used at all

	mu   sync.Mutex // guards conn and scheme while connecting
	http *http.Client
	base string
	anon bool
}

func newRepository(c *Client, named reference.Named) *Repository {
	r := &Repository{client: c, named: named}
	host, path := named.Domain(), named.Path()
	if host == "docker.io" {
		if c.cfg.Hub == nil {
			for _, m := range c.cfg.Mirrors {
				r.endpoints = append(r.endpoints, newEndpoint(c, mirrorHost(m), path))
			}
		}
		host = HubHost
	}
	r.endpoints = append(r.endpoints, newEndpoint(c, host, path))
	return r
}

// mirrorHost accepts Docker's form of a mirror, a URL, and a bare host.
func mirrorHost(mirror string) string {
	if u, err := url.Parse(mirror); err == nil && u.Host != "" {
		return u.Host
	}
	return strings.TrimSuffix(mirror, "/")
}

func newEndpoint(c *Client, host, path string) *endpoint {
	var opts []name.Option
	if c.plainAllowed(host) {
		opts = append(opts, name.Insecure)
	}
	e := &endpoint{client: c}
	reg, err := name.NewRegistry(host, opts...)
	if err != nil {
		e.err = engine.Errorf(engine.ClassInvalid, "registry %q: %w", host, err)
		return e
	}
	e.repo = reg.Repo(path)
	return e
}

// connect finds out how the registry wants to be spoken to, once. A failure is
// not remembered, so that the next attempt tries again.
func (e *endpoint) connect(ctx context.Context) (*http.Client, string, error) {
	if e.err != nil {
		return nil, "", e.err
	}
	e.mu.Lock()
	defer e.mu.Unlock()
	if e.http != nil {
		return e.http, e.base, nil
	}
	host := e.repo.RegistryStr()
	var auth authn.Authenticator = authn.Anonymous
	if e.client.cfg.Hub == nil || host != HubHost {
		cfg, err := e.client.creds.lookup(ctx, host)
		if err != nil {
			return nil, "", err
		}
		if cfg != (authn.AuthConfig{}) {
			auth = authn.FromConfig(cfg)
		}
	}
	e.anon = auth == authn.Anonymous
	seen := &schemeRecorder{inner: e.client.base, host: host}
	rt, err := transport.NewWithContext(ctx, e.repo.Registry, auth, seen, []string{e.repo.Scope(transport.PullScope)})
	if err != nil {
		return nil, "", err
	}
	e.base = seen.scheme + "://" + host + "/v2/" + e.repo.RepositoryStr()
	e.http = &http.Client{Transport: rt, CheckRedirect: checkRedirect}
	return e.http, e.base, nil
}

// schemeRecorder remembers the scheme of the last answer from the registry's own host.
type schemeRecorder struct {
	inner  http.RoundTripper
	host   string
	mu     sync.Mutex
	scheme string
}

// RoundTrip implements http.RoundTripper.
func (s *schemeRecorder) RoundTrip(req *http.Request) (*http.Response, error) {
	scheme, host := req.URL.Scheme, req.URL.Host
	resp, err := s.inner.RoundTrip(req)
	if err == nil && host == s.host {
		s.mu.Lock()
		s.scheme = scheme
		s.mu.Unlock()
	}
	return resp, err
}

// get sends one GET for path below the repository. The caller closes the body.
func (e *endpoint) get(ctx context.Context, path string, header http.Header) (*http.Response, error) {
	client, base, err := e.connect(ctx)
	if err != nil {
		return nil, err
	}
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, base+path, nil)
	if err != nil {
		return nil, fmt.Errorf("request %q: %w", path, err)
	}
	for k, v := range header {
		req.Header[k] = v
	}
	return client.Do(req)
}

// A Manifest is a manifest or an index as the registry sent it.
type Manifest struct {
	Raw       []byte
	MediaType types.MediaType
	Digest    engine.Digest // computed here from Raw
}

var acceptManifests = []string{
	string(types.DockerManifestSchema2), string(types.DockerManifestList),
	string(types.OCIManifestSchema1), string(types.OCIImageIndex),
	// Asked for so that an old image is refused with a sentence instead of a 404.
	string(types.DockerManifestSchema1Signed),
}

// Manifest fetches the manifest or index with this tag or digest, from the first
// mirror that has it. A digest is verified; mismatch is ClassIntegrity, unknown is
// ClassNotFound.
func (r *Repository) Manifest(ctx context.Context, tagOrDigest string) (Manifest, error) {
	var first error
	for i, e := range r.endpoints {
		m, err := e.manifest(ctx, tagOrDigest)
		if err == nil {
			r.mu.Lock()
			r.current = i
			r.mu.Unlock()
			return m, nil
		}
		if ctx.Err() != nil {
			return Manifest{}, ctx.Err()
		}
		first = err // the last endpoint is the registry itself: its answer is the one that counts
	}
	return Manifest{}, r.explainManifest(first, tagOrDigest)
}

func (e *endpoint) manifest(ctx context.Context, tagOrDigest string) (Manifest, error) {
	var m Manifest
	err := e.client.retry.do(ctx, func() error {
		resp, err := e.get(ctx, "/manifests/"+tagOrDigest, http.Header{"Accept": {strings.Join(acceptManifests, ", ")}})
		if err != nil {
			return err
		}
		defer resp.Body.Close()
		if err := checkStatus(resp, http.StatusOK); err != nil {
			return err
		}
		raw, err := readLimited(resp.Body)
		if err != nil {
			return err
		}
		m = Manifest{Raw: raw, MediaType: manifestType(resp.Header.Get("Content-Type"), raw), Digest: sum(raw)}
		return nil
	})
	if err != nil {
		return Manifest{}, err
	}
	if strings.HasPrefix(tagOrDigest, "sha256:") && string(m.Digest) != tagOrDigest {
		return Manifest{}, engine.Errorf(engine.ClassIntegrity,
			"manifest %s from %q has digest %s: the registry sent other bytes than it promised", tagOrDigest, e.repo.RegistryStr(), m.Digest)
	}
	return m, nil
}

// Metadata fetches a small blob, an image's config, and verifies its digest.
func (r *Repository) Metadata(ctx context.Context, digest engine.Digest, size int64) ([]byte, error) {
	if size > MaxMetadata || size < 0 {
		return nil, engine.Errorf(engine.ClassInvalid, "config %s claims %d bytes: more than %d are refused", digest, size, MaxMetadata)
	}
	var last error
	for _, e := range r.order() {
		var raw []byte
		err := e.client.retry.do(ctx, func() error {
			resp, err := e.get(ctx, "/blobs/"+string(digest), nil)
			if err != nil {
				return err
			}
			defer resp.Body.Close()
			if err := checkStatus(resp, http.StatusOK); err != nil {
				return err
			}
			raw, err = readLimited(resp.Body)
			return err
		})
		if err == nil && sum(raw) != digest {
			err = engine.Errorf(engine.ClassIntegrity, "config %s from %q has digest %s: the registry sent other bytes than it promised",
				digest, e.repo.RegistryStr(), sum(raw))
		}
		if err == nil {
			return raw, nil
		}
		if ctx.Err() != nil {
			return nil, ctx.Err()
		}
		last = err
	}
	return nil, r.explain(last, "fetch config of %q", r.familiar())
}

// order returns the endpoints, the one that served the manifest first.
func (r *Repository) order() []*endpoint {
	r.mu.Lock()
	defer r.mu.Unlock()
	return slices.Concat(r.endpoints[r.current:], r.endpoints[:r.current])
}

func (r *Repository) familiar() string { return r.named.FamiliarName() }

var errTooLarge = errors.New("answer is larger than 4 MiB")

func readLimited(body io.Reader) ([]byte, error) {
	raw, err := io.ReadAll(io.LimitReader(body, MaxMetadata+1))
	if err != nil {
		return nil, &brokenBody{err}
	}
	if len(raw) > MaxMetadata {
		return nil, &engine.Error{Class: engine.ClassInvalid, Msg: "read metadata", Err: errTooLarge}
	}
	return raw, nil
}

func sum(raw []byte) engine.Digest {
	h := sha256.Sum256(raw)
	return engine.Digest("sha256:" + hex.EncodeToString(h[:]))
}
