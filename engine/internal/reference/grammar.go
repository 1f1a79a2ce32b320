package reference

import "strings"

// split reads
//
//	[ domain "/" ] component { "/" component } [ ":" tag ] [ "@" digest ]
//
// and returns false if s is anything else. What could be both is a domain.
func split(s string) (n Named, ok bool) {
	s, digest, digested := strings.Cut(s, "@")
	if digested && !isDigest(digest) {
		return n, false
	}
	n.digest = digest
	slash := strings.LastIndexByte(s, '/')
	if at := strings.IndexByte(s[slash+1:], ':'); at >= 0 {
		at += slash + 1
		if n.tag = s[at+1:]; !isTag(n.tag) {
			return n, false
		}
		s = s[:at]
	}
	n.path = s
	if first, rest, ok := strings.Cut(s, "/"); ok && isDomain(first) {
		n.domain, n.path = first, rest
	}
	for component := range strings.SplitSeq(n.path, "/") {
		if !isComponent(component) {
			return n, false
		}
	}
	return n, true
}

// isDomain reports whether s is a host name or an IPv6 address in brackets, with or
// without a port.
func isDomain(s string) bool {
	host, port := s, ""
	if end := strings.IndexByte(s, ']'); end >= 0 {
		host, port = s[:end+1], s[end+1:]
	} else if at := strings.IndexByte(s, ':'); at >= 0 {
		host, port = s[:at], s[at:]
	}
	if port != "" && (port[0] != ':' || len(port) == 1 || !all(port[1:], digit)) {
		return false
	}
	if inner, ok := strings.CutPrefix(host, "["); ok {
		inner, ok = strings.CutSuffix(inner, "]")
		return ok && inner != "" && all(inner, func(c byte) bool { return hex(c) || c == ':' })
	}
	for label := range strings.SplitSeq(host, ".") {
		if label == "" || label[0] == '-' || label[len(label)-1] == '-' ||
			!all(label, func(c byte) bool { return letter(c) || digit(c) || c == '-' }) {
			return false
		}
	}
	return true
}

// isComponent reports whether s is a part of a repository's path: words of small letters
// and digits, between two of them a period, one or two underscores, or any number of dashes.
func isComponent(s string) bool {
	for {
		n := 0
		for n < len(s) && (digit(s[n]) || s[n] >= 'a' && s[n] <= 'z') {
			n++
		}
		if n == 0 {
			return false
		}
		if s = s[n:]; s == "" {
			return true
		}
		switch rest := strings.TrimLeft(s, "-"); {
		case rest != s:
			s = rest
		case s[0] == '.':
			s = s[1:]
		case strings.HasPrefix(s, "__"):
			s = s[2:]
		case s[0] == '_':
			s = s[1:]
		default:
			return false
		}
	}
}

func isTag(s string) bool {
	word := func(c byte) bool { return letter(c) || digit(c) || c == '_' }
	return s != "" && len(s) <= maxTag && word(s[0]) && all(s, func(c byte) bool { return word(c) || c == '.' || c == '-' })
}

// isDigest reports whether s has a digest's form: "sha256:...", "sha256+b64u:...".
func isDigest(s string) bool {
	algorithm, value, _ := strings.Cut(s, ":")
	if len(value) < minEncoded || !all(value, hex) {
		return false
	}
	start := true // of a word
	for i := range len(algorithm) {
		switch c := algorithm[i]; {
		case letter(c):
			start = false
		case start:
			return false
		case strings.IndexByte("-_+.", c) >= 0:
			start = true
		case !digit(c):
			return false
		}
	}
	return !start
}

func all(s string, is func(byte) bool) bool {
	for i := range len(s) {
		if !is(s[i]) {
			return false
		}
	}
	return true
}

func digit(c byte) bool    { return c >= '0' && c <= '9' }
func letter(c byte) bool   { return c|0x20 >= 'a' && c|0x20 <= 'z' }
func lowerHex(c byte) bool { return digit(c) || c >= 'a' && c <= 'f' }
func hex(c byte) bool      { return digit(c) || c|0x20 >= 'a' && c|0x20 <= 'f' }
