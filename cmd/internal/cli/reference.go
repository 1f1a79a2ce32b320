package cli

import "strings"

// familiarName completes a reference as Docker shows it: "hello-world" becomes
// "hello-world:latest". It does not judge whether the reference is well-formed;
// the engine does.
func familiarName(ref string) string {
	if hasTagOrDigest(ref) {
		return ref
	}
	return ref + ":latest"
}

func hasTagOrDigest(ref string) bool {
	if strings.Contains(ref, "@") {
		return true
	}
	last := ref[strings.LastIndexByte(ref, '/')+1:]
	return strings.Contains(last, ":")
}

// canonicalName spells out host and namespace: "hello-world:latest" becomes
// "docker.io/library/hello-world:latest".
func canonicalName(ref string) string {
	host, rest, ok := strings.Cut(ref, "/")
	switch {
	case !ok:
		return "docker.io/library/" + ref
	case host == "docker.io" && !strings.Contains(rest, "/"):
		return "docker.io/library/" + rest
	case strings.ContainsAny(host, ".:") || host == "localhost":
		return ref
	}
	return "docker.io/" + ref
}
