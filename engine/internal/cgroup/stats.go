package cgroup

import (
	"fmt"
	"math"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"time"

	"berth/engine"

	"golang.org/x/sys/unix"
)

// Stats reads the group's counters. Those that the host does not keep are -1, and so
// are those of the network, which belong to a namespace: see [Network].
// ClassNotFound says that the group does not exist (any more).
func (g *Group) Stats() (engine.Stats, error) {
	s := unknown()
	switch {
	case g.v2 != "" && len(g.v1) == 0:
		s.Source = "cgroup2"
		g.stats2(&s)
	case len(g.v1) > 0:
		s.Source = "cgroup1"
		g.stats1(&s)
	default:
		return s.Stats, engine.Errorf(engine.ClassNotFound, "read statistics: there is no control group %q", g.path)
	}
	if s.CPUTotal < 0 && s.Memory < 0 && s.Pids < 0 && !g.still() {
		return s.Stats, engine.Errorf(engine.ClassNotFound, "read statistics: control group %q is gone", g.path)
	}
	s.finish()
	return s.Stats, nil
}

func (g *Group) still() bool {
	return g.v2 != "" && isDir(g.v2) || len(g.v1) > 0 && isDir(g.v1[0].dir)
}

// OOMKills returns how many processes of the group the kernel killed for want of
// memory; 0 if it does not count them.
func (g *Group) OOMKills() int64 {
	if dir := g.dir1("memory"); dir != "" {
		return keyed(filepath.Join(dir, "memory.oom_control"))["oom_kill"]
	}
	if g.v2 != "" {
		return keyed(filepath.Join(g.v2, "memory.events"))["oom_kill"]
	}
	return 0
}

// A reading is Stats being filled.
type reading struct{ engine.Stats }

func unknown() reading {
	return reading{engine.Stats{
		Time: time.Now(), CPUTotal: -1, Memory: -1, MemoryLimit: -1, Pids: -1, NetRx: -1, NetTx: -1,
		BlockRead: -1, BlockWrite: -1, OOMKills: -1, Throttled: -1,
	}}
}

// finish fills in the host's own bounds where the group has none.
func (r *reading) finish() {
	var set unix.CPUSet
	if r.CPUs == 0 && unix.SchedGetaffinity(0, &set) == nil {
		r.CPUs = set.Count()
	}
	if total := hostMemory(); r.MemoryLimit <= 0 || r.MemoryLimit > total {
		r.MemoryLimit = total
	}
	r.PidsLimit = max(r.PidsLimit, 0)
}

func (g *Group) stats2(s *reading) {
	dir := g.v2
	cpu := keyed(filepath.Join(dir, "cpu.stat")) // counted without the controller, too
	if usec, ok := cpu["usage_usec"]; ok {
		s.CPUTotal = time.Duration(usec) * time.Microsecond
	}
	if usec, ok := cpu["throttled_usec"]; ok {
		s.Throttled = time.Duration(usec) * time.Microsecond
	}
	s.CPUs = countList(first(dir, "cpuset.cpus.effective"))
	if m := number(dir, "memory.current"); m >= 0 {
		s.Memory = max(m-keyed(filepath.Join(dir, "memory.stat"))["inactive_file"], 0)
		s.MemoryLimit = number(dir, "memory.max")
		s.OOMKills = keyed(filepath.Join(dir, "memory.events"))["oom_kill"]
	}
	if p := number(dir, "pids.current"); p >= 0 {
		s.Pids, s.PidsLimit = p, number(dir, "pids.max")
	}
	data, err := read(filepath.Join(dir, "io.stat"))
	if err != nil {
		return
	}
	s.BlockRead, s.BlockWrite = 0, 0
	for _, f := range strings.Fields(string(data)) {
		if v, ok := strings.CutPrefix(f, "rbytes="); ok {
			s.BlockRead += max(atoi(v), 0)
		} else if v, ok := strings.CutPrefix(f, "wbytes="); ok {
			s.BlockWrite += max(atoi(v), 0)
		}
	}
}

