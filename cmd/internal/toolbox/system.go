package toolbox

import (
	"bufio"
	"fmt"
	"os"
	"runtime"
	"strconv"
	"strings"
	"time"

	"golang.org/x/sys/unix"
)

// A mounted is one line of /proc/self/mountinfo: proc_pid_mountinfo(5).
type mounted struct {
	source, target, kind, options string
}

// mounts returns what is mounted in this mount namespace, in the kernel's order.
func mounts() ([]mounted, error) {
	f, err := os.Open("/proc/self/mountinfo")
	if err != nil {
		return nil, err
	}
	defer f.Close()
	var all []mounted
	scanner := bufio.NewScanner(f)
	scanner.Buffer(nil, 1<<20) // an overlay of many layers has long options
	for scanner.Scan() {
		before, after, ok := strings.Cut(scanner.Text(), " - ")
		front, back := strings.Fields(before), strings.Fields(after)
		if !ok || len(front) < 6 || len(back) < 3 {
			continue
		}
		options := front[5]
		for option := range strings.SplitSeq(back[2], ",") {
			if option != "rw" && option != "ro" {
				options += "," + option
			}
		}
		all = append(all, mounted{unescapeMount(back[1]), unescapeMount(front[4]), back[0], options})
	}
	return all, scanner.Err()
}

// unescapeMount decodes the octal escapes of blanks and backslashes.
func unescapeMount(s string) string {
	for _, code := range []string{`\040`, `\011`, `\012`, `\134`} {
		n, _ := strconv.ParseUint(code[1:], 8, 8)
		s = strings.ReplaceAll(s, code, string(rune(n)))
	}
	return s
}

// mountFlags are options that mount(2) has bits for.
var mountFlags = map[string]uintptr{
	"ro": unix.MS_RDONLY, "nosuid": unix.MS_NOSUID, "nodev": unix.MS_NODEV, "noexec": unix.MS_NOEXEC, "remount": unix.MS_REMOUNT,
	"bind": unix.MS_BIND, "rbind": unix.MS_BIND | unix.MS_REC, "noatime": unix.MS_NOATIME, "rw": 0,
	"private": unix.MS_PRIVATE, "rprivate": unix.MS_PRIVATE | unix.MS_REC, "shared": unix.MS_SHARED, "slave": unix.MS_SLAVE,
}

func runMount(c *call) error {
	f := c.flags()
	kind, options := f.StringP("types", "t", "", ""), f.StringP("options", "o", "", "")
	readOnly, bind := f.BoolP("read-only", "r", false, ""), f.Bool("bind", false, "")
	if err := c.parse(f); err != nil {
		return err
	}
	if len(c.args) == 0 {
		all, err := mounts()
		if err != nil {
			return short(err)
		}
		for _, m := range all {
			if *kind == "" || *kind == m.kind {
				fmt.Fprintf(c.out, "%s on %s type %s (%s)\n", m.source, printable(m.target), m.kind, m.options)
			}
		}
		return nil
	}
	if len(c.args) == 1 && strings.Contains(*options, "remount") {
		c.args = append([]string{"none"}, c.args...)
	}
	if len(c.args) != 2 {
		return c.misuse("a source and a target are needed")
	}
	var flags uintptr
	var data []string
	for option := range strings.SplitSeq(*options, ",") {
		if bits, ok := mountFlags[option]; ok {
			flags |= bits
		} else if option != "" {
			data = append(data, option)
		}
	}
	if *readOnly {
		flags |= unix.MS_RDONLY
	}
	if *bind {
		flags |= unix.MS_BIND
	}
	if err := unix.Mount(c.args[0], c.args[1], *kind, flags, strings.Join(data, ",")); err != nil {
		return fmt.Errorf("mount %s on %s: %w", c.args[0], c.args[1], err)
	}
	return nil
}

func runUmount(c *call) error {
	f := c.flags()
	lazy, force := f.BoolP("lazy", "l", false, ""), f.BoolP("force", "f", false, "")
	if err := c.parse(f); err != nil {
		return err
	}
	flags := 0
	if *lazy {
		flags |= unix.MNT_DETACH
	}
	if *force {
		flags |= unix.MNT_FORCE
	}
	return c.all(func(path string) error {
		if err := unix.Unmount(path, flags); err != nil {
			return &os.PathError{Path: path, Err: err}
		}
		return nil
	})
}

