package screen

import (
	"cmp"
	"math"
	"slices"
	"strconv"
	"strings"
	"time"

	"berth/engine"
	"berth/ui/internal/display"
	"berth/ui/internal/style"
	"berth/ui/internal/widget/chart"
	"berth/ui/internal/widget/list"
)

const (
	statusWidth = 12
	sparks      = 5 // readings in a row's chart
)

// Containers is the pane of the containers.
type Containers struct {
	*list.Model[engine.Container]
	Meters map[string]*Meter
	env    Env
	doomed map[string]bool
	busy   map[string]string // what is being done to a container
	rang   []string          // the containers in which a shell has rung
}

// NewContainers returns the pane, newest containers first, those that run before the others.
func NewContainers() *Containers {
	p := &Containers{Meters: make(map[string]*Meter), doomed: make(map[string]bool), busy: make(map[string]string)}
	p.Model = list.New(list.Source[engine.Container]{
		Key: func(c engine.Container) string { return c.ID },
		Text: func(c engine.Container) string {
			return c.Name + " " + c.Image + " " + string(c.State) + " " + engine.ShortID(c.ID)
		},
		Cells: p.cells,
		Columns: []list.Column[engine.Container]{
			{Title: "", Width: 1},
			{Title: "NAME", Width: 0, Grow: true, Less: func(a, b engine.Container) int { return strings.Compare(a.Name, b.Name) }},
			{Title: "IMAGE", Width: 12, Most: 30, From: 66, Rank: 3, Tail: true, Less: func(a, b engine.Container) int { return strings.Compare(a.Image, b.Image) }},
			{Title: "STATUS", Width: statusWidth, From: 28, Less: byState},
			{Title: "CPU", Width: 5, Right: true, From: 36, Rank: 1, Less: p.byCPU},
			{Title: "", Width: sparks, From: 46, Rank: 4},
			{Title: "MEMORY", Width: 7, Right: true, From: 42, Rank: 2, Less: p.byMemory},
			{Title: "", Width: sparks, From: 60, Rank: 5},
		},
	}, 3, false)
	return p
}

func byState(a, b engine.Container) int {
	alive := func(c engine.Container) int {
		if c.State.Alive() {
			return 0
		}
		return 1
	}
	return cmp.Or(cmp.Compare(alive(a), alive(b)), b.Created.Compare(a.Created))
}

func (p *Containers) byCPU(a, b engine.Container) int {
	return cmp.Compare(p.last(a.ID, true), p.last(b.ID, true))
}

func (p *Containers) byMemory(a, b engine.Container) int {
	return cmp.Compare(p.last(a.ID, false), p.last(b.ID, false))
}

// Measured puts the rows in order again, if they are sorted by what was measured.
func (p *Containers) Measured() {
	if title, _ := p.SortedBy(); title == "CPU" || title == "MEMORY" {
		p.Resort()
	}
}

func (p *Containers) last(id string, cpu bool) float64 {
	m := p.Meters[id]
	if m == nil {
		return -1
	}
	v := m.Memory.Last()
	if cpu {
		v = m.CPU.Last()
	}
	if math.IsNaN(v) {
		return -1
	}
	return v
}

// SetDoomed says which containers wait to be deleted.
func (p *Containers) SetDoomed(ids map[string]bool) { p.doomed = ids }

// Busy reports whether something is being done to a container.
func (p *Containers) Busy() bool { return len(p.busy) > 0 }

// SetBusy says what is being done to containers; an empty word: nothing any more.
func (p *Containers) SetBusy(ids []string, doing string) {
	for _, id := range ids {
		if doing == "" {
			delete(p.busy, id)
			continue
		}
		p.busy[id] = doing
	}
}

// Status says in a word or two how a container is: how long it has been up, or how it ended.
func Status(c engine.Container, now time.Time) (text string, next time.Duration) {
	age := func(t time.Time) string {
		s, n := display.Age(now, t)
		next = n
		return s
	}
	next = math.MaxInt64
	switch c.State {
	case engine.StateRunning:
		text = "up " + age(c.Started)
	case engine.StatePaused:
		text = "paused"
	case engine.StateRestarting:
		text = "restarting"
	case engine.StateCreated:
		text = "created"
		if c.Error != "" {
			text = "not started"
		}
	case engine.StateDead:
		text = "dead"
	default:
		text = "exit " + strconv.Itoa(c.ExitCode)
		if c.OOMKilled {
			text = "no memory"
		}
		text += " " + age(c.Finished)
	}
	return text, next
}

