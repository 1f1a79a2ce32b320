package enginetest

import (
	"archive/tar"
	"bytes"
	"context"
	"errors"
	"io"
	"slices"
	"strings"
	"time"

	"berth/engine"
)

var streamSentences = []sentence{
	{"attached at the start, all output arrives, streams apart", func(s *suite) {
		s.pull("toolbox")
		id := s.create(engine.ContainerConfig{}, "sh", "-c", "echo out; echo err >&2; exit 5")
		var out, errs recorder
		a, err := s.StartContainer(s.ctx, id, &engine.AttachOptions{Stdout: &out, Stderr: &errs})
		s.must(err)
		st, err := a.Wait()
		s.must(err)
		if st.Code != 5 || out.String() != "out\n" || errs.String() != "err\n" {
			s.Errorf("status %+v, stdout %q, stderr %q", st, &out, &errs)
		}
	}},
	{"standard input reaches the program and its end is seen", func(s *suite) {
		s.pull("toolbox")
		id := s.create(engine.ContainerConfig{OpenStdin: true}, "cat")
		var out recorder
		a, err := s.StartContainer(s.ctx, id, &engine.AttachOptions{Stdout: &out, Stdin: true})
		s.must(err)
		_, err = a.Write([]byte("over\nthe sea\n"))
		s.must(err)
		s.must(a.CloseWrite())
		st, err := a.Wait()
		s.must(err)
		if st.Code != 0 || out.String() != "over\nthe sea\n" {
			s.Errorf("status %+v, output %q", st, &out)
		}
	}},
	{"a container without open input reads its end at once", func(s *suite) {
		s.pull("toolbox")
		if st := s.wait(s.start("cat")); st.Code != 0 {
			s.Errorf("status %+v", st)
		}
	}},
	{"closing an attachment detaches and harms nothing", func(s *suite) {
		s.pull("toolbox")
		id := s.create(engine.ContainerConfig{OpenStdin: true}, "cat")
		var out recorder
		a, err := s.StartContainer(s.ctx, id, &engine.AttachOptions{Stdout: &out, Stdin: true})
		s.must(err)
		s.must(a.Close())
		if _, err := a.Wait(); !errors.Is(err, engine.ErrDetached) {
			s.Errorf("wait: %v", err)
		}
		if !s.inspect(id).State.Alive() {
			s.Error("the container ended")
		}
		var again recorder
		b, err := s.Attach(s.ctx, id, engine.AttachOptions{Stdout: &again, Stdin: true})
		s.must(err)
		_, err = b.Write([]byte("still here\n"))
		s.must(err)
		s.output(&again, "still here\n")
	}},
	{"attaching to what does not run is a conflict", func(s *suite) {
		s.pull("toolbox")
		id := s.create(engine.ContainerConfig{}, "true")
		_, err := s.Attach(s.ctx, id, engine.AttachOptions{})
		s.class(err, engine.ClassConflict)
	}},
	{"on a terminal, a later client sees the present screen first", func(s *suite) {
		s.pull("toolbox")
		id := s.create(engine.ContainerConfig{TTY: true, OpenStdin: true}, "sh", "-c", "echo before; cat")
		var first recorder
		a, err := s.StartContainer(s.ctx, id, &engine.AttachOptions{Stdout: &first, Stdin: true, Size: engine.Size{Cols: 80, Rows: 24}})
		s.must(err)
		s.output(&first, "before")
		_, err = a.Write([]byte("typed\r"))
		s.must(err)
		s.output(&first, "typed")
		var second recorder
		_, err = s.Attach(s.ctx, id, engine.AttachOptions{Stdout: &second, Size: engine.Size{Cols: 80, Rows: 24}})
		s.must(err)
		s.output(&second, "before")
		s.must(a.Resize(engine.Size{Cols: 100, Rows: 30}))
		_, err = a.Write([]byte{4})
		s.must(err)
		if st, err := a.Wait(); err != nil || st.Code != 0 {
			s.Errorf("status %+v, %v", st, err)
		}
	}},
	{"a read-only client may neither write nor resize", func(s *suite) {
		s.pull("toolbox")
		id := s.create(engine.ContainerConfig{TTY: true, OpenStdin: true}, "cat")
		_, err := s.StartContainer(s.ctx, id, nil)
		s.must(err)
		a, err := s.Attach(s.ctx, id, engine.AttachOptions{Stdout: io.Discard, ReadOnly: true})
		s.must(err)
		if _, err := a.Write([]byte("x")); err == nil {
			s.Error("it may write")
		}
		if err := a.Resize(engine.Size{Cols: 10, Rows: 10}); err == nil {
			s.Error("it may resize")
		}
		s.must(a.Close())
	}},
	{"every client hears which window's size counts", func(s *suite) {
		s.pull("toolbox")
		id := s.create(engine.ContainerConfig{TTY: true, OpenStdin: true}, "cat")
		a, err := s.StartContainer(s.ctx, id, &engine.AttachOptions{Stdout: io.Discard, Stdin: true, Size: engine.Size{Cols: 80, Rows: 24}})
		s.must(err)
		sizes := make(chan engine.Size, 16)
		b, err := s.Attach(s.ctx, id, engine.AttachOptions{Stdout: io.Discard, ReadOnly: true, OnSize: func(z engine.Size) { sizes <- z }})
		s.must(err)
		for _, want := range []engine.Size{{Cols: 91, Rows: 31}, {Cols: 33, Rows: 9}} {
			s.must(a.Resize(want))
			for got := (engine.Size{}); got != want; {
				select {
				case got = <-sizes:
				case <-s.ctx.Done():
					s.Fatalf("nobody hears of %v", want)
				}
			}
		}
		s.must(b.Close())
		s.must(a.Close())
	}},
	{"exec runs beside the main process and gives its own exit code", func(s *suite) {
		s.pull("toolbox")
		id := s.start("sleep", "1000")
		var out recorder
		execID, a, err := s.Exec(s.ctx, id, engine.ExecConfig{Cmd: []string{"sh", "-c", "echo inside; exit 9"}}, &engine.AttachOptions{Stdout: &out})
		s.must(err)
		st, err := a.Wait()
		s.must(err)
		if execID == "" || st.Code != 9 || out.String() != "inside\n" {
			s.Errorf("exec %q, status %+v, output %q", execID, st, &out)
		}
		if log := s.logs(id, everything); strings.Contains(log, "inside") {
			s.Errorf("its output is in the container's log: %q", log)
		}
	}},
	{"execs are listed while they run", func(s *suite) {
		s.pull("toolbox")
		id := s.start("sleep", "1000")
		execID, _, err := s.Exec(s.ctx, id, engine.ExecConfig{Cmd: []string{"cat"}, Stdin: true}, nil)
		s.must(err)
		list, err := s.Execs(s.ctx, id)
		s.must(err)
		if len(list) != 1 || list[0].ID != execID || !slices.Equal(list[0].Cmd, []string{"cat"}) {
			s.Fatalf("execs %+v", list)
		}
		var out recorder
		a, err := s.AttachExec(s.ctx, id, execID, engine.AttachOptions{Stdout: &out, Stdin: true})
		s.must(err)
		_, err = a.Write([]byte("ping\n"))
		s.must(err)
		s.output(&out, "ping\n")
		s.must(a.CloseWrite())
		_, err = a.Wait()
		s.must(err)
		s.until("no exec is listed", func() bool {
			list, err := s.Execs(s.ctx, id)
			return err == nil && len(list) == 0
		})
		_, err = s.AttachExec(s.ctx, id, "nothing", engine.AttachOptions{})
		s.class(err, engine.ClassNotFound)
	}},
	{"exec needs a running container and a program that exists", func(s *suite) {
		s.pull("toolbox")
		id := s.create(engine.ContainerConfig{}, "sleep", "1000")
		_, _, err := s.Exec(s.ctx, id, engine.ExecConfig{Cmd: []string{"true"}}, nil)
		s.class(err, engine.ClassConflict)
		_, err = s.StartContainer(s.ctx, id, nil)
		s.must(err)
		_, _, err = s.Exec(s.ctx, id, engine.ExecConfig{Cmd: []string{"nonesuch"}}, nil)
		s.class(err, engine.ClassCommandNotFound)
	}},
	{"the log keeps both streams, in order, with times", func(s *suite) {
		s.pull("toolbox")
		begin := time.Now().Add(-time.Second)
		id := s.start("sh", "-c", "echo one; echo two; printf three")
		s.wait(id)
		if out := s.logs(id, everything); out != "one\ntwo\nthree" {
			s.Errorf("log %q", out)
		}
		if out := s.logs(id, engine.LogOptions{Tail: 2, Stdout: true, Stderr: true}); out != "two\nthree" {
			s.Errorf("tail %q", out)
		}
		if out := s.logs(id, engine.LogOptions{Tail: -1, Stderr: true}); out != "" {
			s.Errorf("stderr %q", out)
		}
		if out := s.logs(id, engine.LogOptions{Tail: -1, Stdout: true, Since: begin.Add(-time.Hour), Until: begin}); out != "" {
			s.Errorf("before the start %q", out)
		}
	}},
	{"a followed log ends when the container does", func(s *suite) {
		s.pull("toolbox")
		id := s.create(engine.ContainerConfig{OpenStdin: true}, "cat")
		a, err := s.StartContainer(s.ctx, id, &engine.AttachOptions{Stdin: true})
		s.must(err)
		var got recorder
		done := make(chan error, 1)
		o := everything
		o.Follow = true
		go func() {
			done <- s.Logs(s.ctx, id, o, func(e engine.LogEntry) error {
				_, err := got.Write(e.Line)
				return err
			})
		}()
		for _, line := range []string{"one\n", "two\n"} {
			_, err = a.Write([]byte(line))
			s.must(err)
			s.output(&got, line)
		}
		s.must(a.CloseWrite())
		s.must(<-done)
	}},
	{"a log reader's error comes back as it is", func(s *suite) {
		s.pull("toolbox")
		id := s.start("echo", "x")
		s.wait(id)
		own := errors.New("enough")
		if err := s.Logs(s.ctx, id, everything, func(engine.LogEntry) error { return own }); !errors.Is(err, own) {
			s.Errorf("error %v", err)
		}
	}},
}

