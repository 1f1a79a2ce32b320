// Package process lists the processes of a container from /proc, as the host numbers
// them (proc(5)). It only reads; what it lists may have ended when it is read. It runs
// in berth.
package process

import (
	"bytes"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"slices"
	"strconv"
	"strings"
	"time"

	"berth/engine"
	"berth/engine/internal/idmap"
	"berth/engine/internal/user"

	"golang.org/x/sys/unix"
)

// A Container says whose processes to list.
type Container struct {
	// Init is the container's first process. The caller makes sure that it still is.
	Init int
	// Pids are its processes if a control group tells them; nil to look for them.
	Pids  []int
	IDMap idmap.Mapping
}

// List describes the processes of c in the order of their numbers. User is the name
// in the container's own passwd file, or the number that the container sees.
// CPUPercent is the average over a process's life, as ps(1) has it. ClassNotFound
// says that the container has ended.
func List(c Container) ([]engine.ProcessInfo, error) {
	pids := c.Pids
	if pids == nil {
		var err error
		if pids, err = Pids(c.Init); err != nil {
			return nil, err
		}
	}
	r := &lister{ids: c.IDMap, names: map[uint32]string{}, now: time.Now()}
	var up unix.Timespec
	if err := unix.ClockGettime(unix.CLOCK_BOOTTIME, &up); err != nil {
		return nil, fmt.Errorf("list processes: read clock: %w", err)
	}
	r.up = time.Duration(up.Nano())
	var mem unix.Sysinfo_t
	if err := unix.Sysinfo(&mem); err != nil {
		return nil, fmt.Errorf("list processes: read the memory's size: %w", err)
	}
	r.memory = float64(mem.Totalram) * float64(mem.Unit)
	// For the names. Without it, numbers do.
	if fd, err := unix.Open(dir(c.Init)+"/root", unix.O_PATH|unix.O_DIRECTORY|unix.O_CLOEXEC, 0); err == nil {
		r.root = os.NewFile(uintptr(fd), "root")
		defer r.root.Close()
	}
	var out []engine.ProcessInfo
	for _, pid := range pids {
		if info, ok := r.describe(pid); ok {
			out = append(out, info)
		}
	}
	if len(out) == 0 {
		return nil, gone(c.Init)
	}
	slices.SortFunc(out, func(a, b engine.ProcessInfo) int { return a.Pid - b.Pid })
	return out, nil
}

// Pids finds the processes of the container whose first process is init where no
// control group tells them: those in its PID namespace, and their descendants, which
// may have made namespaces of their own. ClassNotFound says that init has ended.
func Pids(init int) ([]int, error) {
	ns, err := os.Readlink(dir(init) + "/ns/pid")
	if errors.Is(err, fs.ErrNotExist) || errors.Is(err, unix.ESRCH) {
		return nil, gone(init)
	}
	if err != nil {
		return nil, engine.Errorf(engine.ClassPermission, "list processes: %w", err)
	}
	entries, err := os.ReadDir("/proc")
	if err != nil {
		return nil, fmt.Errorf("list processes: %w", err)
	}
	own, _ := os.Readlink("/proc/self/ns/pid")
	inside := map[int]bool{init: true}
	parent := map[int]int{}
	for _, e := range entries {
		pid, err := strconv.Atoi(e.Name())
		if err != nil {
			continue
		}
		// The host's own namespace is no container's: only descendants count then.
		if link, err := os.Readlink(dir(pid) + "/ns/pid"); err == nil && link == ns && ns != own {
			inside[pid] = true
		}
		if s, err := readStat(pid); err == nil {
			parent[pid] = s.ppid
		}
	}
	for pid := range parent {
		var path []int
		for p := pid; p > 0 && len(path) < len(parent); p = parent[p] {
			if inside[p] {
				for _, q := range path {
					inside[q] = true
				}
				break
			}
			path = append(path, p)
		}
	}
	out := make([]int, 0, len(inside))
	for pid := range inside {
		out = append(out, pid)
	}
	slices.Sort(out)
	return out, nil
}

func gone(init int) error {
	return engine.Errorf(engine.ClassNotFound, "list processes: process %d has ended", init)
}

func dir(pid int) string { return "/proc/" + strconv.Itoa(pid) }

type lister struct {
	ids   idmap.Mapping
	root  *os.File // nil if it can't be opened
	names map[uint32]string
	now   time.Time
	up    time.Duration // since boot

	memory float64 // of the host, in bytes
}

