package shim

import (
	"fmt"
	"os"
	"path/filepath"
)

// Find returns the program that Start runs and the argv[0] to run it by: the small
// berth-shim beside this program, else this program itself, which knows by argv[0]
// that it is to be the shim (see [Invoked]).
func Find() (path, argv0 string, err error) {
	self, err := os.Executable()
	if err != nil {
		return "", "", fmt.Errorf("find shim: %w", err)
	}
	beside := filepath.Join(filepath.Dir(self), Name)
	if fi, err := os.Stat(beside); err == nil && fi.Mode().IsRegular() && fi.Mode()&0o111 != 0 {
		return beside, Name, nil
	}
	return self, Name, nil
}

// Invoked reports whether this process was started to be a shim.
func Invoked() bool { return filepath.Base(os.Args[0]) == Name }
