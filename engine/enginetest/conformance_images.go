package enginetest

import (
	"context"
	"slices"
	"strings"
	"sync"

	"berth/engine"
)

var pullSentences = []sentence{
	{"brings an image into the cache under its familiar name", func(s *suite) {
		res, err := s.Pull(s.ctx, engine.PullRequest{Ref: "docker.io/library/hello-world"})
		s.must(err)
		if res.Ref != "hello-world:latest" || !res.Fresh || res.ImageID == "" || !strings.HasPrefix(string(res.Digest), "sha256:") {
			s.Fatalf("result %+v", res)
		}
		list, err := s.ListImages(s.ctx, engine.ImageListOptions{})
		s.must(err)
		if len(list) != 1 || list[0].ID != res.ImageID || !slices.Equal(list[0].RepoTags, []string{"hello-world:latest"}) || list[0].Size <= 0 {
			s.Fatalf("list %+v", list)
		}
	}},
	{"of an image that is there is not fresh", func(s *suite) {
		s.pull("hello-world")
		res, err := s.Pull(s.ctx, engine.PullRequest{Ref: "hello-world"})
		s.must(err)
		if res.Fresh {
			s.Fatal("the second pull says that it brought something new")
		}
	}},
	{"by digest brings the same image", func(s *suite) {
		res, err := s.Pull(s.ctx, engine.PullRequest{Ref: "hello-world"})
		s.must(err)
		again, err := s.Pull(s.ctx, engine.PullRequest{Ref: "hello-world@" + string(res.Digest)})
		s.must(err)
		if again.ImageID != res.ImageID {
			s.Fatalf("image %s, want %s", again.ImageID, res.ImageID)
		}
	}},
	{"reports progress that ends with every layer done", func(s *suite) {
		var mu sync.Mutex
		var all []engine.PullProgress
		_, err := s.Pull(s.ctx, engine.PullRequest{Ref: "toolbox", Progress: func(p engine.PullProgress) {
			mu.Lock()
			defer mu.Unlock()
			all = append(all, p)
		}})
		s.must(err)
		mu.Lock()
		defer mu.Unlock()
		if len(all) == 0 {
			s.Fatal("no progress at all")
		}
		last := all[len(all)-1]
		if last.State != engine.PullDone || last.ImageID == "" || last.Ended.IsZero() || len(last.Layers) == 0 || last.Current != last.Total {
			s.Fatalf("last progress %+v", last)
		}
		for _, l := range last.Layers {
			if l.State != engine.LayerDone && l.State != engine.LayerExists || l.Current != l.Total {
				s.Errorf("layer %+v at the end", l)
			}
		}
		for i := 1; i < len(all); i++ {
			if all[i].Current < all[i-1].Current || all[i].ID != all[0].ID {
				s.Fatalf("progress goes back from %+v to %+v", all[i-1], all[i])
			}
		}
	}},
	{"of an unknown repository is not found and leaves nothing", func(s *suite) {
		_, err := s.Pull(s.ctx, engine.PullRequest{Ref: "no-such-image"})
		s.class(err, engine.ClassNotFound)
		list, err := s.ListImages(s.ctx, engine.ImageListOptions{All: true})
		s.must(err)
		if len(list) != 0 {
			s.Fatalf("list %+v", list)
		}
	}},
	{"of an unknown tag is not found", func(s *suite) {
		_, err := s.Pull(s.ctx, engine.PullRequest{Ref: "hello-world:no-such-tag"})
		s.class(err, engine.ClassNotFound)
	}},
	{"of a malformed reference is invalid", func(s *suite) {
		for _, ref := range []string{"", "UPPER", "a b", "hello-world:", "x@sha256:12"} {
			_, err := s.Pull(s.ctx, engine.PullRequest{Ref: ref})
			s.class(err, engine.ClassInvalid)
		}
	}},
	{"that is cancelled says so and leaves nothing", func(s *suite) {
		ctx, cancel := context.WithCancel(s.ctx)
		cancel()
		_, err := s.Pull(ctx, engine.PullRequest{Ref: "toolbox"})
		s.class(err, engine.ClassCanceled)
		_, err = s.InspectImage(s.ctx, "toolbox")
		s.class(err, engine.ClassNotFound)
	}},
	{"several at once of one image all succeed", func(s *suite) {
		errs := make(chan error)
		for range 4 {
			go func() {
				_, err := s.Pull(s.ctx, engine.PullRequest{Ref: "toolbox"})
				errs <- err
			}()
		}
		for range 4 {
			if err := <-errs; err != nil {
				s.Error(err)
			}
		}
	}},
}