func (g *Group) stats1(s *reading) {
	if dir := g.dir1("cpuacct"); dir != "" {
		s.CPUTotal = time.Duration(number(dir, "cpuacct.usage"))
	}
	if dir := g.dir1("cpu"); dir != "" {
		if ns, ok := keyed(filepath.Join(dir, "cpu.stat"))["throttled_time"]; ok {
			s.Throttled = time.Duration(ns)
		}
	}
	if dir := g.dir1("cpuset"); dir != "" {
		s.CPUs = countList(first(dir, "cpuset.cpus"))
	}
	if dir := g.dir1("memory"); dir != "" {
		if m := number(dir, "memory.usage_in_bytes"); m >= 0 {
			s.Memory = max(m-keyed(filepath.Join(dir, "memory.stat"))["total_inactive_file"], 0)
			s.MemoryLimit = number(dir, "memory.limit_in_bytes")
			s.OOMKills = g.OOMKills()
		}
	}
	if dir := g.dir1("pids"); dir != "" {
		s.Pids, s.PidsLimit = number(dir, "pids.current"), number(dir, "pids.max")
	}
	dir := g.dir1("blkio")
	if dir == "" {
		return
	}
	for _, file := range []string{"blkio.throttle.io_service_bytes_recursive", "blkio.throttle.io_service_bytes"} {
		data, err := read(filepath.Join(dir, file))
		if err != nil {
			continue
		}
		s.BlockRead, s.BlockWrite = 0, 0
		for line := range strings.Lines(string(data)) {
			if f := strings.Fields(line); len(f) == 3 && f[1] == "Read" {
				s.BlockRead += max(atoi(f[2]), 0)
			} else if len(f) == 3 && f[1] == "Write" {
				s.BlockWrite += max(atoi(f[2]), 0)
			}
		}
		return
	}
}

// ProcStats sums the counters of processes, for a container without a control group.
// Processes that ended since are no longer counted in it. ClassNotFound says that
// none of them exists.
func ProcStats(pids []int) (engine.Stats, error) {
	s := unknown()
	s.Source = "proc"
	s.CPUTotal, s.Memory, s.Pids, s.BlockRead, s.BlockWrite = 0, 0, 0, 0, 0
	page := int64(os.Getpagesize())
	for _, pid := range pids {
		dir := "/proc/" + strconv.Itoa(pid)
		data, err := read(dir + "/stat")
		if err != nil {
			continue
		}
		// The name, in brackets, may hold anything (proc_pid_stat(5)).
		f := strings.Fields(string(data[strings.LastIndexByte(string(data), ')')+1:]))
		if len(f) < 22 {
			continue
		}
		s.CPUTotal += time.Duration(atoi(f[11])+atoi(f[12])) * (time.Second / clockTicks)
		s.Memory += atoi(f[21]) * page
		s.Pids += max(atoi(f[17]), 1)
		io := keyed(dir + "/io")
		s.BlockRead += io["read_bytes:"]
		s.BlockWrite += io["write_bytes:"]
	}
	if s.Pids == 0 {
		return s.Stats, engine.Errorf(engine.ClassNotFound, "read statistics: no process is left")
	}
	s.finish()
	return s.Stats, nil
}

// clockTicks is USER_HZ, the unit of times in /proc, 100 on every architecture that Go runs on.
const clockTicks = 100

// Network returns the bytes received and sent by the network namespace of a process,
// without the loopback. ClassNotFound says that the process is gone.
func Network(pid int) (rx, tx int64, err error) {
	data, err := read(fmt.Sprintf("/proc/%d/net/dev", pid))
	if err != nil {
		return -1, -1, engine.Errorf(engine.ClassNotFound, "read network counters: %w", err)
	}
	for line := range strings.Lines(string(data)) {
		name, rest, ok := strings.Cut(line, ":")
		f := strings.Fields(rest)
		if !ok || len(f) < 9 || strings.TrimSpace(name) == "lo" {
			continue
		}
		rx += max(atoi(f[0]), 0)
		tx += max(atoi(f[8]), 0)
	}
	return rx, tx, nil
}

func hostMemory() int64 {
	var info unix.Sysinfo_t
	if unix.Sysinfo(&info) != nil {
		return math.MaxInt64
	}
	return int64(info.Totalram) * int64(info.Unit)
}

// number reads a file of one number; -1 if it is missing or "max".
func number(dir, file string) int64 { return atoi(first(dir, file)) }

func first(dir, file string) string {
	if f := fields(filepath.Join(dir, file)); len(f) > 0 {
		return f[0]
	}
	return ""
}

// keyed reads a file of lines "key number".
func keyed(file string) map[string]int64 {
	out := map[string]int64{}
	f := fields(file)
	for i := 0; i+1 < len(f); i += 2 {
		out[f[i]] = atoi(f[i+1])
	}
	return out
}

// countList counts the numbers of a list such as "0-3,7" (cpuset(7)).
func countList(list string) int {
	n := 0
	for part := range strings.SplitSeq(list, ",") {
		low, high, isRange := strings.Cut(part, "-")
		if !isRange {
			high = low
		}
		if a, b := atoi(low), atoi(high); a >= 0 && b >= a {
			n += int(b-a) + 1
		}
	}
	return n
}
