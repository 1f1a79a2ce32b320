package cgroup

import (
	"math"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"time"

	"berth/engine"

	"golang.org/x/sys/unix"
)

// Stats reads the group's counters once; [Group.Meter] is for reading them again and
// again. Those that the host does not keep are -1, and so are those of the network, which
// belong to a namespace. ClassNotFound says that the group does not exist (any more).
func (g *Group) Stats() (engine.Stats, error) {
	m := g.Meter()
	defer m.Close()
	return m.Stats()
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

// hostMemory is the memory of the host, which does not change in a process's time.
var hostMemory = sync.OnceValue(func() int64 {
	var info unix.Sysinfo_t
	if unix.Sysinfo(&info) != nil {
		return math.MaxInt64
	}
	return int64(info.Totalram) * int64(info.Unit)
})

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
