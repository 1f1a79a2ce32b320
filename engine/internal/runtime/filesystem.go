package runtime

import (
	"berth/engine/internal/mount"
	"berth/engine/internal/plan"

	"golang.org/x/sys/unix"
)

// newFS makes a detached mount of a file system (fsopen, fsconfig, fsmount) in to.
// After an error of any call the child goes on at skip, if it is not required.
func (b *builder) newFS(kind, source string, params []mount.Param, attrs uint64, to plan.Slot, skip plan.Label) {
	fs, failed, done := b.Slot("fs"), skip, b.Label()
	if skip == required {
		failed = b.Label()
	}
	b.Call(unix.SYS_FSOPEN, kind, unix.FSOPEN_CLOEXEC).To(fs)
	if source != "" {
		params = append([]mount.Param{{Key: "source", Value: source}}, params...)
	}
	for _, p := range params {
		if p.Flag {
			b.Call(unix.SYS_FSCONFIG, fs, unix.FSCONFIG_SET_FLAG, p.Key, nil, 0).On(plan.Any, failed)
		} else {
			b.Call(unix.SYS_FSCONFIG, fs, unix.FSCONFIG_SET_STRING, p.Key, p.Value, 0).On(plan.Any, failed)
		}
	}
	b.Call(unix.SYS_FSCONFIG, fs, unix.FSCONFIG_CMD_CREATE, nil, nil, 0).On(plan.Any, failed)
	b.Call(unix.SYS_FSMOUNT, fs, unix.FSMOUNT_CLOEXEC, attrs).To(to).On(plan.Any, failed)
	b.closeSlot(fs)
	if skip == required {
		b.Jump(done)
		b.Place(failed)
		b.FailWithLog(fs)
	}
	b.Place(done)
}

// required as newFS's skip makes every error end the start.
const required plan.Label = -1
