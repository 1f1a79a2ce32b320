package caps

import (
	"slices"
	"testing"

	"berth/engine"
)

func TestAdjust(t *testing.T) {
	for _, tt := range []struct {
		name      string
		add, drop []string
		has, not  []string
		count     int
	}{
		{name: "default", has: []string{"CAP_CHOWN"}, not: []string{"CAP_SYS_ADMIN"}, count: 14},
		{name: "add", add: []string{"sys_ptrace"}, has: []string{"CAP_SYS_PTRACE", "CAP_KILL"}, count: 15},
		{name: "drop", drop: []string{"CAP_NET_RAW"}, not: []string{"CAP_NET_RAW"}, count: 13},
		{name: "drop all, add one", add: []string{"CHOWN"}, drop: []string{"ALL"}, has: []string{"CAP_CHOWN"}, count: 1},
		{name: "add all, drop one", add: []string{"all"}, drop: []string{"BPF"}, has: []string{"CAP_SYS_ADMIN"}, not: []string{"CAP_BPF"}, count: Count - 1},
	} {
		t.Run(tt.name, func(t *testing.T) {
			got, err := Adjust(tt.add, tt.drop)
			if err != nil {
				t.Fatal(err)
			}
			if len(got) != tt.count {
				t.Errorf("%d capabilities, want %d: %v", len(got), tt.count, got)
			}
			for _, n := range tt.has {
				if !slices.Contains(got, n) {
					t.Errorf("%s is missing", n)
				}
			}
			for _, n := range tt.not {
				if slices.Contains(got, n) {
					t.Errorf("%s is there", n)
				}
			}
		})
	}
	if _, err := Adjust([]string{"CAP_NO_SUCH"}, nil); engine.ClassOf(err) != engine.ClassInvalid {
		t.Errorf("unknown capability: %v", err)
	}
}
