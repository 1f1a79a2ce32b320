package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"time"

	"golang.org/x/sys/unix"
)

var engineRows = []row{
	{key: "run", name: "run --rm of a static hello, no network", burst: shortWork, tools: hello(false),
		figures: []figure{{unit: "ms", goals: goals{limit: 25, times: map[string]float64{"docker": 15, "podman": 15}}}}},
	{key: "exec", name: "exec CONTAINER true", burst: shortWork, tools: execTrue,
		figures: []figure{{unit: "ms", goals: goals{times: map[string]float64{"docker": 8}}}}},
	{key: "pull6", name: "pull of a large image", rounds: pullRounds, tools: pull("six", "The large image", func(l *lab) []layer { return sixLayers(l.short) }),
		figures: []figure{
			{name: "time", unit: "s", goals: goals{times: map[string]float64{"docker": 3, "podman": 3}}},
			{name: "peak memory of client and daemon", unit: "MB", goals: goals{limit: 150}},
		}},
	{key: "pull1", name: "pull of one layer", rounds: pullRounds, tools: pull("one", "The one layer", func(l *lab) []layer { return []layer{oneLayer(l.short)} }),
		figures: []figure{{name: "time", unit: "s"}, {name: "peak memory of client and daemon", unit: "MB", goals: goals{limit: 150}}}},
}

// coldRows come after all others: what the kernel reads anew, page by page, is slower than what was written at once.
var coldRows = []row{
	{key: "cold", name: "run --rm after the page cache was dropped", rounds: 3, tools: hello(true),
		figures: []figure{{unit: "ms"}}},
}

// shortWork is how often in a row what takes milliseconds is done, as scripts do it: the
// first time after the other tools' work is mostly a measurement of caches that are cold.
const shortWork = 5

// hello runs a container from creation to removal; the floors are what the kernel needs for less and less isolation.
func hello(cold bool) func(context.Context, *lab) []contender {
	return func(_ context.Context, l *lab) []contender {
		var all []contender
		add := func(name string, err error, once func(ctx context.Context) (float64, error)) {
			all = append(all, contender{name: name, err: err, once: func(ctx context.Context) ([]float64, error) {
				if cold {
					if err := dropCaches(); err != nil {
						return nil, err
					}
				}
				v, err := once(ctx)
				return []float64{v}, err
			}})
		}
		for _, t := range l.engines() {
			add(t.name, nil, func(ctx context.Context) (float64, error) {
				return t.timed(ctx, t.runArgs("run --rm", l.images.ref("hello"), "hello")...)
			})
		}
		root := filepath.Join(l.dir, "rootfs")
		unpacked := unpack(l.payload, root)
		for _, name := range []string{"runc", "crun"} {
			bundle := filepath.Join(l.dir, name)
			err := writeBundle(name, bundle, root)
			add(name+" alone", errors.Join(unpacked, err), program(name, "run", "--bundle", bundle, "berth-bench"))
		}
		bwrap := []string{"--unshare-all", "--bind", root, "/", "--proc", "/proc", "--dev", "/dev", "/payload", "hello"}
		add("bwrap", unpacked, program("bwrap", bwrap...))
		unshare := []string{"--fork", "--pid", "--mount", "--net", "--uts", "--ipc", "--root", root, "/payload", "hello"}
		if os.Geteuid() != 0 {
			unshare = append([]string{"--user", "--map-root-user"}, unshare...)
		}
		add("unshare", unpacked, program("unshare", unshare...))
		add("fork+exec", nil, program(l.payload, "hello"))
		return all
	}
}

// program times a program that is no engine.
func program(name string, args ...string) func(context.Context) (float64, error) {
	return func(ctx context.Context) (float64, error) {
		return tool{name: name, argv: []string{name}}.timed(ctx, args...)
	}
}

func unpack(payload, root string) error {
	for _, dir := range []string{"proc", "dev", "sys"} {
		if err := os.MkdirAll(filepath.Join(root, dir), 0o755); err != nil {
			return err
		}
	}
	err := os.Link(payload, filepath.Join(root, "payload"))
	if errors.Is(err, os.ErrExist) {
		return nil
	}
	return err
}

// writeBundle makes a bundle of a runtime's own template, without terminal and without raising limits.
func writeBundle(runtime, bundle, root string) error {
	if err := os.MkdirAll(bundle, 0o700); err != nil {
		return err
	}
	file := filepath.Join(bundle, "config.json")
	_ = os.Remove(file) // of the row before; spec does not overwrite
	cmd := exec.Command(runtime, "spec")
	cmd.Dir = bundle
	if err := quietly(cmd); err != nil {
		return err
	}
	text, err := os.ReadFile(file)
	if err != nil {
		return err
	}
	var spec map[string]any
	if err := json.Unmarshal(text, &spec); err != nil {
		return err
	}
	process, ok := spec["process"].(map[string]any)
	if !ok {
		return fmt.Errorf("%s spec: no process in it", runtime)
	}
	process["terminal"], process["args"] = false, []string{"/payload", "hello"}
	delete(process, "rlimits")
	linux, ok := spec["linux"].(map[string]any)
	if !ok {
		return fmt.Errorf("%s spec: no linux in it", runtime)
	}
	delete(linux, "resources")
	linux["cgroupsPath"] = "/" + cgroupName + "/" + runtime
	spec["root"] = map[string]any{"path": root}
	if text, err = json.Marshal(spec); err != nil {
		return err
	}
	return os.WriteFile(file, text, 0o600)
}

