package enginetest

import (
	"crypto/sha256"
	"encoding/hex"
	"regexp"
	"strings"

	"berth/engine"
)

// refPattern is the grammar of a reference without digest, as distribution's
// "reference" package states it, less a few corners that no test needs.
var refPattern = regexp.MustCompile(`^(?:[a-zA-Z0-9][a-zA-Z0-9.-]*(?::[0-9]+)?/)?[a-z0-9]+(?:[._/-]+[a-z0-9]+)*(?::[\w][\w.-]{0,127})?(?:@sha256:[0-9a-f]{64})?$`)

// familiar returns a reference as users know it: without docker.io/library, with a tag or digest.
func familiar(ref string) (string, error) {
	if ref == "" || !refPattern.MatchString(ref) {
		return "", engine.Errorf(engine.ClassInvalid, "parse reference %q: invalid reference format", ref)
	}
	ref = strings.TrimPrefix(ref, "docker.io/")
	ref = strings.TrimPrefix(ref, "library/")
	if strings.Contains(ref, "@") {
		return ref, nil
	}
	if i := strings.LastIndexByte(ref, ':'); i < 0 || strings.Contains(ref[i:], "/") {
		ref += ":latest"
	}
	return ref, nil
}

// repository returns a familiar reference without tag and digest, and the tag or digest.
func repository(ref string) (name, tag string) {
	if name, digest, ok := strings.Cut(ref, "@"); ok {
		return name, digest
	}
	if i := strings.LastIndexByte(ref, ':'); i >= 0 && !strings.Contains(ref[i:], "/") {
		return ref[:i], ref[i+1:]
	}
	return ref, ""
}

// dockerName is a repository as Docker's pull prints it.
func dockerName(repo string) string {
	if strings.Contains(repo, "/") {
		return repo
	}
	return "library/" + repo
}

func hexOf(s string) string {
	sum := sha256.Sum256([]byte(s))
	return hex.EncodeToString(sum[:])
}

func digestOf(s string) engine.Digest { return engine.Digest("sha256:" + hexOf(s)) }

func isHex(s string) bool {
	return s != "" && strings.Trim(s, "0123456789abcdef") == ""
}
