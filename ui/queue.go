package ui

import (
	"context"
	"slices"
	"strconv"
	"sync"
	"time"

	"berth/engine"
	"berth/ui/internal/keymap"
	"berth/ui/internal/layout"
	"berth/ui/internal/screen"

	tea "charm.land/bubbletea/v2"
)

// atOnce is how many pulls of this process run at the same time: more would only make
// each of them slower.
const atOnce = 3

// A job is one pull that was asked for here.
type job struct {
	key    string // names it before the engine does
	ref    string
	id     string // the engine's; empty before it began
	held   bool
	active bool
	again  bool // to go on as soon as the attempt that was stopped has ended
	cancel context.CancelFunc
	last   engine.PullProgress // when it was held
}

// A queue holds the pulls that were asked for here and have not ended.
type queue struct {
	jobs    []*job
	mine    map[string]bool // engine's IDs of all pulls that began here
	hidden  map[string]bool // engine's IDs of those that were held: the job stands for them
	serial  int
	version int
}

func newQueue() *queue { return &queue{mine: make(map[string]bool), hidden: make(map[string]bool)} }

type (
	pullBegan struct{ key, id string }
	pullEnded struct {
		key   string
		ref   string
		image engine.Digest
		err   error
	}
)

// waiting returns the jobs that the engine has not told of yet, or that are held: a row
// that went and came again would lose the cursor.
func (q *queue) waiting(told []engine.PullProgress) []screen.Pull {
	var out []screen.Pull
	for _, j := range q.jobs {
		known := slices.ContainsFunc(told, func(p engine.PullProgress) bool { return p.ID == j.id })
		switch {
		case j.held:
			out = append(out, screen.Pull{Key: j.key, Progress: j.last, Held: true, Own: true})
		case !j.active || j.again || !known:
			out = append(out, screen.Pull{Key: j.key, Progress: engine.PullProgress{Ref: j.ref}, Queued: true, Own: true})
		}
	}
	return out
}

func (q *queue) find(key string) *job {
	for _, j := range q.jobs {
		if j.key == key || j.id == key && key != "" {
			return j
		}
	}
	return nil
}

func (q *queue) drop(j *job) {
	q.jobs = slices.DeleteFunc(q.jobs, func(o *job) bool { return o == j })
	q.version++
}

// enqueue asks for a pull.
func (m *Model) enqueue(ref string) tea.Cmd {
	q := m.queue
	q.serial++
	q.version++
	q.jobs = append(q.jobs, &job{key: "job " + strconv.Itoa(q.serial), ref: ref})
	return m.pump()
}

// pump begins as many pulls as may run at once.
func (m *Model) pump() tea.Cmd {
	active := 0
	for _, j := range m.queue.jobs {
		if j.active {
			active++
		}
	}
	var cmds []tea.Cmd
	for _, j := range m.queue.jobs {
		if active < atOnce && !j.active && !j.held {
			cmds = append(cmds, m.beginPull(j))
			active++
		}
	}
	return tea.Batch(cmds...)
}

func (m *Model) beginPull(j *job) tea.Cmd {
	ctx, cancel := context.WithCancel(m.ctx)
	j.active, j.cancel = true, cancel
	m.queue.version++
	began := make(chan string, 1)
	var once sync.Once
	eng, ref, key := m.eng, j.ref, j.key
	run := func() tea.Msg {
		defer cancel()
		defer once.Do(func() { close(began) })
		res, err := eng.Pull(ctx, engine.PullRequest{Ref: ref, Progress: func(p engine.PullProgress) {
			once.Do(func() { began <- p.ID; close(began) })
		}})
		return pullEnded{key, ref, res.ImageID, err}
	}
	name := func() tea.Msg {
		id, ok := <-began
		if !ok {
			return nil
		}
		return pullBegan{key, id}
	}
	return tea.Batch(run, name)
}

// pullMoved takes what became of a job.
func (m *Model) pullMoved(msg tea.Msg) tea.Cmd {
	q := m.queue
	q.version++
	switch msg := msg.(type) {
	case pullBegan:
		q.mine[msg.id] = true
		if j := q.find(msg.key); j != nil {
			selected, _ := m.pulls.Selected()
			j.id = msg.id
			if selected.Key == j.key {
				m.want.pull = msg.id
			}
		}
	case pullEnded:
		j := q.find(msg.key)
		if j == nil {
			return m.pump()
		}
		j.active = false
		if j.held || j.again {
			j.again = false
			return m.pump() // a held one goes on when it is asked to
		}
		q.drop(j)
		switch {
		case msg.err == nil:
			m.goToImage(msg.image)
			said := m.report("Pulled " + msg.ref + ".")
			if m.window.focus == layout.Pulls { // what comes next is elsewhere: say where, for as long as it takes to read
				m.notice.text += " It is selected among the images: " + m.look.keys.Key(keymap.Global, keymap.FocusImages) + " goes there, " +
					m.look.keys.Key(keymap.Images, keymap.Run) + " runs it."
				m.notice.until = time.Time{}
			}
			return tea.Batch(m.pump(), said)
		case engine.ClassOf(msg.err) == engine.ClassCanceled:
			return m.pump()
		}
		return tea.Batch(m.pump(), m.complain(msg.err, ""))
	}
	return nil
}

// goToImage puts the cursor of the images on one that was just pulled.
func (m *Model) goToImage(id engine.Digest) {
	if !m.images.SelectKey(string(id)) {
		m.want.image = string(id) // its event is still under way
	}
	m.drawn.mark(layout.Images)
}
