package cli

import (
	"fmt"
	"strconv"
	"strings"
	"time"

	"berth/engine"
)

// A psColumn is one column that ps(1) has too.
type psColumn struct {
	name, heading string
	value         func(p engine.ProcessInfo, now time.Time) string
}

// psColumns are those that Berth can fill without ps, by the names of -o. cpid is our own.
var psColumns = []psColumn{
	{"uid", "UID", psUID}, {"euid", "EUID", psUID},
	{"user", "USER", psUser}, {"uname", "USER", psUser}, {"euser", "EUSER", psUser},
	{"pid", "PID", func(p engine.ProcessInfo, _ time.Time) string { return strconv.Itoa(p.Pid) }},
	{"ppid", "PPID", func(p engine.ProcessInfo, _ time.Time) string { return strconv.Itoa(p.PPid) }},
	{"cpid", "CPID", func(p engine.ProcessInfo, _ time.Time) string { return strconv.Itoa(p.InnerPid) }},
	{"c", "C", func(p engine.ProcessInfo, _ time.Time) string { return strconv.Itoa(int(p.CPUPercent)) }},
	{"%cpu", "%CPU", psCPU}, {"pcpu", "%CPU", psCPU},
	{"%mem", "%MEM", psMem}, {"pmem", "%MEM", psMem},
	{"rss", "RSS", psRSS}, {"rssize", "RSS", psRSS}, {"rsz", "RSZ", psRSS},
	{"vsz", "VSZ", psVSZ}, {"vsize", "VSZ", psVSZ},
	{"s", "S", psState}, {"state", "S", psState},
	{"stat", "STAT", func(p engine.ProcessInfo, now time.Time) string { return psState(p, now) + p.StateFlags }},
	{"nlwp", "NLWP", psThreads}, {"thcount", "THCNT", psThreads},
	{"stime", "STIME", psStarted}, {"start_time", "START", psStarted}, {"bsdstart", "START", psStarted},
	{"start", "STARTED", psStartedLong},
	{"etime", "ELAPSED", func(p engine.ProcessInfo, now time.Time) string { return elapsed(now.Sub(p.Started)) }},
	{"etimes", "ELAPSED", func(p engine.ProcessInfo, now time.Time) string {
		return strconv.Itoa(int(max(now.Sub(p.Started), 0) / time.Second))
	}},
	{"tty", "TT", psTTY}, {"tt", "TT", psTTY}, {"tname", "TTY", psTTY},
	{"time", "TIME", psTime}, {"cputime", "TIME", psTime},
	{"bsdtime", "TIME", func(p engine.ProcessInfo, _ time.Time) string {
		s := int64(max(p.CPUTime, 0) / time.Second)
		return fmt.Sprintf("%d:%02d", s/60, s%60)
	}},
	{"comm", "COMMAND", psName}, {"ucomm", "COMMAND", psName}, {"ucmd", "CMD", psName},
	{"cmd", "CMD", psCommand}, {"args", "COMMAND", psCommand}, {"command", "COMMAND", psCommand},
}

func psUID(p engine.ProcessInfo, _ time.Time) string     { return strconv.Itoa(p.UID) }
func psRSS(p engine.ProcessInfo, _ time.Time) string     { return strconv.FormatInt(p.RSS>>10, 10) }
func psVSZ(p engine.ProcessInfo, _ time.Time) string     { return strconv.FormatInt(p.VSZ>>10, 10) }
func psState(p engine.ProcessInfo, _ time.Time) string   { return p.State }
func psThreads(p engine.ProcessInfo, _ time.Time) string { return strconv.Itoa(p.Threads) }
func psTime(p engine.ProcessInfo, _ time.Time) string    { return clock(p.CPUTime) }
func psName(p engine.ProcessInfo, _ time.Time) string    { return p.CommandName }
func psCommand(p engine.ProcessInfo, _ time.Time) string { return p.Command }

func psCPU(p engine.ProcessInfo, _ time.Time) string {
	return strconv.FormatFloat(p.CPUPercent, 'f', 1, 64)
}

func psMem(p engine.ProcessInfo, _ time.Time) string {
	return strconv.FormatFloat(p.MemPercent, 'f', 1, 64)
}

