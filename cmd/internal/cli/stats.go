package cli

import (
	"bytes"
	"context"
	"fmt"
	"strconv"
	"sync"
	"time"

	"berth/cmd/internal/cli/output"
	"berth/engine"

	units "github.com/docker/go-units"
	"github.com/spf13/cobra"
)

var statsList = output.List{
	Fields: []output.Field{
		{Name: "Container", Heading: "CONTAINER"}, {Name: "ID", Heading: "CONTAINER ID"}, {Name: "Name", Heading: "NAME"},
		{Name: "CPUPerc", Heading: "CPU %"}, {Name: "MemUsage", Heading: "MEM USAGE / LIMIT"}, {Name: "MemPerc", Heading: "MEM %"},
		{Name: "NetIO", Heading: "NET I/O"}, {Name: "BlockIO", Heading: "BLOCK I/O"}, {Name: "PIDs", Heading: "PIDS"},
	},
	Default: []string{"ID", "Name", "CPUPerc", "MemUsage", "MemPerc", "NetIO", "BlockIO", "PIDs"},
}

type statsFlags struct {
	all, noStream, noTrunc bool
	format                 string
}

// statsPeriod lies between two readings, which the CPU's share is the difference of.
const statsPeriod = time.Second

func (a *App) statsCommand() *cobra.Command {
	var f statsFlags
	c := &cobra.Command{
		Use:   "stats [OPTIONS] [CONTAINER...]",
		Short: "Display a live stream of container(s) resource usage statistics",
		Long: `Display a live stream of container(s) resource usage statistics.

What the host does not count is shown as --.`,
		Example: `  berth stats
  berth stats --no-stream --format 'table {{.Name}}\t{{.CPUPerc}}\t{{.MemUsage}}'`,
		RunE: func(cmd *cobra.Command, args []string) error {
			return a.stats(cmd.Context(), args, &f)
		},
		ValidArgsFunction: a.completeContainers(isRunning),
	}
	c.Flags().BoolVarP(&f.all, "all", "a", false, "Show all containers (default shows just running)")
	c.Flags().StringVar(&f.format, "format", "", formatHelp)
	c.Flags().BoolVar(&f.noStream, "no-stream", false, "Disable streaming stats and only pull the first result")
	c.Flags().BoolVar(&f.noTrunc, "no-trunc", false, "Do not truncate output")
	return c
}

func (a *App) stats(ctx context.Context, names []string, f *statsFlags) error {
	eng, err := a.engine(ctx)
	if err != nil {
		return err
	}
	before, err := sample(ctx, eng, names, f.all)
	if err != nil {
		return err
	}
	tick := time.NewTicker(statsPeriod)
	defer tick.Stop()
	for first := true; ; first = false {
		if len(before) > 0 || !f.noStream {
			select {
			case <-ctx.Done():
				return followEnded(ctx)
			case <-tick.C:
			}
		}
		after, err := sample(ctx, eng, names, f.all)
		if err != nil {
			return err
		}
		if err := a.printStats(before, after, f, first); err != nil {
			return err
		}
		if f.noStream {
			return nil
		}
		before = after
	}
}

// A reading is one container's counters; stats is nil if it does not run.
type reading struct {
	asked     string
	container engine.Container
	stats     *engine.Stats
}

// sample reads all containers at the same time, so that they are comparable.
func sample(ctx context.Context, eng engine.Engine, names []string, all bool) ([]reading, error) {
	var list []reading
	if len(names) > 0 {
		for _, n := range names {
			d, err := eng.InspectContainer(ctx, n, engine.InspectOptions{})
			if err != nil {
				return nil, err
			}
			list = append(list, reading{asked: n, container: d.Container})
		}
	} else {
		containers, err := eng.ListContainers(ctx, engine.ContainerListOptions{All: all})
		if err != nil {
			return nil, err
		}
		for _, c := range containers {
			list = append(list, reading{asked: engine.ShortID(c.ID), container: c})
		}
	}
	var wg sync.WaitGroup
	for i := range list {
		if !list[i].container.State.Alive() {
			continue
		}
		wg.Go(func() {
			// A container may end between the list and here: then it has no counters.
			if s, err := eng.Stats(ctx, list[i].container.ID); err == nil {
				list[i].stats = &s
			}
		})
	}
	wg.Wait()
	return list, ctx.Err()
}

func (a *App) printStats(before, after []reading, f *statsFlags, first bool) error {
	earlier := map[string]*engine.Stats{}
	for _, r := range before {
		earlier[r.container.ID] = r.stats
	}
	rows := make([]output.Row, len(after))
	for i, r := range after {
		rows[i] = statsRow(r, earlier[r.container.ID], f.noTrunc)
	}
	var b bytes.Buffer
	if err := statsList.Print(&b, f.format, rows); err != nil {
		return err
	}
	if a.OutTerm == nil || f.noStream {
		_, err := a.out.Write(b.Bytes())
		return err
	}
	return a.repaint(b.Bytes(), first)
}

// repaint draws over the last table. Each line clears its own rest, since clearing
// the whole screen first would flicker.
func (a *App) repaint(table []byte, first bool) error {
	start := "\x1b[H"
	if first {
		start = "\x1b[2J\x1b[H"
	}
	text := start
	for line := range bytes.Lines(table) {
		text += output.Escape(string(bytes.TrimSuffix(line, []byte("\n")))) + "\x1b[K\r\n"
	}
	_, err := fmt.Fprint(a.Out, text+"\x1b[J")
	return err
}

// unknown stands for a counter that the host does not keep.
const unknown = "--"

func statsRow(r reading, before *engine.Stats, noTrunc bool) output.Row {
	row := output.Row{
		"Container": r.asked, "ID": containerID(r.container.ID, noTrunc), "Name": r.container.Name,
		"CPUPerc": unknown, "MemUsage": unknown + " / " + unknown, "MemPerc": unknown,
		"NetIO": unknown, "BlockIO": unknown, "PIDs": unknown,
	}
	s := r.stats
	switch {
	case s == nil && r.container.State.Alive():
		return row
	case s == nil: // Docker shows zeros of one that does not run
		s = &engine.Stats{}
		row["CPUPerc"], row["MemPerc"] = "0.00%", "0.00%"
	}
	if before != nil && s.CPUTotal >= 0 && before.CPUTotal >= 0 && s.Time.After(before.Time) {
		share := float64(s.CPUTotal-before.CPUTotal) / float64(s.Time.Sub(before.Time))
		row["CPUPerc"] = fmt.Sprintf("%.2f%%", max(share, 0)*100)
	}
	if s.Memory >= 0 {
		row["MemUsage"] = bytesSize(s.Memory) + " / " + bytesSize(s.MemoryLimit)
		if s.MemoryLimit > 0 {
			row["MemPerc"] = fmt.Sprintf("%.2f%%", float64(s.Memory)/float64(s.MemoryLimit)*100)
		}
	}
	row["NetIO"] = pair(s.NetRx, s.NetTx)
	row["BlockIO"] = pair(s.BlockRead, s.BlockWrite)
	if s.Pids >= 0 {
		row["PIDs"] = strconv.FormatInt(s.Pids, 10)
	}
	return row
}

// bytesSize is a size in powers of 1024, as Docker shows memory.
func bytesSize(n int64) string { return units.BytesSize(float64(n)) }

func pair(in, out int64) string {
	size := func(n int64) string {
		if n < 0 {
			return unknown
		}
		return units.HumanSizeWithPrecision(float64(n), 3)
	}
	return size(in) + " / " + size(out)
}
