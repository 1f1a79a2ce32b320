package cgroup

import (
	"fmt"
	"strings"
	"testing"

	"berth/engine"

	specs "github.com/opencontainers/runtime-spec/specs-go"
)

func show(list []setting) string {
	var out []string
	for _, s := range list {
		out = append(out, fmt.Sprintf("%s=%s", s.file, s.value))
	}
	return strings.Join(out, "; ")
}

func TestSettings(t *testing.T) {
	for _, c := range []struct {
		name   string
		r      engine.Resources
		v1, v2 string
	}{
		{"memory", engine.Resources{Memory: 100 << 20},
			"memory.limit_in_bytes=104857600; memory.memsw.limit_in_bytes=209715200",
			"memory.max=104857600; memory.swap.max=104857600"},
		{"no swap", engine.Resources{Memory: 100 << 20, MemorySwap: 100 << 20},
			"memory.limit_in_bytes=104857600; memory.memsw.limit_in_bytes=104857600",
			"memory.max=104857600; memory.swap.max=0"},
		{"endless swap", engine.Resources{Memory: 100 << 20, MemorySwap: -1},
			"memory.limit_in_bytes=104857600; memory.memsw.limit_in_bytes=-1",
			"memory.max=104857600; memory.swap.max=max"},
		{"cpus", engine.Resources{NanoCPUs: 15e8}, "cpu.cfs_period_us=100000; cpu.cfs_quota_us=150000", "cpu.max=150000 100000"},
		{"shares", engine.Resources{CPUShares: 1024}, "cpu.shares=1024", "cpu.weight=39"},
		{"cpuset", engine.Resources{CpusetCpus: "0-1", CpusetMems: "0"}, "cpuset.cpus=0-1; cpuset.mems=0", "cpuset.cpus=0-1; cpuset.mems=0"},
		{"pids", engine.Resources{PidsLimit: 7}, "pids.max=7", "pids.max=7"},
		{"pids without end", engine.Resources{PidsLimit: -1}, "pids.max=max", "pids.max=max"},
		{"weight", engine.Resources{BlkioWeight: 1000}, "blkio.weight=1000", "io.weight=10000"},
		{"reservation", engine.Resources{MemoryReservation: 10 << 20}, "memory.soft_limit_in_bytes=10485760", "memory.low=10485760"},
	} {
		r, err := Resources(c.r)
		if err != nil {
			t.Errorf("%s: %v", c.name, err)
			continue
		}
		if got := show(settings1(r)); got != c.v1 {
			t.Errorf("%s, version 1: %s, want %s", c.name, got, c.v1)
		}
		if got := show(settings2(r)); got != c.v2 {
			t.Errorf("%s, version 2: %s, want %s", c.name, got, c.v2)
		}
	}
}

func TestResourcesRefuseContradictions(t *testing.T) {
	for name, r := range map[string]engine.Resources{
		"too little memory":      {Memory: 1 << 20},
		"swap without memory":    {MemorySwap: 1 << 30},
		"swap below memory":      {Memory: 100 << 20, MemorySwap: 50 << 20},
		"reservation over limit": {Memory: 100 << 20, MemoryReservation: 200 << 20},
		"cpus and quota":         {NanoCPUs: 1e9, CPUQuota: 50000},
		"weight":                 {BlkioWeight: 5},
		"period":                 {CPUPeriod: 5},
	} {
		if _, err := Resources(r); engine.ClassOf(err) != engine.ClassInvalid {
			t.Errorf("%s: %v", name, err)
		}
	}
	if r, err := Resources(engine.Resources{OomScoreAdj: 5}); r != nil || err != nil {
		t.Errorf("no limits: %+v, %v", r, err)
	}
}

// run interprets the few instructions that deviceProgram uses, so that rules can be
// tested without privilege.
func run(t *testing.T, p []insn, kind, access, major, minor uint64) bool {
	t.Helper()
	var reg [11]uint64
	ctx := map[int16]uint64{0: access<<16 | kind, 4: major, 8: minor}
	for pc := 0; pc < len(p); pc++ {
		in := p[pc]
		dst, src, imm := in.regs&15, in.regs>>4, uint64(int64(in.imm))
		switch in.code {
		case ldxW:
			reg[dst] = ctx[in.off]
		case movX:
			reg[dst] = reg[src]
		case movK:
			reg[dst] = imm
		case andK:
			reg[dst] = uint64(uint32(reg[dst]) & uint32(imm))
		case rshK:
			reg[dst] >>= imm
		case jneK:
			if reg[dst] != imm {
				pc += int(in.off)
			}
		case jeqK:
			if reg[dst] == imm {
				pc += int(in.off)
			}
		case exit:
			return reg[0] != 0
		default:
			t.Fatalf("unknown instruction %#x", in.code)
		}
	}
	t.Fatal("program does not end")
	return false
}

func TestDeviceProgram(t *testing.T) {
	sda, eight := int64(0), int64(8)
	extra := []specs.LinuxDeviceCgroup{
		{Allow: false, Access: "rwm"},
		{Allow: true, Type: "b", Major: &eight, Access: "r"},
		{Allow: false, Type: "b", Major: &eight, Minor: &sda, Access: "rw"},
	}
	const m, r, w = accMknod, accRead, accWrite
	for _, c := range []struct {
		name                       string
		rules                      []rule
		kind, access, major, minor uint64
		want                       bool
	}{
		{"null", deviceRules(nil), devChar, r | w, 1, 3, true},
		{"kmsg", deviceRules(nil), devChar, r, 1, 11, false},
		{"make kmsg", deviceRules(nil), devChar, m, 1, 11, true},
		{"make and read kmsg", deviceRules(nil), devChar, m | r, 1, 11, false},
		{"disk", deviceRules(nil), devBlock, r, 8, 0, false},
		{"pts", deviceRules(nil), devChar, r | w, 136, 77, true},
		{"block 1:3 is not null", deviceRules(nil), devBlock, r, 1, 3, false},
		{"allowed disk", deviceRules(extra), devBlock, r, 8, 1, true},
		{"allowed disk, writing", deviceRules(extra), devBlock, w, 8, 1, false},
		{"denied disk", deviceRules(extra), devBlock, r, 8, 0, false},
		{"everything", deviceRules([]specs.LinuxDeviceCgroup{{Allow: true, Type: "a"}}), devBlock, r | w, 8, 0, true},
	} {
		if got := run(t, deviceProgram(c.rules), c.kind, c.access, c.major, c.minor); got != c.want {
			t.Errorf("%s: allowed is %v, want %v", c.name, got, c.want)
		}
	}
}

func TestRuleString(t *testing.T) {
	for want, r := range map[string]rule{
		"c 1:3 rwm":   {true, 'c', 1, 3, "rwm"},
		"c 136:* rwm": {true, 'c', 136, -1, "rwm"},
		"b *:* m":     {true, 'b', -1, -1, "m"},
		"a":           {false, 'a', -1, -1, "rwm"},
	} {
		if got := r.String(); got != want {
			t.Errorf("rule is %q, want %q", got, want)
		}
	}
}
