// Package reference reads names of images as Docker's users write them:
// "ubuntu", "ghcr.io/a/b:1", "127.0.0.1:5000/debian@sha256:...". It accepts exactly what
// github.com/distribution/reference does, with the same errors, which its tests hold.
//
// That package compiles its grammar from regular expressions before main, and every
// berth would wait for it: a tenth of the time that `berth ps` takes.
package reference

import (
	"errors"
	"fmt"
	"strings"
)

const (
	hub         = "docker.io"
	legacyHub   = "index.docker.io"
	official    = "library/"
	maxPath     = 255 // characters of a repository without its registry
	minEncoded  = 32  // hexadecimal digits of any digest
	identifier  = 64  // those of an image ID
	maxTag      = 128
	digestError = "invalid checksum digest "
)

// encoded is how many hexadecimal digits the digests of an algorithm have.
var encoded = map[string]int{"sha256": 64, "sha384": 96, "sha512": 128}

// A Named is a reference with all that Docker adds: it names a registry, and a repository
// in it. It is comparable.
type Named struct {
	domain, path, tag, digest string
}

// Domain returns the registry's host, with its port if there is one; "docker.io" for Docker Hub.
func (n Named) Domain() string { return n.domain }

// Path returns the repository in its registry: "library/ubuntu".
func (n Named) Path() string { return n.path }

// Tag returns the tag, "" if there is none.
func (n Named) Tag() string { return n.tag }

// Digest returns the digest, "" if there is none.
func (n Named) Digest() string { return n.digest }

// Name returns registry and repository.
func (n Named) Name() string {
	if n.domain == "" {
		return n.path
	}
	return n.domain + "/" + n.path
}

// String returns the whole reference.
func (n Named) String() string { return n.with(n.Name()) }

// Familiar returns the reference as Docker shows it: without what it adds for Docker Hub.
func (n Named) Familiar() string { return n.with(n.FamiliarName()) }

// FamiliarName is Name without what Docker adds for Docker Hub.
func (n Named) FamiliarName() string {
	if n.domain != hub {
		return n.Name()
	}
	if rest, ok := strings.CutPrefix(n.path, official); ok && !strings.Contains(rest, "/") {
		return rest
	}
	return n.path
}

func (n Named) with(name string) string {
	if n.tag != "" {
		name += ":" + n.tag
	}
	if n.digest != "" {
		name += "@" + n.digest
	}
	return name
}

// Repository returns n without tag and digest.
func (n Named) Repository() Named { return Named{domain: n.domain, path: n.path} }

// Tagged returns n, with the tag latest if it has neither tag nor digest.
func (n Named) Tagged() Named {
	if n.tag == "" && n.digest == "" {
		n.tag = "latest"
	}
	return n
}

// Parse reads a reference. One without a registry is Docker Hub's.
func Parse(s string) (Named, error) {
	if len(s) == identifier && all(s, lowerHex) {
		return Named{}, fmt.Errorf("invalid repository name (%s), cannot specify 64-byte hexadecimal strings", s)
	}
	domain, rest := splitDomain(s)
	remote, _, _ := strings.Cut(rest, ":")
	if strings.ToLower(remote) != remote {
		return Named{}, fmt.Errorf("invalid reference format: repository name (%s) must be lowercase", remote)
	}
	whole := domain + "/" + rest
	n, ok := split(whole)
	if !ok {
		if _, ok := split(strings.ToLower(whole)); ok {
			return Named{}, errors.New("repository name must be lowercase")
		}
		return Named{}, errors.New("invalid reference format")
	}
	if len(n.path) > maxPath {
		return Named{}, fmt.Errorf("repository name must not be more than %d characters", maxPath)
	}
	return n, checkDigest(n.digest)
}

// splitDomain tells the registry from the repository, where Docker's rule of thumb has it.
func splitDomain(s string) (domain, rest string) {
	first, after, ok := strings.Cut(s, "/")
	if !ok {
		return hub, official + s
	}
	switch {
	case first == legacyHub:
		domain, rest = hub, after
	case first == "localhost", strings.ContainsAny(first, ".:"), strings.ToLower(first) != first:
		domain, rest = first, after
	default:
		domain, rest = hub, s
	}
	if domain == hub && !strings.Contains(rest, "/") {
		rest = official + rest
	}
	return domain, rest
}

// checkDigest looks closer at what has the form of a digest.
func checkDigest(digest string) error {
	if digest == "" {
		return nil
	}
	algorithm, value, _ := strings.Cut(digest, ":")
	switch n, ok := encoded[algorithm]; {
	case !ok && strings.ToLower(algorithm) == algorithm:
		return errors.New("unsupported digest algorithm")
	case ok && n != len(value):
		return errors.New(digestError + "length")
	case !ok, !all(value, lowerHex):
		return errors.New(digestError + "format")
	}
	return nil
}
