package idmap

import (
	"bytes"
	"fmt"
	"os"
	"os/exec"
	"strconv"
	"strings"

	"berth/engine"
)

// Write gives the user namespace of process pid, which this process's user made and
// which has no mapping yet, this mapping. The caller makes sure that pid still is
// that process: it waits, being our child.
//
// Ranges go through newuidmap(1) and newgidmap(1), which are privileged and check
// /etc/subuid and /etc/subgid; both run at the same time. Single and privileged
// callers write the files of /proc themselves, and Single gives up setgroups(2)
// first, as the kernel demands. For Host it does nothing.
func (m Mapping) Write(pid int) error {
	switch {
	case m.Mode == Host:
		return nil
	case m.Mode == Single || writesDirectly():
		return m.writeFiles(pid)
	}
	gids := make(chan error, 1)
	go func() { gids <- runTool("newgidmap", pid, m.GIDs) }()
	err := runTool("newuidmap", pid, m.UIDs)
	if gerr := <-gids; err == nil {
		err = gerr
	}
	return err
}

func (m Mapping) writeFiles(pid int) error {
	dir := "/proc/" + strconv.Itoa(pid) + "/"
	if m.Mode == Single {
		if err := os.WriteFile(dir+"setgroups", []byte("deny"), 0); err != nil {
			return Explain(fmt.Errorf("give up setgroups for id mapping: %w", err))
		}
	}
	for _, f := range []struct {
		name   string
		ranges []Range
	}{{"gid_map", m.GIDs}, {"uid_map", m.UIDs}} {
		// One write: the kernel takes a mapping whole or not at all.
		var b bytes.Buffer
		for _, r := range f.ranges {
			fmt.Fprintf(&b, "%d %d %d\n", r.Container, r.Host, r.Size)
		}
		if err := os.WriteFile(dir+f.name, b.Bytes(), 0); err != nil {
			return Explain(fmt.Errorf("write %s: %w", f.name, err))
		}
	}
	return nil
}

func runTool(tool string, pid int, ranges []Range) error {
	args := make([]string, 0, 1+3*len(ranges))
	args = append(args, strconv.Itoa(pid))
	for _, r := range ranges {
		for _, n := range []uint32{r.Container, r.Host, r.Size} {
			args = append(args, strconv.FormatUint(uint64(n), 10))
		}
	}
	out, err := exec.Command(tool, args...).CombinedOutput()
	if err == nil {
		return nil
	}
	file := map[string]string{"newuidmap": "/etc/subuid", "newgidmap": "/etc/subgid"}[tool]
	if said := strings.TrimSpace(string(out)); said != "" {
		err = fmt.Errorf("%s", said)
	}
	return engine.Errorf(engine.ClassPermission, "write id mapping with %s: %w", tool, err).
		WithHint("%s must be installed with its privilege (set-user-id root, or the file capability of its kind, on a file system without nosuid), and its ranges must stand in %s.", tool, file)
}
