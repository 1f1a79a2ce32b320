// Package idmap decides how user and group ids inside a container map to the host's
// and writes such mappings. It runs in berth and in the shim.
package idmap

import "fmt"

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

// String returns "host", or the number of user ids: "1 id", "65537 ids".
func (m Mapping) String() string {
	if m.Mode == Host {
		return string(Host)
	}
	var n uint64
	for _, r := range m.UIDs {
		n += uint64(r.Size)
	}
	if n == 1 {
		return "1 id"
	}
	return fmt.Sprintf("%d ids", n)
}

// ToHost returns the host's id for one inside; false if the ranges (a mapping's UIDs
// or GIDs) don't hold it. No ranges at all, as in mode Host, mean the same id.
func ToHost(ranges []Range, id uint32) (uint32, bool) {
	for _, r := range ranges {
		if id >= r.Container && id-r.Container < r.Size {
			return r.Host + (id - r.Container), true
		}
	}
	return id, len(ranges) == 0
}

// ToContainer is the inverse of [ToHost].
func ToContainer(ranges []Range, id uint32) (uint32, bool) {
	for _, r := range ranges {
		if id >= r.Host && id-r.Host < r.Size {
			return r.Container + (id - r.Host), true
		}
	}
	return id, len(ranges) == 0
}
