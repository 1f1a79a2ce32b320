package demo

import (
	"bytes"
	"encoding/json"
	"io"
	"net/http"
	"strconv"
	"strings"
)

// content answers with a blob, or with the range of it that the client asks for.
func content(req *http.Request, b blob) *http.Response {
	resp := response(req, http.StatusOK, b.mediaType)
	data := b.data
	if b.digest != "" {
		resp.Header.Set("Docker-Content-Digest", b.digest)
		resp.Header.Set("Etag", `"`+b.digest+`"`)
		resp.Header.Set("Accept-Ranges", "bytes")
		if spec := req.Header.Get("Range"); spec != "" {
			from, to, ok := parseRange(spec, int64(len(data)))
			if !ok {
				resp = failure(req, http.StatusRequestedRangeNotSatisfiable, "RANGE_INVALID", "the range "+strconv.Quote(spec)+" lies outside the blob")
				resp.Header.Set("Content-Range", "bytes */"+strconv.Itoa(len(data)))
				return resp
			}
			setStatus(resp, http.StatusPartialContent)
			resp.Header.Set("Content-Range", "bytes "+strconv.FormatInt(from, 10)+"-"+strconv.FormatInt(to-1, 10)+"/"+strconv.Itoa(len(data)))
			data = data[from:to]
		}
	}
	setBody(req, resp, data)
	return resp
}

// parseRange reads a single range of RFC 9110, section 14.1.2, and returns it half open.
func parseRange(spec string, size int64) (from, to int64, ok bool) {
	spec, found := strings.CutPrefix(spec, "bytes=")
	first, last, dash := strings.Cut(spec, "-")
	if !found || !dash {
		return 0, 0, false
	}
	if first == "" { // the last n bytes
		n, err := strconv.ParseInt(last, 10, 64)
		if err != nil || n <= 0 {
			return 0, 0, false
		}
		return max(0, size-n), size, size > 0
	}
	from, err := strconv.ParseInt(first, 10, 64)
	if err != nil || from < 0 || from >= size {
		return 0, 0, false
	}
	to = size
	if last != "" {
		n, err := strconv.ParseInt(last, 10, 64)
		if err != nil || n < from {
			return 0, 0, false
		}
		to = min(n+1, size)
	}
	return from, to, true
}

// list answers with a list of names; name is the repository's, if it is about one.
func list(req *http.Request, key, name string, values []string) *http.Response {
	body := map[string]any{key: values}
	if name != "" {
		body["name"] = name
	}
	return content(req, blob{mediaType: "application/json", data: mustJSON(body)})
}

// failure answers with the error document of the distribution specification.
func failure(req *http.Request, status int, code, message string) *http.Response {
	resp := response(req, status, "application/json")
	type entry struct {
		Code    string `json:"code"`
		Message string `json:"message"`
	}
	setBody(req, resp, mustJSON(map[string][]entry{"errors": {{code, message}}}))
	return resp
}

func response(req *http.Request, status int, mediaType string) *http.Response {
	resp := &http.Response{
		Proto: "HTTP/1.1", ProtoMajor: 1, ProtoMinor: 1,
		Header:  http.Header{"Content-Type": {mediaType}, "Docker-Distribution-Api-Version": {"registry/2.0"}},
		Request: req,
	}
	setStatus(resp, status)
	return resp
}

func setStatus(resp *http.Response, status int) {
	resp.StatusCode, resp.Status = status, strconv.Itoa(status)+" "+http.StatusText(status)
}

// setBody attaches the body, or for HEAD only announces its length.
func setBody(req *http.Request, resp *http.Response, data []byte) {
	resp.ContentLength = int64(len(data))
	resp.Header.Set("Content-Length", strconv.Itoa(len(data)))
	resp.Body = http.NoBody
	if req.Method != http.MethodHead {
		resp.Body = io.NopCloser(bytes.NewReader(data))
	}
}

// mustJSON encodes values of this package's own making, which can't fail.
func mustJSON(v any) []byte {
	data, err := json.Marshal(v)
	if err != nil {
		panic("encode a value of the built-in registry: " + err.Error())
	}
	return data
}
