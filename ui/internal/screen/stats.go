package screen

import (
	"context"
	"math"
	"time"

	"berth/engine"
	"berth/ui/internal/display"
	"berth/ui/internal/keymap"
	"berth/ui/internal/match"
	"berth/ui/internal/style"
	"berth/ui/internal/widget/chart"

	tea "charm.land/bubbletea/v2"
)

// gridLeast is how many lines a row of charts needs.
const gridLeast = 7

// readings is how many measurements of a container are kept: four minutes at one in two seconds.
const readings = 120

// A Meter is what was measured of one container. Rates are the difference of two readings.
type Meter struct {
	CPU    *chart.Series // share of one processor
	Memory *chart.Series // bytes
	Pids   *chart.Series
	Net    *chart.Series // bytes a second, both ways
	Block  *chart.Series // bytes a second, both ways
	Last   engine.Stats
	ok     bool
}

// NewMeter returns a meter that has measured nothing.
func NewMeter() *Meter {
	n := func() *chart.Series { return chart.NewSeries(readings) }
	return &Meter{CPU: n(), Memory: n(), Pids: n(), Net: n(), Block: n()}
}

// Add takes a reading. One whose counters went back begins anew: the container started again.
func (m *Meter) Add(st engine.Stats) {
	d := st.Time.Sub(m.Last.Time)
	if m.ok && d == 0 {
		return
	}
	if m.ok && d > 0 && st.CPUTotal >= m.Last.CPUTotal {
		m.CPU.Add(float64(st.CPUTotal-m.Last.CPUTotal) / float64(d))
		m.Net.Add(rate(st.NetRx+st.NetTx, m.Last.NetRx+m.Last.NetTx, d))
		m.Block.Add(rate(st.BlockRead+st.BlockWrite, m.Last.BlockRead+m.Last.BlockWrite, d))
	}
	m.Memory.Add(float64(st.Memory))
	m.Pids.Add(float64(st.Pids))
	m.Last, m.ok = st, true
}

func rate(now, before int64, d time.Duration) float64 {
	if now < before {
		return chart.Missing
	}
	return float64(now-before) / d.Seconds()
}

// A usage tab draws what a container uses. The root measures; the tab only draws.
type usage struct {
	meter func() *Meter
	alive func() bool
	ascii bool
}

// NewUsage returns the tab of a container's charts.
func NewUsage(meter func() *Meter, alive func() bool, ascii bool) Tab {
	return &usage{meter, alive, ascii}
}

func (t *usage) Name() string                 { return "Stats" }
func (t *usage) Scope() keymap.Scope          { return keymap.Global }
func (t *usage) Open(context.Context) tea.Cmd { return nil }
func (t *usage) Receive(any) tea.Cmd          { return nil }
func (t *usage) Do(keymap.ID) (tea.Cmd, bool) { return nil, false }
func (t *usage) Search(match.Pattern)         {}
func (t *usage) Click(int, int)               {}
func (t *usage) Scroll(int)                   {}
func (t *usage) Foot(env Env) string {
	if m := t.meter(); m != nil && m.ok && t.alive() {
		return env.Style.Muted.Render("every 2s " + env.Style.Icons.Dot + " " + m.Last.Source)
	}
	return ""
}

func (t *usage) Copy() string {
	m := t.meter()
	if m == nil {
		return ""
	}
	return "cpu " + display.Percent(m.CPU.Last()) + " memory " + display.Memory(m.Last.Memory)
}

func (t *usage) Draw(env Env, w, h int, _ bool) []string {
	st := env.Style
	m := t.meter()
	switch {
	case !t.alive():
		return note(st, w, h, "The container does not run.", "S starts it")
	case m == nil || !m.ok:
		return note(st, w, h, "Measuring.", "")
	}
	last := m.Last
	limit := ""
	if last.MemoryLimit > 0 {
		limit = " of " + display.Memory(last.MemoryLimit)
	}
	pids := ""
	if last.PidsLimit > 0 {
		pids = " of " + display.Number(int(last.PidsLimit))
	}
	charts := []figure{
		{name: "CPU", value: or(display.Percent(m.CPU.Last()), st.Icons.More), rest: " of " + display.Count(max(1, last.CPUs), "processor"),
			series: m.CPU, least: 0.01, unit: plainUnit, top: display.Percent, tone: &st.Charts[0]},
		{name: "Memory", value: display.Memory(last.Memory), rest: limit,
			series: m.Memory, least: 1 << 20, unit: memoryUnit, top: memoryTop, tone: &st.Charts[1]},
		{name: "Network", value: or(display.Rate(m.Net.Last()), "quiet"), foot: total(last.NetRx, "in", last.NetTx, "out", st),
			series: m.Net, least: 1000, unit: plainUnit, top: rateTop, tone: &st.Charts[2]},
		{name: "Disk", value: or(display.Rate(m.Block.Last()), "quiet"), foot: total(last.BlockRead, "read", last.BlockWrite, "written", st),
			series: m.Block, least: 1000, unit: plainUnit, top: rateTop, tone: &st.Charts[3]},
		{name: "Processes", value: display.Number(int(max(0, last.Pids))), rest: pids,
			series: m.Pids, least: 4, unit: plainUnit, top: func(v float64) string { return display.Number(int(v)) }, tone: &st.Accent},
	}
	if w >= 60 {
		return t.grid(st, charts, w, h)
	}
	return t.column(st, charts, w, h)
}

