package enginetest

import (
	"slices"
	"strings"
	"time"

	"berth/engine"
)

var containerSentences = []sentence{
	{"are created with an ID, a made-up name and the image's command", func(s *suite) {
		s.pull("hello-world")
		id := s.create(engine.ContainerConfig{Image: "hello-world"})
		d := s.inspect(id)
		if len(id) != 64 || d.State != engine.StateCreated || !strings.Contains(d.Name, "_") || len(d.Command) == 0 || d.Pid != 0 {
			s.Fatalf("detail %+v", d.Container)
		}
	}},
	{"need an image in the cache", func(s *suite) {
		_, err := s.CreateContainer(s.ctx, engine.ContainerConfig{Image: "toolbox"})
		s.class(err, engine.ClassNotFound)
	}},
	{"are found by name, ID and unique prefix", func(s *suite) {
		s.pull("toolbox")
		id := s.create(engine.ContainerConfig{Name: "findme"}, "true")
		for _, ref := range []string{"findme", id, id[:12]} {
			if d := s.inspect(ref); d.ID != id {
				s.Errorf("%q is %s, want %s", ref, d.ID, id)
			}
		}
		_, err := s.InspectContainer(s.ctx, "nobody", engine.InspectOptions{})
		s.class(err, engine.ClassNotFound)
	}},
	{"do not share a name", func(s *suite) {
		s.pull("toolbox")
		id := s.create(engine.ContainerConfig{Name: "one"}, "true")
		_, err := s.CreateContainer(s.ctx, engine.ContainerConfig{Image: "toolbox", Name: "one"})
		s.class(err, engine.ClassConflict)
		s.must(s.RenameContainer(s.ctx, "one", "two"))
		if d := s.inspect("two"); d.ID != id {
			s.Errorf("two is %s, want %s", d.ID, id)
		}
		other := s.create(engine.ContainerConfig{Name: "one"}, "true")
		s.class(s.RenameContainer(s.ctx, other, "two"), engine.ClassConflict)
		s.class(s.RenameContainer(s.ctx, other, "bad name"), engine.ClassInvalid)
	}},
	{"are listed newest first, the live ones unless all are asked for", func(s *suite) {
		s.pull("toolbox")
		a := s.create(engine.ContainerConfig{}, "true")
		b := s.start("sleep", "1000")
		list, err := s.ListContainers(s.ctx, engine.ContainerListOptions{})
		s.must(err)
		if len(list) != 1 || list[0].ID != b || list[0].State != engine.StateRunning {
			s.Errorf("live %+v", list)
		}
		list, err = s.ListContainers(s.ctx, engine.ContainerListOptions{All: true})
		s.must(err)
		if len(list) != 2 || list[0].ID != b || list[1].ID != a {
			s.Errorf("all %+v", list)
		}
	}},
	{"are filtered, and refuse an unknown filter", func(s *suite) {
		s.pull("toolbox")
		id := s.create(engine.ContainerConfig{Name: "labelled", Labels: map[string]string{"team": "sea"}}, "true")
		s.create(engine.ContainerConfig{}, "true")
		for _, fs := range []engine.Filters{{"label": {"team=sea"}}, {"name": {"label"}}, {"id": {id[:9]}}} {
			list, err := s.ListContainers(s.ctx, engine.ContainerListOptions{All: true, Filters: fs})
			s.must(err)
			if len(list) != 1 || list[0].ID != id {
				s.Errorf("%v selects %d containers", fs, len(list))
			}
		}
		_, err := s.ListContainers(s.ctx, engine.ContainerListOptions{Filters: engine.Filters{"nonsense": {"1"}}})
		s.class(err, engine.ClassInvalid)
	}},
	{"that run are removed by force only", func(s *suite) {
		s.pull("toolbox")
		id := s.start("sleep", "1000")
		s.class(s.RemoveContainer(s.ctx, id, engine.RemoveContainerOptions{}), engine.ClassConflict)
		s.must(s.RemoveContainer(s.ctx, id, engine.RemoveContainerOptions{Force: true}))
		_, err := s.InspectContainer(s.ctx, id, engine.InspectOptions{})
		s.class(err, engine.ClassNotFound)
	}},
	{"that are stopped are pruned, the others not", func(s *suite) {
		s.pull("toolbox")
		dead := s.start("true")
		s.wait(dead)
		live := s.start("sleep", "1000")
		r, err := s.PruneContainers(s.ctx, nil)
		s.must(err)
		if !slices.Equal(r.Containers, []string{dead}) {
			s.Errorf("pruned %q, want %q", r.Containers, dead)
		}
		s.inspect(live)
	}},
}

