// Package hosttar packs and unpacks the user's own files for `berth cp`. Tars that
// come from a container are hostile: they are unpacked through os.Root, so that
// neither names nor links lead out of the directory that the user named. It runs in
// berth only; the container's side is the engine's.
package hosttar

import (
	"path"
	"strings"
)

// A Rebase renames the one top entry of a tar, and everything below it.
type Rebase struct {
	// To is the new name of the top entry; "." leaves the entry itself out and puts
	// its contents into the target directory.
	To string

	top  string
	seen bool
}

// name returns the new name of an entry, in slashes, relative; "." for the directory itself.
func (r *Rebase) name(entry string) (string, bool) {
	clean := strings.TrimPrefix(path.Clean("/"+entry), "/")
	if clean == "" {
		clean = "."
	}
	if !r.seen {
		// The first entry is the top one; only a tar of the root has none but ".".
		r.seen, r.top = true, clean
		if i := strings.IndexByte(clean, '/'); i > 0 {
			r.top = clean[:i]
		}
	}
	switch {
	case clean == r.top:
		return r.To, true
	case r.top == ".":
		return path.Join(r.To, clean), true
	}
	rest, ok := strings.CutPrefix(clean, r.top+"/")
	if !ok {
		return "", false
	}
	return path.Join(r.To, rest), true
}
