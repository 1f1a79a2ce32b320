package mount

import (
	"testing"

	"github.com/google/go-cmp/cmp"
	"golang.org/x/sys/unix"
)

func TestParse(t *testing.T) {
	for _, tt := range []struct {
		in   []string
		want Options
	}{
		{nil, Options{}},
		{[]string{"nosuid", "noexec", "mode=755", "size=64k"}, Options{
			Set:  unix.MOUNT_ATTR_NOSUID | unix.MOUNT_ATTR_NOEXEC,
			Data: []Param{{Key: "mode", Value: "755"}, {Key: "size", Value: "64k"}},
		}},
		{[]string{"ro", "rw"}, Options{Clear: unix.MOUNT_ATTR_RDONLY}},
		{[]string{"rw", "ro"}, Options{Set: unix.MOUNT_ATTR_RDONLY}},
		{[]string{"noatime", "strictatime"}, Options{Set: unix.MOUNT_ATTR_STRICTATIME, Clear: unix.MOUNT_ATTR__ATIME}},
		{[]string{"rbind", "rro", "rprivate"}, Options{
			Set: unix.MOUNT_ATTR_RDONLY, Recursive: true, Bind: true, BindSubtree: true,
			Propagation: unix.MS_PRIVATE, PropagateAll: true,
		}},
		{[]string{"relatime", "newinstance"}, Options{Clear: unix.MOUNT_ATTR__ATIME, Data: []Param{{Key: "newinstance", Flag: true}}}},
		{[]string{"bind", "slave"}, Options{Bind: true, Propagation: unix.MS_SLAVE}},
	} {
		if diff := cmp.Diff(tt.want, Parse(tt.in)); diff != "" {
			t.Errorf("Parse(%q): %s", tt.in, diff)
		}
	}
}
