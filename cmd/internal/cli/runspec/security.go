package runspec

import (
	"path/filepath"
	"strings"

	"berth/engine"
)

// fillSecurity checks the form of each --security-opt. A seccomp profile's path is
// made absolute, because the engine may read it from another directory.
func (o *Options) fillSecurity(cfg *engine.ContainerConfig) error {
	for _, opt := range o.security.values {
		key, value, hasValue := strings.Cut(opt, "=")
		if !hasValue {
			key, value, hasValue = strings.Cut(opt, ":")
		}
		switch key {
		case "no-new-privileges":
			if hasValue && value == "false" {
				continue
			}
			if hasValue && value != "true" {
				return engine.Errorf(engine.ClassInvalid, "security option %q: the value is true or false", opt)
			}
			opt = key
		case "seccomp":
			if value == "" {
				return engine.Errorf(engine.ClassInvalid, "security option %q: give unconfined or a profile's file", opt)
			}
			if value != "unconfined" && value != "builtin" {
				abs, err := filepath.Abs(value)
				if err != nil {
					return engine.Errorf(engine.ClassInvalid, "security option %q: %w", opt, err)
				}
				value = abs
			}
			opt = key + "=" + value
		case "apparmor", "label":
			if !hasValue {
				return engine.Errorf(engine.ClassInvalid, "security option %q needs a value", opt)
			}
			opt = key + "=" + value
		default:
			return engine.Errorf(engine.ClassUnsupported, "security option %q is not supported", opt).
				WithHint("The options are no-new-privileges, seccomp=unconfined|FILE, apparmor=PROFILE and label=disable.")
		}
		cfg.SecurityOpts = append(cfg.SecurityOpts, opt)
	}
	return nil
}