func dropCaches() error {
	unix.Sync() // only clean pages are dropped
	return os.WriteFile("/proc/sys/vm/drop_caches", []byte("3"), 0)
}

func execTrue(ctx context.Context, l *lab) []contender {
	var all []contender
	for _, t := range l.engines() {
		all = append(all, contender{
			name: t.name,
			err:  t.do(ctx, t.runArgs("run -d --name bench-exec", l.images.ref("hello"), "sleep")...),
			once: func(ctx context.Context) ([]float64, error) {
				v, err := t.timed(ctx, "exec", "bench-exec", "/payload", "true")
				return []float64{v}, err
			},
			clean: func() { _ = t.do(context.WithoutCancel(ctx), "rm", "-f", "bench-exec") }, // or the clean-up at the end
		})
	}
	return all
}

// pullRounds is how often each tool pulls an image.
const pullRounds = 3

// pull fetches an image that is not there. What the run before left to be written is written first.
//
// Each round has an edition of its own, and nothing is removed in between: ext4 without a journal passes over the
// inodes of files that were deleted in the last minutes one by one, and a pull that follows a removal measures that.
func pull(name, what string, layers func(*lab) []layer) func(context.Context, *lab) []contender {
	return func(ctx context.Context, l *lab) []contender {
		var refs []string
		var made error
		for i := range min(l.count, pullRounds) {
			edition := fmt.Sprintf("%s%d", name, i+1)
			made = errors.Join(made, l.images.add(edition, 6, editionOf(edition, layers(l))...))
			refs = append(refs, l.images.ref(edition))
		}
		if made == nil {
			l.note("%s: %s", what, l.images.size(name+"1"))
		}
		var all []contender
		for _, t := range l.engines() {
			round := 0
			all = append(all, contender{name: t.name, err: made,
				once: func(ctx context.Context) ([]float64, error) {
					ref := refs[round]
					round++
					unix.Sync()
					return timedWithPeak(ctx, t, "pull", "-q", ref)
				},
			})
		}
		skopeo, round := tool{name: "skopeo", argv: []string{"skopeo"}}, 0
		return append(all, contender{name: "skopeo, download only", err: made,
			once: func(ctx context.Context) ([]float64, error) {
				ref := refs[round]
				round++
				unix.Sync()
				to := filepath.Join(l.dir, "skopeo", name, strconv.Itoa(round))
				if err := os.MkdirAll(to, 0o700); err != nil {
					return nil, err
				}
				return timedWithPeak(ctx, skopeo, "copy", "--insecure-policy", "--src-tls-verify=false", "docker://"+ref, "dir:"+to)
			},
		})
	}
}

// editionOf returns the layers with a file more in each, so that none is the same as another edition's.
func editionOf(edition string, layers []layer) []layer {
	for i := range layers {
		layers[i].edition = edition
	}
	return layers
}

// timedWithPeak runs a command, and returns the seconds it took and the most memory that it and the daemon had.
func timedWithPeak(ctx context.Context, t tool, args ...string) ([]float64, error) {
	cmd := t.command(ctx, args...)
	start := time.Now()
	if err := cmd.Start(); err != nil {
		return nil, err
	}
	roots := []int{cmd.Process.Pid}
	if t.daemon != 0 {
		roots = append(roots, t.daemon)
	}
	stop := make(chan struct{})
	most := peak(stop, roots...)
	err := cmd.Wait()
	took := time.Since(start).Seconds()
	close(stop)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", args[0], err)
	}
	return []float64{took, <-most}, nil
}

var listRows = []row{
	{key: "lists", name: "long lists", tools: lists, figures: []figure{
		{name: "images", unit: "ms", goals: goals{limit: 20}},
		{name: "ps -a", unit: "ms", goals: goals{limit: 20}},
	}},
}

// lists are of many images and containers. They take some tools minutes to make.
func lists(ctx context.Context, l *lab) []contender {
	l.note("Long lists: %d names of images, %[1]d containers", l.entries)
	var all []contender
	for _, t := range l.engines() {
		all = append(all, contender{name: t.name, err: fill(ctx, l, t), once: func(ctx context.Context) ([]float64, error) {
			images, err := t.timed(ctx, "images")
			if err != nil {
				return nil, err
			}
			containers, err := t.timed(ctx, "ps", "-a")
			return []float64{images, containers}, err
		}})
	}
	return all
}

func fill(ctx context.Context, l *lab, t tool) error {
	for i := range l.entries {
		if i%10 == 0 {
			progress("lists: %s makes %d of %d", t.name, i, l.entries)
		}
		if err := t.do(ctx, "tag", l.images.ref("hello"), fmt.Sprintf("%s/many:%d", l.images.address, i)); err != nil {
			return err
		}
		if err := t.do(ctx, t.runArgs(fmt.Sprintf("create --name many-%d", i), l.images.ref("hello"), "true")...); err != nil {
			return err
		}
	}
	return nil
}
