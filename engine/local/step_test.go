package local_test

import (
	"bytes"
	"io"
	"strings"
	"testing"

	"berth/engine"
	"berth/engine/enginetest/ability"
	"berth/engine/local"
)

// Everything that changes something tells of its steps in the shared log, from where any
// process reads them: with data and times, and with the error of the one that failed.
func TestEveryOperationTellsItsSteps(t *testing.T) {
	e, root := pulledAt(t)
	ctx := testContext(t)
	now := 0
	cfg := sh("sleep 600")
	cfg.Name = "box"
	res, err := e.CreateContainer(ctx, cfg)
	if err != nil {
		t.Fatal(err)
	}
	id := res.ID
	for _, c := range []struct {
		op    string
		steps string // in this order, among others
		fails string // the step that fails
		do    func() error
	}{
		{"create", "resolve image", "resolve image", func() error {
			_, err := e.CreateContainer(ctx, engine.ContainerConfig{Image: "no-such-image"})
			return err
		}},
		{"create", "resolve image, complete configuration, prepare snapshot", "prepare snapshot", func() error {
			_, err := e.CreateContainer(ctx, cfg)
			return err
		}},
		{"pull", "resolve", "resolve", func() error {
			_, err := e.Pull(ctx, engine.PullRequest{Ref: "no-such-image"})
			return err
		}},
		{"start", "write bundle, clone, mount overlay, pivot root, exec", "", func() error {
			_, err := e.StartContainer(ctx, id, nil)
			return err
		}},
		{"exec", "clone, enter namespaces, exec, exit", "", func() error {
			_, a, err := e.Exec(ctx, id, engine.ExecConfig{Cmd: []string{"true"}}, &engine.AttachOptions{})
			if err == nil {
				_, err = a.Wait()
			}
			return err
		}},
		{"exec", "clone, enter namespaces, exec", "exec", func() error {
			_, _, err := e.Exec(ctx, id, engine.ExecConfig{Cmd: []string{"no-such-program"}}, nil)
			return err
		}},
		{"attach", "attach", "", func() error {
			a, err := e.Attach(ctx, id, engine.AttachOptions{})
			if err == nil {
				err = a.Close()
			}
			return err
		}},
		{"cp", "pack", "pack", func() error { return e.CopyFrom(ctx, id, "/no/such/file", io.Discard) }},
		{"cp", "pack", "", func() error { return e.CopyFrom(ctx, id, "/etc/passwd", io.Discard) }},
		{"cp", "unpack", "unpack", func() error {
			return e.CopyTo(ctx, id, "/tmp", strings.NewReader("no tar"), engine.CopyToOptions{})
		}},
		{"rename", "claim name", "", func() error { return e.RenameContainer(ctx, id, "other") }},
		{"rename", "claim name", "claim name", func() error { return e.RenameContainer(ctx, id, "other") }},
		{"update", "set limits", "", func() error {
			return e.UpdateContainer(ctx, id, engine.ContainerUpdate{Restart: &engine.RestartPolicy{Name: "no"}})
		}},
		{"kill", "signal", "", func() error { return e.KillContainer(ctx, id, "WINCH") }},
		{"unpause", "thaw", "thaw", func() error { return e.UnpauseContainer(ctx, id) }},
		{"stop", "signal, wait", "", func() error { return e.StopContainer(ctx, id, engine.StopOptions{Timeout: &now, Signal: "KILL"}) }},
		{"exit", "exit", "", func() error { return nil }},
		{"remove", "remove container", "", func() error { return e.RemoveContainer(ctx, id, engine.RemoveContainerOptions{}) }},
		{"tag", "write name", "", func() error { return e.TagImage(ctx, "toolbox", "other:1") }},
		{"tag", "write name", "write name", func() error { return e.TagImage(ctx, "no-such-image", "other:1") }},
		{"remove image", "remove image", "", func() error {
			_, err := e.RemoveImage(ctx, "other:1", engine.RemoveImageOptions{})
			return err
		}},
		{"remove image", "remove image", "remove image", func() error {
			_, err := e.RemoveImage(ctx, "no-such-image", engine.RemoveImageOptions{})
			return err
		}},
		{"prune images", "prune images", "", func() error {
			_, err := e.PruneImages(ctx, engine.PruneImagesOptions{})
			return err
		}},
	} {
		err := c.do()
		if (err != nil) != (c.fails != "") {
			t.Fatalf("%s: %v", c.op, err)
		}
		if engine.StepOf(err) != c.fails || (engine.OpOf(err) != "") != (err != nil) {
			t.Errorf("%s: %v names step %q of operation %q", c.op, err, engine.StepOf(err), engine.OpOf(err))
		}
		tells(t, others(t, root, 1)[0], c.op, c.steps, c.fails)
	}
	// Started from another process, and seen whole there.
	if ability.Try(ability.CgroupFreezer) == nil {
		id := start(t, e, sh("sleep 600"))
		if err := e.PauseContainer(ctx, id); err != nil {
			t.Fatal(err)
		}
		tells(t, others(t, root, 1)[0], "pause", "freeze", "")
	}
}

// tells checks the steps of the last operation of that name.
func tells(t *testing.T, e *local.Engine, op, want, fails string) {
	t.Helper()
	var got []string
	steps := func() []engine.Event {
		evs, err := e.History(testContext(t), engine.WatchOptions{Kinds: []engine.EventKind{engine.KindStep}})
		if err != nil {
			t.Fatal(err)
		}
		return evs
	}
	whole := func() bool {
		got = nil
		last := ""
		for _, ev := range steps() {
			if ev.Step.OpName != op {
				continue
			}
			if ev.Step.Op != last {
				last, got = ev.Step.Op, nil
			}
			if ev.Step.Done {
				got = append(got, ev.Step.Name)
			}
		}
		return inOrder(got, strings.Split(want, ", "))
	}
	until(t, "the steps of "+op+": "+want, whole, func() string { return strings.Join(got, ", ") })
	failed := ""
	for _, ev := range steps() {
		st := ev.Step
		if st.OpName != op {
			continue
		}
		if st.Start.IsZero() || st.Done && st.Duration <= 0 || st.Explain == "" || len(st.Data) == 0 || bytes.Equal(st.Data, []byte("null")) || st.Subject == "" && op != "prune images" {
			t.Errorf("%s: %s is told as %+v, data %s", op, st.Name, st, st.Data)
		}
		failed = ""
		if st.Error != "" {
			failed = st.Name
		}
	}
	if failed != fails {
		t.Errorf("%s: the step that failed is %q, want %q", op, failed, fails)
	}
}

// inOrder reports whether all of want are in got, in this order.
func inOrder(got, want []string) bool {
	for _, g := range got {
		if len(want) > 0 && g == want[0] {
			want = want[1:]
		}
	}
	return len(want) == 0
}
