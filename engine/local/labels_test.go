package local_test

import (
	"archive/tar"
	"os"
	"testing"

	"berth/engine"
	"berth/engine/internal/registry/registrytest"

	"github.com/google/go-cmp/cmp"
)

// An image's labels and annotations are data: whatever they are called, nothing of a
// container changes by them, and no event of ours says what they say.
func TestLabelsAreNeverSettings(t *testing.T) {
	e := open(t)
	toolbox, err := os.ReadFile(os.Getenv("BERTH_TOOLBOX"))
	if err != nil {
		t.Fatal(err)
	}
	reg := registrytest.New(t)
	layer := registrytest.Tar(t, registrytest.File{Header: tar.Header{Name: "true", Mode: 0o755}, Body: string(toolbox)})
	labels := map[string]string{}
	for _, key := range []string{
		"name", "image", "exitCode", "execDuration", "signal", "execID", "oldName",
		"ID", "Name", "User", "Privileged", "AutoRemove", "Restart", "Mounts", "CapAdd", "SecurityOpts", "Network", "Init", "Seccomp", "NoNewPrivileges",
		"io.berth.restart", "io.berth.privileged", "berth.autoremove", "io.containerd.runc.v2.group", "run.oci.seccomp", "run.oci.keep_original_groups",
		"io.kubernetes.cri-o.Devices", "org.systemd.property.ExecStartPre", "module.wasm.image/variant", "io.podman.annotations.privileged", "io.containers.capabilities",
	} {
		labels[key] = "SYS_ADMIN"
	}
	var made [2]engine.ContainerDetail
	for i, l := range []map[string]string{nil, labels} {
		ref := []string{"plain:1", "evil:1"}[i]
		repo, tag := ref[:len(ref)-2], "1"
		reg.Push(t, repo, tag, registrytest.Image{Layers: [][]byte{layer}, Config: map[string]any{"Cmd": []string{"/true"}, "Labels": l}})
		if _, err := e.Pull(testContext(t), engine.PullRequest{Ref: reg.Host() + "/" + ref}); err != nil {
			t.Fatal(err)
		}
		id := create(t, e, engine.ContainerConfig{Image: reg.Host() + "/" + ref, Name: "same-" + repo})
		if _, err := e.StartContainer(testContext(t), id, nil); err != nil {
			t.Fatal(err)
		}
		if _, err := e.WaitContainer(testContext(t), id, engine.WaitNotRunning); err != nil {
			t.Fatal(err)
		}
		made[i] = inspect(t, e, id)
	}
	a, b := made[0].Config, made[1].Config
	if len(b.Labels) != len(labels) {
		t.Errorf("%d of %d labels are told", len(b.Labels), len(labels))
	}
	for _, c := range []*engine.ContainerConfig{&a, &b} {
		c.Name, c.Image, c.Hostname, c.Labels = "", "", "", nil
	}
	if d := cmp.Diff(a, b); d != "" {
		t.Errorf("labels changed the container:\n%s", d)
	}
	evs, err := e.History(testContext(t), engine.WatchOptions{Object: made[1].ID, Kinds: []engine.EventKind{engine.KindContainer}})
	if err != nil || len(evs) < 3 {
		t.Fatal(len(evs), err)
	}
	for _, ev := range evs {
		if ev.Attributes["name"] != "same-evil" || ev.Attributes["image"] != reg.Host()+"/evil:1" || ev.Action == "die" && ev.Attributes["exitCode"] != "0" {
			t.Errorf("%s: %v", ev.Action, ev.Attributes)
		}
	}
}
