package cgroup

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"berth/engine"
	"berth/engine/enginetest/ability"

	specs "github.com/opencontainers/runtime-spec/specs-go"
)

// newGroup makes a group on this host that the test's end removes.
func newGroup(t testing.TB, h *Host, r *specs.LinuxResources) *Group {
	t.Helper()
	g, err := h.Create(h.Path(fmt.Sprintf("test-%d-%s", os.Getpid(), strings.ReplaceAll(t.Name(), "/", "-"))), r)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := g.Remove(); err != nil {
			t.Error(err)
		}
	})
	return g
}

// startIn starts a shell that enters the group, as a start plan's single-threaded
// child does, and then runs line. The test's end kills it.
func startIn(t testing.TB, g *Group, line string) *exec.Cmd {
	t.Helper()
	files, err := g.Procs()
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command("sh", "-c")
	enter := ""
	for i, f := range files {
		defer f.Close()
		cmd.ExtraFiles = append(cmd.ExtraFiles, f)
		enter += fmt.Sprintf("echo 0 >/dev/fd/%d; ", i+3) // &10 is more than dash understands
	}
	cmd.Args = append(cmd.Args, enter+line)
	cmd.Stderr = os.Stderr
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := g.Kill(); err != nil {
			t.Error(err)
		}
		g.Thaw()   //nolint:errcheck // the test may have left it frozen
		cmd.Wait() //nolint:errcheck // its end is all we want
	})
	waitFor(t, "the process to enter the group", func() bool {
		pids, err := g.Pids()
		return err == nil && slices.Contains(pids, cmd.Process.Pid)
	})
	return cmd
}

// waitFor waits for a condition that another process or the kernel brings about.
func waitFor(t testing.TB, what string, cond func() bool) {
	t.Helper()
	for deadline := time.Now().Add(20 * time.Second); !cond(); time.Sleep(time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatalf("gave up waiting for %s", what)
		}
	}
}

// hosts returns this host as it is, and its version 2 hierarchy alone.
func hosts(t *testing.T) map[string]*Host {
	out := map[string]*Host{"detected": Detect()}
	if ability.Try(ability.CgroupV2) == nil {
		info, err := os.ReadFile("/proc/self/mountinfo")
		if err != nil {
			t.Fatal(err)
		}
		var only []string
		for line := range strings.Lines(string(info)) {
			if strings.Contains(line, " - cgroup2 ") {
				only = append(only, line)
			}
		}
		file := filepath.Join(t.TempDir(), "mountinfo")
		if err := os.WriteFile(file, []byte(strings.Join(only, "")), 0o600); err != nil {
			t.Fatal(err)
		}
		h := DetectAt(Paths{MountInfo: file, Self: "/proc/self/cgroup"})
		if h.Version() != "2" {
			t.Fatalf("the version 2 hierarchy alone is version %q: %s", h.Version(), h.Why())
		}
		out["version 2 only"] = h
	}
	return out
}

func TestLifeOfGroup(t *testing.T) {
	ability.Need(t, ability.CgroupFreezer)
	for name, h := range hosts(t) {
		t.Run(name, func(t *testing.T) {
			g := newGroup(t, h, nil)
			cmd := startIn(t, g, "while :; do :; done")
			loaded, err := h.Load(g.Path())
			if err != nil || !loaded.Exists() {
				t.Fatalf("Load: %+v, %v", loaded, err)
			}
			if err := loaded.Freeze(); err != nil {
				t.Fatal(err)
			}
			if !g.Frozen() {
				t.Error("not frozen after Freeze")
			}
			used := cpuTime(t, cmd.Process.Pid)
			for own := cpuTime(t, os.Getpid()); cpuTime(t, os.Getpid()) < own+30*time.Millisecond; {
				// as much as a running loop would get meanwhile
			}
			if now := cpuTime(t, cmd.Process.Pid); now != used {
				t.Errorf("a frozen process used %v of CPU time", now-used)
			}
			if err := g.Thaw(); err != nil || g.Frozen() {
				t.Errorf("after Thaw: frozen %v, %v", g.Frozen(), err)
			}
			waitFor(t, "the process to run on", func() bool { return cpuTime(t, cmd.Process.Pid) > used })
			if err := g.Kill(); err != nil {
				t.Fatal(err)
			}
			if err := cmd.Wait(); err == nil || cmd.ProcessState.String() != "signal: killed" {
				t.Errorf("process ended with %v", cmd.ProcessState)
			}
		})
	}
}

