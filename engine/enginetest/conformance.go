package enginetest

import (
	"bytes"
	"context"
	"strings"
	"sync"
	"testing"
	"time"

	"berth/engine"
)

// ConformanceOptions fit the suite to an engine.
type ConformanceOptions struct {
	// Limit is how long any one thing may take before the suite gives up on it; 30 s if zero.
	Limit time.Duration
}

// Conformance checks that an engine keeps the promises of package engine, one subtest for
// each sentence. Each gets an engine of its own from start, with an empty state
// directory and a registry that has hello-world and toolbox: images as the demo
// registry serves them. The suite closes the engine.
//
// What the host can't do (an error of ClassUnsupported) is skipped by name.
func Conformance(t *testing.T, start func(t *testing.T) engine.Engine, opts ConformanceOptions) {
	if opts.Limit == 0 {
		opts.Limit = 30 * time.Second
	}
	for _, group := range []struct {
		name  string
		cases []sentence
	}{
		{"pull", pullSentences}, {"images", imageSentences}, {"containers", containerSentences}, {"lifecycle", lifecycleSentences},
		{"streams", streamSentences}, {"files", fileSentences}, {"watch", watchSentences}, {"system", systemSentences},
	} {
		t.Run(group.name, func(t *testing.T) {
			for _, c := range group.cases {
				t.Run(c.name, func(t *testing.T) {
					ctx, cancel := context.WithTimeout(t.Context(), opts.Limit)
					defer cancel()
					s := &suite{T: t, ctx: ctx, Engine: start(t)}
					defer s.finish()
					c.check(s)
				})
			}
		})
	}
}

// A sentence is one promise: its name says it, its check proves it.
type sentence struct {
	name  string
	check func(s *suite)
}

// A suite is an engine under test, with what most checks need.
type suite struct {
	*testing.T
	engine.Engine
	ctx context.Context
}

// finish removes all containers, so that none outlives the test, and closes the engine.
func (s *suite) finish() {
	ctx := context.WithoutCancel(s.ctx)
	list, err := s.ListContainers(ctx, engine.ContainerListOptions{All: true})
	if err != nil {
		s.Errorf("list what the test left: %v", err)
	}
	for _, c := range list {
		if err := s.RemoveContainer(ctx, c.ID, engine.RemoveContainerOptions{Force: true}); err != nil && engine.ClassOf(err) != engine.ClassNotFound {
			s.Errorf("remove what the test left: %v", err)
		}
	}
	if err := s.Close(); err != nil {
		s.Errorf("close: %v", err)
	}
}

func (s *suite) must(err error) {
	s.Helper()
	if engine.ClassOf(err) == engine.ClassUnsupported {
		s.Skipf("this host can't: %v", err)
	}
	if err != nil {
		s.Fatal(err)
	}
}

// class fails the test unless err belongs to the class and reads as a sentence's part.
func (s *suite) class(err error, want engine.Class) {
	s.Helper()
	if err == nil {
		s.Fatalf("no error, want one of class %q", want)
	}
	if got := engine.ClassOf(err); got != want {
		s.Fatalf("class %q, want %q: %v", got, want, err)
	}
	if strings.Contains(err.Error(), "\n") {
		s.Errorf("the error is more than one line: %q", err)
	}
}

func (s *suite) pull(refs ...string) {
	s.Helper()
	for _, r := range refs {
		if _, err := s.Pull(s.ctx, engine.PullRequest{Ref: r}); err != nil {
			s.Fatal(err)
		}
	}
}

// create makes a container of toolbox that runs argv.
func (s *suite) create(cfg engine.ContainerConfig, argv ...string) string {
	s.Helper()
	if cfg.Image == "" {
		cfg.Image = "toolbox"
	}
	if argv != nil {
		cfg.Cmd = argv
	}
	res, err := s.CreateContainer(s.ctx, cfg)
	s.must(err)
	return res.ID
}

// start makes a container of toolbox and starts it detached.
func (s *suite) start(argv ...string) string {
	s.Helper()
	id := s.create(engine.ContainerConfig{}, argv...)
	_, err := s.StartContainer(s.ctx, id, nil)
	s.must(err)
	return id
}

func (s *suite) wait(id string) engine.ExitStatus {
	s.Helper()
	st, err := s.WaitContainer(s.ctx, id, engine.WaitNotRunning)
	s.must(err)
	return st
}

func (s *suite) inspect(id string) engine.ContainerDetail {
	s.Helper()
	d, err := s.InspectContainer(s.ctx, id, engine.InspectOptions{})
	s.must(err)
	return d
}

// until waits for a condition by asking again and again.
func (s *suite) until(what string, ok func() bool) {
	s.Helper()
	for !ok() {
		select {
		case <-time.After(5 * time.Millisecond):
		case <-s.ctx.Done():
			s.Fatalf("gave up waiting until %s", what)
		}
	}
}

// A recorder collects a stream and can wait for text in it.
type recorder struct {
	mu  sync.Mutex
	buf bytes.Buffer
}

// Write implements io.Writer.
func (r *recorder) Write(b []byte) (int, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.buf.Write(b)
}

func (r *recorder) String() string {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.buf.String()
}

// output waits until a recorder holds text.
func (s *suite) output(r *recorder, text string) {
	s.Helper()
	deadline := s.ctx.Done()
	for !strings.Contains(r.String(), text) {
		select {
		case <-time.After(5 * time.Millisecond):
		case <-deadline:
			s.Fatalf("output is %q, want %q in it", r.String(), text)
		}
	}
}

// logs returns a container's whole log, streams joined.
func (s *suite) logs(id string, o engine.LogOptions) string {
	s.Helper()
	var b strings.Builder
	s.must(s.Logs(s.ctx, id, o, func(e engine.LogEntry) error {
		b.Write(e.Line)
		return nil
	}))
	return b.String()
}

var everything = engine.LogOptions{Tail: -1, Stdout: true, Stderr: true}
