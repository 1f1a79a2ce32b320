package runspec

import (
	"encoding/csv"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"

	"berth/engine"

	units "github.com/docker/go-units"
)

// mounts are the values of --mount.
type mounts []engine.Mount

func (m *mounts) String() string { return "" }
func (m *mounts) Type() string   { return "mount" }
func (m *mounts) Set(s string) error {
	mount, err := parseMount(s)
	if err == nil {
		*m = append(*m, mount)
	}
	return err
}

// noVolumes is the remedy wherever a named or anonymous volume was asked for.
const noVolumes = "named volumes are not supported yet: give an absolute host path, or use --tmpfs"

func parseMount(s string) (engine.Mount, error) {
	m := engine.Mount{Type: "volume", Recursive: true}
	fields, err := csv.NewReader(strings.NewReader(s)).Read()
	if err != nil {
		return m, fmt.Errorf("not a comma-separated list: %w", err)
	}
	for _, field := range fields {
		key, value, hasValue := strings.Cut(field, "=")
		if err := mountField(&m, strings.ToLower(strings.TrimSpace(key)), value, hasValue); err != nil {
			return m, err
		}
	}
	switch {
	case m.Type == "volume":
		return m, errors.New(noVolumes)
	case m.Type != "bind" && m.Type != "tmpfs":
		return m, fmt.Errorf("mount type %q is not supported: use bind or tmpfs", m.Type)
	case m.Target == "":
		return m, fmt.Errorf("target is required")
	case m.Type == "bind" && m.Source == "":
		return m, fmt.Errorf("source is required for a bind mount")
	case m.Type == "tmpfs" && m.Source != "":
		return m, fmt.Errorf("a tmpfs mount has no source")
	case m.Type == "bind" && (m.Size != 0 || m.Mode != 0):
		return m, fmt.Errorf("tmpfs-size and tmpfs-mode are for tmpfs mounts")
	case m.Type == "tmpfs" && m.Propagation != "":
		return m, fmt.Errorf("bind-propagation is for bind mounts")
	}
	m.Recursive = m.Recursive && m.Type == "bind"
	return m, nil
}

func mountField(m *engine.Mount, key, value string, hasValue bool) (err error) {
	if !hasValue && key != "readonly" && key != "ro" && key != "bind-nonrecursive" {
		return fmt.Errorf("invalid field %q: it must be key=value", key)
	}
	switch key {
	case "type":
		m.Type = strings.ToLower(value)
	case "source", "src":
		m.Source = value
		if strings.HasPrefix(value, "./") || strings.HasPrefix(value, "../") || value == "." || value == ".." {
			m.Source, err = filepath.Abs(value)
		}
	case "target", "destination", "dst":
		m.Target = value
	case "readonly", "ro":
		m.ReadOnly, err = boolField(key, value, hasValue)
	case "bind-propagation":
		m.Propagation, err = propagation(value)
	case "bind-nonrecursive":
		var not bool
		not, err = boolField(key, value, hasValue)
		m.Recursive = !not
	case "bind-recursive":
		switch value {
		case "enabled":
			m.Recursive = true
		case "disabled":
			m.Recursive = false
		default:
			err = fmt.Errorf("bind-recursive=%s is not supported: use enabled or disabled", value)
		}
	case "tmpfs-size":
		m.Size, err = units.RAMInBytes(value)
	case "tmpfs-mode":
		var n uint64
		n, err = strconv.ParseUint(value, 8, 32)
		m.Mode = uint32(n)
	case "consistency":
		// Docker on Linux does nothing with it either; there is nothing to do.
	default:
		if strings.HasPrefix(key, "volume-") {
			return fmt.Errorf("%s: %s", key, noVolumes)
		}
		err = fmt.Errorf("unexpected key %q", key)
	}
	return err
}

func boolField(key, value string, hasValue bool) (bool, error) {
	if !hasValue {
		return true, nil
	}
	b, err := strconv.ParseBool(value)
	if err != nil {
		return false, fmt.Errorf("invalid value for %s: %q", key, value)
	}
	return b, nil
}

