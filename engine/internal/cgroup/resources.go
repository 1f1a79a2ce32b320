package cgroup

import (
	"berth/engine"

	specs "github.com/opencontainers/runtime-spec/specs-go"
)

// minMemory is the least memory that Docker accepts: below it nothing starts.
const minMemory = 6 << 20

// Resources converts a container's limits into the OCI configuration's, by Docker's
// rules: --cpus is a quota of a 100 ms period, swap equals the memory unless said
// otherwise (memory and swap together are twice the memory). It returns nil if there is no limit, and ClassInvalid for a contradiction.
func Resources(r engine.Resources) (*specs.LinuxResources, error) {
	var out specs.LinuxResources
	memory, err := memory(r)
	if err != nil {
		return nil, err
	}
	cpu, err := cpu(r)
	if err != nil {
		return nil, err
	}
	out.Memory, out.CPU = memory, cpu
	if r.PidsLimit != 0 {
		out.Pids = &specs.LinuxPids{Limit: &r.PidsLimit}
	}
	if w := r.BlkioWeight; w != 0 {
		if w < 10 || w > 1000 {
			return nil, engine.Errorf(engine.ClassInvalid, "set block I/O weight %d: it must be from 10 to 1000", w)
		}
		out.BlockIO = &specs.LinuxBlockIO{Weight: &w}
	}
	if out.Memory == nil && out.CPU == nil && out.Pids == nil && out.BlockIO == nil {
		return nil, nil
	}
	return &out, nil
}

func memory(r engine.Resources) (*specs.LinuxMemory, error) {
	limit, swap, reservation := r.Memory, r.MemorySwap, r.MemoryReservation
	switch {
	case limit == 0 && swap == 0 && reservation == 0 && !r.OomKillDisable:
		return nil, nil
	case limit != 0 && limit < minMemory:
		return nil, engine.Errorf(engine.ClassInvalid, "set memory limit of %d bytes: the least is 6 MB", limit)
	case swap > 0 && limit == 0:
		return nil, engine.Errorf(engine.ClassInvalid, "set memory and swap limit: it needs a memory limit as well")
	case swap > 0 && swap < limit:
		return nil, engine.Errorf(engine.ClassInvalid, "set memory and swap limit of %d bytes: it is the sum of both, and the memory limit is %d", swap, limit)
	case reservation != 0 && reservation < minMemory:
		return nil, engine.Errorf(engine.ClassInvalid, "set memory reservation of %d bytes: the least is 6 MB", reservation)
	case reservation != 0 && limit != 0 && reservation > limit:
		return nil, engine.Errorf(engine.ClassInvalid, "set memory reservation of %d bytes: the memory limit of %d is lower", reservation, limit)
	}
	m := &specs.LinuxMemory{}
	if limit != 0 {
		m.Limit = &limit
		if swap == 0 {
			swap = 2 * limit
		}
	}
	if swap != 0 {
		m.Swap = &swap
	}
	if reservation != 0 {
		m.Reservation = &reservation
	}
	if r.OomKillDisable {
		m.DisableOOMKiller = &r.OomKillDisable
	}
	return m, nil
}

func cpu(r engine.Resources) (*specs.LinuxCPU, error) {
	c := &specs.LinuxCPU{Cpus: r.CpusetCpus, Mems: r.CpusetMems}
	switch {
	case r.NanoCPUs != 0 && (r.CPUPeriod != 0 || r.CPUQuota != 0):
		return nil, engine.Errorf(engine.ClassInvalid, "set CPU limit: give either a number of CPUs or a period and quota")
	case r.NanoCPUs < 0:
		return nil, engine.Errorf(engine.ClassInvalid, "set CPU limit: the number of CPUs is negative")
	case r.CPUPeriod != 0 && (r.CPUPeriod < 1000 || r.CPUPeriod > 1000000):
		return nil, engine.Errorf(engine.ClassInvalid, "set CPU period of %d µs: it must be from 1000 to 1000000", r.CPUPeriod)
	case r.CPUQuota > 0 && r.CPUQuota < 1000:
		return nil, engine.Errorf(engine.ClassInvalid, "set CPU quota of %d µs: the least is 1000", r.CPUQuota)
	case r.CPUShares < 0:
		return nil, engine.Errorf(engine.ClassInvalid, "set CPU shares of %d: they can't be negative", r.CPUShares)
	}
	period, quota := uint64(r.CPUPeriod), r.CPUQuota
	if r.NanoCPUs != 0 {
		period = 100000
		quota = max(r.NanoCPUs*int64(period)/1e9, 1000) // the kernel's least
	}
	if r.CPUShares != 0 {
		shares := uint64(r.CPUShares)
		c.Shares = &shares
	}
	if period != 0 {
		c.Period = &period
	}
	if quota != 0 {
		c.Quota = &quota
	}
	if *c == (specs.LinuxCPU{}) {
		return nil, nil
	}
	return c, nil
}
