package ability

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
)

// knobs are the files whose presence in a new cgroup shows a controller at work:
// of version 1, then of version 2.
var knobs = map[string][2]string{
	"freezer": {"freezer.state", "cgroup.freeze"},
	"memory":  {"memory.limit_in_bytes", "memory.max"},
	"cpu":     {"cpu.cfs_quota_us", "cpu.max"},
	"pids":    {"pids.max", "pids.max"},
}

// tryCgroup makes a cgroup below this process's own, in whichever hierarchy has
// the controller, and looks for its knob.
func tryCgroup(controller string) error {
	v1, v2, err := ownCgroups()
	if err != nil {
		return err
	}
	knob := knobs[controller]
	if dir, ok := v1[controller]; ok {
		return probe(dir, knob[0])
	}
	if v2 == "" {
		return fmt.Errorf("no hierarchy has the controller %s", controller)
	}
	err = probe(v2, knob[1])
	if errors.Is(err, os.ErrNotExist) {
		// Only handed down when asked for, which fails while a process is in v2 itself.
		if e := os.WriteFile(filepath.Join(v2, "cgroup.subtree_control"), []byte("+"+controller), 0); e != nil {
			return e
		}
		err = probe(v2, knob[1])
	}
	return err
}

func tryCgroup2() error {
	_, v2, err := ownCgroups()
	if err != nil {
		return err
	}
	if v2 == "" {
		return errors.New("the version 2 hierarchy is not mounted")
	}
	return probe(v2, "cgroup.procs")
}

func probe(parent, knob string) error {
	dir, err := os.MkdirTemp(parent, "berth-ability-")
	if err != nil {
		return err
	}
	defer os.Remove(dir)
	f, err := os.OpenFile(filepath.Join(dir, knob), os.O_WRONLY, 0)
	if err != nil {
		return err
	}
	return f.Close()
}

// ownCgroups returns the directories of this process's cgroups: one for each
// version 1 controller, and the version 2 one, if mounted.
func ownCgroups() (v1 map[string]string, v2 string, err error) {
	paths, err := os.ReadFile("/proc/self/cgroup")
	if err != nil {
		return nil, "", err
	}
	mounts, err := os.ReadFile("/proc/self/mountinfo")
	if err != nil {
		return nil, "", err
	}
	v1 = map[string]string{}
	for line := range strings.Lines(string(mounts)) {
		left, right, ok := strings.Cut(strings.TrimSpace(line), " - ")
		l, r := strings.Fields(left), strings.Fields(right)
		if !ok || len(l) < 5 || len(r) < 3 {
			continue
		}
		switch r[0] {
		case "cgroup2":
			v2 = filepath.Join(l[4], cgroupPath(string(paths), "", l[3]))
		case "cgroup":
			for name := range knobs {
				if slices.Contains(strings.Split(r[2], ","), name) {
					v1[name] = filepath.Join(l[4], cgroupPath(string(paths), name, l[3]))
				}
			}
		}
	}
	return v1, v2, nil
}

// cgroupPath returns the path of /proc/self/cgroup for a controller ("" for
// version 2), relative to the root of the mount.
func cgroupPath(paths, controller, root string) string {
	for line := range strings.Lines(paths) {
		f := strings.SplitN(strings.TrimSpace(line), ":", 3)
		if len(f) == 3 && slices.Contains(strings.Split(f[1], ","), controller) {
			return strings.TrimPrefix(f[2], strings.TrimSuffix(root, "/"))
		}
	}
	return ""
}
