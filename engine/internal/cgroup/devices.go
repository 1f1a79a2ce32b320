package cgroup

import (
	"fmt"
	"strings"

	specs "github.com/opencontainers/runtime-spec/specs-go"
)

// A rule says what may be done with devices; -1 stands for any number.
type rule struct {
	allow        bool
	kind         byte // 'a', 'b', 'c'
	major, minor int64
	access       string // of "rwm"
}

// defaultDevices is Docker's list: nodes may be made, which harms nobody while they
// can't be opened, and the devices that every container has in /dev may be used.
var defaultDevices = []rule{
	{true, 'c', -1, -1, "m"},
	{true, 'b', -1, -1, "m"},
	{true, 'c', 1, 3, "rwm"},    // null
	{true, 'c', 1, 5, "rwm"},    // zero
	{true, 'c', 1, 7, "rwm"},    // full
	{true, 'c', 1, 8, "rwm"},    // random
	{true, 'c', 1, 9, "rwm"},    // urandom
	{true, 'c', 5, 0, "rwm"},    // tty
	{true, 'c', 5, 1, "rwm"},    // console
	{true, 'c', 5, 2, "rwm"},    // ptmx
	{true, 'c', 136, -1, "rwm"}, // pts
}

// deviceRules returns the rules of the OCI configuration, which usually begins by
// denying everything, and after them what every container may use.
func deviceRules(devices []specs.LinuxDeviceCgroup) []rule {
	out := make([]rule, 0, len(devices)+len(defaultDevices))
	for _, d := range devices {
		r := rule{allow: d.Allow, kind: 'a', major: -1, minor: -1, access: d.Access}
		if d.Type != "" {
			r.kind = d.Type[0]
		}
		if d.Major != nil {
			r.major = *d.Major
		}
		if d.Minor != nil {
			r.minor = *d.Minor
		}
		if r.access == "" {
			r.access = "rwm"
		}
		out = append(out, r)
	}
	return append(out, defaultDevices...)
}

// String returns the rule as devices.allow and devices.deny of version 1 take it.
func (r rule) String() string {
	number := func(n int64) string {
		if n < 0 {
			return "*"
		}
		return dec(n)
	}
	if r.kind == 'a' {
		return "a"
	}
	return fmt.Sprintf("%c %s:%s %s", r.kind, number(r.major), number(r.minor), r.access)
}

func (r rule) bits() uint32 {
	var b uint32
	for c, bit := range map[string]uint32{"m": accMknod, "r": accRead, "w": accWrite} {
		if strings.Contains(r.access, c) {
			b |= bit
		}
	}
	return b
}
