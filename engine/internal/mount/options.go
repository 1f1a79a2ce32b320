// Package mount reads the mount options of an OCI specification (config.md,
// "Mounts") into what the kernel's descriptor-based mount interface takes. It mounts
// nothing; package runtime puts the result into a start plan.
package mount

import (
	"strings"

	"golang.org/x/sys/unix"
)

// Options is a parsed list of options.
type Options struct {
	Set         uint64 // MOUNT_ATTR_* to set, as mount_setattr(2) and fsmount(2) take them
	Clear       uint64 // MOUNT_ATTR_* to clear
	Recursive   bool   // Set and Clear go for the mounts below, too ("rro" and the like)
	Bind        bool
	BindSubtree bool   // "rbind"
	Propagation uint64 // MS_PRIVATE, MS_SLAVE, MS_SHARED, MS_UNBINDABLE
	// PropagateAll applies Propagation to the mounts below, too.
	PropagateAll bool
	Data         []Param // what is left: for the file system itself
}

// A Param is a file system's own parameter. A flag has no value.
type Param struct {
	Key, Value string
	Flag       bool
}

// attributes maps an option to the attributes that it sets and clears. An access time
// mode replaces the others: they are one field, not bits.
var attributes = map[string][2]uint64{
	"ro":            {unix.MOUNT_ATTR_RDONLY, 0},
	"rw":            {0, unix.MOUNT_ATTR_RDONLY},
	"nosuid":        {unix.MOUNT_ATTR_NOSUID, 0},
	"suid":          {0, unix.MOUNT_ATTR_NOSUID},
	"nodev":         {unix.MOUNT_ATTR_NODEV, 0},
	"dev":           {0, unix.MOUNT_ATTR_NODEV},
	"noexec":        {unix.MOUNT_ATTR_NOEXEC, 0},
	"exec":          {0, unix.MOUNT_ATTR_NOEXEC},
	"noatime":       {unix.MOUNT_ATTR_NOATIME, unix.MOUNT_ATTR__ATIME},
	"relatime":      {unix.MOUNT_ATTR_RELATIME, unix.MOUNT_ATTR__ATIME},
	"strictatime":   {unix.MOUNT_ATTR_STRICTATIME, unix.MOUNT_ATTR__ATIME},
	"atime":         {unix.MOUNT_ATTR_RELATIME, unix.MOUNT_ATTR__ATIME},
	"norelatime":    {unix.MOUNT_ATTR_STRICTATIME, unix.MOUNT_ATTR__ATIME},
	"nodiratime":    {unix.MOUNT_ATTR_NODIRATIME, 0},
	"diratime":      {0, unix.MOUNT_ATTR_NODIRATIME},
	"nosymfollow":   {unix.MOUNT_ATTR_NOSYMFOLLOW, 0},
	"symfollow":     {0, unix.MOUNT_ATTR_NOSYMFOLLOW},
	"defaults":      {},
	"nostrictatime": {unix.MOUNT_ATTR_RELATIME, unix.MOUNT_ATTR__ATIME},
}

var propagation = map[string]uint64{
	"private": unix.MS_PRIVATE, "slave": unix.MS_SLAVE, "shared": unix.MS_SHARED, "unbindable": unix.MS_UNBINDABLE,
}

// Parse reads options; later ones win. An option that is none of the kernel's is
// passed on in Data: the file system will refuse what it does not know.
func Parse(options []string) Options {
	var o Options
	for _, opt := range options {
		if a, ok := attributes[opt]; ok {
			o.apply(a)
			continue
		}
		if a, ok := attributes[strings.TrimPrefix(opt, "r")]; ok && strings.HasPrefix(opt, "r") {
			o.apply(a)
			o.Recursive = true
			continue
		}
		if p, ok := propagation[opt]; ok {
			o.Propagation, o.PropagateAll = p, false
			continue
		}
		if p, ok := propagation[strings.TrimPrefix(opt, "r")]; ok && strings.HasPrefix(opt, "r") {
			o.Propagation, o.PropagateAll = p, true
			continue
		}
		switch opt {
		case "bind":
			o.Bind = true
		case "rbind":
			o.Bind, o.BindSubtree = true, true
		default:
			key, value, ok := strings.Cut(opt, "=")
			o.Data = append(o.Data, Param{key, value, !ok})
		}
	}
	return o
}

func (o *Options) apply(a [2]uint64) {
	set, clear := a[0], a[1]
	o.Set = o.Set&^clear | set
	o.Clear = o.Clear&^(set&^unix.MOUNT_ATTR__ATIME) | clear
}

// Without returns the parameters but those named.
func Without(params []Param, keys ...string) []Param {
	var out []Param
next:
	for _, p := range params {
		for _, k := range keys {
			if p.Key == k {
				continue next
			}
		}
		out = append(out, p)
	}
	return out
}
