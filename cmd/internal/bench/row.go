package main

import (
	"context"
	"fmt"
	"os"
	"slices"

	"golang.org/x/term"
)

// A row is one work that several tools do in turn. Doing it once yields a value for each of its figures.
type row struct {
	key     string
	name    string
	rounds  int // at most so many, however large -count is; 0 for no such limit
	burst   int // how often a tool does the work each time that it is its turn; 0 is once
	figures []figure
	// tools prepares them, berth first. What can't be prepared is left out with its error.
	tools func(context.Context, *lab) []contender
}

// A figure is something that is measured.
type figure struct {
	name string // added to the row's, unless it is its only one
	unit string
	more bool // more is better, as with rates
	goals
}

// goals are what a figure shall be, as its median.
type goals struct {
	limit  float64            // at most so much, or at least if more is better; 0 for no limit
	times  map[string]float64 // so many times as good as a peer, if that is there
	within map[string]float64 // at most so much more than a peer
}

// A contender is one tool at one work.
type contender struct {
	name  string
	err   error // why it can't take part
	once  func(context.Context) ([]float64, error)
	clean func()
}

// A result is one figure of all tools.
type result struct {
	Row, Name, Unit string
	Rounds          int
	More            bool `json:",omitempty"`
	Tools           []measured
	LeftOut         map[string]string `json:",omitempty"`
	Goals           []verdict         `json:",omitempty"`
}

// measured is one tool's values for one figure. Ratio is how many times as good berth is.
type measured struct {
	Name                string
	Best, Median, Ratio float64
}

// A verdict says whether a goal was met.
type verdict struct {
	Text string
	Met  bool
}

// measure lets the tools do the work in turn. A tool that fails once is left out.
func (r row) measure(ctx context.Context, l *lab) []result {
	contenders := r.tools(ctx, l)
	defer func() {
		for _, c := range contenders {
			if c.clean != nil {
				c.clean()
			}
		}
	}()
	rounds := l.count
	if r.rounds > 0 {
		rounds = min(rounds, r.rounds)
	}
	values := make([][][]float64, len(contenders)) // of each tool, each figure
	for round := range rounds + 1 {
		for i := range contenders {
			c := &contenders[i]
			if c.err != nil || ctx.Err() != nil || round == 0 && r.rounds > 0 { // warmth matters where work is short
				continue
			}
			progress("%s: %s, %d of %d", r.key, c.name, round, rounds)
			rest(ctx)
			for range max(r.burst, 1) {
				var got []float64
				if got, c.err = c.once(ctx); c.err != nil || round == 0 {
					break
				}
				if values[i] == nil {
					values[i] = make([][]float64, len(got))
				}
				for k, v := range got {
					values[i][k] = append(values[i][k], v)
				}
			}
		}
	}
	progress("")
	results := make([]result, len(r.figures))
	for k, f := range r.figures {
		res := result{Row: r.key, Name: r.name, Unit: f.unit, Rounds: rounds * max(r.burst, 1), More: f.more, LeftOut: map[string]string{}}
		if len(r.figures) > 1 {
			res.Name += ": " + f.name
		}
		for i, c := range contenders {
			if c.err != nil {
				res.LeftOut[c.name] = c.err.Error()
			} else if k < len(values[i]) {
				res.add(c.name, values[i][k])
			}
		}
		res.judge(f.goals)
		results[k] = res
	}
	return results
}

// add takes a tool's values. The first tool is berth, which the others are compared with.
func (r *result) add(name string, values []float64) {
	slices.Sort(values)
	m := measured{Name: name, Best: values[0], Median: values[len(values)/2]}
	if r.More {
		m.Best = values[len(values)-1]
	}
	if len(r.Tools) > 0 && r.Tools[0].Name == "berth" {
		m.Ratio = ratio(m.Median, r.Tools[0].Median, r.More)
	}
	r.Tools = append(r.Tools, m)
}

// ratio is how many times as good berth is: 0 if that can't be told.
func ratio(peer, berth float64, more bool) float64 {
	if more {
		peer, berth = berth, peer
	}
	if berth == 0 {
		return 0
	}
	return peer / berth
}

func (r *result) judge(g goals) {
	if len(r.Tools) == 0 || r.Tools[0].Name != "berth" {
		return
	}
	berth := r.Tools[0].Median
	say := func(met bool, format string, args ...any) {
		r.Goals = append(r.Goals, verdict{fmt.Sprintf(format, args...), met})
	}
	switch {
	case g.limit != 0 && r.More:
		say(berth >= g.limit, "at least %s", number(g.limit, r.Unit))
	case g.limit != 0:
		say(berth <= g.limit, "at most %s", number(g.limit, r.Unit))
	}
	for _, m := range r.Tools[1:] {
		if times, ok := g.times[m.Name]; ok {
			say(m.Ratio >= times, "%gx as good as %s", times, m.Name)
		}
		if more, ok := g.within[m.Name]; ok {
			say(berth <= m.Median+more, "at most %s more than %s", number(more, r.Unit), m.Name)
		}
	}
}

// progress shows what is being done on a terminal, in place of what it showed before.
func progress(format string, args ...any) {
	if term.IsTerminal(int(os.Stderr.Fd())) {
		fmt.Fprintf(os.Stderr, "\r\x1b[K"+format, args...)
	}
}
