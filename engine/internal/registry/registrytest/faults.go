package registrytest

import (
	"fmt"
	"net/http"
	"time"
)

// WrongBytes sends as many bytes as promised, but others.
func WrongBytes(w http.ResponseWriter, _ *http.Request, body []byte, _ int) bool {
	wrong := make([]byte, len(body))
	copy(wrong, body)
	wrong[len(wrong)/2] ^= 0xff
	_, _ = w.Write(wrong)
	return true
}

// Truncate ends the body after n bytes as if that were all, with no length announced.
func Truncate(n int) Fault {
	return func(w http.ResponseWriter, _ *http.Request, body []byte, _ int) bool {
		w.(http.Flusher).Flush() // no Content-Length
		_, _ = w.Write(body[:min(n, len(body))])
		return true
	}
}

// Endless sends the body and then goes on until the client has enough.
func Endless(w http.ResponseWriter, r *http.Request, body []byte, _ int) bool {
	w.(http.Flusher).Flush()
	_, err := w.Write(body)
	for junk := make([]byte, 64<<10); err == nil && r.Context().Err() == nil; {
		_, err = w.Write(junk)
	}
	return true
}

// IgnoreRange answers every request with the whole body and status 200.
func IgnoreRange(w http.ResponseWriter, _ *http.Request, body []byte, _ int) bool {
	w.Header().Set("Content-Length", fmt.Sprint(len(body)))
	_, _ = w.Write(body)
	return true
}

// WrongRange answers a request for a range with another one.
func WrongRange(w http.ResponseWriter, r *http.Request, body []byte, _ int) bool {
	if r.Header.Get("Range") == "" {
		return false
	}
	w.Header().Set("Content-Range", fmt.Sprintf("bytes 0-%d/%d", len(body)-1, len(body)))
	w.WriteHeader(http.StatusPartialContent)
	_, _ = w.Write(body)
	return true
}

// RedirectTo sends the client to url followed by the request's path.
func RedirectTo(url string) Fault {
	return func(w http.ResponseWriter, r *http.Request, _ []byte, _ int) bool {
		http.Redirect(w, r, url+r.URL.Path, http.StatusTemporaryRedirect)
		return true
	}
}

// Status answers the first times requests with a status; times < 0 means all.
func Status(code int, retryAfter string, times int) Fault {
	return func(w http.ResponseWriter, _ *http.Request, _ []byte, n int) bool {
		if times >= 0 && n > times {
			return false
		}
		if retryAfter != "" {
			w.Header().Set("Retry-After", retryAfter)
		}
		fail(w, code, "UNKNOWN", http.StatusText(code))
		return true
	}
}

// ResetAfter breaks the connection of the first times requests when a fraction of
// what was asked for is sent.
func ResetAfter(fraction float64, times int, next Fault) Fault {
	return func(w http.ResponseWriter, r *http.Request, body []byte, n int) bool {
		if n > times {
			return next != nil && next(w, r, body, n)
		}
		start := 0
		if _, err := fmt.Sscanf(r.Header.Get("Range"), "bytes=%d-", &start); err == nil {
			w.Header().Set("Content-Range", fmt.Sprintf("bytes %d-%d/%d", start, len(body)-1, len(body)))
		}
		rest := body[start:]
		w.Header().Set("Content-Length", fmt.Sprint(len(rest)))
		if start > 0 {
			w.WriteHeader(http.StatusPartialContent)
		}
		_, _ = w.Write(rest[:int(float64(len(rest))*fraction)])
		w.(http.Flusher).Flush()
		panic(http.ErrAbortHandler)
	}
}

// Drip sends the body in pieces of n bytes with pauses between them.
func Drip(n int, pause time.Duration) Fault {
	return func(w http.ResponseWriter, r *http.Request, body []byte, _ int) bool {
		w.Header().Set("Content-Length", fmt.Sprint(len(body)))
		for at := 0; at < len(body) && r.Context().Err() == nil; at += n {
			_, _ = w.Write(body[at:min(at+n, len(body))])
			w.(http.Flusher).Flush()
			select {
			case <-time.After(pause):
			case <-r.Context().Done():
			}
		}
		return true
	}
}

// Hang sends half of the body and then nothing until the client gives up.
func Hang(w http.ResponseWriter, r *http.Request, body []byte, _ int) bool {
	w.Header().Set("Content-Length", fmt.Sprint(len(body)))
	_, _ = w.Write(body[:len(body)/2])
	w.(http.Flusher).Flush()
	<-r.Context().Done()
	return true
}
