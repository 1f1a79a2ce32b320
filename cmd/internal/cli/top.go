package cli

import (
	"context"
	"fmt"
	"strconv"
	"strings"
	"text/tabwriter"
	"time"

	"berth/cmd/internal/cli/output"
	"berth/engine"

	units "github.com/docker/go-units"
	"github.com/spf13/cobra"
)

// A psColumn is one column that ps(1) has too.
type psColumn struct {
	names   []string // for -o; the first is canonical
	heading string
	value   func(p engine.ProcessInfo, now time.Time) string
}

// psColumns are the columns that Berth can fill without ps.
var psColumns = []psColumn{
	{[]string{"uid", "euid"}, "UID", func(p engine.ProcessInfo, _ time.Time) string { return strconv.Itoa(p.UID) }},
	{[]string{"user", "euser", "uname"}, "USER", func(p engine.ProcessInfo, _ time.Time) string { return userName(p) }},
	{[]string{"pid"}, "PID", func(p engine.ProcessInfo, _ time.Time) string { return strconv.Itoa(p.Pid) }},
	{[]string{"ppid"}, "PPID", func(p engine.ProcessInfo, _ time.Time) string { return strconv.Itoa(p.PPid) }},
	{[]string{"cpid"}, "CPID", func(p engine.ProcessInfo, _ time.Time) string { return strconv.Itoa(p.InnerPid) }},
	{[]string{"c"}, "C", func(p engine.ProcessInfo, _ time.Time) string { return strconv.Itoa(int(p.CPUPercent)) }},
	{[]string{"%cpu", "pcpu"}, "%CPU", func(p engine.ProcessInfo, _ time.Time) string {
		return strconv.FormatFloat(p.CPUPercent, 'f', 1, 64)
	}},
	{[]string{"rss", "rssize"}, "RSS", func(p engine.ProcessInfo, _ time.Time) string { return strconv.FormatInt(p.RSS>>10, 10) }},
	{[]string{"s", "stat", "state"}, "S", func(p engine.ProcessInfo, _ time.Time) string { return p.State }},
	{[]string{"nlwp", "thcount"}, "NLWP", func(p engine.ProcessInfo, _ time.Time) string { return strconv.Itoa(p.Threads) }},
	{[]string{"stime", "start", "start_time"}, "STIME", func(p engine.ProcessInfo, now time.Time) string { return startTime(p.Started, now) }},
	{[]string{"etime"}, "ELAPSED", func(p engine.ProcessInfo, now time.Time) string { return clock(now.Sub(p.Started)) }},
	{[]string{"tty", "tt", "tname"}, "TTY", func(p engine.ProcessInfo, _ time.Time) string { return orQuestion(p.TTY) }},
	{[]string{"time", "cputime"}, "TIME", func(p engine.ProcessInfo, _ time.Time) string { return clock(p.CPUTime) }},
	{[]string{"comm", "ucmd"}, "COMMAND", func(p engine.ProcessInfo, _ time.Time) string { return p.CommandName }},
	{[]string{"cmd", "args", "command"}, "CMD", func(p engine.ProcessInfo, _ time.Time) string { return p.Command }},
}

// psForms are the whole sets of columns that users ask of ps.
var psForms = map[string]string{
	"":    "user,pid,ppid,c,stime,tty,time,cmd",
	"-ef": "user,pid,ppid,c,stime,tty,time,cmd",
	"ef":  "user,pid,ppid,c,stime,tty,time,cmd",
	"aux": "user,pid,%cpu,rss,tty,stat,start,time,command",
	"-e":  "pid,tty,time,comm",
}

func (a *App) topCommand() *cobra.Command {
	c := &cobra.Command{
		Use:   "top CONTAINER [ps OPTIONS]",
		Short: "Display the running processes of a container",
		Long: `Display the running processes of a container, with the PIDs that the host sees.

Options of ps that are understood: -ef, aux, and -o with any of uid user pid ppid cpid c
%cpu rss stat nlwp stime etime tty time comm cmd. cpid is the PID inside the container.`,
		Example: "  berth top web -o pid,cpid,user,args",
		Args:    minArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			return a.top(cmd.Context(), args[0], args[1:])
		},
		ValidArgsFunction: a.completeContainers(isRunning),
	}
	stopAtFirstArgument(c.Flags())
	return c
}

func (a *App) top(ctx context.Context, id string, options []string) error {
	columns, err := chooseColumns(options)
	if err != nil {
		return err
	}
	eng, err := a.engine(ctx)
	if err != nil {
		return err
	}
	processes, err := eng.Processes(ctx, id)
	if err != nil {
		return err
	}
	w := tabwriter.NewWriter(a.out, 20, 1, 3, ' ', 0)
	line := make([]string, len(columns))
	for i, c := range columns {
		line[i] = c.heading
	}
	fmt.Fprintln(w, strings.Join(line, "\t"))
	for _, p := range processes {
		for i, c := range columns {
			line[i] = output.Escape(c.value(p, a.now()))
		}
		fmt.Fprintln(w, strings.Join(line, "\t"))
	}
	return w.Flush()
}

// chooseColumns reads the options that Docker would hand to ps.
func chooseColumns(options []string) ([]psColumn, error) {
	words := strings.Join(options, " ")
	list, known := psForms[words]
	if !known {
		rest, isList := strings.CutPrefix(words, "-o")
		if !isList {
			rest, isList = strings.CutPrefix(words, "-eo")
		}
		if !isList {
			return nil, engine.Errorf(engine.ClassUnsupported, "ps options %q are not supported", words).
				WithHint("Use -ef, aux, or -o with a list of columns, as in -o pid,user,args.")
		}
		list = strings.ReplaceAll(strings.TrimPrefix(strings.TrimSpace(rest), "="), " -o ", ",")
	}
	var columns []psColumn
	for _, name := range strings.FieldsFunc(list, func(r rune) bool { return r == ',' || r == ' ' }) {
		c, ok := findColumn(name)
		if !ok {
			return nil, engine.Errorf(engine.ClassUnsupported, "ps column %q is not supported", name).
				WithHint("See berth top --help for the columns.")
		}
		columns = append(columns, c)
	}
	if len(columns) == 0 {
		return nil, engine.Errorf(engine.ClassInvalid, "-o needs a list of columns")
	}
	return columns, nil
}

func findColumn(name string) (psColumn, bool) {
	name, heading, renamed := strings.Cut(name, "=")
	for _, c := range psColumns {
		for _, n := range c.names {
			if n == strings.ToLower(name) {
				if renamed {
					c.heading = heading
				}
				return c, true
			}
		}
	}
	return psColumn{}, false
}

func userName(p engine.ProcessInfo) string {
	if p.User != "" {
		return p.User
	}
	return strconv.Itoa(p.UID)
}

func orQuestion(s string) string {
	if s == "" {
		return "?"
	}
	return s
}

// startTime is ps's STIME: the time of day today, else the date.
func startTime(t, now time.Time) string {
	if now.Sub(t) < 24*time.Hour {
		return t.Format("15:04")
	}
	return t.Format("Jan02")
}

// clock is [[DD-]hh:]mm:ss with the hours always, as ps prints TIME.
func clock(d time.Duration) string {
	s := int64(max(d, 0) / time.Second)
	text := fmt.Sprintf("%02d:%02d:%02d", s/3600%24, s/60%60, s%60)
	if days := s / 86400; days > 0 {
		text = fmt.Sprintf("%d-%s", days, text)
	}
	return text
}

// bytesSize is a size in powers of 1024, as Docker shows memory.
func bytesSize(n int64) string { return units.BytesSize(float64(n)) }
