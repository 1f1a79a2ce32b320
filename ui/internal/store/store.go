// Package store holds what the whole user interface knows of the engine, and the pure
// function that brings it up to date. It does no I/O and has no clock: the same state
// and events always give the same new state.
package store

import (
	"cmp"
	"slices"
	"strings"

	"berth/engine"
)

// A State is everything the engine told. Its slices are never changed in place: a new
// state has new ones where something changed, so that comparing versions tells what
// must be drawn again.
type State struct {
	Images     []engine.Image
	Containers []engine.Container
	Pulls      []engine.PullProgress // oldest first; those that ended stay until they are dismissed
	Ready      bool                  // a snapshot has arrived
	Lost       string                // why the stream of events ended, "" while it lives

	ImagesVersion     int
	ContainersVersion int
	PullsVersion      int
}

// An Event changes the state.
type Event interface{ event() }

// Snapshot replaces everything but pulls that ended.
type Snapshot struct{ engine.Snapshot }

// Batch is events of the engine, in order.
type Batch struct{ Events []engine.Event }

// Sizes is a list of images of which only the sizes count: which images there are is told
// by events, and one of them may have overtaken the list.
type Sizes struct{ Images []engine.Image }

// Lost says that the engine no longer tells what happens.
type Lost struct{ Reason string }

// Dismissed takes a pull that has ended out of the state.
type Dismissed struct{ ID string }

func (Snapshot) event()  {}
func (Batch) event()     {}
func (Sizes) event()     {}
func (Lost) event()      {}
func (Dismissed) event() {}

// Reduce returns the state after an event.
func Reduce(s State, e Event) State {
	switch e := e.(type) {
	case Snapshot:
		ended := slices.DeleteFunc(slices.Clone(s.Pulls), func(p engine.PullProgress) bool {
			return !p.State.Final() || slices.ContainsFunc(e.Pulls, func(o engine.PullProgress) bool { return o.ID == p.ID })
		})
		s.Images, s.Containers = slices.Clone(e.Images), slices.Clone(e.Containers)
		s.Pulls = append(ended, e.Pulls...)
		s.Ready, s.Lost = true, ""
		s.ImagesVersion++
		s.ContainersVersion++
		s.PullsVersion++
	case Batch:
		s = reduceBatch(s, e.Events)
	case Sizes:
		s = resize(s, e.Images)
	case Lost:
		s.Lost = e.Reason
	case Dismissed:
		s.Pulls = slices.DeleteFunc(slices.Clone(s.Pulls), func(p engine.PullProgress) bool { return p.ID == e.ID && p.State.Final() })
		s.PullsVersion++
	}
	return s
}

// reduceBatch copies each of the three slices at most once, however many events there are.
func reduceBatch(s State, events []engine.Event) State {
	var images, containers, pulls bool
	for _, e := range events {
		switch e.Kind {
		case engine.KindImage:
			if !images {
				images, s.Images = true, slices.Clone(s.Images)
				s.ImagesVersion++
			}
			id := e.ID
			if e.Image != nil { // a pull's event names the image by reference
				id = string(e.Image.ID)
			}
			s.Images = put(s.Images, e.Image, e.Action == "delete", func(i engine.Image) bool { return string(i.ID) == id })
			if e.Image != nil { // a tag that moved left the image that it named before
				s.Images = untag(s.Images, e.Image)
			}
		case engine.KindContainer:
			if !containers {
				containers, s.Containers = true, slices.Clone(s.Containers)
				s.ContainersVersion++
			}
			s.Containers = put(s.Containers, e.Container, e.Action == "destroy", func(c engine.Container) bool { return c.ID == e.ID })
		case engine.KindPull:
			if e.Pull == nil {
				continue
			}
			if !pulls {
				pulls, s.Pulls = true, slices.Clone(s.Pulls)
				s.PullsVersion++
			}
			s.Pulls = put(s.Pulls, e.Pull, false, func(p engine.PullProgress) bool { return p.ID == e.ID })
		}
	}
	if images || containers {
		s = recount(s, images)
	}
	return s
}

// recount brings the images' counts of their containers up to the containers that are
// known: an engine need not tell of an image when only its use has changed. The list
// may be changed in place if it is fresh.
func recount(s State, fresh bool) State {
	type use struct{ all, running int }
	uses := make(map[engine.Digest]use)
	for _, c := range s.Containers {
		u := uses[c.ImageID]
		u.all++
		if c.State.Alive() {
			u.running++
		}
		uses[c.ImageID] = u
	}
	for i := range s.Images {
		im := &s.Images[i]
		u := uses[im.ID]
		if im.Containers == u.all && im.Running == u.running {
			continue
		}
		if !fresh {
			fresh, s.Images = true, slices.Clone(s.Images)
			s.ImagesVersion++
			im = &s.Images[i]
		}
		im.Containers, im.Running = u.all, u.running
	}
	return s
}

