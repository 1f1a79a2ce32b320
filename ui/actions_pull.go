package ui

import (
	"slices"
	"strings"

	"berth/engine"
	"berth/ui/internal/layout"
	"berth/ui/internal/screen"
	"berth/ui/internal/store"

	tea "charm.land/bubbletea/v2"
)

// allPulls are the lines of the pulls' pane.
func (m *Model) allPulls() []screen.Pull {
	return screen.Merge(m.state.Pulls, m.queue.mine, m.queue.hidden, m.queue.waiting(m.state.Pulls))
}

// pull finds a line of the pulls' pane by its key.
func (m *Model) pull(key string) (screen.Pull, bool) {
	for _, p := range m.allPulls() {
		if p.Key == key {
			return p, true
		}
	}
	return screen.Pull{}, false
}

// askPull asks for references to pull; several may stand on the line.
func (m *Model) askPull() tea.Cmd {
	known := m.state.Repositories()
	return m.show(newPrompt(promptConfig{
		title: "Pull an image", label: "berth pull", hint: "tab completes " + m.look.style.Icons.Dot + " several at once with spaces between",
		complete: func(line string) (out []string) {
			head, word := "", line
			if k := strings.LastIndexByte(line, ' '); k >= 0 {
				head, word = line[:k+1], line[k+1:]
			}
			for _, r := range known {
				if strings.HasPrefix(r, word) && r != word {
					out = append(out, head+r)
				}
			}
			return out
		},
		done: func(m *Model, line string) tea.Cmd {
			var cmds []tea.Cmd
			for _, ref := range strings.Fields(line) {
				cmds = append(cmds, m.enqueue(ref))
			}
			m.focusOn(layout.Pulls)
			m.pulls.Top()
			return tea.Batch(cmds...)
		},
	}))
}

func (m *Model) cancelPull() tea.Cmd {
	p, ok := m.pulls.Selected()
	if !ok {
		return m.tell("No pull is selected.")
	}
	j := m.queue.find(p.Key)
	switch {
	case p.Progress.State.Final() && !p.Held:
		return m.tell("This pull has ended.")
	case j == nil:
		return m.tell("Another berth pulls this; it can be cancelled there.")
	case j.active:
		j.held = false
		j.cancel()
		return m.tell("Cancelled. What was downloaded is kept for the next pull.")
	}
	m.queue.drop(j)
	return m.tell("Taken from the queue.")
}

// holdPull stops a pull so that it can go on later, or lets it go on. The engine keeps
// the downloaded parts of a cancelled pull, so that nothing is fetched twice.
func (m *Model) holdPull() tea.Cmd {
	p, ok := m.pulls.Selected()
	if !ok {
		return m.tell("No pull is selected.")
	}
	j := m.queue.find(p.Key)
	switch {
	case p.Progress.State.Final() && !p.Held:
		return m.tell("This pull has ended.")
	case j == nil:
		return m.tell("Another berth pulls this; it can be paused there.")
	case j.held:
		j.held, j.id, j.again = false, "", j.active
		m.queue.version++
		return m.pump()
	}
	j.held, j.last = true, p.Progress
	j.last.Ref, j.last.Rate, j.last.Remaining = j.ref, 0, 0
	j.last.Layers = slices.Clone(j.last.Layers)
	for i := range j.last.Layers {
		if l := &j.last.Layers[i]; l.State == engine.LayerDownloading {
			l.Rate, l.State = 0, engine.LayerWaiting
		}
	}
	m.queue.version++
	m.queue.hidden[j.id] = true
	m.want.pull = j.key
	if j.active {
		j.cancel()
	}
	return m.pump()
}

func (m *Model) retryPull() tea.Cmd {
	p, ok := m.pulls.Selected()
	switch {
	case !ok:
		return m.tell("No pull is selected.")
	case p.Held:
		return m.holdPull()
	case p.Progress.State != engine.PullFailed && p.Progress.State != engine.PullCanceled:
		return m.tell("Only a pull that failed or was cancelled can be tried again.")
	}
	m.state = store.Reduce(m.state, store.Dismissed{ID: p.Key})
	again := m.enqueue(p.Progress.Ref)
	m.want.pull = m.queue.jobs[len(m.queue.jobs)-1].key
	return again
}

// dismissPull takes the selected pull that has ended out of the list, or all marked ones.
func (m *Model) dismissPull() tea.Cmd {
	n := 0
	for _, p := range m.pulls.Targets() {
		if p.Progress.State.Final() && !p.Held {
			m.state = store.Reduce(m.state, store.Dismissed{ID: p.Key})
			n++
		}
	}
	if n == 0 {
		return m.tell("Only pulls that have ended can be dismissed; x cancels one.")
	}
	return nil
}
