package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"strconv"
	"time"
)

var memoryRows = []row{
	{key: "memory", name: "what keeps one container with a terminal", rounds: 3, tools: keepers, figures: []figure{
		{name: "most in the first second", unit: "MB", goals: goals{limit: 8}},
		{name: "idle", unit: "MB", goals: goals{limit: 8}},
		{name: "idle, with the tool's daemons", unit: "MB"},
		{name: "after 20 MB of output", unit: "MB", goals: goals{limit: 8}},
	}},
}

// keepers measures the parents of containers: berth's shim, containerd's shim, conmon.
func keepers(_ context.Context, l *lab) []contender {
	var all []contender
	for _, t := range l.engines() {
		all = append(all, contender{name: t.name, once: func(ctx context.Context) ([]float64, error) {
			first, idle, both, err := t.keeper(ctx, l, "sleep")
			if err != nil {
				return nil, err
			}
			_, burst, _, err := t.keeper(ctx, l, "burst", "2600000")
			return []float64{first, idle, both, burst}, err
		}})
	}
	return all
}

// keeper starts a container, follows its keeper's memory for a second, and looks again five seconds later.
func (t tool) keeper(ctx context.Context, l *lab, args ...string) (first, idle, both float64, err error) {
	const name = "bench-memory"
	if err := t.do(ctx, t.runArgs("run -d -i -t --name "+name, l.images.ref("hello"), args...)...); err != nil {
		return 0, 0, 0, err
	}
	defer func() { err = errors.Join(err, t.do(context.WithoutCancel(ctx), "rm", "-f", name)) }()
	text, err := t.output(ctx, "inspect", "--format", "{{.State.Pid}}", name)
	if err != nil {
		return 0, 0, 0, err
	}
	pid, err := strconv.Atoi(text)
	if err != nil {
		return 0, 0, 0, err
	}
	keeper := int(status(pid, "PPid"))
	if command, _ := os.ReadFile(fmt.Sprintf("/proc/%d/cmdline", keeper)); keeper < 2 || len(command) == 0 {
		return 0, 0, 0, fmt.Errorf("the parent of process %d is not to be seen", pid)
	}
	for end := time.Now().Add(time.Second); time.Now().Before(end); {
		first = max(first, resident(keeper))
		if err := pause(ctx, 10*time.Millisecond); err != nil {
			return 0, 0, 0, err
		}
	}
	if err := pause(ctx, 5*time.Second); err != nil {
		return 0, 0, 0, err
	}
	idle, both = resident(keeper), resident(keeper)
	if t.daemon != 0 {
		both += resident(processTree(t.daemon)...)
	}
	return first, idle, both, nil
}