// resize brings the images' sizes up to a list of the engine.
func resize(s State, listed []engine.Image) State {
	told := make(map[engine.Digest]*engine.Image, len(listed))
	for i := range listed {
		told[listed[i].ID] = &listed[i]
	}
	fresh := false
	for i := range s.Images {
		t := told[s.Images[i].ID]
		if t == nil || t.Size == s.Images[i].Size && t.Unique == s.Images[i].Unique && t.Shared == s.Images[i].Shared {
			continue
		}
		if !fresh {
			fresh, s.Images = true, slices.Clone(s.Images)
			s.ImagesVersion++
		}
		im := &s.Images[i]
		im.Size, im.Unique, im.Shared = t.Size, t.Unique, t.Shared
	}
	return s
}

// put replaces, adds or removes one object of a list that may be changed in place.
// An event that carries no object and does not end one says nothing of the list.
func put[T any](list []T, v *T, gone bool, same func(T) bool) []T {
	i := slices.IndexFunc(list, same)
	switch {
	case v == nil && !gone:
		return list
	case v == nil:
		if i >= 0 {
			list = slices.Delete(list, i, i+1)
		}
		return list
	case i >= 0:
		list[i] = *v
		return list
	}
	return append(list, *v)
}

func untag(list []engine.Image, from *engine.Image) []engine.Image {
	for i := range list {
		if list[i].ID == from.ID || !slices.ContainsFunc(list[i].RepoTags, func(t string) bool { return slices.Contains(from.RepoTags, t) }) {
			continue
		}
		list[i].RepoTags = slices.DeleteFunc(slices.Clone(list[i].RepoTags), func(t string) bool { return slices.Contains(from.RepoTags, t) })
	}
	return list
}

// Container finds a container by its ID.
func (s State) Container(id string) (engine.Container, bool) {
	i := slices.IndexFunc(s.Containers, func(c engine.Container) bool { return c.ID == id })
	if i < 0 {
		return engine.Container{}, false
	}
	return s.Containers[i], true
}

// Image finds an image by its ID.
func (s State) Image(id engine.Digest) (engine.Image, bool) {
	i := slices.IndexFunc(s.Images, func(im engine.Image) bool { return im.ID == id })
	if i < 0 {
		return engine.Image{}, false
	}
	return s.Images[i], true
}

// Pull finds a pull by its ID.
func (s State) Pull(id string) (engine.PullProgress, bool) {
	i := slices.IndexFunc(s.Pulls, func(p engine.PullProgress) bool { return p.ID == id })
	if i < 0 {
		return engine.PullProgress{}, false
	}
	return s.Pulls[i], true
}

// Totals are the sums that the header shows.
type Totals struct {
	Running     int
	Images      int
	Bytes       int64 // of all images, what they share counted as often as they share it less one
	Reclaimable int64 // what images without containers would free, each by itself
	Active      int   // pulls
	Current     int64
	Total       int64
}

// Sum adds the state up.
func (s State) Sum() Totals {
	t := Totals{Images: len(s.Images)}
	for _, c := range s.Containers {
		if c.State.Alive() {
			t.Running++
		}
	}
	for _, im := range s.Images {
		t.Bytes += im.Unique
		if im.Containers == 0 && !im.Pinned {
			t.Reclaimable += im.Unique
		}
	}
	t.Bytes += sharedOnce(s.Images)
	for _, p := range s.Pulls {
		if !p.State.Final() {
			t.Active++
			t.Current += p.Current
			t.Total += p.Total
		}
	}
	return t
}

// sharedOnce estimates what the shared parts take: images that share the same number
// of bytes are taken to share the same layers, which is right for a common base.
func sharedOnce(images []engine.Image) (sum int64) {
	seen := make(map[int64]bool)
	for _, im := range images {
		if im.Shared > 0 && !seen[im.Shared] {
			seen[im.Shared] = true
			sum += im.Shared
		}
	}
	return sum
}

// Repositories returns the names that a pull can be completed from: those of the cache and
// of past pulls, then some that most registries have.
func (s State) Repositories() []string {
	var out []string
	for _, im := range s.Images {
		out = append(out, im.RepoTags...)
	}
	for _, p := range s.Pulls {
		out = append(out, p.Ref)
	}
	slices.SortFunc(out, func(a, b string) int { return cmp.Or(cmp.Compare(len(a), len(b)), strings.Compare(a, b)) })
	out = append(out, known...)
	var unique []string
	for _, r := range out {
		if !slices.Contains(unique, r) {
			unique = append(unique, r)
		}
	}
	return unique
}

// known are repositories of Docker Hub that people start with, and the two that Berth itself serves.
var known = []string{
	"hello-world", "toolbox", "alpine", "busybox", "debian", "ubuntu", "fedora", "nginx", "redis", "postgres", "mariadb",
	"python", "node", "golang", "rust", "httpd", "memcached", "rabbitmq", "registry", "traefik",
}
