package cgroup

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

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

// A version 2 group as files: what Update writes, and what Stats reads.
func TestVersion2Files(t *testing.T) {
	dir := t.TempDir()
	files := map[string]string{
		"cgroup.controllers": "cpu io memory pids\n", "memory.max": "", "memory.swap.max": "", "cpu.max": "", "pids.max": "",
		"memory.current": "5000\n", "memory.stat": "anon 3000\ninactive_file 1000\n", "memory.events": "low 0\noom 3\noom_kill 2\n",
		"cpu.stat": "usage_usec 1500\nuser_usec 1000\nthrottled_usec 40\n", "pids.current": "7\n", "cpuset.cpus.effective": "0-2,5\n",
		"io.stat": "8:0 rbytes=100 wbytes=200 rios=1 wios=2 dbytes=0 dios=0\n8:16 rbytes=1 wbytes=2 rios=1 wios=1 dbytes=0 dios=0\n",
	}
	for name, text := range files {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	g := &Group{host: &Host{version: "2"}, path: "/x", v2: dir}
	r, err := Resources(engine.Resources{Memory: 64 << 20, NanoCPUs: 25e7, PidsLimit: 9})
	if err != nil {
		t.Fatal(err)
	}
	if err := g.Update(r); err != nil {
		t.Fatal(err)
	}
	for name, want := range map[string]string{"memory.max": "67108864", "memory.swap.max": "67108864", "cpu.max": "25000 100000", "pids.max": "9"} {
		if got, err := os.ReadFile(filepath.Join(dir, name)); err != nil || string(got) != want {
			t.Errorf("%s is %q, %v, want %q", name, got, err, want)
		}
	}
	s, err := g.Stats()
	if err != nil {
		t.Fatal(err)
	}
	want := engine.Stats{Time: s.Time, CPUTotal: 1500 * time.Microsecond, CPUs: 4, Memory: 4000, MemoryLimit: 64 << 20, Pids: 7, PidsLimit: 9,
		NetRx: -1, NetTx: -1, BlockRead: 101, BlockWrite: 202, OOMKills: 2, Throttled: 40 * time.Microsecond, Source: "cgroup2"}
	if s != want {
		t.Errorf("statistics are\n%+v, want\n%+v", s, want)
	}
	restsWithoutWork(t, g, dir)
	if err := g.Update(&specs.LinuxResources{CPU: &specs.LinuxCPU{Cpus: "0"}}); engine.ClassOf(err) != engine.ClassUnsupported {
		t.Errorf("a limit whose controller is not handed down: %v", err)
	}
	if err := os.Remove(filepath.Join(dir, "memory.swap.max")); err != nil {
		t.Fatal(err)
	}
	if err := g.Update(r); err != nil || len(g.Warnings()) != 1 || !strings.Contains(g.Warnings()[0], "swap") {
		t.Errorf("without swap accounting: %v, warnings %q", err, g.Warnings())
	}
}

// Where nothing has run since, only limits are read anew, until that has lasted a while.
func restsWithoutWork(t *testing.T, g *Group, dir string) {
	t.Helper()
	m := g.Meter()
	defer m.Close()
	set := func(name, text string) {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	memory := func() (used, limit int64) {
		s, err := m.Stats()
		if err != nil {
			t.Fatal(err)
		}
		return s.Memory, s.MemoryLimit
	}
	memory()
	set("memory.current", "9000\n")
	set("memory.max", "33554432\n")
	for range restMost {
		if used, limit := memory(); used != 4000 || limit != 32<<20 {
			t.Fatalf("at rest %d of %d bytes are used", used, limit)
		}
	}
	if used, _ := memory(); used != 8000 {
		t.Errorf("after a long rest %d bytes are used", used)
	}
	set("memory.current", "5000\n")
	set("cpu.stat", "usage_usec 1600\n")
	if used, _ := memory(); used != 4000 {
		t.Errorf("after work %d bytes are used", used)
	}
	set("memory.max", "67108864\n")
}