// describe reads one process; false if it has ended.
func (r *lister) describe(pid int) (engine.ProcessInfo, bool) {
	s, err := readStat(pid)
	if err != nil {
		return engine.ProcessInfo{}, false
	}
	status, err := os.ReadFile(dir(pid) + "/status")
	if err != nil {
		return engine.ProcessInfo{}, false
	}
	age := max(r.up-s.start, 0)
	info := engine.ProcessInfo{
		Pid: pid, PPid: s.ppid, InnerPid: pid, State: s.state, TTY: ttyName(s.tty), Started: r.now.Add(-age),
		CPUTime: s.cpu, RSS: s.rss, VSZ: s.vsz, Threads: s.threads, CommandName: s.name, StateFlags: s.flags(pid),
	}
	if r.memory > 0 {
		info.MemPercent = 100 * float64(s.rss) / r.memory
	}
	if age > 0 {
		info.CPUPercent = 100 * float64(s.cpu) / float64(age)
	}
	for line := range strings.Lines(string(status)) {
		key, rest, _ := strings.Cut(line, ":")
		f := strings.Fields(rest)
		switch {
		case key == "NSpid" && len(f) > 0:
			info.InnerPid, _ = strconv.Atoi(f[len(f)-1])
		case key == "Uid" && len(f) > 1:
			info.UID, _ = strconv.Atoi(f[1]) // the effective one
		}
	}
	info.User = r.userName(uint32(info.UID))
	cmdline, _ := os.ReadFile(dir(pid) + "/cmdline") // of a zombie it is empty
	if cmdline = bytes.TrimRight(cmdline, "\x00"); len(cmdline) > 0 {
		info.Command = string(bytes.ReplaceAll(cmdline, []byte{0}, []byte{' '}))
	} else {
		info.Command = "[" + s.name + "]"
	}
	return info, true
}

// userName returns the name that the container has for a user of the host.
func (r *lister) userName(uid uint32) string {
	if name, ok := r.names[uid]; ok {
		return name
	}
	inner, ok := idmap.ToContainer(r.ids.UIDs, uid)
	name := strconv.FormatUint(uint64(inner), 10)
	if ok && r.root != nil {
		if u, err := user.Lookup(r.root, name); err == nil && u.Name != "" {
			name = u.Name
		}
	}
	r.names[uid] = name
	return name
}

// A procStat is what we use of /proc/PID/stat (proc_pid_stat(5)).
type procStat struct {
	name, state   string
	ppid, threads int
	tty           uint64
	cpu, start    time.Duration // start since boot
	rss, vsz      int64
	nice          int
	group         int // process group
	session       int
	foreground    int // process group that its terminal listens to
}

// flags are what ps(1) shows behind the state: priority, session leader, threads, foreground.
func (s procStat) flags(pid int) string {
	var f string
	switch {
	case s.nice < 0:
		f = "<"
	case s.nice > 0:
		f = "N"
	}
	if s.session == pid {
		f += "s"
	}
	if s.threads > 1 {
		f += "l"
	}
	if s.foreground > 0 && s.foreground == s.group {
		f += "+"
	}
	return f
}

// tick is the unit of times in /proc, USER_HZ, which is 100 on every architecture that Go runs on.
const tick = time.Second / 100

func readStat(pid int) (procStat, error) {
	data, err := os.ReadFile(dir(pid) + "/stat")
	if err != nil {
		return procStat{}, err
	}
	return parseStat(string(data))
}

func parseStat(line string) (procStat, error) {
	// The name may hold blanks and brackets: it ends at the last one.
	open, end := strings.IndexByte(line, '('), strings.LastIndexByte(line, ')')
	if open < 0 || end < open {
		return procStat{}, errors.New("stat line without a name")
	}
	f := strings.Fields(line[end+1:])
	if len(f) < 22 {
		return procStat{}, errors.New("stat line is too short")
	}
	n := func(i int) int64 {
		v, _ := strconv.ParseInt(f[i], 10, 64)
		return v
	}
	return procStat{
		name: line[open+1 : end], state: f[0], ppid: int(n(1)), tty: uint64(uint32(n(4))), threads: int(n(17)),
		cpu: time.Duration(n(11)+n(12)) * tick, start: time.Duration(n(19)) * tick, rss: n(21) * int64(os.Getpagesize()),
		vsz: n(20), nice: int(n(16)), group: int(n(2)), session: int(n(3)), foreground: int(n(5)),
	}, nil
}

// ttyName names a terminal as ps(1) does; "?" for none.
func ttyName(dev uint64) string {
	major, minor := unix.Major(dev), unix.Minor(dev)
	switch {
	case dev == 0:
		return "?"
	case major >= 136 && major <= 143:
		return fmt.Sprintf("pts/%d", (major-136)<<20|minor)
	case major == 4 && minor < 64:
		return fmt.Sprintf("tty%d", minor)
	case major == 5 && minor == 1:
		return "console"
	}
	return fmt.Sprintf("%d:%d", major, minor)
}