func psUser(p engine.ProcessInfo, now time.Time) string {
	if p.User != "" {
		return p.User
	}
	return psUID(p, now)
}

func psTTY(p engine.ProcessInfo, _ time.Time) string {
	if p.TTY == "" {
		return "?"
	}
	return p.TTY
}

// psStarted is the time of day today, else the date.
func psStarted(p engine.ProcessInfo, now time.Time) string {
	if now.Sub(p.Started) < 24*time.Hour {
		return p.Started.Format("15:04")
	}
	return p.Started.Format("Jan02")
}

func psStartedLong(p engine.ProcessInfo, now time.Time) string {
	if now.Sub(p.Started) < 24*time.Hour {
		return p.Started.Format("15:04:05")
	}
	return p.Started.Format("Jan 02")
}

// clock is [DD-]hh:mm:ss, as ps prints TIME.
func clock(d time.Duration) string {
	s := int64(max(d, 0) / time.Second)
	text := fmt.Sprintf("%02d:%02d:%02d", s/3600%24, s/60%60, s%60)
	if days := s / 86400; days > 0 {
		text = fmt.Sprintf("%d-%s", days, text)
	}
	return text
}

// elapsed is clock, but for the hours of what is younger than one.
func elapsed(d time.Duration) string {
	if d >= time.Hour {
		return clock(d)
	}
	return strings.TrimPrefix(clock(d), "00:")
}

// The sets of columns that ps has for its forms. "name=HEADING" changes a heading.
const (
	psFull  = "user=UID,pid,ppid,c,stime,tname,time,cmd"                         // -f
	psUsers = "user,pid,%cpu,%mem,vsz,rss,tname,stat,start_time,bsdtime,command" // u
	psBSD   = "pid,tname,stat,bsdtime,command"                                   // ax
	psPlain = "pid,tname,time,ucmd"                                              // -e
)

// chooseColumns reads the options that Docker would hand to ps(1). Those that choose
// processes change nothing: it is always the container's.
func chooseColumns(options []string) ([]psColumn, error) {
	form, own := psPlain, ""
	if len(options) == 0 {
		form = psFull
	}
	unsupported := func() ([]psColumn, error) {
		return nil, engine.Errorf(engine.ClassUnsupported, "ps options %q are not supported", strings.Join(options, " ")).
			WithHint("Use -ef, aux, or -o with a list of columns, as in -o pid,user,args.")
	}
	for i := 0; i < len(options); i++ {
		letters, unix := strings.CutPrefix(options[i], "-")
		if strings.HasPrefix(letters, "aux") {
			unix = false // ps reads -aux so too
		}
	letters:
		for k, letter := range letters {
			switch {
			case letter == 'w':
			case unix && (letter == 'e' || letter == 'A'):
			case unix && letter == 'f':
				form = psFull
			case !unix && (letter == 'a' || letter == 'x'):
				if form == psPlain {
					form = psBSD
				}
			case !unix && letter == 'u':
				form = psUsers
			case letter == 'o' && k+1 < len(letters):
				own += "," + strings.TrimPrefix(letters[k+1:], "=")
				break letters // the rest is the list
			case letter == 'o' && i+1 < len(options):
				i++
				own += "," + options[i]
			case letter == 'o':
				return nil, engine.Errorf(engine.ClassInvalid, "-o needs a list of columns")
			default:
				return unsupported()
			}
		}
	}
	if own != "" {
		form = own
	}
	return findColumns(form)
}

func findColumns(list string) ([]psColumn, error) {
	var columns []psColumn
	for _, word := range strings.FieldsFunc(list, func(r rune) bool { return r == ',' || r == ' ' }) {
		name, heading, renamed := strings.Cut(word, "=")
		found := false
		for _, c := range psColumns {
			if c.name != strings.ToLower(name) {
				continue
			}
			if renamed {
				c.heading = heading
			}
			columns, found = append(columns, c), true
		}
		if !found {
			return nil, engine.Errorf(engine.ClassUnsupported, "ps column %q is not supported", name).
				WithHint("See berth top --help for the columns.")
		}
	}
	if len(columns) == 0 {
		return nil, engine.Errorf(engine.ClassInvalid, "-o needs a list of columns")
	}
	return columns, nil
}
