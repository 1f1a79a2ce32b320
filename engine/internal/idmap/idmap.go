// Package idmap decides how user and group ids inside a container map to the host's
// and writes such mappings. It runs in berth and in the shim.
package idmap

// A Mode is the kind of mapping.
type Mode string

// The modes.
const (
	Host   Mode = "host"   // no user namespace: ids are the host's (berth runs as root)
	Ranges Mode = "ranges" // own id and the subordinate ranges of /etc/subuid and /etc/subgid
	Single Mode = "single" // own id as root, nothing else
)

// A Range maps Size ids from Container inside to Host outside, as in user_namespaces(7).
type Range struct {
	Container, Host, Size uint32
}

// A Mapping is a user namespace's mapping.
type Mapping struct {
	Mode       Mode
	UIDs, GIDs []Range
	// Hint says, for Single, in one sentence what will not work and the command that mends it.
	Hint string `json:",omitempty"`
}
