package enginetest

import (
	"cmp"
	"context"
	"math"
	"slices"
	"strings"
	"time"

	"berth/engine"
)

const hostMemory = 16 << 30

// SetStats makes series the counters of a container, by time. Without it they
// follow a gentle wave that depends on the container's ID.
func (f *Fake) SetStats(id string, series func(time.Time) engine.Stats) error {
	return f.with(context.Background(), "SetStats", id, func(c *container) error {
		c.stats = series
		return nil
	})
}

// Stats implements engine.Lifecycle.
func (f *Fake) Stats(ctx context.Context, id string) (st engine.Stats, err error) {
	err = f.with(ctx, "Stats", id, func(c *container) error {
		if c.main == nil {
			return notRunning("read the counters of", id)
		}
		now := f.clock.Now()
		if c.stats != nil {
			st = c.stats(now)
			return nil
		}
		st = wave(c.rec, now)
		st.PidsLimit = max(0, c.cfg.Resources.PidsLimit)
		st.MemoryLimit = cmp.Or(c.cfg.Resources.Memory, hostMemory)
		st.Pids = int64(1 + len(c.execs))
		return nil
	})
	return st, err
}

// wave makes counters up: the integral of a load between nothing and twice its mean.
func wave(c engine.Container, now time.Time) engine.Stats {
	t := now.Sub(c.Started).Seconds()
	seed := float64(c.ID[0]%16) + float64(c.ID[1]%16)/16
	load := 0.002 * (1 + seed)
	phase := t/7 + seed
	cpu := load * (t - 7*(math.Cos(phase)-math.Cos(seed))*0.8)
	return engine.Stats{
		Time: now, CPUTotal: time.Duration(max(0, cpu) * float64(time.Second)), CPUs: 4,
		Memory: int64((8 + 6*seed) * (1 << 20) * (1 + 0.2*math.Sin(phase/3))),
		NetRx:  int64(t * 900 * seed), NetTx: int64(t * 300 * seed), BlockRead: int64(seed * 4e6), BlockWrite: int64(t * 120 * seed), Source: "memory",
	}
}

// Processes implements engine.Lifecycle.
func (f *Fake) Processes(ctx context.Context, id string) (out []engine.ProcessInfo, err error) {
	err = f.with(ctx, "Processes", id, func(c *container) error {
		if c.main == nil {
			return notRunning("list the processes of", id)
		}
		add := func(p *process, inner int) {
			cpu := wave(c.rec, f.clock.Now()).CPUTotal / time.Duration(inner)
			out = append(out, engine.ProcessInfo{
				Pid: p.pid, PPid: p.pid - 1, InnerPid: inner, User: cmp.Or(p.cfg.user, "root"), State: "S", Started: p.started,
				CPUTime: cpu, RSS: int64(6<<20) / int64(inner), Threads: 1,
				Command: strings.Join(p.args, " "), CommandName: p.args[0],
			})
		}
		add(c.main, 1)
		for _, e := range c.execs {
			add(e, e.pid-c.main.pid+1)
		}
		slices.SortFunc(out, func(a, b engine.ProcessInfo) int { return cmp.Compare(a.Pid, b.Pid) })
		return nil
	})
	return out, err
}

// Info implements engine.System.
func (f *Fake) Info(ctx context.Context) (engine.Info, error) {
	if err := f.enter(ctx, "Info", ""); err != nil {
		return engine.Info{}, err
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	i := engine.Info{
		Version: "test", Root: "/var/lib/berth", KernelVersion: "6.18.0", OS: "In memory", Architecture: "amd64", Hostname: "harbour",
		CPUs: 4, MemTotal: hostMemory, CgroupVersion: "2", CgroupLimits: []string{"cpu", "io", "memory", "pids"},
		StorageDriver: "memory", LogDriver: "memory", Demo: true, Images: len(f.images), Containers: len(f.containers),
		DiskFree: 200 << 30, Time: f.clock.Now(),
	}
	counted := make(map[string]bool)
	for _, im := range f.images {
		for _, l := range im.repo.Layers {
			if !counted[l.Content] {
				counted[l.Content] = true
				i.DiskImages += l.Unpacked
			}
		}
	}
	for _, c := range f.containers {
		i.DiskContainers += c.fs.size()
		switch {
		case c.rec.State == engine.StatePaused:
			i.Paused++
		case c.rec.State.Alive():
			i.Running++
		default:
			i.Stopped++
		}
	}
	return i, nil
}

// Doctor implements engine.System.
func (f *Fake) Doctor(ctx context.Context) ([]engine.Check, error) {
	if err := f.enter(ctx, "Doctor", ""); err != nil {
		return nil, err
	}
	return []engine.Check{{Name: "kernel", Status: engine.CheckOK, Detail: "in memory"}}, nil
}