func cpuTime(t *testing.T, pid int) time.Duration {
	t.Helper()
	s, err := ProcStats([]int{pid})
	if err != nil {
		t.Fatal(err)
	}
	return s.CPUTotal
}

// Killing a frozen group kills it; a fork bomb does not get away.
func TestKillFrozenAndForking(t *testing.T) {
	ability.Need(t, ability.CgroupFreezer)
	for name, h := range hosts(t) {
		t.Run(name, func(t *testing.T) {
			g := newGroup(t, h, nil)
			cmd := startIn(t, g, "while :; do sleep 100 & done >/dev/null 2>&1 & while :; do sleep 100 & sleep 0.01; done")
			waitFor(t, "some forks", func() bool { p, _ := g.Pids(); return len(p) > 5 })
			if err := g.Freeze(); err != nil {
				t.Fatal(err)
			}
			if err := g.Kill(); err != nil {
				t.Fatal(err)
			}
			cmd.Wait() //nolint:errcheck // killed
			waitFor(t, "the group to be empty", func() bool { p, _ := g.Pids(); return len(p) == 0 })
		})
	}
}

func TestRemoveTakesNestedGroups(t *testing.T) {
	ability.Need(t, ability.CgroupFreezer)
	for name, h := range hosts(t) {
		t.Run(name, func(t *testing.T) {
			g := newGroup(t, h, nil)
			for _, d := range g.dirs() {
				if err := os.MkdirAll(filepath.Join(d, "inner/most"), 0o755); err != nil {
					t.Fatal(err)
				}
			}
			if err := g.Remove(); err != nil {
				t.Fatal(err)
			}
			if again, err := h.Load(g.Path()); err != nil || again.Exists() {
				t.Errorf("after Remove: %+v, %v", again, err)
			}
			if err := g.Remove(); err != nil {
				t.Errorf("removing twice: %v", err)
			}
		})
	}
}

// Containers begin and end at the same time: one's removal of the groups above both
// must not fail the other's creation, and nothing is left in the end.
func TestCreateWhileOthersRemove(t *testing.T) {
	ability.Need(t, ability.CgroupFreezer)
	for name, h := range hosts(t) {
		t.Run(name, func(t *testing.T) {
			errs := make(chan error)
			top := fmt.Sprintf("/berth-test-%d", os.Getpid())
			for i := range 4 {
				go func() {
					var err error
					for n := 0; n < 50 && err == nil; n++ {
						var g *Group
						if g, err = h.Create(fmt.Sprintf("%s/%d", top, i), nil); err == nil {
							err = g.Remove()
						}
					}
					errs <- err
				}()
			}
			for range 4 {
				if err := <-errs; err != nil {
					t.Error(err)
				}
			}
			if left, err := h.Load(top); err != nil || left.Exists() {
				t.Errorf("left: %v, %v", left.dirs(), err)
			}
		})
	}
}