var lifecycleSentences = []sentence{
	{"an exit code arrives as it is", func(s *suite) {
		s.pull("toolbox")
		id := s.start("sh", "-c", "exit 7")
		if st := s.wait(id); st.Code != 7 || st.Signal != 0 {
			s.Errorf("status %+v", st)
		}
		if d := s.inspect(id); d.State != engine.StateExited || d.ExitCode != 7 || d.Finished.Before(d.Started) || d.Started.IsZero() || d.Pid != 0 {
			s.Errorf("detail %+v", d.Container)
		}
	}},
	{"hello-world says hello and ends with 0", func(s *suite) {
		s.pull("hello-world")
		id := s.create(engine.ContainerConfig{Image: "hello-world"})
		_, err := s.StartContainer(s.ctx, id, nil)
		s.must(err)
		if st := s.wait(id); st.Code != 0 {
			s.Errorf("status %+v", st)
		}
		if out := s.logs(id, everything); !strings.Contains(strings.ToLower(out), "hello") {
			s.Errorf("log %q", out)
		}
	}},
	{"starting a running container is no error", func(s *suite) {
		s.pull("toolbox")
		id := s.start("sleep", "1000")
		pid := s.inspect(id).Pid
		a, err := s.StartContainer(s.ctx, id, nil)
		s.must(err)
		if a != nil || s.inspect(id).Pid != pid {
			s.Error("the second start did something")
		}
	}},
	{"a command that does not exist is told apart from one that can't run", func(s *suite) {
		s.pull("toolbox")
		for argv, class := range map[string]engine.Class{
			"/no/such/program": engine.ClassCommandNotFound, "nonesuch": engine.ClassCommandNotFound, "/etc": engine.ClassCommandNotInvokable,
		} {
			_, err := s.StartContainer(s.ctx, s.create(engine.ContainerConfig{}, argv), nil)
			s.class(err, class)
		}
	}},
	{"an unknown container is not found by any call", func(s *suite) {
		_, err := s.StartContainer(s.ctx, "nobody", nil)
		s.class(err, engine.ClassNotFound)
		s.class(s.StopContainer(s.ctx, "nobody", engine.StopOptions{}), engine.ClassNotFound)
		s.class(s.KillContainer(s.ctx, "nobody", "KILL"), engine.ClassNotFound)
		s.class(s.PauseContainer(s.ctx, "nobody"), engine.ClassNotFound)
		s.class(s.RemoveContainer(s.ctx, "nobody", engine.RemoveContainerOptions{}), engine.ClassNotFound)
		_, err = s.WaitContainer(s.ctx, "nobody", engine.WaitNotRunning)
		s.class(err, engine.ClassNotFound)
		_, err = s.Stats(s.ctx, "nobody")
		s.class(err, engine.ClassNotFound)
	}},
	{"stop ends a program, and is no error afterwards", func(s *suite) {
		s.pull("toolbox")
		id := s.start("sleep", "1000")
		now := 1
		s.must(s.StopContainer(s.ctx, id, engine.StopOptions{Timeout: &now}))
		if d := s.inspect(id); d.State != engine.StateExited {
			s.Errorf("state %s", d.State)
		}
		s.must(s.StopContainer(s.ctx, id, engine.StopOptions{}))
	}},
	{"a killed program has 128 and the signal", func(s *suite) {
		s.pull("toolbox")
		id := s.start("sleep", "1000")
		s.must(s.KillContainer(s.ctx, id, "SIGKILL"))
		if st := s.wait(id); st.Code != 137 || st.Signal != 9 {
			s.Errorf("status %+v", st)
		}
		s.class(s.KillContainer(s.ctx, id, "KILL"), engine.ClassConflict)
	}},
	{"an unknown signal is invalid", func(s *suite) {
		s.pull("toolbox")
		id := s.start("sleep", "1000")
		s.class(s.KillContainer(s.ctx, id, "NONSENSE"), engine.ClassInvalid)
		if !s.inspect(id).State.Alive() {
			s.Error("it ended all the same")
		}
	}},
	{"a stopped container starts again and keeps its ID", func(s *suite) {
		s.pull("toolbox")
		id := s.start("sh", "-c", "echo round")
		s.wait(id)
		_, err := s.StartContainer(s.ctx, id, nil)
		s.must(err)
		s.wait(id)
		if out := s.logs(id, everything); out != "round\nround\n" {
			s.Errorf("log %q", out)
		}
	}},
	{"restart gives a running container another process", func(s *suite) {
		s.pull("toolbox")
		id := s.start("sleep", "1000")
		before := s.inspect(id)
		now := 1
		s.must(s.RestartContainer(s.ctx, id, engine.StopOptions{Timeout: &now}))
		after := s.inspect(id)
		if after.State != engine.StateRunning || !after.Started.After(before.Started) {
			s.Errorf("before %+v, after %+v", before.Container, after.Container)
		}
	}},
	{"pause freezes and unpause thaws", func(s *suite) {
		s.pull("toolbox")
		id := s.start("sleep", "1000")
		s.class(s.UnpauseContainer(s.ctx, id), engine.ClassConflict)
		s.must(s.PauseContainer(s.ctx, id))
		if d := s.inspect(id); d.State != engine.StatePaused {
			s.Errorf("state %s", d.State)
		}
		_, _, err := s.Exec(s.ctx, id, engine.ExecConfig{Cmd: []string{"true"}}, nil)
		s.class(err, engine.ClassConflict)
		s.must(s.UnpauseContainer(s.ctx, id))
		if d := s.inspect(id); d.State != engine.StateRunning {
			s.Errorf("state %s", d.State)
		}
	}},
	{"wait returns at once for what does not run", func(s *suite) {
		s.pull("toolbox")
		id := s.start("sh", "-c", "exit 3")
		s.wait(id)
		if st := s.wait(id); st.Code != 3 {
			s.Errorf("status %+v", st)
		}
	}},
	{"wait for removal ends when the container is gone", func(s *suite) {
		s.pull("toolbox")
		id := s.create(engine.ContainerConfig{AutoRemove: true}, "sh", "-c", "sleep 0.05; exit 4")
		_, err := s.StartContainer(s.ctx, id, nil)
		s.must(err)
		st, err := s.WaitContainer(s.ctx, id, engine.WaitRemoved)
		s.must(err)
		if st.Code != 4 {
			s.Errorf("status %+v", st)
		}
		s.until("the container is gone", func() bool {
			_, err := s.InspectContainer(s.ctx, id, engine.InspectOptions{})
			return engine.ClassOf(err) == engine.ClassNotFound
		})
	}},
	{"restart policy on-failure tries as often as it says", func(s *suite) {
		s.pull("toolbox")
		id := s.create(engine.ContainerConfig{Restart: engine.RestartPolicy{Name: "on-failure", MaxRetry: 2}}, "sh", "-c", "echo try; exit 1")
		_, err := s.StartContainer(s.ctx, id, nil)
		s.must(err)
		s.until("it gave up", func() bool {
			d := s.inspect(id)
			return d.State == engine.StateExited && d.RestartCount == 2
		})
		if out := s.logs(id, everything); out != "try\ntry\ntry\n" {
			s.Errorf("log %q", out)
		}
	}},
	{"processes and counters are those of a running container", func(s *suite) {
		s.pull("toolbox")
		id := s.start("sleep", "1000")
		ps, err := s.Processes(s.ctx, id)
		s.must(err)
		if len(ps) == 0 || ps[0].Pid != s.inspect(id).Pid || !strings.Contains(ps[0].Command, "sleep") {
			s.Errorf("processes %+v", ps)
		}
		st, err := s.Stats(s.ctx, id)
		s.must(err)
		if st.Time.IsZero() || st.CPUs <= 0 || st.MemoryLimit <= 0 || time.Since(st.Time) < 0 {
			s.Errorf("stats %+v", st)
		}
		s.must(s.KillContainer(s.ctx, id, "KILL"))
		s.wait(id)
		_, err = s.Stats(s.ctx, id)
		s.class(err, engine.ClassConflict)
		_, err = s.Processes(s.ctx, id)
		s.class(err, engine.ClassConflict)
	}},
}
