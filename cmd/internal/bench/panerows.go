package main

import (
	"context"
	"errors"
	"os/exec"
	"strings"
	"time"
)

var paneRows = []row{
	{key: "flood", name: "seq 1 3000000 in a pane", rounds: 3, tools: floods, figures: []figure{
		{unit: "s", goals: goals{times: map[string]float64{"bare PTY": 0.5}}},
	}},
	{key: "floodkey", name: "key to answer while a pane is flooded", rounds: 2, tools: keysInFlood, figures: []figure{
		{name: "median", unit: "ms", goals: goals{limit: 50}}, {name: "95th percentile", unit: "ms", goals: goals{limit: 50}},
	}},
	{key: "echo", name: "key to echo in a shell's pane", rounds: 3, tools: echoes, figures: []figure{
		{name: "median", unit: "ms", goals: goals{within: map[string]float64{"tmux": frame}}}, {name: "95th percentile", unit: "ms"},
	}},
}

const flooded = "the-flood-is-over"

// pane opens the workstation and attaches to its one container, whose program is given.
func (l *lab) pane(ctx context.Context, berth tool, args ...string) (_ *terminal, err error) {
	if err := berth.removeAll(ctx); err != nil {
		return nil, err
	}
	if err := berth.do(ctx, berth.runArgs("run -d -i -t --name bench-pane", l.images.ref("hello"), args...)...); err != nil {
		return nil, err
	}
	t, err := onTerminal(berth.command(ctx), true)
	if err != nil {
		return nil, err
	}
	defer func() {
		if err != nil {
			err = errors.Join(err, t.close())
		}
	}()
	if _, err := t.text(ctx, "bench-pane"); err != nil {
		return nil, err
	}
	if err := t.press("2a"); err != nil {
		return nil, err
	}
	if err := t.quiet(ctx, 500*time.Millisecond); err != nil {
		return nil, err
	}
	return t, nil
}

// inTmux runs a command in a tmux of its own.
func (l *lab) inTmux(ctx context.Context, args ...string) (*terminal, error) {
	cmd := exec.CommandContext(ctx, "tmux", append([]string{"-S", l.dir + "/tmux", "-f", "/dev/null", "new-session"}, args...)...)
	t, err := onTerminal(cmd, true)
	if err != nil {
		return nil, err
	}
	return t, t.quiet(ctx, 500*time.Millisecond)
}

// endTmux ends its server, which outlives its terminal.
func (l *lab) endTmux() { _ = exec.Command("tmux", "-S", l.dir+"/tmux", "kill-server").Run() } // there may be none

// floods measures from the key that starts the flood until its end shows.
func floods(ctx context.Context, l *lab) []contender {
	flood := []string{"flood", "3000000"}
	return l.terminals(ctx, flood, true, func(ctx context.Context, t *terminal) ([]float64, error) {
		v, err := t.after(ctx, "\r", "the end of the flood", func(s string) bool { return strings.Contains(s, flooded) })
		return []float64{v / 1000}, err
	})
}

// echoes types a line, which the terminal's line discipline echoes. Each character must show behind those before it.
func echoes(ctx context.Context, l *lab) []contender {
	return l.terminals(ctx, []string{"sleep"}, false, func(ctx context.Context, t *terminal) ([]float64, error) {
		var times []float64
		typed := ""
		for i := range 50 {
			c := string(rune('a' + i%26))
			typed += c
			v, err := t.after(ctx, c, "the echo", func(s string) bool { return strings.Contains(s, typed) })
			if err != nil {
				return nil, err
			}
			times = append(times, v)
			if err := t.quiet(ctx, 60*time.Millisecond); err != nil {
				return nil, err
			}
		}
		return percentiles(times), nil
	})
}

// terminals lets a pane, tmux and, if asked for, a bare PTY do the same.
func (l *lab) terminals(ctx context.Context, args []string, bare bool, do func(context.Context, *terminal) ([]float64, error)) []contender {
	berth, err := l.another(ctx, "pane")
	on := func(open func(context.Context) (*terminal, error)) func(context.Context) ([]float64, error) {
		return func(ctx context.Context) (_ []float64, err error) {
			t, err := open(ctx)
			if err != nil {
				return nil, err
			}
			defer func() { err = errors.Join(err, t.close()) }()
			return do(ctx, t)
		}
	}
	all := []contender{{name: "berth", err: err,
		once:  on(func(ctx context.Context) (*terminal, error) { return l.pane(ctx, berth, args...) }),
		clean: func() { _ = berth.removeAll(context.WithoutCancel(ctx)) }}}
	if _, err := exec.LookPath("tmux"); err == nil {
		all = append(all, contender{name: "tmux",
			once: on(func(ctx context.Context) (*terminal, error) {
				return l.inTmux(ctx, append([]string{l.payload}, args...)...)
			}),
			clean: l.endTmux})
	}
	if bare {
		all = append(all, contender{name: "bare PTY", once: on(func(ctx context.Context) (*terminal, error) {
			return onTerminal(exec.CommandContext(ctx, l.payload, args...), false)
		})})
	}
	return all
}

// keysInFlood presses the prefix, which the footer answers, and takes it back.
func keysInFlood(ctx context.Context, l *lab) []contender {
	berth, err := l.another(ctx, "pane")
	return []contender{{name: "berth", err: err, once: func(ctx context.Context) (_ []float64, err error) {
		t, err := l.pane(ctx, berth, "flood", "300000000")
		if err != nil {
			return nil, err
		}
		defer func() { err = errors.Join(err, t.close()) }()
		if err := t.press("\r"); err != nil {
			return nil, err
		}
		if err := pause(ctx, time.Second); err != nil {
			return nil, err
		}
		var times []float64
		for range 20 {
			for _, key := range []string{"\x1d", "_"} { // ctrl-], then one that has no meaning behind it
				before := t.footer()
				v, err := t.after(ctx, key, "another footer", func(s string) bool { return lastLine(s) != before })
				if err != nil {
					return nil, err
				}
				times = append(times, v)
				if err := pause(ctx, 50*time.Millisecond); err != nil {
					return nil, err
				}
			}
		}
		return percentiles(times), nil
	}, clean: func() { _ = berth.removeAll(context.WithoutCancel(ctx)) }}}
}
