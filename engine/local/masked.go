package local

import (
	"os"
	"path"
	"slices"
	"strings"
)

// masked returns Docker's masked paths with those of this machine: the counters of each
// CPU's thermal throttling, by which neighbours can be watched. cpus is where the
// kernel lists the CPUs. Most machines of a cloud have none, which takes one look.
func masked(cpus string) []string {
	const dir = "thermal_throttle"
	if _, err := os.Lstat(path.Join(cpus, "cpu0", dir)); err != nil {
		return maskedPaths
	}
	entries, err := os.ReadDir(cpus)
	if err != nil {
		return maskedPaths
	}
	all := slices.Clone(maskedPaths)
	for _, e := range entries {
		if n, ok := strings.CutPrefix(e.Name(), "cpu"); ok && n != "" && strings.Trim(n, "0123456789") == "" {
			all = append(all, path.Join(cpus, e.Name(), dir)) // what is not there is skipped
		}
	}
	return all
}
