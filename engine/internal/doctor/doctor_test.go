package doctor

import (
	"context"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"berth/engine"
	"berth/engine/enginetest/ability"
	"berth/engine/internal/cgroup"
	"berth/engine/internal/idmap"
)

// workerArg makes the test binary a worker.
const workerArg = "doctor-test-worker"

func TestMain(m *testing.M) {
	if len(os.Args) > 1 && os.Args[1] == workerArg {
		os.Exit(WorkerMain(os.Args[2:]))
	}
	os.Exit(m.Run())
}

func options(t *testing.T) Options {
	t.Helper()
	ids, err := idmap.Detect()
	if err != nil {
		t.Fatal(err)
	}
	return Options{Root: t.TempDir(), IDMap: ids, Worker: func(args ...string) (*exec.Cmd, error) {
		return exec.Command("/proc/self/exe", append([]string{workerArg}, args...)...), nil
	}}
}

func examine(t *testing.T, o Options) map[string]engine.Check {
	t.Helper()
	checks, err := Run(context.Background(), o)
	if err != nil {
		t.Fatal(err)
	}
	byName := map[string]engine.Check{}
	for _, c := range checks {
		if c.Detail == "" || c.Status != engine.CheckOK && c.Status != engine.CheckWarn && c.Status != engine.CheckFail {
			t.Errorf("check %+v is incomplete", c)
		}
		byName[c.Name] = c
	}
	return byName
}

func TestASoundHostPasses(t *testing.T) {
	ability.Need(t, ability.UserNS, ability.Overlay)
	o := options(t)
	for name, c := range examine(t, o) {
		if c.Status == engine.CheckFail {
			t.Errorf("%s fails: %s", name, c.Detail)
		}
	}
	if left, _ := os.ReadDir(o.Root); len(left) != 0 {
		t.Errorf("left in the state directory: %v", left)
	}
}

func TestNamespacesAreTried(t *testing.T) {
	ability.Need(t, ability.UserNS, ability.NetNS)
	o := options(t)
	if c := examine(t, o)["namespaces"]; c.Status != engine.CheckOK || !strings.Contains(c.Detail, "pid") {
		t.Errorf("namespaces: %+v", c)
	}
	o.Worker = func(...string) (*exec.Cmd, error) { return exec.Command("/no/such/program"), nil }
	if c := examine(t, o)["namespaces"]; c.Status != engine.CheckFail || c.Remedy == "" {
		t.Errorf("namespaces in which nothing starts: %+v", c)
	}
}

// Whatever is not fine has a remedy, on this host too.
func TestEveryLackHasARemedy(t *testing.T) {
	ability.Need(t, ability.UserNS)
	for name, c := range examine(t, options(t)) {
		if c.Status != engine.CheckOK && c.Remedy == "" {
			t.Errorf("%s: %s, and no remedy", name, c.Detail)
		}
	}
}

func TestHostWithoutControllers(t *testing.T) {
	for root, remedy := range map[bool]string{false: "Delegate=", true: "mount -t cgroup2"} {
		checks := cgroups(cgroup.DetectAt(cgroup.Paths{MountInfo: "/dev/null", Self: "/dev/null"}), root)
		if len(checks) != 1 || checks[0].Status != engine.CheckWarn || !strings.Contains(checks[0].Remedy, remedy) {
			t.Errorf("root %v: checks are %+v", root, checks)
		}
	}
}

// Without a mapping or a state directory the other checks are made all the same.
func TestHostThatLetsNothingBeTried(t *testing.T) {
	lack := engine.Errorf(engine.ClassUnsupported, "none").WithHint("do this")
	list, err := Run(t.Context(), Options{RootErr: lack, IDMapErr: lack})
	if err != nil {
		t.Fatal(err)
	}
	checks := map[string]engine.Check{}
	for _, c := range list {
		checks[c.Name] = c
	}
	for _, name := range []string{"user ids", "state directory"} {
		if c := checks[name]; c.Status != engine.CheckFail || c.Remedy == "" {
			t.Errorf("%s: %+v", name, c)
		}
	}
	if _, ok := checks["kernel"]; !ok {
		t.Errorf("checks are %+v", list)
	}
}

func TestALackComesWithItsRemedy(t *testing.T) {
	o := options(t)
	o.Root = "/proc" // no directory can be made there
	checks := examine(t, o)
	for _, name := range []string{"state directory", "overlay"} {
		if c := checks[name]; c.Status != engine.CheckFail || !strings.Contains(c.Remedy, "--root") {
			t.Errorf("%s: %+v", name, c)
		}
	}
}

func TestOverlayIsTriedInAUserNamespace(t *testing.T) {
	ability.Need(t, ability.UserNS, ability.Overlay)
	o := options(t)
	if o.IDMap.Mode == idmap.Host {
		id := []idmap.Range{{Container: 0, Host: uint32(os.Getuid()), Size: 1}}
		o.IDMap = idmap.Mapping{Mode: idmap.Single, UIDs: id, GIDs: id, Hint: "do this"}
	}
	checks := examine(t, o)
	if c := checks["overlay"]; c.Status != engine.CheckOK {
		t.Errorf("overlay: %+v", c)
	}
	if c := checks["user ids"]; o.IDMap.Mode == idmap.Single && (c.Status != engine.CheckWarn || c.Remedy != o.IDMap.Hint) {
		t.Errorf("one id: %+v", c)
	}
}

func TestWhatAKilledExaminationLeftIsRemoved(t *testing.T) {
	o := options(t)
	left, young := filepath.Join(o.Root, trial+"killed"), filepath.Join(o.Root, trial+"running")
	for _, dir := range []string{left, young} {
		if err := os.MkdirAll(filepath.Join(dir, "upper"), 0o755); err != nil {
			t.Fatal(err)
		}
	}
	long := time.Now().Add(-time.Hour)
	if err := os.Chtimes(left, long, long); err != nil {
		t.Fatal(err)
	}
	if _, err := Run(t.Context(), o); err != nil {
		t.Fatal(err)
	}
	if _, err := os.Stat(left); !os.IsNotExist(err) {
		t.Errorf("an hour later it is still there: %v", err)
	}
	if _, err := os.Stat(young); err != nil {
		t.Errorf("that of an examination under way: %v", err)
	}
}
