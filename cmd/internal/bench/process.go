package main

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"time"
)

// processTree is a process and all that descend from it.
func processTree(pid int) []int {
	tree := []int{pid}
	for i := 0; i < len(tree); i++ {
		tasks, _ := filepath.Glob(fmt.Sprintf("/proc/%d/task/*/children", tree[i])) // none: it has ended
		for _, task := range tasks {
			children, _ := os.ReadFile(task)
			for _, child := range strings.Fields(string(children)) {
				if n, err := strconv.Atoi(child); err == nil {
					tree = append(tree, n)
				}
			}
		}
	}
	return tree
}

// resident is the memory of processes in MB (VmRSS, which counts shared pages too).
func resident(pids ...int) float64 {
	var kb float64
	for _, pid := range pids {
		kb += status(pid, "VmRSS")
	}
	return kb * 1024 / 1e6
}

// status reads a number from /proc/PID/status, 0 if the process has ended.
func status(pid int, key string) float64 {
	data, _ := os.ReadFile(fmt.Sprintf("/proc/%d/status", pid))
	for line := range strings.Lines(string(data)) {
		if value, ok := strings.CutPrefix(line, key+":"); ok {
			n, _ := strconv.ParseFloat(strings.Fields(value)[0], 64)
			return n
		}
	}
	return 0
}

// tick is the unit of times in /proc: USER_HZ is 100 on all architectures that Go knows.
const tick = 10 * time.Millisecond

// processorTime is what processes have used so far.
func processorTime(pids ...int) time.Duration {
	var total time.Duration
	for _, pid := range pids {
		data, _ := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
		_, rest, _ := strings.Cut(string(data), ") ") // the name may hold anything but is the only one in parentheses at this place
		if fields := strings.Fields(rest); len(fields) > 13 {
			user, _ := strconv.Atoi(fields[11])
			system, _ := strconv.Atoi(fields[12])
			total += time.Duration(user+system) * tick
		}
	}
	return total
}

// peak follows the memory of process trees until stop is closed, and sends the largest sum.
func peak(stop <-chan struct{}, roots ...int) <-chan float64 {
	largest := make(chan float64, 1)
	go func() {
		var most float64
		ticker := time.NewTicker(20 * time.Millisecond)
		defer ticker.Stop()
		for {
			var now float64
			for _, root := range roots {
				now += resident(processTree(root)...)
			}
			most = max(most, now)
			select {
			case <-ticker.C:
			case <-stop:
				largest <- most
				return
			}
		}
	}()
	return largest
}

// pause waits, unless the run is broken off.
func pause(ctx context.Context, d time.Duration) error {
	select {
	case <-time.After(d):
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

// rest waits until the processors have little to do, two seconds at most: what one tool
// leaves its daemon to finish, or the kernel to take down, would else count against the next.
func rest(ctx context.Context) {
	const look, most = 100 * time.Millisecond, 2 * time.Second
	for end := time.Now().Add(most); time.Now().Before(end); {
		before := busyTime()
		if pause(ctx, look) != nil {
			return
		}
		if busyTime()-before <= look/10 {
			return
		}
	}
}

// busyTime is how long all processors together have worked so far: /proc/stat, proc(5).
func busyTime() time.Duration {
	data, err := os.ReadFile("/proc/stat")
	if err != nil {
		return 0
	}
	line, _, _ := strings.Cut(string(data), "\n")
	var busy time.Duration
	for i, field := range strings.Fields(line) { // cpu user nice system idle iowait irq softirq steal
		if n, err := strconv.ParseInt(field, 10, 64); err == nil && i != 4 && i != 5 && i <= 8 {
			busy += time.Duration(n) * tick
		}
	}
	return busy
}
