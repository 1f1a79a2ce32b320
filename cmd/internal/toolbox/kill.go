package toolbox

import (
	"fmt"
	"os"
	"strconv"
	"strings"

	"golang.org/x/sys/unix"
)

// signalNumber reads a signal's number or name, with or without SIG; 0 is the test for existence.
func signalNumber(s string) (unix.Signal, bool) {
	if n, err := strconv.Atoi(s); err == nil {
		return unix.Signal(n), n >= 0 && n <= 64
	}
	name := strings.ToUpper(s)
	if !strings.HasPrefix(name, "SIG") {
		name = "SIG" + name
	}
	n := unix.SignalNum(name)
	return n, n != 0
}

func runKill(c *call) error {
	args := c.args
	sig := unix.SIGTERM
	if len(args) > 0 {
		switch flag := args[0]; {
		case flag == "--help":
			return errHelp
		case flag == "-l":
			for n := unix.Signal(1); n < 32; n++ {
				fmt.Fprintf(c.out, "%2d %s\n", int(n), strings.TrimPrefix(unix.SignalName(n), "SIG"))
			}
			return nil
		case flag == "-s" || flag == "-n":
			if len(args) < 2 {
				return c.misuse("%s needs a signal", flag)
			}
			args = append([]string{"-" + args[1]}, args[2:]...)
			fallthrough
		case len(flag) > 1 && flag[0] == '-' && flag != "--":
			n, ok := signalNumber(args[0][1:])
			if !ok {
				return c.misuse("unknown signal %q", args[0][1:])
			}
			sig, args = n, args[1:]
		}
		if len(args) > 0 && args[0] == "--" {
			args = args[1:]
		}
	}
	if len(args) == 0 {
		return c.misuse("a process is needed")
	}
	var failed error
	for _, arg := range args {
		pid, err := strconv.Atoi(arg)
		if err != nil {
			return c.misuse("%q is no process number", arg)
		}
		if err := unix.Kill(pid, sig); err != nil {
			c.complain("%d: %v", pid, err)
			failed = status(1)
		}
	}
	return failed
}

// byName returns the processes of that name except this one.
func byName(name string) ([]process, error) {
	all, err := processes()
	if err != nil {
		return nil, err
	}
	var found []process
	for _, p := range all {
		first, _, _ := strings.Cut(p.command, " ")
		if p.pid != os.Getpid() && (p.name == name || first == name || strings.HasSuffix(first, "/"+name)) {
			found = append(found, p)
		}
	}
	return found, nil
}

func runPidof(c *call) error {
	if err := c.parse(c.flags()); err != nil {
		return err
	}
	if len(c.args) == 0 {
		return c.misuse("a name is needed")
	}
	var pids []string
	for _, name := range c.args {
		found, err := byName(name)
		if err != nil {
			return err
		}
		for _, p := range found {
			pids = append(pids, strconv.Itoa(p.pid))
		}
	}
	if len(pids) == 0 {
		return status(1)
	}
	fmt.Fprintln(c.out, strings.Join(pids, " "))
	return nil
}
