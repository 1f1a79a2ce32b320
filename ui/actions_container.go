package ui

import (
	"context"
	"slices"

	"berth/engine"
	"berth/ui/internal/display"
	"berth/ui/internal/layout"

	tea "charm.land/bubbletea/v2"
)

func (m *Model) start() tea.Cmd {
	eng := m.eng
	return m.each("Started", "starting", m.containers.Targets(), func(ctx context.Context, id string) error {
		_, err := eng.StartContainer(ctx, id, nil)
		return err
	})
}

func (m *Model) stop() tea.Cmd {
	eng := m.eng
	return m.each("Stopped", "stopping", m.containers.Targets(), func(ctx context.Context, id string) error {
		return eng.StopContainer(ctx, id, engine.StopOptions{})
	})
}

func (m *Model) restart() tea.Cmd {
	eng := m.eng
	return m.each("Restarted", "restarting", m.containers.Targets(), func(ctx context.Context, id string) error {
		return eng.RestartContainer(ctx, id, engine.StopOptions{})
	})
}

// pause freezes containers, or lets them go on if all of them are frozen.
func (m *Model) pause() tea.Cmd {
	eng, targets := m.eng, m.containers.Targets()
	if !slices.ContainsFunc(targets, func(c engine.Container) bool { return c.State != engine.StatePaused }) {
		return m.each("Continued", "thawing", targets, eng.UnpauseContainer)
	}
	targets = slices.DeleteFunc(targets, func(c engine.Container) bool { return c.State == engine.StatePaused })
	return m.each("Paused", "freezing", targets, eng.PauseContainer)
}

func (m *Model) kill() tea.Cmd {
	eng, targets := m.eng, m.containers.Targets()
	if len(targets) == 0 {
		return m.tell("No container is selected.")
	}
	return m.show(newConfirm("Kill "+display.Clean(containersName(targets))+"?",
		"Its program ends at once and can't save anything.", "Kill",
		func(m *Model) tea.Cmd {
			return m.each("Killed", "killing", targets, func(ctx context.Context, id string) error { return eng.KillContainer(ctx, id, "SIGKILL") })
		}))
}

// removeContainers deletes containers: stopped ones after a while in which that can be
// taken back, running ones after a question, since killing can't.
func (m *Model) removeContainers() tea.Cmd {
	targets := m.containers.Targets()
	if len(targets) == 0 {
		return m.tell("No container is selected.")
	}
	if targets = slices.DeleteFunc(targets, func(c engine.Container) bool { return m.doomed(c.ID) }); len(targets) == 0 {
		return m.tell("That waits to be deleted already.")
	}
	eng := m.eng
	remove := func(force bool) func(context.Context, string) error {
		return func(ctx context.Context, id string) error {
			return eng.RemoveContainer(ctx, id, engine.RemoveContainerOptions{Force: force, Volumes: true})
		}
	}
	running := 0
	p := pending{what: containersName(targets), pane: layout.Containers, run: remove(false)}
	for _, c := range targets {
		if c.State.Alive() {
			running++
		}
		p.keys = append(p.keys, c.ID)
	}
	m.containers.Unmark()
	if running == 0 {
		return m.later(p)
	}
	consequence := "It runs: its program is killed and what it wrote is lost."
	if len(targets) > 1 {
		consequence = display.Number(running) + " of them run and are killed; what they wrote is lost."
	}
	return m.show(newConfirm("Delete "+display.Clean(p.what)+"?", consequence, "Delete", func(m *Model) tea.Cmd {
		return m.each("Deleted", "deleting", targets, remove(true))
	}))
}

func (m *Model) askRename() tea.Cmd {
	c, ok := m.containers.Selected()
	if !ok {
		return m.tell("No container is selected.")
	}
	eng := m.eng
	return m.show(newPrompt(promptConfig{
		title: "Rename " + display.Clean(c.Name), label: "New name", text: c.Name, hint: "berth rename " + display.Clean(c.Name) + " NAME",
		done: func(m *Model, name string) tea.Cmd {
			ctx := m.ctx
			return func() tea.Msg {
				if err := eng.RenameContainer(ctx, c.ID, name); err != nil {
					return acted{errs: []error{err}}
				}
				return acted{verb: "Renamed", what: c.Name + " to " + name}
			}
		},
	}))
}
