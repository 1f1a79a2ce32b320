package local_test

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"io/fs"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"berth/engine"
	"berth/engine/enginetest/ability"
	"berth/engine/enginetest/leak"
	"berth/engine/local"
	"berth/engine/registries"
)

// actEnv asks the test's program to be a berth that does one thing: "ROOT\nVERB\nNAME".
const actEnv = "BERTH_TEST_ACT"

// acts are what a berth does when it is killed.
var acts = map[string]func(ctx context.Context, e *local.Engine, name string) error{
	"pull": func(ctx context.Context, e *local.Engine, _ string) error {
		if _, err := e.RemoveImage(ctx, "hello-world", engine.RemoveImageOptions{Force: true}); err != nil && engine.ClassOf(err) != engine.ClassNotFound {
			return err
		}
		_, err := e.Pull(ctx, engine.PullRequest{Ref: "hello-world"})
		return err
	},
	"run": func(ctx context.Context, e *local.Engine, name string) error {
		cfg := sh("sleep 600")
		cfg.Name = name
		res, err := e.CreateContainer(ctx, cfg)
		if err != nil {
			return err
		}
		_, err = e.StartContainer(ctx, res.ID, nil)
		return err
	},
	"run --rm": func(ctx context.Context, e *local.Engine, name string) error {
		cfg := sh("true")
		cfg.Name, cfg.AutoRemove = name, true
		res, err := e.CreateContainer(ctx, cfg)
		if err != nil {
			return err
		}
		a, err := e.StartContainer(ctx, res.ID, &engine.AttachOptions{Stdout: io.Discard})
		if err != nil {
			return err
		}
		_, err = a.Wait()
		return err
	},
	"start": func(ctx context.Context, e *local.Engine, name string) error {
		_, err := e.StartContainer(ctx, name, nil)
		return err
	},
	"stop": func(ctx context.Context, e *local.Engine, name string) error {
		now := 0
		return e.StopContainer(ctx, name, engine.StopOptions{Timeout: &now})
	},
	"rm -f": func(ctx context.Context, e *local.Engine, name string) error {
		return e.RemoveContainer(ctx, name, engine.RemoveContainerOptions{Force: true})
	},
	"exec": func(ctx context.Context, e *local.Engine, name string) error {
		_, a, err := e.Exec(ctx, name, engine.ExecConfig{Cmd: []string{"ls", "/"}}, &engine.AttachOptions{Stdout: io.Discard})
		if err != nil {
			return err
		}
		_, err = a.Wait()
		return err
	},
	"cp": func(ctx context.Context, e *local.Engine, name string) error {
		var tar bytes.Buffer
		if err := e.CopyFrom(ctx, name, "/etc", &tar); err != nil {
			return err
		}
		return e.CopyTo(ctx, name, "/tmp", &tar, engine.CopyToOptions{})
	},
	"rename": func(ctx context.Context, e *local.Engine, name string) error {
		if err := e.RenameContainer(ctx, name, name+"-other"); err != nil {
			return err
		}
		return e.RenameContainer(ctx, name+"-other", name)
	},
	"update": func(ctx context.Context, e *local.Engine, name string) error {
		return e.UpdateContainer(ctx, name, engine.ContainerUpdate{Restart: &engine.RestartPolicy{Name: "no"}})
	},
	"ls": func(ctx context.Context, e *local.Engine, _ string) error {
		_, err := e.ListContainers(ctx, engine.ContainerListOptions{All: true})
		return err
	},
}

// act is that berth. What it can't do in the state it meets is none of its business.
func act(what string) int {
	words := strings.SplitN(what, "\n", 3)
	e, err := local.Open(local.Options{Root: words[0], Demo: true, Registries: registries.Open})
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	defer e.Close()
	fmt.Println("open")
	if err := acts[words[1]](context.Background(), e, words[2]); err != nil && !expected(err) {
		fmt.Fprintln(os.Stderr, words[1], err)
		return 1
	}
	return 0
}

// expected reports whether an error only says that the container is in another state.
func expected(err error) bool {
	switch engine.ClassOf(err) {
	case engine.ClassNotFound, engine.ClassConflict, engine.ClassUnavailable:
		return true
	}
	return false
}