func runDf(c *call) error {
	f := c.flags()
	human := f.BoolP("human-readable", "h", false, "")
	f.BoolP("kilobytes", "k", true, "")
	all := f.BoolP("all", "a", false, "")
	if err := c.parse(f); err != nil {
		return err
	}
	list, err := mounts()
	if err != nil {
		return short(err)
	}
	if len(c.args) > 0 {
		var chosen []mounted
		for _, path := range c.args {
			m, err := mountOf(list, path)
			if err != nil {
				return short(err)
			}
			chosen = append(chosen, m)
		}
		list, *all = chosen, true
	}
	size := func(blocks uint64, unit int64) string {
		if *human {
			return humanSize(int64(blocks) * unit)
		}
		return strconv.FormatUint(blocks*uint64(unit)/1024, 10)
	}
	heading := "1K-blocks"
	if *human {
		heading = "Size"
	}
	fmt.Fprintf(c.out, "%-20s %10s %10s %10s %4s %s\n", "Filesystem", heading, "Used", "Available", "Use%", "Mounted on")
	seen := map[string]bool{}
	for _, m := range list {
		var s unix.Statfs_t
		if err := unix.Statfs(m.target, &s); err != nil || s.Blocks == 0 && !*all || seen[m.target] {
			continue
		}
		seen[m.target] = true
		used := s.Blocks - s.Bfree
		share := "-"
		if used+s.Bavail > 0 {
			share = fmt.Sprintf("%d%%", (used*100+used+s.Bavail-1)/(used+s.Bavail))
		}
		fmt.Fprintf(c.out, "%-20s %10s %10s %10s %4s %s\n", m.source, size(s.Blocks, s.Frsize), size(used, s.Frsize), size(s.Bavail, s.Frsize), share, printable(m.target))
	}
	return nil
}

// mountOf returns the mount on which a file lies: the last one whose device is the file's.
func mountOf(list []mounted, path string) (mounted, error) {
	var file unix.Stat_t
	if err := unix.Stat(path, &file); err != nil {
		return mounted{}, &os.PathError{Path: path, Err: err}
	}
	var found mounted
	for _, m := range list {
		var s unix.Stat_t
		if err := unix.Stat(m.target, &s); err == nil && s.Dev == file.Dev {
			found = m
		}
	}
	if found.target == "" {
		return found, fmt.Errorf("%s: no mount of it can be seen", path)
	}
	return found, nil
}

// memory reads /proc/meminfo, in bytes.
func memory() (map[string]int64, error) {
	data, err := os.ReadFile("/proc/meminfo")
	if err != nil {
		return nil, short(err)
	}
	values := map[string]int64{}
	for line := range strings.Lines(string(data)) {
		if fields := strings.Fields(line); len(fields) >= 2 {
			n, _ := strconv.ParseInt(fields[1], 10, 64)
			values[strings.TrimSuffix(fields[0], ":")] = n * 1024
		}
	}
	return values, nil
}

func runFree(c *call) error {
	f := c.flags()
	human, mebi := f.BoolP("human", "h", false, ""), f.BoolP("mebi", "m", false, "")
	if err := c.parse(f); err != nil {
		return err
	}
	m, err := memory()
	if err != nil {
		return err
	}
	show := func(n int64) string {
		switch {
		case *human:
			return humanSize(n)
		case *mebi:
			return strconv.FormatInt(n>>20, 10)
		}
		return strconv.FormatInt(n>>10, 10)
	}
	cache := m["Buffers"] + m["Cached"] + m["SReclaimable"]
	fmt.Fprintf(c.out, "%-6s %11s %11s %11s %11s %11s %11s\n", "", "total", "used", "free", "shared", "buff/cache", "available")
	fmt.Fprintf(c.out, "%-6s %11s %11s %11s %11s %11s %11s\n", "Mem:", show(m["MemTotal"]), show(m["MemTotal"]-m["MemFree"]-cache),
		show(m["MemFree"]), show(m["Shmem"]), show(cache), show(m["MemAvailable"]))
	fmt.Fprintf(c.out, "%-6s %11s %11s %11s\n", "Swap:", show(m["SwapTotal"]), show(m["SwapTotal"]-m["SwapFree"]), show(m["SwapFree"]))
	return nil
}

