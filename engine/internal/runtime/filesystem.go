package runtime

import (
	"berth/engine/internal/mount"
	"berth/engine/internal/plan"

	"golang.org/x/sys/unix"
)

// newFS makes a detached mount of a file system (fsopen, fsconfig, fsmount) in to.
// After an error of any call the child goes on at skip, if it is not negative.
func (b *builder) newFS(kind, source string, params []mount.Param, attrs uint64, to plan.Slot, skip plan.Label) {
	fs := b.Slot("fs")
	or := func(o plan.Op) {
		if skip >= 0 {
			o.On(plan.Any, skip)
		}
	}
	or(b.Call(unix.SYS_FSOPEN, kind, unix.FSOPEN_CLOEXEC).To(fs))
	if source != "" {
		or(b.Call(unix.SYS_FSCONFIG, fs, unix.FSCONFIG_SET_STRING, "source", source, 0))
	}
	for _, p := range params {
		if p.Flag {
			or(b.Call(unix.SYS_FSCONFIG, fs, unix.FSCONFIG_SET_FLAG, p.Key, nil, 0))
		} else {
			or(b.Call(unix.SYS_FSCONFIG, fs, unix.FSCONFIG_SET_STRING, p.Key, p.Value, 0))
		}
	}
	or(b.Call(unix.SYS_FSCONFIG, fs, unix.FSCONFIG_CMD_CREATE, nil, nil, 0))
	or(b.Call(unix.SYS_FSMOUNT, fs, unix.FSMOUNT_CLOEXEC, attrs).To(to))
	b.closeSlot(fs)
}

// required as newFS's skip makes every error end the start.
const required plan.Label = -1
