package diff

import (
	"os"
	"os/exec"
	"testing"

	"berth/engine/enginetest/ability"
	"berth/engine/internal/idmap"
)

// TestMain lets this binary be a worker.
func TestMain(m *testing.M) {
	if os.Args[0] == "diff-worker" {
		os.Exit(WorkerMain(os.Args[1:]))
	}
	os.Exit(m.Run())
}

// A container makes directories that only its own root can read, with one id and,
// where there are ranges, with many.
func TestChangesThatOnlyTheContainersRootCanRead(t *testing.T) {
	ability.Need(t, ability.UserNS)
	detected, err := idmap.Detect()
	if err != nil {
		t.Fatal(err)
	}
	single := idmap.Mapping{Mode: idmap.Single,
		UIDs: []idmap.Range{{Host: uint32(os.Geteuid()), Size: 1}}, GIDs: []idmap.Range{{Host: uint32(os.Getegid()), Size: 1}}}
	for _, m := range []idmap.Mapping{detected, single} {
		t.Run(string(m.Mode), func(t *testing.T) {
			upper, lower := t.TempDir(), t.TempDir()
			shell(t, m, upper, "mkdir closed; echo x >closed/f; [ "+string(m.Mode)+" = single ] || chown 33:33 closed; chmod 0 closed")
			t.Cleanup(func() { shell(t, m, upper, "rm -rf closed") })
			changes, err := Changes(t.Context(), Target{Upper: upper, Lower: []string{lower}, IDMap: m,
				Worker: func(args ...string) (*exec.Cmd, error) {
					cmd := exec.Command("/proc/self/exe", args...)
					cmd.Args[0] = "diff-worker"
					return cmd, nil
				}})
			if err != nil || len(changes) != 2 || changes[0].Path != "/closed" || changes[1].Path != "/closed/f" {
				t.Errorf("changes are %v, %v", changes, err)
			}
		})
	}
}

// shell runs a line as root of the mapping.
func shell(t *testing.T, m idmap.Mapping, dir, line string) {
	t.Helper()
	cmd := exec.Command("sh", "-c", line)
	cmd.Dir, cmd.Stderr = dir, os.Stderr
	if err := m.Start(cmd, 0); err != nil {
		t.Fatal(err)
	}
	if err := cmd.Wait(); err != nil {
		t.Fatal(err)
	}
}
