// Package registry speaks with container registries: it authenticates, finds
// manifests and streams blobs, over go-containerregistry's transport for the
// token dance and its own code for bodies, because a body that breaks at 90 %
// must go on from there.
//
// It knows nothing of images on disk and verifies no digest of a blob: the
// caller hashes what it stores. It runs in berth, never in a shim.
package registry

import (
	"context"
	"crypto/tls"
	"errors"
	"net"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"

	"berth/engine"
	"berth/engine/internal/reference"
)

// Config says how registries are reached. The zero value is Docker Hub over the
// network, without credentials.
type Config struct {
	// Hub replaces Docker Hub; nil means the network.
	Hub http.RoundTripper
	// Mirrors are base URLs or hosts asked before Docker Hub, in order.
	Mirrors []string
	// Insecure are hosts, with port, that may be spoken to over plain HTTP or with an
	// unknown certificate. Loopback addresses always may use plain HTTP.
	Insecure []string
	// DockerConfig is the directory of Docker's config.json; empty for no credentials.
	DockerConfig string
	// Retry says how often and how soon a broken transfer is tried again.
	Retry Retry
}

// A Retry bounds repeated attempts. Zero fields mean the defaults.
type Retry struct {
	Attempts int           // in a row without any progress; default 6
	Base     time.Duration // first pause, doubled each time; default 250 ms
	Max      time.Duration // longest pause; default 15 s
	Stall    time.Duration // a body that brings no byte for so long is broken; default 45 s
}

func (r Retry) withDefaults() Retry {
	if r.Attempts == 0 {
		r.Attempts = 6
	}
	if r.Base == 0 {
		r.Base = 250 * time.Millisecond
	}
	if r.Max == 0 {
		r.Max = 15 * time.Second
	}
	if r.Stall == 0 {
		r.Stall = 45 * time.Second
	}
	return r
}

// A Client reaches registries. It is safe for concurrent use.
type Client struct {
	cfg   Config
	retry Retry
	creds credentialFile
	base  http.RoundTripper
}

// New returns a client.
func New(cfg Config) *Client {
	c := &Client{
		cfg:   cfg,
		retry: cfg.Retry.withDefaults(),
		creds: credentialFile{dir: cfg.DockerConfig},
	}
	c.base = &guard{client: c, secure: newTransport(false), lax: newTransport(true)}
	return c
}

// newTransport returns a transport for large bodies: no transparent
// decompression, which would change the bytes that a digest names.
func newTransport(lax bool) *http.Transport {
	dialer := &net.Dialer{Timeout: 10 * time.Second, KeepAlive: 30 * time.Second}
	return &http.Transport{
		Proxy:                 http.ProxyFromEnvironment,
		DialContext:           dialer.DialContext,
		TLSClientConfig:       &tls.Config{InsecureSkipVerify: lax},
		TLSHandshakeTimeout:   10 * time.Second,
		ResponseHeaderTimeout: 30 * time.Second,
		IdleConnTimeout:       60 * time.Second,
		MaxIdleConnsPerHost:   16,
		DisableCompression:    true,
		ForceAttemptHTTP2:     true,
		ReadBufferSize:        64 << 10,
	}
}

// Repository returns the repository that ref lies in. It does not connect. It looks up
// credentials and gets tokens once, so it is for one piece of work: one that was kept for
// the next would go on with an account that has been logged out meanwhile.
func (c *Client) Repository(ref reference.Named) *Repository {
	return newRepository(c, ref.Repository())
}

// HubHost is the host that go-containerregistry calls when the reference says docker.io.
const HubHost = "index.docker.io"

// errPlain is why guard sends nothing.
var errPlain = errors.New("plain HTTP is refused")

const insecureHint = "List the host as insecure if this registry really has no TLS."

// guard is the last transport before the network. It sends Docker Hub's traffic
// to its stand-in, and refuses plain HTTP to any host that was not allowed it: the
// token transport would else fall back to it for private addresses, and a redirect
// could ask for it.
type guard struct {
	client      *Client
	secure, lax *http.Transport
}

// RoundTrip implements http.RoundTripper.
func (g *guard) RoundTrip(req *http.Request) (*http.Response, error) {
	if g.client.cfg.Hub != nil && req.URL.Host == HubHost {
		resp, err := g.client.cfg.Hub.RoundTrip(req)
		if resp != nil {
			resp.Request = req // whatever the stand-in made of it: go-containerregistry reads the scheme there
		}
		return resp, err
	}
	if req.URL.Scheme != "https" && !g.client.plainAllowed(req.URL.Host) {
		return nil, engine.Errorf(engine.ClassPermission, "connect to %q: %w", req.URL.Host, errPlain).
			WithHint(insecureHint)
	}
	if g.client.plainAllowed(req.URL.Host) { // who may speak plainly needs no known certificate either
		return g.lax.RoundTrip(req)
	}
	return g.secure.RoundTrip(req)
}

func (c *Client) plainAllowed(host string) bool {
	return isLoopback(host) || slices.Contains(c.cfg.Insecure, host)
}

// isLoopback reports whether host, with or without port, is this machine. A name
// under .localhost is loopback by RFC 6761.
func isLoopback(host string) bool {
	name := host
	if h, _, err := net.SplitHostPort(host); err == nil {
		name = h
	}
	name = strings.Trim(name, "[]")
	if ip := net.ParseIP(name); ip != nil {
		return ip.IsLoopback()
	}
	return name == "localhost" || strings.HasSuffix(name, ".localhost")
}

// isInternal reports whether host is an address that a public registry has no
// business to redirect to: this machine, its links, or cloud metadata.
func isInternal(host string) bool {
	if isLoopback(host) {
		return true
	}
	u := url.URL{Host: host}
	ip := net.ParseIP(u.Hostname())
	return ip != nil && (ip.IsPrivate() || ip.IsLinkLocalUnicast() || ip.IsUnspecified())
}

// checkRedirect is the redirect policy for blobs and manifests. Credentials never
// travel along: the token transport adds them for the registry's own host only, and
// net/http drops the header for other hosts.
func checkRedirect(req *http.Request, via []*http.Request) error {
	if len(via) >= 10 {
		return engine.Errorf(engine.ClassUnavailable, "fetch from %q: more than 10 redirects", via[0].URL.Host)
	}
	if from := via[0].URL.Host; req.URL.Host != from && isInternal(req.URL.Host) && !isInternal(from) {
		return engine.Errorf(engine.ClassPermission, "registry %q redirects to the internal address %q: refused", from, req.URL.Host)
	}
	if req.URL.Host != via[0].URL.Host {
		req.Header.Del("Authorization")
	}
	return nil
}

// sleep waits for d or until ctx ends.
func sleep(ctx context.Context, d time.Duration) error {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-t.C:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}
