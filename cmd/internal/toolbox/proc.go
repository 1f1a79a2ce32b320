package toolbox

import (
	"bytes"
	"cmp"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"time"

	"golang.org/x/sys/unix"
	"golang.org/x/term"
)

// ticks is the kernel's USER_HZ, which is 100 on every architecture that Go has.
const ticks = 100

// A process is what /proc tells of one: proc_pid_stat(5).
type process struct {
	pid, ppid, pgid, tty int
	uid                  int
	state                string
	name                 string
	command              string // with arguments; "[name]" if it has none
	cpu                  time.Duration
	started              time.Duration // since boot
	rss                  int64         // bytes
	threads              int
}

// processes returns all processes that can be seen, by number.
func processes() ([]process, error) {
	entries, err := os.ReadDir("/proc")
	if err != nil {
		return nil, err
	}
	var found []process
	for _, entry := range entries {
		pid, err := strconv.Atoi(entry.Name())
		if err != nil {
			continue
		}
		p, err := readProcess(pid)
		if errors.Is(err, os.ErrNotExist) || errors.Is(err, unix.ESRCH) {
			continue // it has ended since
		}
		if err != nil {
			return nil, err
		}
		found = append(found, p)
	}
	if len(found) == 0 {
		return nil, errors.New("/proc shows no process: is it mounted?")
	}
	slices.SortFunc(found, func(a, b process) int { return cmp.Compare(a.pid, b.pid) })
	return found, nil
}

func readProcess(pid int) (process, error) {
	dir := filepath.Join("/proc", strconv.Itoa(pid))
	line, err := os.ReadFile(filepath.Join(dir, "stat"))
	if err != nil {
		return process{}, err
	}
	// The name stands in parentheses and may hold any character, so the last one counts.
	open, end := bytes.IndexByte(line, '('), bytes.LastIndexByte(line, ')')
	if open < 0 || end < open {
		return process{}, fmt.Errorf("%s/stat: unexpected form", dir)
	}
	fields := strings.Fields(string(line[end+1:]))
	if len(fields) < 22 {
		return process{}, fmt.Errorf("%s/stat: unexpected form", dir)
	}
	number := func(i int) int { // i counts as proc_pid_stat(5) does
		n, _ := strconv.Atoi(fields[i-3]) // all of these are numbers
		return n
	}
	p := process{
		pid: pid, name: string(line[open+1 : end]), state: fields[0],
		ppid: number(4), pgid: number(5), tty: number(7), threads: number(20),
		cpu:     time.Duration(number(14)+number(15)) * time.Second / ticks,
		started: time.Duration(number(22)) * time.Second / ticks,
		rss:     int64(number(24)) * int64(os.Getpagesize()),
	}
	p.command = "[" + p.name + "]"
	if words, err := os.ReadFile(filepath.Join(dir, "cmdline")); err == nil && len(words) > 0 {
		p.command = printable(strings.TrimSpace(strings.ReplaceAll(string(words), "\x00", " ")))
	}
	if info, err := os.Stat(dir); err == nil {
		p.uid = int(info.Sys().(*syscall.Stat_t).Uid)
	}
	return p, nil
}

// terminalName names a terminal by its device number: proc_pid_stat(5), tty_nr.
func terminalName(device int) string {
	major, minor := device>>8&0xfff, device&0xff|device>>12&0xfff00
	switch {
	case device == 0:
		return "?"
	case major >= 136 && major <= 143:
		return fmt.Sprintf("pts/%d", (major-136)<<8|minor)
	case major == 5 && minor == 1:
		return "console"
	case major == 4 && minor < 64:
		return fmt.Sprintf("tty%d", minor)
	}
	return fmt.Sprintf("%d:%d", major, minor)
}

// sinceBoot returns the time since boot, the clock of process.started.
func sinceBoot() time.Duration {
	var t unix.Timespec
	if err := unix.ClockGettime(unix.CLOCK_BOOTTIME, &t); err != nil {
		return 0
	}
	return time.Duration(t.Nano())
}

// runPs prints processes. It shows all of them, without or with any of the usual flags a, x, e and A.
func runPs(c *call) error {
	args := c.args
	user, full := false, false
	for _, arg := range args {
		for _, flag := range strings.TrimPrefix(arg, "-") {
			switch flag {
			case 'a', 'x', 'e', 'A', 'w':
			case 'u':
				user = true
			case 'f', 'l':
				full = true
			default:
				if arg == "--help" {
					return errHelp
				}
				return c.misuse("unknown flag %q", arg)
			}
		}
	}
	all, err := processes()
	if err != nil {
		return err
	}
	users, now := names("/etc/passwd"), sinceBoot()
	width := 0
	if term.IsTerminal(1) {
		if columns, _, err := term.GetSize(1); err == nil {
			width = columns
		}
	}
	print := func(format string, values ...any) {
		line := []rune(fmt.Sprintf(format, values...))
		if width > 0 && len(line) > width {
			line = line[:width]
		}
		fmt.Fprintln(c.out, string(line))
	}
	switch {
	case user:
		print("%-8s %5s %5s %8s %-7s %-4s %9s %s", "USER", "PID", "%CPU", "RSS", "TTY", "STAT", "TIME", "COMMAND")
	case full:
		print("%-8s %5s %5s %5s %-7s %-4s %9s %s", "USER", "PID", "PPID", "PGID", "TTY", "STAT", "TIME", "COMMAND")
	default:
		print("%5s %-8s %-7s %-4s %9s %s", "PID", "USER", "TTY", "STAT", "TIME", "COMMAND")
	}
	for _, p := range all {
		owner, tty, cpu := named(users, p.uid), terminalName(p.tty), clock(p.cpu)
		switch {
		case user:
			print("%-8s %5d %5.1f %8s %-7s %-4s %9s %s", owner, p.pid, percent(p.cpu, now-p.started), humanSize(p.rss), tty, p.state, cpu, p.command)
		case full:
			print("%-8s %5d %5d %5d %-7s %-4s %9s %s", owner, p.pid, p.ppid, p.pgid, tty, p.state, cpu, p.command)
		default:
			print("%5d %-8s %-7s %-4s %9s %s", p.pid, owner, tty, p.state, cpu, p.command)
		}
	}
	return nil
}

// clock shows a time as h:mm:ss, or m:ss.cc below an hour.
func clock(d time.Duration) string {
	if d >= time.Hour {
		return fmt.Sprintf("%d:%02d:%02d", int(d.Hours()), int(d.Minutes())%60, int(d.Seconds())%60)
	}
	return fmt.Sprintf("%d:%05.2f", int(d.Minutes()), (d % time.Minute).Seconds())
}

func percent(part, whole time.Duration) float64 {
	if whole <= 0 {
		return 0
	}
	return 100 * float64(part) / float64(whole)
}
