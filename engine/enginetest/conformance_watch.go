package enginetest

import (
	"context"
	"slices"
	"strconv"

	"berth/engine"
)

// collect reads events until one satisfies last, and returns all of them.
func (s *suite) collect(sub *engine.Subscription, last func(engine.Event) bool) []engine.Event {
	s.Helper()
	var all []engine.Event
	for {
		select {
		case e, ok := <-sub.Events:
			if !ok {
				s.Fatalf("the stream ended early: %v", sub.Err())
			}
			all = append(all, e)
			if last(e) {
				return all
			}
		case <-s.ctx.Done():
			s.Fatalf("gave up after %d events: %s", len(all), actions(all))
		}
	}
}

func actions(all []engine.Event) (out []string) {
	for _, e := range all {
		out = append(out, string(e.Kind)+" "+e.Action)
	}
	return out
}

func (s *suite) watch(o engine.WatchOptions) *engine.Subscription {
	s.Helper()
	sub, err := s.Watch(s.ctx, o)
	s.must(err)
	return sub
}

var watchSentences = []sentence{
	{"a container's life arrives in order, with its state", func(s *suite) {
		s.pull("toolbox")
		sub := s.watch(engine.WatchOptions{Kinds: []engine.EventKind{engine.KindContainer}})
		id := s.start("sh", "-c", "exit 3")
		s.wait(id)
		s.must(s.RemoveContainer(s.ctx, id, engine.RemoveContainerOptions{}))
		all := s.collect(sub, func(e engine.Event) bool { return e.Action == "destroy" })
		var order []string
		for _, e := range all {
			if e.ID != id {
				s.Errorf("event of %q", e.ID)
			}
			switch e.Action {
			case "create", "start", "die", "destroy":
				order = append(order, e.Action)
			}
			switch {
			case e.Action == "start" && (e.Container == nil || e.Container.State != engine.StateRunning && e.Container.State != engine.StateExited):
				s.Errorf("start carries %+v", e.Container)
			case e.Action == "die" && (e.Container == nil || e.Container.ExitCode != 3 || e.Attributes["exitCode"] != "3"):
				s.Errorf("die carries %+v %v", e.Container, e.Attributes)
			case e.Action == "destroy" && e.Container != nil:
				s.Error("destroy carries a container")
			}
		}
		if !slices.Equal(order, []string{"create", "start", "die", "destroy"}) {
			s.Errorf("order %q", order)
		}
	}},
	{"stopping tells which signal was sent, under the present name", func(s *suite) {
		s.pull("toolbox")
		id := s.start("sleep", "1000")
		s.must(s.RenameContainer(s.ctx, id, "stopped"))
		sub := s.watch(engine.WatchOptions{Kinds: []engine.EventKind{engine.KindContainer}})
		s.must(s.StopContainer(s.ctx, id, engine.StopOptions{Signal: "KILL"}))
		signal := ""
		for _, e := range s.collect(sub, func(e engine.Event) bool { return e.Action == "stop" }) {
			if e.Attributes["name"] != "stopped" {
				s.Errorf("%s of %q", e.Action, e.Attributes["name"])
			}
			if e.Action == "kill" {
				signal = e.Attributes["signal"]
			}
		}
		if signal != "9" {
			s.Errorf("killed with signal %q", signal)
		}
	}},
	{"a pull's progress and end arrive, and the image with them", func(s *suite) {
		sub := s.watch(engine.WatchOptions{Kinds: []engine.EventKind{engine.KindPull, engine.KindImage}})
		s.pull("toolbox")
		seen := false
		all := s.collect(sub, func(e engine.Event) bool {
			seen = seen || e.Image != nil && slices.Contains(e.Image.RepoTags, "toolbox:latest")
			return e.Pull != nil && e.Pull.State.Final()
		})
		last := all[len(all)-1]
		if last.Pull.State != engine.PullDone || last.Pull.Ref != "toolbox:latest" || last.ID != last.Pull.ID {
			s.Errorf("last %+v", last.Pull)
		}
		if !seen {
			s.collect(sub, func(e engine.Event) bool {
				return e.Image != nil && slices.Contains(e.Image.RepoTags, "toolbox:latest")
			})
		}
	}},
	{"a failed pull says why", func(s *suite) {
		sub := s.watch(engine.WatchOptions{Kinds: []engine.EventKind{engine.KindPull}})
		_, err := s.Pull(s.ctx, engine.PullRequest{Ref: "no-such-image"})
		s.class(err, engine.ClassNotFound)
		all := s.collect(sub, func(e engine.Event) bool { return e.Pull != nil && e.Pull.State.Final() })
		if p := all[len(all)-1].Pull; p.State != engine.PullFailed || p.Error == "" {
			s.Errorf("end %+v", p)
		}
	}},
	{"snapshot and events fit: nothing is missed and nothing doubled", func(s *suite) {
		s.pull("toolbox")
		const n = 30
		made := make(chan string, n)
		go func() {
			defer close(made)
			for i := range n {
				res, err := s.CreateContainer(s.ctx, engine.ContainerConfig{Image: "toolbox", Name: "c" + strconv.Itoa(i), Cmd: []string{"true"}})
				if err != nil {
					s.Error(err)
					return
				}
				made <- res.ID
			}
		}()
		first := <-made
		sub := s.watch(engine.WatchOptions{Snapshot: true, Kinds: []engine.EventKind{engine.KindContainer}})
		seen := map[string]int{}
		for _, c := range sub.Snapshot.Containers {
			seen[c.ID]++
		}
		if seen[first] != 1 {
			s.Error("what existed before is not in the snapshot")
		}
		for len(seen) < n {
			for _, e := range s.collect(sub, func(e engine.Event) bool { return e.Action == "create" }) {
				if e.Action == "create" {
					seen[e.ID]++
				}
			}
		}
		for id, times := range seen {
			if times != 1 {
				s.Errorf("container %s was told %d times", id, times)
			}
		}
	}},
	{"steps of a start are published with names, begin and end", func(s *suite) {
		s.pull("toolbox")
		sub := s.watch(engine.WatchOptions{Kinds: []engine.EventKind{engine.KindStep}})
		id := s.start("true")
		s.wait(id)
		all := s.collect(sub, func(e engine.Event) bool { return e.Step != nil && e.Step.Name == "exec" && e.Step.Done })
		for _, e := range all {
			if e.Step == nil || e.Step.Name == "" || e.Step.Seq < 1 || e.Step.Op == "" {
				s.Errorf("step %+v", e.Step)
			}
		}
	}},
	{"what failed names its operation, and history tells its steps", func(s *suite) {
		s.pull("toolbox")
		id := s.create(engine.ContainerConfig{}, "no-such-program")
		sub := s.watch(engine.WatchOptions{Kinds: []engine.EventKind{engine.KindContainer}})
		_, err := s.StartContainer(s.ctx, id, nil)
		s.collect(sub, func(e engine.Event) bool { // so that whoever shows it shows that
			return e.ID == id && e.Container != nil && e.Container.Error != ""
		})
		op := engine.OpOf(err)
		if op == "" || engine.StepOf(err) != "exec" {
			s.Fatalf("operation %q, step %q of %v", op, engine.StepOf(err), err)
		}
		for _, object := range []string{op, id} {
			told, err := s.History(s.ctx, engine.WatchOptions{Kinds: []engine.EventKind{engine.KindStep}, Object: object})
			s.must(err)
			if i := slices.IndexFunc(told, func(e engine.Event) bool { return e.Step.Error != "" }); i < 0 || told[i].Step.Name != "exec" || told[i].Step.Op != op || told[i].Step.Subject != id {
				s.Errorf("no failed step among the %d of %s", len(told), object)
			}
		}
		_, err = s.Pull(s.ctx, engine.PullRequest{Ref: "no-such-image"})
		if engine.OpOf(err) == "" {
			s.Errorf("a pull's error names no operation: %v", err)
		}
	}},
	{"a watch ends with its context", func(s *suite) {
		ctx, cancel := context.WithCancel(s.ctx)
		sub, err := s.Watch(ctx, engine.WatchOptions{})
		s.must(err)
		cancel()
		s.until("the channel is closed", func() bool {
			select {
			case _, ok := <-sub.Events:
				return !ok
			default:
				return false
			}
		})
		if err := sub.Err(); err != nil {
			s.Errorf("error %v", err)
		}
	}},
	{"history keeps what happened", func(s *suite) {
		s.pull("toolbox")
		id := s.start("true")
		s.wait(id)
		all, err := s.History(s.ctx, engine.WatchOptions{Kinds: []engine.EventKind{engine.KindContainer}, Object: id})
		s.must(err)
		var names []string
		for _, e := range all {
			names = append(names, e.Action)
		}
		if !slices.Contains(names, "create") || !slices.Contains(names, "start") || !slices.Contains(names, "die") {
			s.Errorf("history %q", names)
		}
	}},
}
