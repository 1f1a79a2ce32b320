package cgroup

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"slices"
	"strings"

	"berth/engine"

	specs "github.com/opencontainers/runtime-spec/specs-go"
	"golang.org/x/sys/unix"
)

// Update sets the limits that r holds, of a running container too; others stay as
// they are. Errors are as Create's. After an error some of the limits may be set.
func (g *Group) Update(r *specs.LinuxResources) error {
	// Hybrid hosts have some controllers in each version; version 1 comes first.
	for _, s := range settings1(r) {
		if dir := g.dir1(v1Name(s.controller)); dir != "" {
			if err := g.set(dir, s, r); err != nil {
				return err
			}
		} else if !g.has2(s.controller) {
			return g.host.unsupported(s.option)
		}
	}
	for _, s := range settings2(r) {
		if g.dir1(v1Name(s.controller)) != "" || !g.has2(s.controller) {
			continue
		}
		if s.file == "" {
			g.warn(s.optional)
			continue
		}
		if err := g.set(g.v2, s, r); err != nil {
			return err
		}
	}
	return nil
}

// set writes one value. Memory and its sum with swap bound each other in version 1,
// so which of the two must come first depends on the present values.
func (g *Group) set(dir string, s setting, r *specs.LinuxResources) error {
	err := write(dir, s.file, s.value)
	if s.file == "memory.limit_in_bytes" && errors.Is(err, unix.EINVAL) && r.Memory.Swap != nil {
		if err = write(dir, "memory.memsw.limit_in_bytes", dec(*r.Memory.Swap)); err == nil {
			err = write(dir, s.file, s.value)
		}
	}
	switch {
	case err == nil:
		return nil
	case s.file == "blkio.weight" && errors.Is(err, fs.ErrNotExist):
		if write(dir, "blkio.bfq.weight", s.value) == nil {
			return nil
		}
		g.warn(s.optional)
		return nil
	case s.file == "io.weight" && errors.Is(err, fs.ErrNotExist):
		if write(dir, "io.bfq.weight", "default "+s.value) == nil {
			return nil
		}
		g.warn(s.optional)
		return nil
	case s.optional != "" && (errors.Is(err, fs.ErrNotExist) || errors.Is(err, unix.EOPNOTSUPP)):
		g.warn(s.optional)
		return nil
	case errors.Is(err, unix.EBUSY):
		return engine.Errorf(engine.ClassConflict, "set %s to %s: the container uses more than that now", s.option, s.value)
	case errors.Is(err, unix.EINVAL) || errors.Is(err, unix.ERANGE):
		return engine.Errorf(engine.ClassInvalid, "set %s to %q: the kernel refuses the value: %w", s.option, s.value, err)
	case errors.Is(err, fs.ErrNotExist):
		return g.host.unsupported(s.option)
	}
	return fmt.Errorf("set %s to %q: %w", s.option, s.value, err)
}

func (g *Group) warn(sentence string) {
	if sentence != "" && !slices.Contains(g.warnings, sentence) {
		g.warnings = append(g.warnings, sentence)
	}
}

// dir1 returns the group's directory of a version 1 controller, or "".
func (g *Group) dir1(controller string) string {
	for _, m := range g.v1 {
		if slices.Contains(m.controllers, controller) {
			return m.dir
		}
	}
	return ""
}

// has2 reports whether the version 2 group has a controller.
func (g *Group) has2(controller string) bool {
	return g.v2 != "" && slices.Contains(fields(g.v2+"/cgroup.controllers"), controller)
}

// unsupported says that an option can't be had on this host, and what would help.
func (h *Host) unsupported(option string) error {
	why := "its control groups have no controller for it"
	if h.version == "none" {
		why = h.why
	}
	hint := "Leave --%[1]s out, or run berth as root."
	switch {
	case os.Geteuid() == 0:
		hint = "Leave --%[1]s out, or enable the controller (kernel parameter cgroup_enable=memory, or a container that may write its own control groups)."
	case h.version == "2" || h.version == "none" && strings.Contains(h.why, "may not make"):
		hint = "Leave --%[1]s out, or let systemd delegate: `sudo mkdir -p /etc/systemd/system/user@.service.d && printf '[Service]\\nDelegate=cpu cpuset io memory pids\\n' | sudo tee /etc/systemd/system/user@.service.d/delegate.conf && sudo systemctl daemon-reload`, log in again and start berth with `systemd-run --user --scope`."
	}
	return engine.Errorf(engine.ClassUnsupported, "limit --%s: this host can't set it: %s", option, why).WithHint(hint, option)
}

// limitDevices lets the container use only the devices that every container has.
//
// A user who is not root needs no rules: in a user namespace the kernel refuses every
// device node that is made there (and BPF needs privilege). For root a failure is an
// error, since the default capabilities let a container make the disk's node.
func (g *Group) limitDevices(devices []specs.LinuxDeviceCgroup) error {
	rules := deviceRules(devices)
	if dir := g.dir1("devices"); dir != "" {
		if err := write(dir, "devices.deny", "a"); err != nil {
			return fmt.Errorf("limit devices: %w", err)
		}
		// Rules of one kind in a row share an open file.
		for len(rules) > 0 {
			file, n := "devices.deny", 0
			if rules[0].allow {
				file = "devices.allow"
			}
			var values []string
			for ; n < len(rules) && rules[n].allow == rules[0].allow; n++ {
				values = append(values, rules[n].String())
			}
			if err := write(dir, file, values...); err != nil {
				return fmt.Errorf("limit devices: %w", err)
			}
			rules = rules[n:]
		}
		return nil
	}
	if g.v2 == "" || os.Geteuid() != 0 {
		return nil
	}
	if err := attachDevices(g.v2, rules); err != nil {
		return engine.Errorf(engine.ClassUnsupported, "limit devices: %w", err).
			WithHint("Berth runs as root without CAP_BPF or on a kernel without CONFIG_CGROUP_BPF; run it as an ordinary user instead.")
	}
	return nil
}