func runNproc(c *call) error {
	if err := c.parse(c.flags()); err != nil {
		return err
	}
	fmt.Fprintln(c.out, runtime.NumCPU()) // it honours sched_setaffinity(2), hence --cpuset
	return nil
}

func runUptime(c *call) error {
	if err := c.parse(c.flags()); err != nil {
		return err
	}
	load, err := os.ReadFile("/proc/loadavg")
	if err != nil {
		return short(err)
	}
	averages := strings.Fields(string(load))
	up := sinceBoot().Truncate(time.Minute)
	fmt.Fprintf(c.out, " %s up %d days, %d:%02d, load average: %s\n", time.Now().Format("15:04:05"),
		int(up.Hours())/24, int(up.Hours())%24, int(up.Minutes())%60, strings.Join(averages[:min(3, len(averages))], ", "))
	return nil
}

func runDate(c *call) error {
	f := c.flags()
	utc, set := f.BoolP("utc", "u", false, ""), f.StringP("set", "s", "", "")
	if err := c.parse(f); err != nil {
		return err
	}
	now := time.Now()
	if *set != "" {
		var t time.Time
		var err error
		for _, form := range []string{time.DateTime, "2006-01-02T15:04:05", "2006-01-02", "15:04:05", "15:04"} {
			if t, err = time.ParseInLocation(form, *set, time.Local); err == nil {
				break
			}
		}
		if err != nil {
			return c.misuse("%q is no time", *set)
		}
		if t.Year() == 0 {
			t = time.Date(now.Year(), now.Month(), now.Day(), t.Hour(), t.Minute(), t.Second(), 0, time.Local)
		}
		value := unix.NsecToTimeval(t.UnixNano())
		if err := unix.Settimeofday(&value); err != nil {
			return fmt.Errorf("set the clock: %w", err)
		}
		now = t
	}
	if *utc {
		now = now.UTC()
	}
	switch {
	case len(c.args) == 0:
		fmt.Fprintln(c.out, now.Format("Mon Jan _2 15:04:05 MST 2006"))
	case len(c.args) == 1 && strings.HasPrefix(c.args[0], "+"):
		fmt.Fprintln(c.out, strftime(c.args[0][1:], now))
	default:
		return c.misuse("unknown operand %q", c.args[0])
	}
	return nil
}

// strftime formats a time: strftime(3).
func strftime(format string, t time.Time) string {
	forms := map[byte]string{
		'Y': "2006", 'm': "01", 'd': "02", 'H': "15", 'M': "04", 'S': "05", 'y': "06", 'e': "_2", 'I': "03", 'p': "PM", 'N': "000000000",
		'F': "2006-01-02", 'T': "15:04:05", 'R': "15:04", 'a': "Mon", 'A': "Monday", 'b': "Jan", 'B': "January", 'Z': "MST", 'z': "-0700",
		'D': "01/02/06", 'c': "Mon Jan _2 15:04:05 2006",
	}
	var out strings.Builder
	for i := 0; i < len(format); i++ {
		if format[i] != '%' || i+1 == len(format) {
			out.WriteByte(format[i])
			continue
		}
		i++
		switch c := format[i]; c {
		case 's':
			out.WriteString(strconv.FormatInt(t.Unix(), 10))
		case 'j':
			fmt.Fprintf(&out, "%03d", t.YearDay())
		case 'u':
			out.WriteString(strconv.Itoa((int(t.Weekday())+6)%7 + 1))
		case 'n':
			out.WriteByte('\n')
		case 't':
			out.WriteByte('\t')
		case '%':
			out.WriteByte('%')
		case 'N':
			fmt.Fprintf(&out, "%09d", t.Nanosecond())
		default:
			form, ok := forms[c]
			if !ok {
				out.WriteString(format[i-1 : i+1])
				continue
			}
			out.WriteString(t.Format(form))
		}
	}
	return out.String()
}
