package cli

import (
	"context"
	"strconv"
	"strings"

	"berth/cmd/internal/cli/output"
	"berth/engine"
)

// sessionList is what attach --list prints: the container's own program, then what exec
// started, as long as it runs.
var sessionList = output.List{
	Fields: []output.Field{
		{Name: "ID", Heading: "SESSION"}, {Name: "Command", Heading: "COMMAND"}, {Name: "User", Heading: "USER"}, {Name: "TTY", Heading: "TTY"},
		{Name: "RunningFor", Heading: "STARTED"}, {Name: "Clients", Heading: "ATTACHED"}, {Name: "Title", Heading: "TITLE"},
	},
	Default: []string{"ID", "Command", "User", "TTY", "RunningFor", "Clients", "Title"},
}

func (a *App) printSessions(ctx context.Context, eng engine.Engine, container, format string, noTrunc bool) error {
	execs, err := eng.Execs(ctx, container)
	if err != nil {
		return err
	}
	rows := make([]output.Row, 0, len(execs))
	for _, e := range execs {
		command := commandLine(e.Cmd)
		if !noTrunc {
			command = ellipsis(command, 20)
		}
		rows = append(rows, output.Row{
			"ID": containerID(e.ID, noTrunc), "Command": strconv.Quote(command), "User": e.User, "TTY": e.TTY,
			"RunningFor": a.ago(e.Started), "Clients": e.Clients, "Title": output.Escape(e.Title),
		})
	}
	return sessionList.Print(a.out, format, rows)
}

// findExec returns the running process of exec whose ID begins with prefix.
func findExec(ctx context.Context, eng engine.Engine, container, prefix string) (engine.ExecInfo, error) {
	execs, err := eng.Execs(ctx, container)
	if err != nil {
		return engine.ExecInfo{}, err
	}
	var found []engine.ExecInfo
	for _, e := range execs {
		if strings.HasPrefix(e.ID, prefix) {
			found = append(found, e)
		}
	}
	const hint = "List what runs with berth attach --list."
	switch len(found) {
	case 0:
		return engine.ExecInfo{}, engine.Errorf(engine.ClassNotFound, "attach: no process of exec %q runs in %q", prefix, container).WithHint(hint)
	case 1:
		return found[0], nil
	}
	return engine.ExecInfo{}, engine.Errorf(engine.ClassInvalid, "attach: %q begins the names of several processes of %q", prefix, container).WithHint(hint)
}

// execSession describes a connection with a process that exec started.
func (a *App) execSession(ctx context.Context, eng engine.Engine, container, prefix, keys string) (*session, error) {
	e, err := findExec(ctx, eng, container, prefix)
	if err != nil {
		return nil, err
	}
	s := &session{id: container, exec: e.ID, tty: e.TTY, stdin: true, stdout: true, stderr: true}
	s.keys, err = a.detachKeys(keys)
	return s, err
}
