package registry

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strconv"
	"strings"
	"time"

	"berth/engine"
)

// A Sink takes a blob's bytes in order. Offset says how many it has; Reset forgets them.
type Sink interface {
	io.Writer
	Offset() int64
	Reset() error
}

// Download appends to dst what is missing of the blob, from dst.Offset() up to
// size, and returns when all is there. Breaks are repaired by asking for the rest,
// as long as each attempt brings progress; note is told why it tries again, and ""
// when bytes flow once more. It never writes more than size bytes and
// does not verify the digest. After an error dst keeps what came, for the next call.
func (r *Repository) Download(ctx context.Context, digest engine.Digest, size int64, dst Sink, note func(string)) error {
	var last error
	for _, e := range r.order() {
		err := e.download(ctx, digest, size, dst, note)
		if err == nil {
			return nil
		}
		var w *sinkError
		if ctx.Err() != nil || errors.As(err, &w) {
			return err
		}
		last = err
	}
	return r.explain(last, "repository %q", r.familiar())
}

// sinkError is a failure of our own disk: asking another server won't help.
type sinkError struct{ err error }

// Error implements error.
func (s *sinkError) Error() string { return s.err.Error() }

// Unwrap returns the cause.
func (s *sinkError) Unwrap() error { return s.err }

func (e *endpoint) download(ctx context.Context, digest engine.Digest, size int64, dst Sink, note func(string)) error {
	retry := e.client.retry
	noRange := false
	for n := 1; dst.Offset() < size; n++ {
		before := dst.Offset()
		if noRange && before > 0 {
			if err := dst.Reset(); err != nil {
				return &sinkError{err}
			}
			before = 0
		}
		err := e.attempt(ctx, digest, size, dst, note)
		var sink *sinkError
		var status *statusError
		switch {
		case err == nil:
			continue
		case ctx.Err() != nil:
			return ctx.Err()
		case errors.As(err, &sink):
			return err
		case errors.As(err, &status) && status.code() == http.StatusRequestedRangeNotSatisfiable && !noRange:
			noRange = true // our partial does not fit this server's idea of the blob
			continue
		case errors.Is(err, errBadRange) && !noRange:
			noRange = true
			continue
		}
		if dst.Offset() > before {
			n = 1
		} else if n >= retry.Attempts {
			return err
		}
		// A refused connection in the middle of a transfer is a registry that restarts.
		if !temporary(err) && !(before > 0 && isNetwork(err)) {
			return err
		}
		note(reason(err))
		if err := sleep(ctx, retry.pause(n, err)); err != nil {
			return err
		}
	}
	return nil
}

var errBadRange = errors.New("the registry answered with another range than asked for")

// attempt makes one request for the rest of the blob.
func (e *endpoint) attempt(ctx context.Context, digest engine.Digest, size int64, dst Sink, note func(string)) error {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	offset := dst.Offset()
	header := http.Header{}
	if offset > 0 {
		header.Set("Range", fmt.Sprintf("bytes=%d-", offset))
	}
	resp, err := e.get(ctx, "/blobs/"+string(digest), header)
	if err != nil {
		return err
	}
	defer resp.Body.Close()
	if err := checkStatus(resp, http.StatusOK, http.StatusPartialContent); err != nil {
		return err
	}
	skip := int64(0)
	switch {
	case resp.StatusCode == http.StatusPartialContent:
		if !strings.HasPrefix(resp.Header.Get("Content-Range"), "bytes "+strconv.FormatInt(offset, 10)+"-") {
			return errBadRange
		}
	case resp.ContentLength >= 0 && resp.ContentLength != size:
		return engine.Errorf(engine.ClassIntegrity, "blob %s has %d bytes, its manifest promises %d", digest, resp.ContentLength, size)
	default:
		skip = offset // the server ignores ranges: read again what we have
	}
	watch := time.AfterFunc(e.client.retry.Stall, cancel)
	defer watch.Stop()
	body := &stallReader{r: resp.Body, watch: watch, stall: e.client.retry.Stall}
	if _, err := io.CopyN(io.Discard, body, skip); err != nil {
		return &brokenBody{body.explain(err)}
	}
	note("")
	return body.copyTo(dst, size-offset)
}

// stallReader puts off a watchdog with each byte that comes.
type stallReader struct {
	r       io.Reader
	watch   *time.Timer
	stall   time.Duration
	stalled bool
}

// Read implements io.Reader.
func (s *stallReader) Read(p []byte) (int, error) {
	n, err := s.r.Read(p)
	if n > 0 && !s.watch.Reset(s.stall) {
		s.stalled = true
	}
	return n, err
}

func (s *stallReader) explain(err error) error {
	if s.stalled || errors.Is(err, context.Canceled) {
		return fmt.Errorf("no data for %s", s.stall)
	}
	return err
}

// copyTo moves at most left bytes. What follows them is not read: an endless
// body ends here.
func (s *stallReader) copyTo(dst io.Writer, left int64) error {
	buf := make([]byte, 256<<10)
	for left > 0 {
		n, err := s.r.Read(buf[:min(left, int64(len(buf)))])
		if n > 0 {
			s.watch.Reset(s.stall)
			if _, werr := dst.Write(buf[:n]); werr != nil {
				return &sinkError{werr}
			}
			left -= int64(n)
		}
		if err != nil && left > 0 {
			if err == io.EOF {
				err = io.ErrUnexpectedEOF
			}
			return &brokenBody{s.explain(err)}
		}
	}
	return nil
}
