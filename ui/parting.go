package ui

import (
	"context"
	"slices"
	"strings"
	"time"

	"berth/engine"
	"berth/ui/internal/display"
)

// patience is how long unheard waits for its answer.
const patience = 500 * time.Millisecond

// parting says what keeps running when the workstation is left, and what does not; "" if
// there is nothing to say.
func (m *Model) parting() string {
	var said []string
	if text := stillRunning(m.state.Containers); text != "" {
		said = append(said, text)
		switch n := m.shells.Running(); {
		case n == 1:
			said = append(said, "The shell that was open is found again by `berth`.")
		case n > 1:
			said = append(said, "The "+display.Number(n)+" shells that were open are found again by `berth`.")
		}
	}
	var pulls []string
	for _, j := range m.queue.jobs {
		pulls = append(pulls, display.Clean(j.ref))
	}
	if len(pulls) > 0 {
		said = append(said, "Not pulled to the end: "+listed(pulls)+". What was downloaded is kept for the next pull.")
	}
	return strings.Join(said, " ")
}

// unheard is the parting of someone who left before the engine had told what runs. It
// asks, which takes a moment, once the terminal has been given back.
func (m *Model) unheard() string {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(m.ctx), patience)
	defer cancel()
	containers, _ := m.eng.ListContainers(ctx, engine.ContainerListOptions{}) // without an answer there is nothing to say
	return stillRunning(containers)
}

// stillRunning names the containers that run on.
func stillRunning(containers []engine.Container) string {
	var names []string
	for _, c := range containers {
		if c.State.Alive() {
			names = append(names, display.Clean(c.Name))
		}
	}
	if len(names) == 0 {
		return ""
	}
	return "Still running: " + listed(names) + "."
}

// listed puts names in order and joins the first few.
func listed(names []string) string {
	slices.Sort(names)
	const most = 5
	if more := len(names) - most; more > 1 {
		names = append(names[:most], "and "+display.Number(more)+" more")
	}
	return strings.Join(names, ", ")
}
