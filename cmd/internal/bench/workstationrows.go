package main

import (
	"context"
	"errors"
	"fmt"
	"os/exec"
	"slices"
	"time"
)

var workstationRows = []row{
	{key: "tui", name: "workstation, nothing running", rounds: 3, tools: workstations(0), figures: workstationFigures},
	{key: "tui2", name: "workstation, two containers running", rounds: 3, tools: workstations(2), figures: workstationFigures},
	{key: "layers", name: "workstation pulling 50 layers, each with 20 reports a second", rounds: 2, tools: fiftyLayers, figures: []figure{
		{name: "processor", unit: "%", goals: goals{limit: 5}},
		{name: "resident", unit: "MB", goals: goals{limit: 40}},
	}},
}

// frame is Bubble Tea's time between two frames at 60 a second, in milliseconds.
const frame = 1000.0 / 60

var workstationFigures = []figure{
	{name: "first frame", unit: "ms", goals: goals{limit: 100}},
	{name: "idle, processor", unit: "%", goals: goals{limit: 0.3}},
	{name: "idle, written in 10 s", unit: "bytes", goals: goals{limit: 0.5}},
	{name: "resident", unit: "MB", goals: goals{limit: 40}},
	{name: "key to frame, median", unit: "ms", goals: goals{limit: frame}},
	{name: "key to frame, 95th percentile", unit: "ms"},
}

// workstations measures berth beside the terminal tools for docker, on as many running containers.
func workstations(running int) func(context.Context, *lab) []contender {
	return func(ctx context.Context, l *lab) []contender {
		berth, err := l.running(ctx, fmt.Sprintf("workstation-%d", running), running)
		all := []contender{{name: "berth", err: err, once: func(ctx context.Context) ([]float64, error) {
			return watch(ctx, berth.command(ctx), "Containers", []string{"2", "1"})
		}}}
		i := slices.IndexFunc(l.peers, func(t tool) bool { return t.name == "docker" })
		for _, name := range []string{"lazydocker", "dry"} {
			if _, err := exec.LookPath(name); err != nil {
				continue // told at the end
			}
			if i < 0 {
				all = append(all, contender{name: name, err: errors.New("there is no docker for it")})
				continue
			}
			docker := l.peers[i]
			all = append(all, contender{name: name, err: docker.start(ctx, l, running), once: func(ctx context.Context) ([]float64, error) {
				return watch(ctx, tool{argv: []string{name}, env: docker.env}.command(ctx), "Containers", []string{"j", "k"})
			}, clean: func() { _ = docker.removeAll(context.WithoutCancel(ctx)) }})
		}
		return all
	}
}

// running is a berth on a state of its own, with so many running containers.
func (l *lab) running(ctx context.Context, state string, n int) (tool, error) {
	t, err := l.another(ctx, state)
	if err != nil {
		return t, err
	}
	return t, t.start(ctx, l, n)
}

func (t tool) start(ctx context.Context, l *lab, n int) error {
	for i := range n {
		if err := t.do(ctx, t.runArgs(fmt.Sprintf("run -d --name bench-%d", i), l.images.ref("hello"), "sleep")...); err != nil {
			return err
		}
	}
	return nil
}

// watch takes all figures of one session of a terminal tool. The keys are pressed in turn; each changes the screen.
func watch(ctx context.Context, cmd *exec.Cmd, ready string, keys []string) (_ []float64, err error) {
	t, err := onTerminal(cmd, true)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, t.close()) }()
	at, err := t.text(ctx, ready)
	if err != nil {
		return nil, err
	}
	first := ms(at.Sub(t.start))
	if err := pause(ctx, 3*time.Second); err != nil {
		return nil, err
	}
	const idle = 10 * time.Second
	pid := cmd.Process.Pid
	used, written := processorTime(processTree(pid)...), t.count()
	if err := pause(ctx, idle); err != nil {
		return nil, err
	}
	used, written = processorTime(processTree(pid)...)-used, t.count()-written
	memory := resident(processTree(pid)...)
	var times []float64
	for i := range 40 {
		before := t.count()
		v, err := t.after(ctx, keys[i%len(keys)], "the next frame", func(string) bool { return t.count() > before })
		if err != nil {
			return nil, err
		}
		times = append(times, v)
		if err := t.quiet(ctx, 60*time.Millisecond); err != nil {
			return nil, err
		}
	}
	return append([]float64{first, percent(used, idle), float64(written), memory}, percentiles(times)...), nil
}

func percent(used, of time.Duration) float64 { return 100 * used.Seconds() / of.Seconds() }

// percentiles are the 50th and the 95th.
func percentiles(values []float64) []float64 {
	slices.Sort(values)
	return []float64{values[len(values)/2], values[len(values)*95/100]}
}

// fiftyLayers pulls in the workstation itself: berth tells of progress there 20 times a second and layer, elsewhere less often.
func fiftyLayers(ctx context.Context, l *lab) []contender {
	var layers []layer
	for i := range 50 { // of different bytes, for equal layers are fetched once
		layers = append(layers, layer{files: []string{l.payload}, as: fmt.Sprintf("payload-%d", i)})
	}
	err := l.images.add(slowImage, 1, layers...)
	var berth tool
	if err == nil {
		berth, err = l.another(ctx, "fifty")
	}
	return []contender{{name: "berth", err: err, once: func(ctx context.Context) (_ []float64, err error) {
		cmd := berth.command(ctx)
		t, err := onTerminal(cmd, true)
		if err != nil {
			return nil, err
		}
		defer func() { err = errors.Join(err, t.close()) }()
		if _, err := t.text(ctx, "Containers"); err != nil {
			return nil, err
		}
		if err := t.press("3p"); err != nil {
			return nil, err
		}
		if err := t.quiet(ctx, 200*time.Millisecond); err != nil {
			return nil, err
		}
		if err := t.press(l.images.ref(slowImage) + "\r"); err != nil {
			return nil, err
		}
		if err := pause(ctx, 3*time.Second); err != nil { // all layers are on their way
			return nil, err
		}
		const during = 10 * time.Second
		used := processorTime(cmd.Process.Pid)
		if err := pause(ctx, during); err != nil {
			return nil, err
		}
		used = processorTime(cmd.Process.Pid) - used
		return []float64{percent(used, during), resident(cmd.Process.Pid)}, nil
	}}}
}
