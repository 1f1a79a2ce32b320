package runtime

import (
	"os"
	"strconv"
	"strings"
	"testing"

	"berth/engine/enginetest/ability"
	"berth/engine/internal/cgroup"

	specs "github.com/opencontainers/runtime-spec/specs-go"
)

// The program is in the container's cgroup before its first instruction, an exec too,
// and neither sees where in the host's tree that is.
func TestCgroupIsEnteredAndHidden(t *testing.T) {
	ability.Need(t, ability.Root, ability.CgroupPids)
	host := cgroup.Detect()
	limit := int64(50)
	g, err := host.Create(host.Path("runtime-test-"+strconv.Itoa(os.Getpid())), &specs.LinuxResources{Pids: &specs.LinuxPids{Limit: &limit}})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := g.Remove(); err != nil {
			t.Error(err)
		}
	})
	procs, err := g.Procs()
	mustDo(t, err)
	defer func() {
		for _, f := range procs {
			f.Close()
		}
	}()
	in, r, o := with(t)
	o.CgroupProcs = procs
	b := testBundle(t, image(t), "lines", "/proc/self/cgroup")
	p, err := Start(t.Context(), b, o)
	mustDo(t, err)
	line, err := r.ReadString('\n')
	mustDo(t, err)
	if !strings.Contains(line, "pids:/;") {
		t.Errorf("inside the cgroups are %q", line)
	}
	outside := func(pid int) string {
		data, err := os.ReadFile("/proc/" + strconv.Itoa(pid) + "/cgroup")
		mustDo(t, err)
		return string(data)
	}
	if got := outside(p.Pid()); !strings.Contains(got, "runtime-test-") {
		t.Errorf("on the host the cgroups are %q", got)
	}
	seen := ""
	x, err := p.Exec(t.Context(), ExecSpec{Args: []string{"prog", "true"}}, Options{
		CgroupProcs: procs,
		BeforeExec:  func(pid int) error { seen = outside(pid); return nil },
	})
	mustDo(t, err)
	if _, err := x.Wait(); err != nil || seen != outside(p.Pid()) {
		t.Errorf("an exec's cgroups are %q, %v", seen, err)
	}
	in.Close()
	o.Stdin.Close()
	if _, err := p.Wait(); err != nil {
		t.Error(err)
	}
}