// A berth is killed at any moment of anything that it does. Whatever it leaves must be a
// state that the next command understands, and in the end nothing is left.
func TestBerthKilledAtAnyMoment(t *testing.T) {
	e, root := pulledAt(t)
	verbs := []string{"pull", "run", "run --rm", "start", "stop", "rm -f", "exec", "cp", "rename", "update", "ls"}
	rounds := ability.Times(3*len(verbs), 300)
	killed := map[string]int{}
	longest := map[string]time.Duration{} // how long to let it work at most, found out by trying
	for i := range rounds {
		verb := verbs[i%len(verbs)]
		name := "box" + itoa(i/len(verbs)%3)
		if verb != "run" && verb != "run --rm" && verb != "pull" {
			_ = acts["run"](testContext(t), e, name) // there is one already, or now there is
		}
		if longest[verb] == 0 {
			longest[verb] = 8 * time.Millisecond
		}
		if dies(t, root, verb, name, rand.N(longest[verb])) {
			killed[verb]++
			longest[verb] += longest[verb] / 3
		} else {
			longest[verb] -= longest[verb] / 3
		}
		usable(t, root, verb)
		if t.Failed() {
			return
		}
	}
	t.Logf("killed in time: %v", killed)
	empty(t, e, root)
}

// dies starts a berth and kills it after a while; it returns whether that was in time.
func dies(t *testing.T, root, verb, name string, after time.Duration) bool {
	t.Helper()
	cmd := exec.Command("/proc/self/exe")
	cmd.Env = append(os.Environ(), actEnv+"="+root+"\n"+verb+"\n"+name)
	var errs bytes.Buffer
	cmd.Stderr = &errs
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	if _, err := io.ReadFull(out, make([]byte, len("open\n"))); err != nil {
		t.Fatalf("%s: %v: %s", verb, err, errs.String())
	}
	<-time.After(after)
	_ = cmd.Process.Kill()
	err = cmd.Wait()
	if err != nil && cmd.ProcessState.Exited() {
		t.Errorf("%s: %v: %s", verb, err, errs.String())
	}
	return err != nil
}

// usable checks that the next commands work.
func usable(t *testing.T, root, verb string) {
	t.Helper()
	ctx := testContext(t)
	e, err := local.Open(local.Options{Root: root, Demo: true, Registries: registries.Open})
	if err != nil {
		t.Fatalf("after %s: open: %v", verb, err)
	}
	defer e.Close()
	all, err := e.ListContainers(ctx, engine.ContainerListOptions{All: true})
	if err != nil {
		t.Errorf("after %s: list: %v", verb, err)
	}
	for _, c := range all {
		if _, err := e.InspectContainer(ctx, c.ID, engine.InspectOptions{}); err != nil && engine.ClassOf(err) != engine.ClassNotFound {
			t.Errorf("after %s: inspect %s: %v", verb, c.Name, err)
		}
	}
	if _, err := e.ListImages(ctx, engine.ImageListOptions{}); err != nil {
		t.Errorf("after %s: images: %v", verb, err)
	}
	if _, err := e.Pull(ctx, engine.PullRequest{Ref: "hello-world"}); err != nil {
		t.Errorf("after %s: pull: %v", verb, err)
	}
	cfg := sh("echo fine")
	cfg.AutoRemove = true
	if out, errs, st := runs(t, e, cfg); out != "fine\n" || st.Code != 0 {
		t.Errorf("after %s: run: %q %q %+v", verb, out, errs, st)
	}
}

// empty removes all and checks that nothing is left, in the state directory or outside.
func empty(t *testing.T, e *local.Engine, root string) {
	t.Helper()
	ctx := testContext(t)
	all, err := e.ListContainers(ctx, engine.ContainerListOptions{All: true})
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range all {
		if err := e.RemoveContainer(ctx, c.ID, engine.RemoveContainerOptions{Force: true}); err != nil {
			t.Error(err)
		}
	}
	if _, err := e.PruneContainers(ctx, nil); err != nil {
		t.Error(err)
	}
	if _, err := e.PruneImages(ctx, engine.PruneImagesOptions{All: true}); err != nil {
		t.Error(err)
	}
	until(t, "the trash to be emptied", func() bool {
		if gc, err := local.Open(local.Options{Root: root, Demo: true, Registries: registries.Open}); err == nil {
			gc.Close()
		}
		return len(below(filepath.Join(root, "trash"))) == 0
	}, func() string { return strings.Join(below(filepath.Join(root, "trash")), " ") })
	for _, dir := range []string{"containers", "names", "layers", "blobs", "images", "ingest", "staging"} {
		for _, file := range below(filepath.Join(root, dir)) {
			t.Errorf("left behind: %s/%s", dir, file)
		}
	}
	leak.Check(t, root)
}

// below lists the files below dir, and directories with an odd name; the index is a cache.
func below(dir string) []string {
	var found []string
	filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
		if err == nil && path != dir && !d.IsDir() && d.Name() != ".index" {
			rel, _ := filepath.Rel(dir, path)
			found = append(found, rel)
		}
		return nil
	})
	return found
}
