package local

import (
	"cmp"
	"fmt"
	"path"
	"slices"
	"strings"

	"berth/engine"
	"berth/engine/internal/caps"
	"berth/engine/internal/cgroup"
	"berth/engine/internal/idmap"
	"berth/engine/internal/state"

	specs "github.com/opencontainers/runtime-spec/specs-go"
)

const defaultShmSize = 64 << 20

// makeSpec describes the container in the terms of the OCI runtime specification.
// dir is the container's directory; it holds the files that are bound over /etc.
func makeSpec(rec *state.Record, dir string, ids idmap.Mapping) (*specs.Spec, error) {
	cfg := &rec.Config
	allowed, err := caps.Adjust(cfg.CapAdd, cfg.CapDrop)
	if err != nil {
		return nil, err
	}
	sec, err := parseSecurity(cfg.SecurityOpts)
	if err != nil {
		return nil, err
	}
	limits, err := cgroup.Resources(cfg.Resources)
	if err != nil {
		return nil, err
	}
	limits, _ = feasible(limits, cgroup.Detect().Limits())
	spec := &specs.Spec{
		Version:  specs.Version,
		Hostname: cfg.Hostname,
		Root:     &specs.Root{Readonly: cfg.ReadOnly},
		Process: &specs.Process{
			Terminal: cfg.TTY,
			Args:     command(cfg),
			Env:      mergeEnv(cfg, nil),
			Cwd:      cfg.WorkingDir,
			Capabilities: &specs.LinuxCapabilities{
				Bounding: allowed, Permitted: allowed, Effective: allowed,
			},
			Rlimits:         posixRlimits(cfg.Ulimits),
			NoNewPrivileges: sec.noNewPrivileges,
		},
		Mounts: mounts(cfg, dir, ids),
		Linux: &specs.Linux{
			Namespaces:    namespaces(cfg, ids),
			MaskedPaths:   masked("/sys/devices/system/cpu"),
			ReadonlyPaths: readonlyPaths,
			Resources:     limits,
			CgroupsPath:   rec.CgroupPath,
		},
	}
	if cfg.Console != (engine.Size{}) {
		spec.Process.ConsoleSize = &specs.Box{Width: uint(cfg.Console.Cols), Height: uint(cfg.Console.Rows)}
	}
	if adj := cfg.Resources.OomScoreAdj; adj != 0 {
		spec.Process.OOMScoreAdj = &adj
	}
	return spec, nil
}

func namespaces(cfg *engine.ContainerConfig, ids idmap.Mapping) []specs.LinuxNamespace {
	kinds := []specs.LinuxNamespaceType{
		specs.PIDNamespace, specs.MountNamespace, specs.UTSNamespace, specs.IPCNamespace, specs.CgroupNamespace,
	}
	if cfg.Network != "host" {
		kinds = append(kinds, specs.NetworkNamespace)
	}
	if ids.Mode != idmap.Host {
		kinds = append(kinds, specs.UserNamespace)
	}
	out := make([]specs.LinuxNamespace, len(kinds))
	for i, k := range kinds {
		out[i].Type = k
	}
	return out
}

// etcFiles are made in the container's directory and bound over the image's.
var etcFiles = []string{"resolv.conf", "hostname", "hosts"}

// mounts returns what lies over the root, in the order of mounting: parents first.
func mounts(cfg *engine.ContainerConfig, dir string, ids idmap.Mapping) []specs.Mount {
	shm := cmp.Or(cfg.ShmSize, defaultShmSize)
	pts := []string{"nosuid", "noexec", "newinstance", "ptmxmode=0666", "mode=0620"}
	if ids.Mode != idmap.Single { // group tty has no id in a mapping of one
		pts = append(pts, "gid=5")
	}
	ms := []specs.Mount{
		{Destination: "/proc", Type: "proc", Source: "proc", Options: []string{"nosuid", "noexec", "nodev"}},
		{Destination: "/dev", Type: "tmpfs", Source: "tmpfs", Options: []string{"nosuid", "strictatime", "mode=755", "size=65536k"}},
		{Destination: "/dev/pts", Type: "devpts", Source: "devpts", Options: pts},
		{Destination: "/dev/mqueue", Type: "mqueue", Source: "mqueue", Options: []string{"nosuid", "noexec", "nodev"}},
		{Destination: "/dev/shm", Type: "tmpfs", Source: "shm",
			Options: []string{"nosuid", "noexec", "nodev", "mode=1777", fmt.Sprintf("size=%d", shm)}},
		{Destination: "/sys", Type: "sysfs", Source: "sysfs", Options: []string{"nosuid", "noexec", "nodev", "ro"}},
		{Destination: "/sys/fs/cgroup", Type: "cgroup", Source: "cgroup", Options: []string{"nosuid", "noexec", "nodev", "ro"}},
	}
	for _, name := range etcFiles {
		ms = append(ms, specs.Mount{
			Destination: "/etc/" + name, Type: "bind", Source: path.Join(dir, name), Options: []string{"rbind", "rprivate"},
		})
	}
	return append(ms, userMounts(cfg)...)
}

