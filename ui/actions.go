package ui

import (
	"bufio"
	"context"
	"io"
	"os"
	"path/filepath"
	"sync"

	"berth/engine"
	"berth/ui/internal/display"
	"berth/ui/internal/layout"
	"berth/ui/internal/screen"

	tea "charm.land/bubbletea/v2"
)

// acted is what came of an action on one or several things.
type acted struct {
	verb string // "Stopped"
	what string // "web-1", "3 containers"
	errs []error
	ids  []string // containers that it was done to
	id   string   // a container to go to
}

// reported tells what came of an action.
func (m *Model) reported(a acted) tea.Cmd {
	m.drawn.all()
	m.containers.SetBusy(a.ids, "")
	if a.id != "" { // also one that did not start: what went wrong is found there
		m.want.container = a.id
		m.goToContainer()
	}
	if n := len(a.errs) - 1; n >= 0 {
		cmd := m.complain(a.errs[0], "")
		if n > 0 && m.notice.bad {
			m.notice.text += " " + display.Count(n, "more failure") + "."
		}
		return cmd
	}
	return m.report(a.verb + " " + a.what + ".")
}

// goToContainer selects a container that was just made, once the engine has told of it.
func (m *Model) goToContainer() {
	if m.want.container != "" && m.containers.SelectKey(m.want.container) {
		m.want.container = ""
		m.focusOn(layout.Containers)
	}
}

// each does something to each of several containers at once.
func (m *Model) each(verb, doing string, targets []engine.Container, do func(ctx context.Context, id string) error) tea.Cmd {
	if len(targets) == 0 {
		return m.tell("No container is selected.")
	}
	ids := make([]string, len(targets))
	for i, c := range targets {
		ids[i] = c.ID
	}
	m.containers.SetBusy(ids, doing)
	m.drawn.mark(layout.Containers)
	ctx, what := m.ctx, containersName(targets)
	return func() tea.Msg {
		errs := make([]error, len(ids))
		var wg sync.WaitGroup
		for i, id := range ids {
			wg.Go(func() { errs[i] = do(ctx, id) })
		}
		wg.Wait()
		a := acted{verb: verb, what: what, ids: ids}
		for _, err := range errs {
			if err != nil {
				a.errs = append(a.errs, err)
			}
		}
		return a
	}
}

func containersName(cs []engine.Container) string {
	if len(cs) == 1 {
		return cs[0].Name
	}
	return display.Count(len(cs), "container")
}

func imagesName(is []engine.Image) string {
	if len(is) == 1 {
		return screen.ImageRef(is[0])
	}
	return display.Count(len(is), "image")
}

// askSave asks where to write the log that shows.
func (m *Model) askSave() tea.Cmd {
	logs, ok := m.main.Tab().(*screen.Logs)
	c, found := m.state.Container(m.main.Subject().ID)
	if !ok || !found {
		return m.tell("Only logs can be saved.")
	}
	return m.show(newPrompt(promptConfig{
		title: "Save the log of " + display.Clean(c.Name), label: "File", text: c.Name + ".log",
		hint: "All of it is written; an existing file is not overwritten.",
		done: func(m *Model, name string) tea.Cmd {
			ctx, write := m.ctx, logs.Save()
			return func() tea.Msg {
				path, err := save(ctx, name, write)
				if err != nil {
					return screen.Say{Err: engine.Errorf(engine.ClassUnknown, "save the log: %w", err)}
				}
				return screen.Say{Text: "Saved " + path + "."}
			}
		},
	}))
}

// save writes a file that must not exist yet, and takes it away again after an error.
func save(ctx context.Context, name string, write func(context.Context, io.Writer) error) (string, error) {
	path, err := filepath.Abs(name)
	if err != nil {
		return "", err
	}
	f, err := os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o644)
	if err != nil {
		return "", err
	}
	out := bufio.NewWriter(f)
	err = write(ctx, out)
	if err == nil {
		err = out.Flush()
	}
	if cerr := f.Close(); err == nil {
		err = cerr
	}
	if err != nil {
		os.Remove(path) // half a log would pass for a whole one
		return "", err
	}
	return path, nil
}
