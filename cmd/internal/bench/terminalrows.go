package main

import (
	"context"
	"os/exec"
)

var terminalRows = []row{
	{key: "seq", name: "run -it ... seq 1 3000000 on a terminal", rounds: 5, tools: seqOnTerminal, figures: []figure{
		{unit: "MB/s", more: true, goals: goals{times: map[string]float64{"bare PTY": 0.8}}},
	}},
}

// seqOnTerminal measures the rate from the first byte to the last.
func seqOnTerminal(_ context.Context, l *lab) []contender {
	stream := func(name string, command func(context.Context) *exec.Cmd) contender {
		return contender{name: name, once: func(ctx context.Context) ([]float64, error) {
			t, err := onTerminal(command(ctx), false)
			if err != nil {
				return nil, err
			}
			<-t.done
			rate := float64(t.written) / 1e6 / t.last.Sub(t.first).Seconds()
			if err := t.cmd.Wait(); err != nil {
				return nil, err
			}
			return []float64{rate}, t.pty.Close()
		}}
	}
	var all []contender
	for _, e := range l.engines() {
		all = append(all, stream(e.name, func(ctx context.Context) *exec.Cmd {
			return e.command(ctx, e.runArgs("run --rm -i -t", l.images.ref("hello"), "seq", "3000000")...)
		}))
	}
	return append(all, stream("bare PTY", func(ctx context.Context) *exec.Cmd {
		return exec.CommandContext(ctx, l.payload, "seq", "3000000")
	}))
}