func memoryTop(v float64) string { return display.Memory(int64(v)) }
func rateTop(v float64) string   { return display.Bytes(int64(v)) + "/s" }

// plainUnit and memoryUnit are what the top of a scale is a round number of.
func plainUnit(float64) float64 { return 1 }

func memoryUnit(v float64) float64 {
	unit := 1.0
	for v >= 1024*unit {
		unit *= 1024
	}
	return unit
}

func total(a int64, in string, b int64, out string, st *style.Styles) string {
	if a < 0 || b < 0 {
		return "not counted here"
	}
	return display.Bytes(a) + " " + in + " " + st.Icons.Dot + " " + display.Bytes(b) + " " + out
}

// A figure is one chart with its title.
type figure struct {
	name, value, rest string
	foot              string // stands under the chart
	series            *chart.Series
	least             float64               // the scale's top is at least this
	unit              func(float64) float64 // and a round number of these
	top               func(float64) string
	tone              *style.Style
}

// draw returns a title line and a chart of h-1 lines.
func (f figure) draw(st *style.Styles, w, h int, ascii bool) []string {
	if h < 1 || w < 12 {
		return nil
	}
	head := st.Muted.Render(f.name) + "  " + st.Strong.Render(f.value) + st.Muted.Render(f.rest)
	lines := []string{display.Cut(head, w, st.Icons.More)}
	if h < 3 {
		return lines
	}
	values := f.series.Values(2 * w)
	most := math.Max(f.least, chart.Max(values))
	unit := f.unit(most)
	top := unit * chart.Ceiling(most/unit)
	scale := f.top(top)
	for i, l := range chart.Area(values, w, h-2, top, ascii) {
		text := f.tone.Render(l)
		if i == 0 { // the scale stands over the empty left part of the chart's first line
			text = overlay(st, l, scale, f.tone)
		}
		lines = append(lines, text)
	}
	foot := ""
	if f.foot != "" {
		foot = st.Muted.Render(display.Cut(f.foot, w-1, st.Icons.More)) + " "
	}
	return append(lines, foot+st.Faint.Render(repeat(st.Icons.Rule, w-display.Width(foot))))
}

func overlay(st *style.Styles, line, scale string, tone *style.Style) string {
	n := len([]rune(scale)) + 1
	r := []rune(line)
	for i := 0; i < n && i < len(r); i++ {
		if r[i] != ' ' && r[i] != '\u2800' {
			return tone.Render(line)
		}
	}
	if n > len(r) {
		return tone.Render(line)
	}
	return st.Muted.Render(scale+" ") + tone.Render(string(r[n:]))
}

func repeat(s string, n int) string {
	out := make([]byte, 0, n*len(s))
	for range n {
		out = append(out, s...)
	}
	return string(out)
}

// column puts the charts below each other, as many as have room for a few lines.
func (t *usage) column(st *style.Styles, charts []figure, w, h int) []string {
	var out []string
	each := 6
	if h < 2*each {
		each = 1
	}
	for _, c := range charts {
		for _, l := range c.draw(st, w-2, each, t.ascii) {
			out = append(out, " "+l)
		}
	}
	return out[:min(h, len(out))]
}

// grid puts the charts in two columns; the last one, processes, goes across both, as a
// line only if there is no room for three rows.
func (t *usage) grid(st *style.Styles, charts []figure, w, h int) []string {
	cw := (w - 5) / 2
	rows := 3
	if h < 3*gridLeast {
		rows = 2
	}
	ch := max(1, min(12, (h+1)/rows-1))
	if rows == 2 {
		ch = max(1, min(12, (h-1)/2-1)) // a line for the processes
	}
	var out []string
	for i := 0; i+1 < len(charts); i += 2 {
		a, b := charts[i].draw(st, cw, ch, t.ascii), charts[i+1].draw(st, cw, ch, t.ascii)
		for k := range a {
			out = append(out, " "+a[k]+display.Spaces(cw-display.Width(a[k])+3)+b[k])
		}
		out = append(out, "")
	}
	if rows == 2 {
		ch = 1
	}
	for _, l := range charts[len(charts)-1].draw(st, 2*cw+3, ch, t.ascii) {
		out = append(out, " "+l)
	}
	return out[:min(h, len(out))]
}
