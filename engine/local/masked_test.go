package local

import (
	"os"
	"path/filepath"
	"slices"
	"testing"
)

func TestThermalCountersAreMasked(t *testing.T) {
	cpus := t.TempDir()
	if got := masked(cpus); !slices.Equal(got, maskedPaths) {
		t.Errorf("a machine without them: %q", got)
	}
	for _, dir := range []string{"cpu0/thermal_throttle", "cpu1/thermal_throttle", "cpu11/thermal_throttle", "cpufreq", "cpuidle"} {
		if err := os.MkdirAll(filepath.Join(cpus, dir), 0o755); err != nil {
			t.Fatal(err)
		}
	}
	want := slices.Concat(maskedPaths, []string{cpus + "/cpu0/thermal_throttle", cpus + "/cpu1/thermal_throttle", cpus + "/cpu11/thermal_throttle"})
	if got := masked(cpus); !slices.Equal(got, want) {
		t.Errorf("masked %q, want %q", got, want)
	}
}
