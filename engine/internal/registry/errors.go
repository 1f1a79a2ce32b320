package registry

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"net"
	"net/http"
	"net/url"
	"strings"
	"syscall"

	"berth/engine"

	"github.com/google/go-containerregistry/pkg/v1/remote/transport"
)

// isNetwork reports whether err is about reaching the host, not about its answer.
func isNetwork(err error) bool {
	var op *net.OpError
	return errors.As(err, &op)
}

// reason is why a transfer is tried again, in a few words for a progress line.
func reason(err error) string {
	var status *statusError
	var broken *brokenBody
	switch {
	case errors.As(err, &status):
		return "the registry answers " + http.StatusText(status.code())
	case errors.As(err, &broken):
		return "the connection broke: " + rootCause(err).Error()
	case errors.Is(err, syscall.ECONNREFUSED):
		return "connection refused"
	}
	return rootCause(err).Error()
}

func rootCause(err error) error {
	for {
		next := errors.Unwrap(err)
		if next == nil {
			return err
		}
		err = next
	}
}

// explainManifest gives a failed look-up Docker's words.
func (r *Repository) explainManifest(err error, tagOrDigest string) error {
	sep := ":"
	if len(tagOrDigest) > 7 && tagOrDigest[:7] == "sha256:" {
		sep = "@"
	}
	ref := r.familiar() + sep + tagOrDigest
	var te *transport.Error
	if errors.As(err, &te) && te.StatusCode == http.StatusNotFound {
		for _, d := range te.Errors {
			if d.Code == transport.NameUnknownErrorCode {
				return engine.Errorf(engine.ClassNotFound, "repository %s not found: name unknown", r.familiar()).
					WithHint("Check the spelling, or log in if the repository is private.")
			}
		}
		return engine.Errorf(engine.ClassNotFound, "manifest for %s not found: manifest unknown", ref).
			WithHint("The registry may have the repository, but not this tag or digest: check the spelling.")
	}
	return r.explain(err, "pull %q", ref)
}

// explain classifies err and says what was being done.
func (r *Repository) explain(err error, format string, args ...any) error {
	host := r.endpoints[len(r.endpoints)-1].repo.RegistryStr()
	if host == HubHost {
		host = "docker.io"
	}
	return explain(err, host, r.familiar(), engine.Errorf(engine.ClassUnknown, format, args...).Msg)
}

func explain(err error, host, repo, doing string) error {
	var own *engine.Error
	if overTLS := tlsFailure(err); overTLS != nil {
		err = overTLS
	} else if errors.As(err, &own) {
		return &engine.Error{Class: own.Class, Msg: doing, Hint: own.Hint, Err: own}
	}
	if errors.Is(err, context.Canceled) || errors.Is(err, context.DeadlineExceeded) && !isNetwork(err) {
		return err
	}
	var te *transport.Error
	if errors.As(err, &te) {
		return explainStatus(te, host, repo, doing)
	}
	return explainNetwork(err, host, doing)
}

// tlsFailure returns how TLS failed before plain HTTP was refused, or nil: with private
// addresses go-containerregistry tries both, and it is the first failure that tells something.
func tlsFailure(err error) error {
	var first *url.Error
	if errors.Is(err, errPlain) && errors.As(err, &first) && strings.HasPrefix(first.URL, "https:") && !errors.Is(first, errPlain) {
		return first
	}
	return nil
}

func explainStatus(te *transport.Error, host, repo, doing string) error {
	switch te.StatusCode {
	case http.StatusUnauthorized, http.StatusForbidden:
		return engine.Errorf(engine.ClassUnauthorized,
			"pull access denied for %s, repository does not exist or may require 'berth login'", repo).
			WithHint("Check the name, or run: berth login %s", host)
	case http.StatusTooManyRequests:
		return engine.Errorf(engine.ClassUnavailable, "%s: registry %q has had too many requests from here: %s", doing, host, words(te)).
			WithHint("Wait a while, or log in: berth login %s", host)
	case http.StatusNotFound:
		return engine.Errorf(engine.ClassNotFound, "%s: registry %q does not have it: %s", doing, host, words(te))
	}
	e := engine.Errorf(engine.ClassUnknown, "%s: registry %q answers %s", doing, host, words(te))
	if te.StatusCode >= 500 {
		e.Class = engine.ClassUnavailable
		return e.WithHint("The fault is on its side: try again in a while.")
	}
	return e
}

// words are the registry's own, bounded: an error page can be long.
func words(te *transport.Error) string {
	s := http.StatusText(te.StatusCode)
	if len(te.Errors) > 0 {
		s = te.Errors[0].String()
	}
	if len(s) > 300 {
		s = s[:300] + "..."
	}
	return s
}

func explainNetwork(err error, host, doing string) error {
	var dns *net.DNSError
	var cert *tls.CertificateVerificationError
	var unknown x509.UnknownAuthorityError
	var hostname x509.HostnameError
	var ue *url.Error
	e := &engine.Error{Class: engine.ClassUnavailable, Msg: doing}
	switch {
	case errors.Is(err, syscall.ECONNREFUSED):
		e.Err = connectError(host, "connection refused")
		return e.WithHint("Is the registry %s running, and is the port right?", host)
	case errors.As(err, &dns):
		e.Err = connectError(host, "no such host")
		return e.WithHint("Check the name and this machine's network; without network, --demo serves images from inside Berth.")
	case errors.As(err, &cert), errors.As(err, &unknown), errors.As(err, &hostname):
		e.Err = connectError(host, rootCause(err).Error())
		return e.WithHint("Add the registry's certificate authority to this machine, or list the host as insecure.")
	case errors.Is(err, http.ErrSchemeMismatch):
		e.Err = connectError(host, "it speaks plain HTTP")
		return e.WithHint(insecureHint)
	case errors.As(err, &ue):
		e.Err = connectError(host, ue.Err.Error())
		return e
	}
	e.Err = err
	return e
}

func connectError(host, why string) error {
	return errors.New("registry \"" + host + "\": " + why)
}