var imageSentences = []sentence{
	{"are found by name, short name, digest, ID and prefix", func(s *suite) {
		res, err := s.Pull(s.ctx, engine.PullRequest{Ref: "hello-world"})
		s.must(err)
		id := string(res.ImageID)
		for _, ref := range []string{"hello-world", "hello-world:latest", "library/hello-world", id, res.ImageID.Hex(), res.ImageID.Short(), "hello-world@" + string(res.Digest)} {
			d, err := s.InspectImage(s.ctx, ref)
			s.must(err)
			if d.ID != res.ImageID {
				s.Errorf("%q is %s, want %s", ref, d.ID, id)
			}
		}
	}},
	{"that do not exist are not found", func(s *suite) {
		_, err := s.InspectImage(s.ctx, "nothing")
		s.class(err, engine.ClassNotFound)
		_, err = s.ImageHistory(s.ctx, "nothing")
		s.class(err, engine.ClassNotFound)
		_, err = s.RemoveImage(s.ctx, "nothing", engine.RemoveImageOptions{})
		s.class(err, engine.ClassNotFound)
		s.class(s.TagImage(s.ctx, "nothing", "other"), engine.ClassNotFound)
		s.class(s.PinImage(s.ctx, "nothing", true), engine.ClassNotFound)
	}},
	{"tell their configuration, layers and history", func(s *suite) {
		s.pull("toolbox")
		d, err := s.InspectImage(s.ctx, "toolbox")
		s.must(err)
		if len(d.Config.Cmd)+len(d.Config.Entrypoint) == 0 || len(d.LayerDetail) == 0 || d.Layers != len(d.LayerDetail) || len(d.RawConfig) == 0 {
			s.Fatalf("detail %+v", d)
		}
		var sum int64
		for _, l := range d.LayerDetail {
			if l.DiffID == "" || l.ChainID == "" {
				s.Errorf("layer %+v", l)
			}
			sum += l.Size
		}
		if d.Size < sum || d.Unique+d.Shared != d.Size {
			s.Errorf("size %d, unique %d, shared %d, layers %d", d.Size, d.Unique, d.Shared, sum)
		}
		h, err := s.ImageHistory(s.ctx, "toolbox")
		s.must(err)
		if len(h) == 0 || h[0].ID != d.ID || !slices.Contains(h[0].Tags, "toolbox:latest") {
			s.Errorf("history %+v", h)
		}
	}},
	{"get further names by tag, and lose them one by one", func(s *suite) {
		s.pull("hello-world")
		s.must(s.TagImage(s.ctx, "hello-world", "example.com/mine/hello:1"))
		d, err := s.InspectImage(s.ctx, "example.com/mine/hello:1")
		s.must(err)
		if !slices.Equal(d.RepoTags, []string{"example.com/mine/hello:1", "hello-world:latest"}) {
			s.Fatalf("tags %q", d.RepoTags)
		}
		done, err := s.RemoveImage(s.ctx, "hello-world", engine.RemoveImageOptions{})
		s.must(err)
		if len(done) == 0 || done[0].Untagged != "hello-world:latest" ||
			slices.ContainsFunc(done, func(r engine.ImageRemoval) bool { return r.Deleted != "" }) {
			s.Fatalf("removal %+v", done)
		}
		done, err = s.RemoveImage(s.ctx, "example.com/mine/hello:1", engine.RemoveImageOptions{})
		s.must(err)
		if !slices.ContainsFunc(done, func(r engine.ImageRemoval) bool { return r.Deleted == string(d.ID) }) {
			s.Fatalf("removal %+v does not name %s", done, d.ID)
		}
		_, err = s.InspectImage(s.ctx, string(d.ID))
		s.class(err, engine.ClassNotFound)
	}},
	{"move a tag that named another image", func(s *suite) {
		s.pull("hello-world", "toolbox")
		s.must(s.TagImage(s.ctx, "hello-world", "mine"))
		s.must(s.TagImage(s.ctx, "toolbox", "mine"))
		a, err := s.InspectImage(s.ctx, "mine")
		s.must(err)
		b, err := s.InspectImage(s.ctx, "toolbox")
		s.must(err)
		if a.ID != b.ID {
			s.Fatal("mine still names the first image")
		}
	}},
	{"refuse a malformed tag", func(s *suite) {
		s.pull("hello-world")
		s.class(s.TagImage(s.ctx, "hello-world", "Not Valid"), engine.ClassInvalid)
	}},
	{"with several names are not removed by ID without force", func(s *suite) {
		res, err := s.Pull(s.ctx, engine.PullRequest{Ref: "hello-world"})
		s.must(err)
		s.must(s.TagImage(s.ctx, "hello-world", "mine"))
		_, err = s.RemoveImage(s.ctx, string(res.ImageID), engine.RemoveImageOptions{})
		s.class(err, engine.ClassConflict)
		_, err = s.RemoveImage(s.ctx, string(res.ImageID), engine.RemoveImageOptions{Force: true})
		s.must(err)
	}},
	{"that a container uses are not removed without force", func(s *suite) {
		s.pull("toolbox")
		id := s.create(engine.ContainerConfig{}, "true")
		_, err := s.RemoveImage(s.ctx, "toolbox", engine.RemoveImageOptions{})
		s.class(err, engine.ClassConflict)
		s.must(s.RemoveContainer(s.ctx, id, engine.RemoveContainerOptions{}))
		_, err = s.RemoveImage(s.ctx, "toolbox", engine.RemoveImageOptions{})
		s.must(err)
	}},
	{"of running containers are not removed by force either", func(s *suite) {
		s.pull("toolbox")
		s.start("sleep", "1000")
		_, err := s.RemoveImage(s.ctx, "toolbox", engine.RemoveImageOptions{Force: true})
		s.class(err, engine.ClassConflict)
	}},
	{"count the containers that use them", func(s *suite) {
		s.pull("toolbox")
		s.create(engine.ContainerConfig{}, "true")
		s.start("sleep", "1000")
		list, err := s.ListImages(s.ctx, engine.ImageListOptions{})
		s.must(err)
		if len(list) != 1 || list[0].Containers != 2 || list[0].Running != 1 {
			s.Fatalf("list %+v", list)
		}
	}},
	{"survive a prune while pinned or used", func(s *suite) {
		s.pull("hello-world", "toolbox")
		s.must(s.PinImage(s.ctx, "hello-world", true))
		s.create(engine.ContainerConfig{}, "true")
		r, err := s.PruneImages(s.ctx, engine.PruneImagesOptions{All: true})
		s.must(err)
		if len(r.Images) != 0 || r.Reclaimed != 0 {
			s.Fatalf("report %+v", r)
		}
		s.must(s.PinImage(s.ctx, "hello-world", false))
		dry, err := s.PruneImages(s.ctx, engine.PruneImagesOptions{All: true, DryRun: true})
		s.must(err)
		r, err = s.PruneImages(s.ctx, engine.PruneImagesOptions{All: true})
		s.must(err)
		if dry.Reclaimed != r.Reclaimed || r.Reclaimed <= 0 {
			s.Errorf("the dry run says %d bytes, the prune %d", dry.Reclaimed, r.Reclaimed)
		}
		_, err = s.InspectImage(s.ctx, "hello-world")
		s.class(err, engine.ClassNotFound)
	}},
	{"are filtered by reference and refuse an unknown filter", func(s *suite) {
		s.pull("hello-world", "toolbox")
		list, err := s.ListImages(s.ctx, engine.ImageListOptions{Filters: engine.Filters{"reference": {"tool*"}}})
		s.must(err)
		if len(list) != 1 || list[0].RepoTags[0] != "toolbox:latest" {
			s.Errorf("list %+v", list)
		}
		_, err = s.ListImages(s.ctx, engine.ImageListOptions{Filters: engine.Filters{"nonsense": {"1"}}})
		s.class(err, engine.ClassInvalid)
	}},
}