func TestLimitsReachTheKernel(t *testing.T) {
	ability.Need(t, ability.CgroupMemory, ability.CgroupPids, ability.CgroupCPU)
	r, err := Resources(engine.Resources{Memory: 64 << 20, NanoCPUs: 5e8, PidsLimit: 20, CPUShares: 512})
	if err != nil {
		t.Fatal(err)
	}
	g := newGroup(t, Detect(), r)
	s, err := g.Stats()
	if err != nil {
		t.Fatal(err)
	}
	if s.MemoryLimit != 64<<20 || s.PidsLimit != 20 {
		t.Errorf("limits are %d bytes and %d processes", s.MemoryLimit, s.PidsLimit)
	}
	more := int64(128 << 20)
	if err := g.Update(&specs.LinuxResources{Memory: &specs.LinuxMemory{Limit: &more}}); err != nil {
		// Beyond the sum with swap, which the first limit set to twice 64 MiB at most.
		t.Fatal(err)
	}
	if s, _ = g.Stats(); s.MemoryLimit != more {
		t.Errorf("after Update the limit is %d", s.MemoryLimit)
	}
}

func TestPidsLimitStopsForks(t *testing.T) {
	ability.Need(t, ability.CgroupPids)
	limit := int64(5)
	g := newGroup(t, Detect(), &specs.LinuxResources{Pids: &specs.LinuxPids{Limit: &limit}})
	startIn(t, g, "(for i in 1 2 3 4 5 6 7 8 9; do sleep 100 & done) 2>/dev/null; kill -STOP $$")
	waitFor(t, "a fork to be refused", func() bool {
		return keyed(filepath.Join(g.dir1("pids"), "pids.events"))["max"] > 0
	})
	if p, err := g.Pids(); err != nil || len(p) > int(limit) {
		t.Errorf("%d processes run, %v", len(p), err)
	}
}

func TestOOMKillIsCounted(t *testing.T) {
	ability.Need(t, ability.CgroupMemory)
	r, err := Resources(engine.Resources{Memory: 8 << 20, MemorySwap: 8 << 20})
	if err != nil {
		t.Fatal(err)
	}
	g := newGroup(t, Detect(), r)
	cmd := startIn(t, g, "kill -STOP $$; exec tail /dev/zero") // which keeps all of an endless line
	waitFor(t, "the process to stop", func() bool {
		stat, _ := os.ReadFile(fmt.Sprintf("/proc/%d/stat", cmd.Process.Pid))
		return strings.Contains(string(stat), ") T ")
	})
	if err := cmd.Process.Signal(syscall.SIGCONT); err != nil {
		t.Fatal(err)
	}
	waitFor(t, "the kernel to kill it", func() bool { return g.OOMKills() > 0 })
}

func TestStatsCount(t *testing.T) {
	ability.Need(t, ability.CgroupCPU, ability.CgroupMemory)
	g := newGroup(t, Detect(), nil)
	startIn(t, g, "while :; do :; done")
	waitFor(t, "CPU time to be counted", func() bool {
		s, err := g.Stats()
		return err == nil && s.CPUTotal > 10*time.Millisecond
	})
	s, err := g.Stats()
	if err != nil {
		t.Fatal(err)
	}
	if s.Memory <= 0 || s.CPUs < 1 || s.MemoryLimit <= 0 || !strings.HasPrefix(s.Source, "cgroup") {
		t.Errorf("statistics are %+v", s)
	}
}

// Devices: the usual ones work, the disk does not, and a node may be made but not opened.
func TestDevices(t *testing.T) {
	ability.Need(t, ability.Root, ability.CgroupFreezer)
	node := filepath.Join(t.TempDir(), "kmsg")
	line := "head -c1 /dev/zero >/dev/null && echo x >/dev/null && mknod " + node + " c 1 11 && echo made; head -c1 " + node + " >/dev/null && echo leak"
	for name, h := range hosts(t) {
		t.Run(name, func(t *testing.T) {
			if h.v2 != nil {
				ability.Need(t, ability.DeviceBPF)
			}
			os.Remove(node)
			g := newGroup(t, h, nil)
			out, err := os.CreateTemp(t.TempDir(), "")
			if err != nil {
				t.Fatal(err)
			}
			defer out.Close()
			cmd := startIn(t, g, "read x <"+fifo(t, out.Name())+"; { "+line+"; } >>"+out.Name()+" 2>/dev/null; true")
			if err := os.WriteFile(out.Name()+".fifo", []byte("\n"), 0); err != nil {
				t.Fatal(err)
			}
			if err := cmd.Wait(); err != nil {
				t.Fatal(err)
			}
			if got, _ := os.ReadFile(out.Name()); string(got) != "made\n" {
				t.Errorf("a process in the group printed %q, want made only", got)
			}
		})
	}
}