func propagation(s string) (string, error) {
	switch s {
	case "private", "rprivate", "shared", "rshared", "slave", "rslave":
		return s, nil
	}
	return "", fmt.Errorf("unknown bind propagation %q", s)
}

// parseVolume reads -v: HOST:CONTAINER[:OPTIONS].
func (o *Options) parseVolume(s string) (engine.Mount, error) {
	m := engine.Mount{Type: "bind", Recursive: true, Create: true}
	parts := strings.Split(s, ":")
	switch {
	case len(parts) == 1:
		return m, engine.Errorf(engine.ClassUnsupported, "volume %q: anonymous volumes are not supported yet", s).
			WithHint("Give a host path too, as in -v /srv/data:%s, or use --tmpfs %s.", s, s)
	case len(parts) > 3 || parts[0] == "" || parts[1] == "":
		return m, engine.Errorf(engine.ClassInvalid, "volume %q: the form is /host/path:/container/path[:options]", s)
	}
	m.Source, m.Target = parts[0], parts[1]
	if strings.HasPrefix(m.Source, ".") {
		wd, err := o.getwd()
		if err != nil {
			return m, engine.Errorf(engine.ClassInvalid, "volume %q: resolve the path: %w", s, err)
		}
		m.Source = filepath.Join(wd, m.Source)
	}
	if !filepath.IsAbs(m.Source) {
		return m, engine.Errorf(engine.ClassUnsupported, "volume %q: named volumes are not supported yet", s).
			WithHint("Give an absolute host path, as in -v \"$PWD/%s:%s\".", m.Source, m.Target)
	}
	m.Source = filepath.Clean(m.Source)
	if !strings.HasPrefix(m.Target, "/") {
		return m, engine.Errorf(engine.ClassInvalid, "volume %q: container path %q is not absolute", s, m.Target)
	}
	if len(parts) == 3 {
		return m, o.volumeOptions(&m, s, parts[2])
	}
	return m, nil
}

// hasSELinux reports whether SELinux is active: selinux(8) mounts its file system then.
func hasSELinux() bool {
	_, err := os.Stat("/sys/fs/selinux/enforce")
	return err == nil
}

func (o *Options) volumeOptions(m *engine.Mount, volume, options string) error {
	mode := ""
	for _, opt := range strings.Split(options, ",") {
		switch opt {
		case "consistent", "cached", "delegated":
		case "ro", "rw":
			if mode != "" {
				return engine.Errorf(engine.ClassInvalid, "volume %q: %q and %q in one list of options", volume, mode, opt)
			}
			mode, m.ReadOnly = opt, opt == "ro"
		case "z", "Z":
			if !o.selinux() {
				continue // without SELinux there is nothing to relabel, for Docker neither
			}
			return engine.Errorf(engine.ClassUnsupported, "volume %q: Berth does not relabel files for SELinux", volume).
				WithHint("Leave %q out; on a host with SELinux, label the directory with chcon first.", opt)
		default:
			p, err := propagation(opt)
			if err != nil {
				return engine.Errorf(engine.ClassInvalid, "volume %q: unknown option %q", volume, opt)
			}
			m.Propagation = p
		}
	}
	return nil
}

func (o *Options) fillMounts(cfg *engine.ContainerConfig) error {
	for _, v := range o.volumes.values {
		m, err := o.parseVolume(v)
		if err != nil {
			return err
		}
		cfg.Mounts = append(cfg.Mounts, m)
	}
	cfg.Mounts = append(cfg.Mounts, o.mounts...)
	seen := map[string]bool{}
	for _, t := range o.tmpfs.values {
		path, options, _ := strings.Cut(t, ":")
		if cfg.Tmpfs == nil {
			cfg.Tmpfs = map[string]string{}
		}
		cfg.Tmpfs[path] = options
		seen[filepath.Clean(path)] = true
	}
	for _, m := range cfg.Mounts {
		target := filepath.Clean(m.Target)
		if seen[target] {
			return engine.Errorf(engine.ClassInvalid, "duplicate mount point %q", target)
		}
		seen[target] = true
	}
	return nil
}
