package idmap

import (
	"errors"
	"os"
	"strings"

	"berth/engine"

	"golang.org/x/sys/unix"
)

// A sysctl that can forbid user namespaces, the value that does, and the one that mends it.
type sysctl struct {
	file, forbids, remedy, why string
}

// outright refuses the namespace itself.
var outright = []sysctl{
	{"/proc/sys/user/max_user_namespaces", "0", "sudo sysctl -w user.max_user_namespaces=15000", "the limit of user namespaces is 0"},
	{"/proc/sys/kernel/unprivileged_userns_clone", "0", "sudo sysctl -w kernel.unprivileged_userns_clone=1", "user namespaces are reserved for root"},
}

// mediated depends on AppArmor's profile of the program, so it only explains an error.
var mediated = []sysctl{
	{"/proc/sys/kernel/apparmor_restrict_unprivileged_userns", "1", "sudo sysctl -w kernel.apparmor_restrict_unprivileged_userns=0", "AppArmor restricts user namespaces of programs without a profile"},
}

// Disabled returns an error of ClassUnsupported, with the remedy as its hint, if the
// host's settings refuse user namespaces to this user, and nil if they seem to work.
func Disabled() error {
	if os.Geteuid() == 0 {
		return refusal(nil, outright[:1])
	}
	return refusal(nil, outright)
}

// Explain turns the error of making a user namespace, writing its mapping or
// mounting in it into one of ClassUnsupported that names the setting to change, if a
// setting is the likely cause. Else it returns err as it is.
func Explain(err error) error {
	if err == nil {
		return nil
	}
	if errors.Is(err, unix.ENOSPC) || errors.Is(err, unix.EUSERS) {
		return engine.Errorf(engine.ClassExhausted, "make user namespace: too many exist or they are nested too deeply: %w", err).
			WithHint("Raise the limit: `sudo sysctl -w user.max_user_namespaces=15000`.")
	}
	if !errors.Is(err, unix.EPERM) && !errors.Is(err, unix.EACCES) {
		return err
	}
	if e := refusal(err, outright); e != nil {
		return e
	}
	if e := refusal(err, mediated); e != nil {
		return e
	}
	return err
}

// refusal returns an error for the first setting that has its forbidding value.
func refusal(cause error, settings []sysctl) error {
	for _, s := range settings {
		data, err := os.ReadFile(s.file)
		if err != nil || strings.TrimSpace(string(data)) != s.forbids {
			continue
		}
		e := engine.Errorf(engine.ClassUnsupported, "make user namespace: %s", s.why)
		if cause != nil {
			e = engine.Errorf(engine.ClassUnsupported, "make user namespace: %s: %w", s.why, cause)
		}
		return e.WithHint("Run `%s`, or run berth as root.", s.remedy)
	}
	return nil
}