func fifo(t *testing.T, name string) string {
	t.Helper()
	if err := exec.Command("mkfifo", name+".fifo").Run(); err != nil {
		t.Fatal(err)
	}
	return name + ".fifo"
}

func TestExistingGroup(t *testing.T) {
	ability.Need(t, ability.CgroupFreezer)
	g := newGroup(t, Detect(), nil)
	if _, err := Detect().Create(g.Path(), nil); err != nil {
		t.Errorf("an empty leftover is not used again: %v", err)
	}
	startIn(t, g, "sleep 100")
	if _, err := Detect().Create(g.Path(), nil); engine.ClassOf(err) != engine.ClassConflict {
		t.Errorf("a group in use: %v", err)
	}
}

func TestProcStats(t *testing.T) {
	s, err := ProcStats([]int{os.Getpid()})
	if err != nil || s.Memory <= 0 || s.Pids < 1 || s.Source != "proc" {
		t.Errorf("own statistics: %+v, %v", s, err)
	}
	if _, err := ProcStats([]int{1 << 30}); engine.ClassOf(err) != engine.ClassNotFound {
		t.Errorf("no process: %v", err)
	}
	if _, err := os.Stat("/proc/self/net/dev"); errors.Is(err, fs.ErrNotExist) {
		t.Skip("missing ability: network")
	}
	m, err := NewNetMeter(os.Getpid())
	if err != nil {
		t.Fatal(err)
	}
	defer m.Close()
	if rx, tx, err := m.Read(); err != nil || rx < 0 || tx < 0 || !m.Alive() {
		t.Errorf("network: %d, %d, %v", rx, tx, err)
	}
	if _, err := NewNetMeter(1 << 30); engine.ClassOf(err) != engine.ClassNotFound {
		t.Errorf("no process: %v", err)
	}
}

// A meter of a process that has ended never speaks of another one.
func TestNetMeterEndsWithItsProcess(t *testing.T) {
	cmd := exec.Command("sleep", "100")
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	m, err := NewNetMeter(cmd.Process.Pid)
	if err != nil {
		t.Fatal(err)
	}
	defer m.Close()
	if err := cmd.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	_ = cmd.Wait() // killed
	if _, _, err := m.Read(); engine.ClassOf(err) != engine.ClassNotFound || m.Alive() {
		t.Errorf("after its end: %v, alive %v", err, m.Alive())
	}
}

// A meter goes on counting, and says so when its group is gone.
func TestMeterCountsUntilTheGroupIsGone(t *testing.T) {
	ability.Need(t, ability.CgroupCPU, ability.CgroupMemory)
	g := newGroup(t, Detect(), nil)
	m := g.Meter()
	defer m.Close()
	before, err := m.Stats()
	if err != nil {
		t.Fatal(err)
	}
	cmd := startIn(t, g, "while :; do :; done")
	waitFor(t, "CPU time and a process to be counted", func() bool {
		s, err := m.Stats()
		return err == nil && s.CPUTotal > before.CPUTotal && s.Pids > 0
	})
	_ = cmd.Process.Kill()
	_ = cmd.Wait()
	if err := g.Remove(); err != nil {
		t.Fatal(err)
	}
	if s, err := m.Stats(); engine.ClassOf(err) != engine.ClassNotFound {
		t.Errorf("after the group went: %+v, %v", s, err)
	}
}