// stateIcon is the sign and the tone of a container's state.
func stateIcon(st *style.Styles, c engine.Container) (string, *style.Style) {
	switch {
	case c.State == engine.StateRunning:
		return st.Icons.Running, &st.OK
	case c.State == engine.StatePaused:
		return st.Icons.Paused, &st.Warn
	case c.State == engine.StateRestarting:
		return st.Icons.Restarting, &st.Warn
	case c.State == engine.StateCreated && c.Error == "":
		return st.Icons.Created, &st.Muted
	case c.State == engine.StateExited && !c.OOMKilled && c.Error == "" && (c.ExitCode == 130 || c.ExitCode == 137 || c.ExitCode == 143):
		return st.Icons.Exited, &st.Muted // someone ended it: interrupt, kill, terminate
	case c.State == engine.StateDead || c.ExitCode != 0 || c.OOMKilled || c.Error != "":
		return st.Icons.Failed, &st.Error
	}
	return st.Icons.Exited, &st.Muted
}

func (p *Containers) cells(st *style.Styles, c engine.Container) []list.Cell {
	icon, tone := stateIcon(st, c)
	text := &st.Text
	if p.doomed[c.ID] {
		icon, tone, text = st.Icons.Failed, &st.Error, &st.Muted
	}
	status, _ := Status(c, p.env.Now)
	if doing := p.busy[c.ID]; doing != "" {
		icon, tone, status = p.env.Spin, &st.Info, doing
	}
	cpu, spark, mem, memSpark := "", "", "", ""
	if c.State.Alive() { // known in a moment
		cpu, mem = st.Icons.None, st.Icons.None
	}
	if m := p.Meters[c.ID]; m != nil && m.ok && c.State.Alive() {
		cpu = cmp.Or(display.Percent(m.CPU.Last()), cpu)
		values := sinceStart(m.CPU.Values(sparks))
		spark = chart.Spark(values, sparks, max(0.05, chart.Max(values)), st.Icons.Spark)
		mem = display.MemoryShort(m.Last.Memory)
		values = m.Memory.Values(sparks)
		memSpark = growth(values, st.Icons.Spark)
	}
	if !c.State.Alive() {
		text = &st.Muted
	}
	if c.RestartCount > 0 && c.State.Alive() {
		status += " " + st.Icons.Restarting + strconv.Itoa(c.RestartCount)
	}
	if display.Width(status) > statusWidth { // how it ended says more than when
		status = status[:max(strings.LastIndexByte(status, ' '), 0)]
	}
	name, image := display.Clean(c.Name), display.Clean(c.Image)
	if slices.Contains(p.rang, c.ID) {
		name, text = st.Icons.Bell+" "+name, &st.Warn
	}
	return []list.Cell{{Text: icon, Style: tone}, {Text: name, Style: text}, {Text: image, Style: &st.Muted}, {Text: status, Style: tone}, {Text: cpu, Style: &st.Text}, {Text: spark, Style: &st.Charts[0]}, {Text: mem, Style: &st.Text}, {Text: memSpark, Style: &st.Charts[1]}}
}

// Rang takes the containers in which a shell has rung that nobody looked at since, and
// reports whether they are others than before.
func (p *Containers) Rang(ids []string) bool {
	if slices.Equal(ids, p.rang) {
		return false
	}
	p.rang = ids
	return true
}

// Draw returns the pane's lines.
func (p *Containers) Draw(env Env, w, h int, focused bool) []string {
	p.env = env
	p.Fit(h)
	if lines := p.Model.Draw(env.Style, w, focused); len(p.Visible()) > 0 {
		return lines
	}
	if _, all := p.Len(); all > 0 {
		return note(env.Style, w, h, "No container matches.", "esc clears the filter")
	}
	return note(env.Style, w, h, "No containers yet.", "r on an image runs it")
}

// growth draws memory: a steady use is a low line, so that the list is calm, and one that
// grew by a quarter reaches the top.
func growth(values []float64, levels []string) string {
	least, most := math.Inf(1), chart.Max(values)
	for _, v := range values {
		least = min(least, v)
	}
	over := make([]float64, len(values))
	for i, v := range values {
		over[i] = v - least
	}
	over = sinceStart(over)
	return chart.Spark(over, sparks, max(most-least, most/4), levels)
}

// sinceStart puts nothing before the first readings, so that the curve of a calm
// container is complete at once, and does not move until the container does.
func sinceStart(values []float64) []float64 {
	return append(make([]float64, max(0, sparks-len(values))), values...)
}
