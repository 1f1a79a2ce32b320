package local

import (
	"path"
	"path/filepath"
	"runtime"
	"slices"
	"strings"

	"berth/engine"
	"berth/engine/internal/cgroup"
	"berth/engine/internal/state"

	"golang.org/x/sys/unix"
)

// validate refuses what no image could make right. Of the host it looks at the number of CPUs only.
func validate(cfg *engine.ContainerConfig) error {
	for _, check := range []func(*engine.ContainerConfig) error{
		validateNames, validateMounts, validateResources, validatePolicy,
	} {
		if err := check(cfg); err != nil {
			return err
		}
	}
	return nil
}

// validHostname reports whether name is [a-zA-Z0-9][a-zA-Z0-9.-]{0,62}.
func validHostname(name string) bool {
	const alphanumeric = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"
	return len(name) <= 63 && strings.IndexByte(alphanumeric, name[0]) >= 0 && strings.Trim(name, alphanumeric+".-") == ""
}

func validateNames(cfg *engine.ContainerConfig) error {
	if cfg.Name != "" && !state.ValidName(cfg.Name) {
		return invalid("invalid container name %q: only [a-zA-Z0-9][a-zA-Z0-9_.-] are allowed, at least two characters", cfg.Name)
	}
	if cfg.Hostname != "" && !validHostname(cfg.Hostname) {
		return invalid("invalid hostname %q: letters, digits, dots and hyphens only, at most 63", cfg.Hostname)
	}
	for _, e := range cfg.Env {
		if key, _, _ := strings.Cut(e, "="); key == "" || strings.ContainsRune(e, 0) {
			return invalid("invalid environment variable %q: it needs a name before the equals sign", e)
		}
	}
	if cfg.WorkingDir != "" && !path.IsAbs(cfg.WorkingDir) {
		return invalid("the working directory %q is invalid, it needs to be an absolute path", cfg.WorkingDir)
	}
	if cfg.StopSignal != "" {
		if _, err := parseSignal(cfg.StopSignal); err != nil {
			return err
		}
	}
	return nil
}

func validateMounts(cfg *engine.ContainerConfig) error {
	seen := map[string]bool{}
	target := func(t string) error {
		switch clean := path.Clean(t); {
		case !path.IsAbs(t):
			return invalid("invalid mount target %q: it must be an absolute path", t)
		case clean == "/":
			return invalid("invalid mount target %q: the destination can't be '/'", t)
		case seen[clean]:
			return invalid("duplicate mount point: %s", clean)
		default:
			seen[clean] = true
			return validateProc(t)
		}
	}
	for _, m := range cfg.Mounts {
		if err := target(m.Target); err != nil {
			return err
		}
		switch m.Type {
		case "bind":
			if !filepath.IsAbs(m.Source) {
				return invalid("invalid mount source %q: it must be an absolute path", m.Source)
			}
		case "tmpfs":
		default:
			return engine.Errorf(engine.ClassUnsupported, "mount type %q is not supported", m.Type).
				WithHint("Use type bind or tmpfs.")
		}
		if !slices.Contains([]string{"", "private", "rprivate", "slave", "rslave", "shared", "rshared"}, m.Propagation) {
			return invalid("invalid mount propagation %q", m.Propagation)
		}
	}
	for t := range cfg.Tmpfs {
		if err := target(t); err != nil {
			return err
		}
	}
	return nil
}

func validateResources(cfg *engine.ContainerConfig) error {
	r := &cfg.Resources
	if _, err := cgroup.Resources(*r); err != nil {
		return err
	}
	// Less than a hundredth the kernel refuses, and more than there are is a mistake.
	if n := runtime.NumCPU(); r.NanoCPUs != 0 && (r.NanoCPUs < 1e7 || r.NanoCPUs > int64(n)*1e9) {
		return invalid("set CPU limit of %g: the range of CPUs is from 0.01 to %d.00, as there are only %d CPUs available", float64(r.NanoCPUs)/1e9, n, n)
	}
	if r.PidsLimit < -1 {
		return invalid("invalid --pids-limit %d: a positive number, or -1 for no limit", r.PidsLimit)
	}
	if r.OomScoreAdj < -1000 || r.OomScoreAdj > 1000 {
		return invalid("invalid --oom-score-adj %d: it must be within -1000 and 1000", r.OomScoreAdj)
	}
	for _, u := range cfg.Ulimits {
		if _, ok := rlimits[strings.ToLower(u.Name)]; !ok {
			return invalid("invalid ulimit type: %s", u.Name)
		}
		if u.Hard != -1 && (u.Soft > u.Hard || u.Soft == -1) {
			return invalid("ulimit soft limit must be less than or equal to hard limit: %d > %d", u.Soft, u.Hard)
		}
	}
	return nil
}

func validatePolicy(cfg *engine.ContainerConfig) error {
	switch cfg.Network {
	case "", "none", "host":
	default:
		return engine.Errorf(engine.ClassUnsupported, "network %q is not supported", cfg.Network).
			WithHint("Use --network none or --network host.")
	}
	switch p := cfg.Restart; p.Name {
	case "", "no":
		if p.MaxRetry != 0 {
			return invalid("maximum retry count cannot be used with restart policy %q", "no")
		}
	case "always", "unless-stopped":
		if p.MaxRetry != 0 {
			return invalid("maximum retry count cannot be used with restart policy %q", p.Name)
		}
	case "on-failure":
		if p.MaxRetry < 0 {
			return invalid("maximum retry count cannot be negative")
		}
	default:
		return invalid("invalid restart policy %q", p.Name)
	}
	if cfg.AutoRemove && cfg.Restart.Name != "" && cfg.Restart.Name != "no" {
		return invalid("conflicting options: can't create a container with both AutoRemove and a restart policy")
	}
	return nil
}

func invalid(format string, args ...any) *engine.Error {
	return engine.Errorf(engine.ClassInvalid, format, args...)
}

// parseSignal reads "SIGTERM", "TERM", "15" or a real-time signal "RTMIN+3".
func parseSignal(s string) (unix.Signal, error) {
	name := strings.ToUpper(strings.TrimSpace(s))
	if n := 0; name != "" && strings.Trim(name, "0123456789") == "" {
		for _, c := range name {
			if n = n*10 + int(c-'0'); n > 64 {
				break
			}
		}
		if n >= 1 && n <= 64 {
			return unix.Signal(n), nil
		}
		return 0, invalid("invalid signal: %s", s)
	}
	name = "SIG" + strings.TrimPrefix(name, "SIG")
	if sig := unix.SignalNum(name); sig != 0 {
		return sig, nil
	}
	// The C library keeps the first two real-time signals: signal(7).
	const rtmin, rtmax = 34, 64
	for prefix, base := range map[string]int{"SIGRTMIN": rtmin, "SIGRTMAX": rtmax} {
		rest, ok := strings.CutPrefix(name, prefix)
		if !ok {
			continue
		}
		n, ok := signedOffset(rest)
		if sig := base + n; ok && sig >= rtmin && sig <= rtmax {
			return unix.Signal(sig), nil
		}
	}
	return 0, invalid("invalid signal: %s", s)
}

// signedOffset reads "", "+3" or "-12".
func signedOffset(s string) (n int, ok bool) {
	if s == "" {
		return 0, true
	}
	sign := map[byte]int{'+': 1, '-': -1}[s[0]]
	digits := s[1:]
	if sign == 0 || digits == "" || len(digits) > 2 || strings.Trim(digits, "0123456789") != "" {
		return 0, false
	}
	for _, c := range digits {
		n = n*10 + int(c-'0')
	}
	return sign * n, true
}
