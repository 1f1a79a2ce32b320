package cli

import (
	"fmt"
	"strconv"
	"strings"
	"time"

	"berth/cmd/internal/cli/output"
	"berth/engine"

	units "github.com/docker/go-units"
	"github.com/spf13/cobra"
)

var containerList = output.List{
	Fields: []output.Field{
		{Name: "ID", Heading: "CONTAINER ID"}, {Name: "Image", Heading: "IMAGE"}, {Name: "Command", Heading: "COMMAND"},
		{Name: "CreatedAt", Heading: "CREATED AT"}, {Name: "RunningFor", Heading: "CREATED"}, {Name: "Ports", Heading: "PORTS"},
		{Name: "State", Heading: "STATE"}, {Name: "Status", Heading: "STATUS"}, {Name: "Size", Heading: "SIZE"},
		{Name: "Names", Heading: "NAMES"}, {Name: "Labels", Heading: "LABELS"}, {Name: "Mounts", Heading: "MOUNTS"},
		{Name: "LocalVolumes", Heading: "LOCAL VOLUMES"}, {Name: "Networks", Heading: "NETWORKS"},
		{Name: "Platform", Heading: "PLATFORM"},
	},
	Default: []string{"ID", "Image", "Command", "RunningFor", "Status", "Ports", "Names"},
	Raw: []output.Field{
		{Name: "ID", Heading: "container_id"}, {Name: "Image", Heading: "image"}, {Name: "Command", Heading: "command"},
		{Name: "CreatedAt", Heading: "created_at"}, {Name: "State", Heading: "state"}, {Name: "Status", Heading: "status"},
		{Name: "Names", Heading: "names"}, {Name: "Labels", Heading: "labels"}, {Name: "Ports", Heading: "ports"},
	},
}

type psFlags struct {
	all, latest, noTrunc, quiet, size bool
	last                              int
	filter                            filterFlag
	format                            string
}

func (a *App) psCommand() *cobra.Command {
	var f psFlags
	c := &cobra.Command{
		Use:   "ps [OPTIONS]",
		Short: "List containers",
		Long: `List containers.

Filters: id, name, label=KEY[=VALUE], exited=CODE, status=created|restarting|running|
paused|exited|dead, ancestor=IMAGE, before=CONTAINER, since=CONTAINER, volume=PATH,
network=none|host. Docker's health, publish, expose, isolation and is-task are
understood too: no container here has a health check, a published port or a task.`,
		Example: `  berth ps -a
  berth ps -aq --filter status=exited
  berth ps --format 'table {{.Names}}\t{{.Status}}'`,
		Args: noArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			eng, err := a.engine(cmd.Context())
			if err != nil {
				return err
			}
			opts := engine.ContainerListOptions{All: f.all, Last: max(f.last, 0), Size: f.size, Filters: f.filter.filters}
			if f.latest && opts.Last == 0 {
				opts.Last = 1
			}
			if !f.quiet && showsSize(f.format) {
				opts.Size = true
			}
			quick()
			list, err := eng.ListContainers(cmd.Context(), opts)
			if err != nil {
				return err
			}
			return a.printContainers(list, &f)
		},
		ValidArgsFunction: cobra.NoFileCompletions,
	}
	fs := c.Flags()
	fs.BoolVarP(&f.all, "all", "a", false, "Show all containers (default shows just running)")
	fs.VarP(&f.filter, "filter", "f", "Filter output based on conditions provided")
	fs.StringVar(&f.format, "format", "", formatHelp)
	fs.IntVarP(&f.last, "last", "n", -1, "Show n last created containers (includes all states)")
	fs.BoolVarP(&f.latest, "latest", "l", false, "Show the latest created container (includes all states)")
	fs.BoolVar(&f.noTrunc, "no-trunc", false, "Don't truncate output")
	fs.BoolVarP(&f.quiet, "quiet", "q", false, "Only display container IDs")
	fs.BoolVarP(&f.size, "size", "s", false, "Display total file sizes")
	return c
}

// showsSize reports whether a format prints the size, which takes long to find out.
func showsSize(format string) bool {
	return strings.Contains(format, ".Size") || format == "json" || strings.Contains(format, "json .}}")
}

func (a *App) printContainers(containers []engine.Container, f *psFlags) error {
	if f.quiet {
		if f.format != "" { // Docker's lists of images do it the other way round, without a word
			fmt.Fprintln(a.err, "WARNING: Ignoring custom format, because both --format and --quiet are set.")
		}
		for _, c := range containers {
			fmt.Fprintln(a.out, containerID(c.ID, f.noTrunc))
		}
		return nil
	}
	list := containerList
	if f.size {
		list.Raw = append(list.Raw[:len(list.Raw):len(list.Raw)], output.Field{Name: "Size", Heading: "size"})
		list.Default = append(list.Default[:len(list.Default):len(list.Default)], "Size")
	}
	rows := make([]output.Row, len(containers))
	for i, c := range containers {
		rows[i] = a.containerRow(c, f.noTrunc)
	}
	return list.Print(a.out, f.format, rows)
}

func containerID(id string, whole bool) string {
	if whole {
		return id
	}
	return engine.ShortID(id)
}

func (a *App) containerRow(c engine.Container, noTrunc bool) output.Row {
	command := commandLine(c.Command)
	if !noTrunc {
		command = ellipsis(command, 20)
	}
	var mounts []string
	for _, m := range c.Mounts {
		if m.Source == "" {
			continue
		}
		if noTrunc {
			mounts = append(mounts, m.Source)
		} else {
			mounts = append(mounts, ellipsis(m.Source, 15))
		}
	}
	return output.Row{
		"ID": containerID(c.ID, noTrunc), "Image": c.Image, "Command": strconv.Quote(command),
		"CreatedAt": stamp(c.Created), "RunningFor": a.ago(c.Created), "Ports": "", "State": string(c.State),
		"Status": status(c, a.now()), "Size": writableSize(c), "Names": c.Name, "Labels": output.Labels(c.Labels),
		"Mounts": strings.Join(mounts, ","), "LocalVolumes": "0", "Networks": c.Network,
		"Platform": nil, // Docker's null: an older daemon does not tell either
	}
}

// commandLine joins a command as Docker shows it: arguments with blanks in quotes.
func commandLine(argv []string) string {
	parts := make([]string, len(argv))
	for i, arg := range argv {
		parts[i] = arg
		if i > 0 && strings.ContainsAny(arg, " \t\n") {
			parts[i] = "'" + arg + "'"
		}
	}
	return strings.Join(parts, " ")
}

func writableSize(c engine.Container) string {
	s := imageSize(c.SizeRw)
	if c.SizeRootFs > 0 {
		s += fmt.Sprintf(" (virtual %s)", imageSize(c.SizeRootFs))
	}
	return s
}

// status is a container's state in Docker's words, with its age.
func status(c engine.Container, now time.Time) string {
	since := func(t time.Time) string {
		if t.IsZero() {
			return ""
		}
		return " " + units.HumanDuration(now.Sub(t))
	}
	ended := func(word string) string {
		s := fmt.Sprintf("%s (%d)", word, c.ExitCode)
		if !c.Finished.IsZero() {
			s += since(c.Finished) + " ago"
		}
		return s
	}
	switch c.State {
	case engine.StateRunning:
		return "Up" + since(c.Started)
	case engine.StatePaused:
		return "Up" + since(c.Started) + " (Paused)"
	case engine.StateRestarting:
		return ended("Restarting")
	case engine.StateExited:
		return ended("Exited")
	case engine.StateDead:
		return "Dead"
	}
	return "Created"
}
