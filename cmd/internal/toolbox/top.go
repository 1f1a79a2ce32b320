package toolbox

import (
	"cmp"
	"errors"
	"fmt"
	"os"
	"os/signal"
	"slices"
	"strings"
	"time"

	"golang.org/x/sys/unix"
	"golang.org/x/term"
)

// runTop shows the processes, the busiest first, until q is pressed. With -b, or without a
// terminal, it prints and goes on without waiting for keys.
func runTop(c *call) error {
	f := c.flags()
	batch, rounds := f.BoolP("batch", "b", false, ""), f.IntP("iterations", "n", 0, "")
	delay := f.StringP("delay", "d", "2", "")
	if err := c.parse(f); err != nil {
		return err
	}
	interval, err := parseDuration(*delay)
	if err != nil || interval < 100*time.Millisecond {
		return c.misuse("the delay must be a number of seconds, at least 0.1")
	}
	if !term.IsTerminal(0) || !term.IsTerminal(1) {
		*batch = true
	}
	keys := make(chan byte)
	if !*batch {
		old, err := term.MakeRaw(0)
		if err != nil {
			return err
		}
		defer func() { _ = term.Restore(0, old) }()
		fmt.Fprint(c.out, "\x1b[?1049h\x1b[?25l") // xterm's other screen, and no cursor
		defer func() { fmt.Fprint(c.out, "\x1b[?25h\x1b[?1049l") }()
		go func() {
			key := make([]byte, 1)
			for {
				if n, err := os.Stdin.Read(key); n == 0 || err != nil {
					close(keys)
					return
				}
				keys <- key[0]
			}
		}()
	}
	signals := make(chan os.Signal, 1)
	signal.Notify(signals, unix.SIGTERM, unix.SIGINT, unix.SIGHUP, unix.SIGWINCH)
	tick := time.NewTicker(interval)
	defer tick.Stop()
	view := &topView{call: c, batch: *batch}
	for round := 1; ; round++ {
		if err := view.draw(); err != nil {
			return err
		}
		if *rounds > 0 && round >= *rounds {
			return nil
		}
		if err := view.next(keys, signals, tick.C); err != nil {
			if errors.Is(err, errEnough) {
				return nil
			}
			return err
		}
	}
}

// A topView keeps what the shares of time are reckoned from.
type topView struct {
	*call
	batch  bool
	before map[int]time.Duration // CPU time of each process at the last draw
	at     time.Time
}

// next waits for the next draw. It returns errEnough when the user leaves.
func (v *topView) next(keys <-chan byte, signals <-chan os.Signal, tick <-chan time.Time) error {
	for {
		select {
		case key, ok := <-keys:
			if !ok || key == 'q' || key == 3 || key == 4 { // ^C and ^D, which the terminal does not handle now
				return errEnough
			}
			if key == ' ' {
				return nil
			}
		case received := <-signals:
			if received == unix.SIGWINCH {
				return nil
			}
			return status(128 + int(received.(unix.Signal)))
		case <-tick:
			return nil
		}
	}
}

// draw prints one screen.
func (v *topView) draw() error {
	all, err := processes()
	if err != nil {
		return err
	}
	m, err := memory()
	if err != nil {
		return err
	}
	now, elapsed := time.Now(), time.Duration(0)
	if !v.at.IsZero() {
		elapsed = now.Sub(v.at)
	}
	share := map[int]float64{}
	cpu := make(map[int]time.Duration, len(all))
	running := 0
	for _, p := range all {
		cpu[p.pid] = p.cpu
		if before, ok := v.before[p.pid]; ok {
			share[p.pid] = percent(p.cpu-before, elapsed)
		} else if v.before == nil {
			share[p.pid] = percent(p.cpu, sinceBoot()-p.started)
		}
		if p.state == "R" {
			running++
		}
	}
	v.before, v.at = cpu, now
	slices.SortStableFunc(all, func(a, b process) int { return cmp.Compare(share[b.pid], share[a.pid]) })

	width, height := 0, 0
	if !v.batch {
		if width, height, err = term.GetSize(1); err != nil || width == 0 {
			width, height = 80, 24
		}
	}
	host, _ := os.Hostname() // an unknown name is an empty one
	load, _ := os.ReadFile("/proc/loadavg")
	averages := strings.Fields(string(load))
	rows := []string{
		fmt.Sprintf("%s  %s  load %s  %d processes, %d running", host, now.Format("15:04:05"), strings.Join(averages[:min(3, len(averages))], " "), len(all), running),
		fmt.Sprintf("memory %s, free %s, available %s", humanSize(m["MemTotal"]), humanSize(m["MemFree"]), humanSize(m["MemAvailable"])),
		"",
		fmt.Sprintf("%5s %-8s %-4s %6s %8s %4s %9s %s", "PID", "USER", "STAT", "%CPU", "RSS", "THR", "TIME", "COMMAND"),
	}
	users := names("/etc/passwd")
	for _, p := range all {
		rows = append(rows, fmt.Sprintf("%5d %-8s %-4s %6.1f %8s %4d %9s %s", p.pid, named(users, p.uid), p.state, share[p.pid], humanSize(p.rss), p.threads, clock(p.cpu), p.command))
	}
	if v.batch {
		fmt.Fprintln(v.out, strings.Join(rows, "\n"))
		return v.out.Flush()
	}
	fmt.Fprint(v.out, "\x1b[H")
	for i, row := range rows[:min(len(rows), height)] {
		runes := []rune(row)
		if len(runes) > width {
			runes = runes[:width]
		}
		if i > 0 {
			fmt.Fprint(v.out, "\r\n")
		}
		fmt.Fprint(v.out, string(runes), "\x1b[K")
	}
	fmt.Fprint(v.out, "\x1b[J")
	return v.out.Flush()
}
