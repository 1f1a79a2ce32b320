package cgroup

import (
	"fmt"
	"strconv"

	specs "github.com/opencontainers/runtime-spec/specs-go"
)

// A setting is one value for one file of a group.
type setting struct {
	controller string // version 2's name
	file       string
	value      string
	option     string // what the user asked for, for errors
	// optional files are those of a feature that a kernel may lack: warn if so.
	optional string
}

// settings1 returns what the resources mean in version 1.
func settings1(r *specs.LinuxResources) []setting {
	var out []setting
	add := func(controller, file, value, option string) {
		out = append(out, setting{controller: controller, file: file, value: value, option: option})
	}
	if m := r.Memory; m != nil {
		if m.Limit != nil {
			add("memory", "memory.limit_in_bytes", dec(*m.Limit), "memory")
		}
		if m.Swap != nil {
			add("memory", "memory.memsw.limit_in_bytes", dec(*m.Swap), "memory-swap")
			out[len(out)-1].optional = noSwap
		}
		if m.Reservation != nil {
			add("memory", "memory.soft_limit_in_bytes", dec(*m.Reservation), "memory-reservation")
		}
		if m.DisableOOMKiller != nil && *m.DisableOOMKiller {
			add("memory", "memory.oom_control", "1", "oom-kill-disable")
		}
	}
	if c := r.CPU; c != nil {
		if c.Shares != nil {
			add("cpu", "cpu.shares", dec(*c.Shares), "cpu-shares")
		}
		if c.Period != nil {
			add("cpu", "cpu.cfs_period_us", dec(*c.Period), "cpu-period")
		}
		if c.Quota != nil {
			add("cpu", "cpu.cfs_quota_us", dec(*c.Quota), "cpus")
		}
		out = append(out, cpuset(c)...)
	}
	if p := r.Pids; p != nil && p.Limit != nil {
		add("pids", "pids.max", orMax(*p.Limit), "pids-limit")
	}
	if b := r.BlockIO; b != nil && b.Weight != nil {
		add("io", "blkio.weight", dec(*b.Weight), "blkio-weight")
		out[len(out)-1].optional = noWeight
	}
	return out
}

// settings2 returns what the resources mean in version 2.
func settings2(r *specs.LinuxResources) []setting {
	var out []setting
	add := func(controller, file, value, option string) {
		out = append(out, setting{controller: controller, file: file, value: value, option: option})
	}
	if m := r.Memory; m != nil {
		if m.Limit != nil {
			add("memory", "memory.max", orMax(*m.Limit), "memory")
		}
		if m.Swap != nil {
			add("memory", "memory.swap.max", swapOnly(m), "memory-swap")
			out[len(out)-1].optional = noSwap
		}
		if m.Reservation != nil {
			add("memory", "memory.low", orMax(*m.Reservation), "memory-reservation")
		}
		if m.DisableOOMKiller != nil && *m.DisableOOMKiller {
			out = append(out, setting{controller: "memory", option: "oom-kill-disable", optional: "cgroup version 2 can't disable the OOM killer"})
		}
	}
	if c := r.CPU; c != nil {
		if c.Shares != nil {
			add("cpu", "cpu.weight", dec(weight(*c.Shares, 2, 262144)), "cpu-shares")
		}
		if c.Quota != nil || c.Period != nil {
			quota, period := "max", uint64(100000)
			if c.Quota != nil {
				quota = orMax(*c.Quota)
			}
			if c.Period != nil {
				period = *c.Period
			}
			add("cpu", "cpu.max", quota+" "+dec(period), "cpus")
		}
		out = append(out, cpuset(c)...)
	}
	if p := r.Pids; p != nil && p.Limit != nil {
		add("pids", "pids.max", orMax(*p.Limit), "pids-limit")
	}
	if b := r.BlockIO; b != nil && b.Weight != nil {
		add("io", "io.weight", dec(weight(uint64(*b.Weight), 10, 1000)), "blkio-weight")
		out[len(out)-1].optional = noWeight
	}
	return out
}

const (
	noSwap   = "the kernel does not count swap: memory is limited without swap"
	noWeight = "the block devices' scheduler knows no weights: the block I/O weight is not set"
)

func cpuset(c *specs.LinuxCPU) []setting {
	var out []setting
	if c.Cpus != "" {
		out = append(out, setting{controller: "cpuset", file: "cpuset.cpus", value: c.Cpus, option: "cpuset-cpus"})
	}
	if c.Mems != "" {
		out = append(out, setting{controller: "cpuset", file: "cpuset.mems", value: c.Mems, option: "cpuset-mems"})
	}
	return out
}

// swapOnly converts the sum of memory and swap, which the OCI configuration and
// version 1 have, into swap alone, which version 2 has.
func swapOnly(m *specs.LinuxMemory) string {
	switch {
	case *m.Swap < 0:
		return "max"
	case m.Limit == nil || *m.Limit < 0 || *m.Swap < *m.Limit:
		return dec(*m.Swap)
	}
	return dec(*m.Swap - *m.Limit)
}

// weight maps version 1's range linearly onto version 2's 1 to 10000.
func weight(v, low, high uint64) uint64 {
	v = min(max(v, low), high)
	return 1 + (v-low)*9999/(high-low)
}

func orMax(v int64) string {
	if v <= 0 {
		return "max"
	}
	return dec(v)
}

func dec[T int64 | uint64 | uint16](v T) string { return fmt.Sprint(v) }

func atoi(s string) int64 {
	n, err := strconv.ParseInt(s, 10, 64)
	if err != nil {
		return -1 // "max", or a number beyond what counts
	}
	return n
}
