package runtime

import (
	"fmt"
	"strings"

	"berth/engine"

	specs "github.com/opencontainers/runtime-spec/specs-go"
	"golang.org/x/sys/unix"
)

var resourceNumbers = map[string]int{
	"CPU": unix.RLIMIT_CPU, "FSIZE": unix.RLIMIT_FSIZE, "DATA": unix.RLIMIT_DATA, "STACK": unix.RLIMIT_STACK,
	"CORE": unix.RLIMIT_CORE, "RSS": unix.RLIMIT_RSS, "NPROC": unix.RLIMIT_NPROC, "NOFILE": unix.RLIMIT_NOFILE,
	"MEMLOCK": unix.RLIMIT_MEMLOCK, "AS": unix.RLIMIT_AS, "LOCKS": unix.RLIMIT_LOCKS, "SIGPENDING": unix.RLIMIT_SIGPENDING,
	"MSGQUEUE": unix.RLIMIT_MSGQUEUE, "NICE": unix.RLIMIT_NICE, "RTPRIO": unix.RLIMIT_RTPRIO, "RTTIME": unix.RLIMIT_RTTIME,
}

// usualFiles is the soft limit of open files without a --ulimit. The shim's own is
// no guide: the Go runtime raises it to the hard limit.
const usualFiles = 1024

// setLimits sets resource limits. One that this user may not raise is set as far as
// possible, and the step says so.
func (b *builder) setLimits() error {
	own, err := permitted()
	if err != nil {
		return err
	}
	mayRaise := !b.userns() && own.Has(unix.CAP_SYS_RESOURCE)
	limits := b.b.Spec.Process.Rlimits
	if !limited(limits, "NOFILE") {
		var now unix.Rlimit
		if err := unix.Getrlimit(unix.RLIMIT_NOFILE, &now); err != nil {
			return fmt.Errorf("read limit of open files: %w", err)
		}
		limits = append([]specs.POSIXRlimit{{Type: "RLIMIT_NOFILE", Soft: min(usualFiles, now.Max), Hard: now.Max}}, limits...)
	}
	type limit struct {
		nr    int
		value *unix.Rlimit
	}
	var calls []limit
	var notes []string
	for _, l := range limits {
		nr, ok := resourceNumbers[strings.TrimPrefix(l.Type, "RLIMIT_")]
		if !ok {
			return engine.Errorf(engine.ClassInvalid, "set limits: %q is no resource limit", l.Type)
		}
		want := &unix.Rlimit{Cur: l.Soft, Max: l.Hard}
		var now unix.Rlimit
		if err := unix.Getrlimit(nr, &now); err != nil {
			return fmt.Errorf("read limit %q: %w", l.Type, err)
		}
		if want.Max > now.Max && !mayRaise {
			notes = append(notes, fmt.Sprintf("%s stays at %d: this user may not raise it to %d", l.Type, now.Max, want.Max))
			want.Max = now.Max
			want.Cur = min(want.Cur, want.Max)
		}
		calls = append(calls, limit{nr, want})
	}
	b.Step("set limits", "", "Set the process's resource limits.", struct {
		Limits []specs.POSIXRlimit
		Notes  []string `json:",omitempty"`
	}{limits, notes})
	for _, c := range calls {
		b.Call(unix.SYS_PRLIMIT64, 0, c.nr, c.value, nil)
	}
	return nil
}

func limited(limits []specs.POSIXRlimit, name string) bool {
	for _, l := range limits {
		if strings.TrimPrefix(l.Type, "RLIMIT_") == name {
			return true
		}
	}
	return false
}