var fileSentences = []sentence{
	{"a change against the image shows in the diff", func(s *suite) {
		s.pull("toolbox")
		id := s.start("sh", "-c", "echo hi > /tmp/new")
		s.wait(id)
		d, err := s.DiffContainer(s.ctx, id)
		s.must(err)
		if !slices.Contains(d, engine.Change{Kind: engine.ChangeAdded, Path: "/tmp/new"}) {
			s.Errorf("diff %+v", d)
		}
	}},
	{"a file goes in as a tar and comes out again", func(s *suite) {
		s.pull("toolbox")
		id := s.create(engine.ContainerConfig{}, "cat", "/tmp/note")
		var in, out bytes.Buffer
		w := tar.NewWriter(&in)
		s.must(w.WriteHeader(&tar.Header{Name: "note", Mode: 0o644, Size: 5}))
		_, err := w.Write([]byte("ahoy\n"))
		s.must(err)
		s.must(w.Close())
		s.must(s.CopyTo(s.ctx, id, "/tmp", &in, engine.CopyToOptions{}))
		s.must(s.CopyFrom(s.ctx, id, "/tmp/note", &out))
		r := tar.NewReader(&out)
		h, err := r.Next()
		s.must(err)
		data, err := io.ReadAll(r)
		s.must(err)
		if h.Name != "note" || string(data) != "ahoy\n" {
			s.Errorf("%q holds %q", h.Name, data)
		}
		st, err := s.StatPath(s.ctx, id, "/tmp/note")
		s.must(err)
		if st.Size != 5 || st.Name != "note" {
			s.Errorf("stat %+v", st)
		}
		_, err = s.StartContainer(s.ctx, id, nil)
		s.must(err)
		s.wait(id)
		if log := s.logs(id, everything); log != "ahoy\n" {
			s.Errorf("the program sees %q", log)
		}
	}},
	{"a path that does not exist is not found", func(s *suite) {
		s.pull("toolbox")
		id := s.create(engine.ContainerConfig{}, "true")
		_, err := s.StatPath(s.ctx, id, "/no/such")
		s.class(err, engine.ClassNotFound)
		s.class(s.CopyFrom(s.ctx, id, "/no/such", io.Discard), engine.ClassNotFound)
	}},
}

var systemSentences = []sentence{
	{"info counts what there is", func(s *suite) {
		s.pull("toolbox")
		s.create(engine.ContainerConfig{}, "true")
		s.start("sleep", "1000")
		i, err := s.Info(s.ctx)
		s.must(err)
		if i.Images != 1 || i.Containers != 2 || i.Running != 1 || i.Stopped != 1 || i.Root == "" {
			s.Errorf("info %+v", i)
		}
	}},
	{"doctor finds something out", func(s *suite) {
		checks, err := s.Doctor(s.ctx)
		s.must(err)
		if len(checks) == 0 {
			s.Error("no check")
		}
		for _, c := range checks {
			if c.Name == "" || c.Status != engine.CheckOK && c.Remedy == "" {
				s.Errorf("check %+v", c)
			}
		}
	}},
	{"a context that has ended stops a call", func(s *suite) {
		ctx, cancel := context.WithCancel(s.ctx)
		cancel()
		_, err := s.CreateContainer(ctx, engine.ContainerConfig{Image: "toolbox"})
		s.class(err, engine.ClassCanceled)
	}},
}