// userMounts returns the --mount, -v and --tmpfs mounts, parents before children.
func userMounts(cfg *engine.ContainerConfig) []specs.Mount {
	var ms []specs.Mount
	for _, m := range cfg.Mounts {
		sm := specs.Mount{Destination: path.Clean(m.Target), Type: m.Type, Source: m.Source}
		switch m.Type {
		case "tmpfs":
			sm.Source = "tmpfs"
			sm.Options = []string{"nosuid", "nodev", "noexec"}
			if m.Size > 0 {
				sm.Options = append(sm.Options, fmt.Sprintf("size=%d", m.Size))
			}
			sm.Options = append(sm.Options, fmt.Sprintf("mode=%o", cmp.Or(m.Mode, 0o1777)))
		default:
			sm.Options = []string{"rbind", cmp.Or(m.Propagation, "rprivate")}
		}
		if m.ReadOnly {
			sm.Options = append(sm.Options, "ro")
		}
		ms = append(ms, sm)
	}
	for target, opts := range cfg.Tmpfs {
		sm := specs.Mount{Destination: path.Clean(target), Type: "tmpfs", Source: "tmpfs"}
		sm.Options = []string{"noexec", "nosuid", "nodev"}
		for o := range strings.SplitSeq(opts, ",") {
			if o = strings.TrimSpace(o); o != "" {
				sm.Options = withOption(sm.Options, o)
			}
		}
		ms = append(ms, sm)
	}
	slices.SortStableFunc(ms, func(a, b specs.Mount) int {
		return cmp.Or(cmp.Compare(strings.Count(a.Destination, "/"), strings.Count(b.Destination, "/")),
			cmp.Compare(a.Destination, b.Destination))
	})
	return ms
}

// withOption adds a mount option; one that contradicts a default takes its place.
func withOption(opts []string, o string) []string {
	opposite := "no" + o
	if rest, ok := strings.CutPrefix(o, "no"); ok {
		opposite = rest
	}
	opts = slices.DeleteFunc(opts, func(have string) bool { return have == opposite || have == o })
	return append(opts, o)
}

// feasible leaves out the limits that the host can't keep and says so, in Docker's words.
func feasible(r *specs.LinuxResources, limits []string) (*specs.LinuxResources, []string) {
	if r == nil {
		return nil, nil
	}
	can := func(name string) bool { return slices.Contains(limits, name) }
	kept := *r
	var warnings []string
	drop := func(what string) {
		warnings = append(warnings, "Your kernel or your permissions do not support "+what+". Limitation discarded.")
	}
	if r.Memory != nil && !can("memory") {
		kept.Memory = nil
		drop("memory limits")
	}
	if r.CPU != nil {
		cpu := *r.CPU
		kept.CPU = &cpu
		if (cpu.Quota != nil || cpu.Shares != nil || cpu.Period != nil) && !can("cpu") {
			cpu.Quota, cpu.Shares, cpu.Period = nil, nil, nil
			drop("CPU limits")
		}
		if (cpu.Cpus != "" || cpu.Mems != "") && !can("cpuset") {
			cpu.Cpus, cpu.Mems = "", ""
			drop("CPU sets")
		}
	}
	if r.Pids != nil && !can("pids") {
		kept.Pids = nil
		if *r.Pids.Limit > 0 { // -1 asks for what there is: no limit
			drop("limits on the number of processes")
		}
	}
	if r.BlockIO != nil && !can("io") {
		kept.BlockIO = nil
		drop("block I/O weights")
	}
	return &kept, warnings
}
