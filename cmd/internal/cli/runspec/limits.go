package runspec

import (
	"strconv"
	"strings"

	"berth/engine"

	"github.com/spf13/pflag"
)

// Limits are the resource flags that `run` and `update` share.
type Limits struct {
	res         engine.Resources
	cpus        cpus
	memory      size
	swap        swap
	reservation size
}

// AddFlags defines the flags in fs.
func (l *Limits) AddFlags(fs *pflag.FlagSet) {
	fs.Var(&l.cpus, "cpus", "Number of CPUs")
	fs.Int64VarP(&l.res.CPUShares, "cpu-shares", "c", 0, "CPU shares (relative weight)")
	fs.Int64Var(&l.res.CPUPeriod, "cpu-period", 0, "Limit CPU CFS (Completely Fair Scheduler) period, in microseconds")
	fs.Int64Var(&l.res.CPUQuota, "cpu-quota", 0, "Limit CPU CFS (Completely Fair Scheduler) quota, in microseconds")
	fs.StringVar(&l.res.CpusetCpus, "cpuset-cpus", "", "CPUs in which to allow execution (0-3, 0,1)")
	fs.StringVar(&l.res.CpusetMems, "cpuset-mems", "", "MEMs in which to allow execution (0-3, 0,1)")
	fs.VarP(&l.memory, "memory", "m", "Memory limit")
	fs.Var(&l.swap, "memory-swap", "Swap limit equal to memory plus swap: '-1' to enable unlimited swap")
	fs.Var(&l.reservation, "memory-reservation", "Memory soft limit")
	fs.Int64Var(&l.res.PidsLimit, "pids-limit", 0, "Tune container pids limit (set -1 for unlimited)")
}

// AddBlockIO defines the flag for block devices.
func (l *Limits) AddBlockIO(fs *pflag.FlagSet) {
	fs.Uint16Var(&l.res.BlkioWeight, "blkio-weight", 0, "Block IO (relative weight), between 10 and 1000, or 0 to disable")
}

// Resources returns the limits.
func (l *Limits) Resources() (engine.Resources, error) {
	r := l.res
	r.NanoCPUs, r.Memory, r.MemorySwap, r.MemoryReservation =
		int64(l.cpus), int64(l.memory), int64(l.swap), int64(l.reservation)
	switch {
	case r.NanoCPUs != 0 && (r.CPUPeriod != 0 || r.CPUQuota != 0):
		return r, engine.Errorf(engine.ClassInvalid, "conflicting options: --cpus and --cpu-period or --cpu-quota")
	case r.BlkioWeight != 0 && (r.BlkioWeight < 10 || r.BlkioWeight > 1000):
		return r, engine.Errorf(engine.ClassInvalid, "--blkio-weight %d is not between 10 and 1000", r.BlkioWeight)
	case r.OomScoreAdj < -1000 || r.OomScoreAdj > 1000:
		return r, engine.Errorf(engine.ClassInvalid, "--oom-score-adj %d is not between -1000 and 1000", r.OomScoreAdj)
	case r.MemorySwap > 0 && r.Memory == 0:
		return r, engine.Errorf(engine.ClassInvalid, "--memory-swap needs --memory too")
	case r.MemorySwap > 0 && r.MemorySwap < r.Memory:
		return r, engine.Errorf(engine.ClassInvalid, "--memory-swap is memory and swap together: it can't be smaller than --memory")
	case r.Memory > 0 && r.MemoryReservation > r.Memory:
		return r, engine.Errorf(engine.ClassInvalid, "--memory-reservation can't be larger than --memory")
	}
	return r, nil
}

// ParseRestart reads a restart policy: no, always, unless-stopped, on-failure[:max].
func ParseRestart(s string) (engine.RestartPolicy, error) {
	name, count, hasCount := strings.Cut(s, ":")
	p := engine.RestartPolicy{Name: name}
	switch name {
	case "":
		p.Name = "no"
	case "no", "always", "unless-stopped", "on-failure":
	default:
		return p, engine.Errorf(engine.ClassInvalid, "unknown restart policy %q", name).
			WithHint("The policies are no, always, unless-stopped and on-failure[:max-retries].")
	}
	if !hasCount {
		return p, nil
	}
	n, err := strconv.Atoi(count)
	if err != nil || n < 0 {
		return p, engine.Errorf(engine.ClassInvalid, "restart policy %q: %q is not a number of retries", s, count)
	}
	if p.Name != "on-failure" && n != 0 {
		return p, engine.Errorf(engine.ClassInvalid, "restart policy %q: only on-failure takes a number of retries", s)
	}
	p.MaxRetry = n
	return p, nil
}
