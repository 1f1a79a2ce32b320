package registry

import (
	"context"
	"errors"
	"io"
	"math/rand/v2"
	"net"
	"net/http"
	"strconv"
	"syscall"
	"time"

	"github.com/google/go-containerregistry/pkg/v1/remote/transport"
)

// brokenBody marks an answer that began well and ended badly: worth another try.
type brokenBody struct{ err error }

// Error implements error.
func (b *brokenBody) Error() string { return b.err.Error() }

// Unwrap returns the cause.
func (b *brokenBody) Unwrap() error { return b.err }

// statusError is an answer with a status that was not asked for.
type statusError struct {
	said       *transport.Error
	retryAfter time.Duration
}

// Error implements error.
func (s *statusError) Error() string { return s.said.Error() }

// Unwrap returns the registry's own error.
func (s *statusError) Unwrap() error { return s.said }

func (s *statusError) code() int { return s.said.StatusCode }

// checkStatus turns an unexpected status into an error that holds the registry's words.
func checkStatus(resp *http.Response, want ...int) error {
	err := transport.CheckError(resp, want...)
	var te *transport.Error
	if errors.As(err, &te) {
		return &statusError{said: te, retryAfter: retryAfter(resp.Header.Get("Retry-After"), time.Now())}
	}
	return err
}

// retryAfter reads the header's two forms (RFC 9110, 10.2.3), bounded so that a
// registry can't make us wait for days.
func retryAfter(v string, now time.Time) time.Duration {
	const longest = 2 * time.Minute
	if v == "" {
		return 0
	}
	var d time.Duration
	if n, err := strconv.Atoi(v); err == nil {
		d = time.Duration(min(n, 3600)) * time.Second
	} else if t, err := http.ParseTime(v); err == nil {
		d = t.Sub(now)
	}
	return min(max(d, 0), longest)
}

// temporary reports whether the same request may succeed soon.
func temporary(err error) bool {
	var broken *brokenBody
	var status *statusError
	var netErr net.Error
	switch {
	case errors.Is(err, context.Canceled), errors.Is(err, syscall.ECONNREFUSED):
		return false
	case errors.As(err, &broken):
		return true
	case errors.As(err, &status):
		return status.code() == http.StatusTooManyRequests || status.code() == http.StatusRequestTimeout ||
			status.code() >= 500 && status.code() != http.StatusNotImplemented
	case errors.Is(err, syscall.ECONNRESET), errors.Is(err, io.EOF), errors.Is(err, io.ErrUnexpectedEOF):
		return true
	}
	return errors.As(err, &netErr) && netErr.Timeout()
}

// pause returns how long to wait before attempt n (from 1), with jitter so that many
// clients don't come back at once.
func (r Retry) pause(n int, err error) time.Duration {
	d := min(r.Base<<min(n-1, 16), r.Max)
	d = d/2 + rand.N(d/2+1)
	var status *statusError
	if errors.As(err, &status) && status.retryAfter > d {
		return status.retryAfter
	}
	return d
}

// do calls f until it succeeds, fails for good, or used up its attempts.
func (r Retry) do(ctx context.Context, f func() error) error {
	for n := 1; ; n++ {
		err := f()
		if err == nil || ctx.Err() != nil || n >= r.Attempts || !temporary(err) {
			return err
		}
		if serr := sleep(ctx, r.pause(n, err)); serr != nil {
			return serr
		}
	}
}
