package toolbox

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"time"

	"golang.org/x/sys/unix"
	"golang.org/x/term"
)

func runBasename(c *call) error {
	if err := c.parse(c.flags()); err != nil {
		return err
	}
	if len(c.args) < 1 || len(c.args) > 2 {
		return c.misuse("a path is needed")
	}
	base := filepath.Base(c.args[0])
	if len(c.args) == 2 && base != c.args[1] {
		base = strings.TrimSuffix(base, c.args[1])
	}
	fmt.Fprintln(c.out, base)
	return nil
}

func runDirname(c *call) error {
	if err := c.parse(c.flags()); err != nil {
		return err
	}
	if len(c.args) == 0 {
		return c.misuse("a path is needed")
	}
	for _, path := range c.args {
		fmt.Fprintln(c.out, filepath.Dir(path))
	}
	return nil
}

func runClear(c *call) error {
	if err := c.parse(c.flags()); err != nil {
		return err
	}
	fmt.Fprint(c.out, "\x1b[H\x1b[2J\x1b[3J") // CUP, ED 2, and xterm's ED 3 for the scrollback
	return nil
}

func runSleep(c *call) error {
	if err := c.parse(c.flags()); err != nil {
		return err
	}
	if len(c.args) == 0 {
		return c.misuse("a number of seconds is needed")
	}
	var total time.Duration
	for _, arg := range c.args {
		d, err := parseDuration(arg)
		if err != nil {
			return c.misuse("invalid time %q", arg)
		}
		total += d
	}
	time.Sleep(total)
	return nil
}

// parseDuration reads a number with an optional unit s, m, h or d, as sleep and timeout take it.
func parseDuration(s string) (time.Duration, error) {
	if s == "infinity" || s == "inf" {
		return 1<<63 - 1, nil
	}
	unit := time.Second
	if n := len(s) - 1; n >= 0 {
		if u, ok := map[byte]time.Duration{'s': time.Second, 'm': time.Minute, 'h': time.Hour, 'd': 24 * time.Hour}[s[n]]; ok {
			unit, s = u, s[:n]
		}
	}
	n, err := strconv.ParseFloat(s, 64)
	if err != nil || n < 0 || n > 1e9 {
		return 0, fmt.Errorf("invalid time %q", s)
	}
	return time.Duration(n * float64(unit)), nil
}

func runHostname(c *call) error {
	if err := c.parse(c.flags()); err != nil {
		return err
	}
	switch len(c.args) {
	case 0:
		name, err := os.Hostname()
		if err != nil {
			return err
		}
		fmt.Fprintln(c.out, name)
		return nil
	case 1:
		if err := unix.Sethostname([]byte(c.args[0])); err != nil {
			return fmt.Errorf("set the host name to %q: %w", c.args[0], err)
		}
		return nil
	}
	return c.misuse("one name at most")
}

func runTTY(c *call) error {
	f := c.flags()
	silent := f.BoolP("silent", "s", false, "")
	if err := c.parse(f); err != nil {
		return err
	}
	if !term.IsTerminal(0) {
		if !*silent {
			fmt.Fprintln(c.out, "not a tty")
		}
		return status(1)
	}
	name, err := os.Readlink("/proc/self/fd/0")
	if err != nil {
		return err
	}
	if !*silent {
		fmt.Fprintln(c.out, name)
	}
	return nil
}

func runUname(c *call) error {
	f := c.flags()
	all := f.BoolP("all", "a", false, "")
	parts := []*bool{
		f.BoolP("kernel-name", "s", false, ""), f.BoolP("nodename", "n", false, ""), f.BoolP("kernel-release", "r", false, ""),
		f.BoolP("kernel-version", "v", false, ""), f.BoolP("machine", "m", false, ""), f.BoolP("operating-system", "o", false, ""),
	}
	if err := c.parse(f); err != nil {
		return err
	}
	var u unix.Utsname
	if err := unix.Uname(&u); err != nil {
		return err
	}
	values := []string{
		unix.ByteSliceToString(u.Sysname[:]), unix.ByteSliceToString(u.Nodename[:]), unix.ByteSliceToString(u.Release[:]),
		unix.ByteSliceToString(u.Version[:]), unix.ByteSliceToString(u.Machine[:]), "Linux",
	}
	var chosen []string
	for i, part := range parts {
		if *part || *all {
			chosen = append(chosen, values[i])
		}
	}
	if len(chosen) == 0 {
		chosen = values[:1]
	}
	fmt.Fprintln(c.out, strings.Join(chosen, " "))
	return nil
}

func runEnv(c *call) error {
	f := c.flags()
	f.SetInterspersed(false)
	empty := f.BoolP("ignore-environment", "i", false, "")
	unset := f.StringArrayP("unset", "u", nil, "")
	null := f.BoolP("null", "0", false, "")
	if err := c.parse(f); err != nil {
		return err
	}
	var env []string
	if !*empty {
		env = os.Environ()
	}
	remove := func(name string) {
		env = slices.DeleteFunc(env, func(s string) bool { return strings.HasPrefix(s, name+"=") })
	}
	for _, name := range *unset {
		remove(name)
	}
	for len(c.args) > 0 && strings.Contains(c.args[0], "=") {
		name, _, _ := strings.Cut(c.args[0], "=")
		remove(name)
		env, c.args = append(env, c.args[0]), c.args[1:]
	}
	if len(c.args) > 0 {
		return c.become(env)
	}
	end := "\n"
	if *null {
		end = "\x00"
	}
	for _, entry := range env {
		fmt.Fprint(c.out, entry, end)
	}
	return nil
}

// become replaces this process by the program that c.args names. It returns only if that fails, with the
// statuses that POSIX gives to env, nohup and the like: 127 not found, 126 not executable.
func (c *call) become(env []string) error {
	// The new environment's PATH counts.
	for _, entry := range env {
		if path, ok := strings.CutPrefix(entry, "PATH="); ok {
			_ = os.Setenv("PATH", path)
		}
	}
	path, err := exec.LookPath(c.args[0])
	if err != nil {
		c.complain("%s: not found", c.args[0])
		return status(127)
	}
	_ = c.out.Flush()
	err = syscall.Exec(path, c.args, env)
	c.complain("%s: %v", c.args[0], err)
	return status(126)
}

func runPrintenv(c *call) error {
	if err := c.parse(c.flags()); err != nil {
		return err
	}
	if len(c.args) == 0 {
		for _, entry := range os.Environ() {
			fmt.Fprintln(c.out, entry)
		}
		return nil
	}
	var failed error
	for _, name := range c.args {
		value, ok := os.LookupEnv(name)
		if !ok {
			failed = status(1)
			continue
		}
		fmt.Fprintln(c.out, value)
	}
	return failed
}
