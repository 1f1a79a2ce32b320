// Command bench measures berth beside the container and terminal tools that are installed, in one run and on one
// machine, for only ratios taken that way mean anything. It is `make bench`, no part of the product.
//
// Every tool does the same work on the same images, which are made here from files of this machine and served from a
// registry inside this process; nothing leaves the machine. Daemons and state are private to the run, and taken away at its
// end, also after Ctrl-C. The tools take turns (A B C A B C ...), so that a slow moment of the machine meets all of them.
// A tool that is not installed, or can't do the work here, is left out with its reason.
package main

import (
	"context"
	"encoding/json"
	"flag"
	"fmt"
	"os"
	"os/signal"
	"slices"
	"strings"
	"syscall"
)

type options struct {
	berth   string // the program to measure, its companions beside it
	count   int
	short   bool
	entries int // images and containers in the lists
}

func main() {
	var o options
	var rows, jsonFile, readme string
	flag.StringVar(&o.berth, "berth", "bin/berth", "the program to measure, with its companions beside it")
	flag.IntVar(&o.count, "count", 15, "how often each tool does a work; slow ones are done less often")
	flag.BoolVar(&o.short, "short", false, "smaller images, shorter lists and fewer rounds: minutes instead of a quarter of an hour")
	flag.StringVar(&rows, "rows", "", "only these rows, by `keys`: "+strings.Join(keys(), ","))
	flag.StringVar(&jsonFile, "json", "", "also write the results to this `file`")
	flag.StringVar(&readme, "readme", "", "also put them between the marks in this `file`, as a table")
	flag.Parse()
	o.entries = 1000
	if o.short {
		o.count, o.entries = min(o.count, 3), 100
	}
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM, syscall.SIGHUP)
	defer stop()
	if err := run(ctx, o, rows, jsonFile, readme); err != nil {
		fmt.Fprintln(os.Stderr, "bench:", err)
		os.Exit(1)
	}
}

func run(ctx context.Context, o options, rows, jsonFile, readme string) (err error) {
	chosen, err := choose(rows)
	if err != nil {
		return err
	}
	l, err := open(ctx, o)
	if err != nil {
		return err
	}
	defer func() {
		if e := l.close(); err == nil {
			err = e
		}
	}()
	r := report{Machine: machine()}
	r.begin(os.Stdout)
	for _, row := range chosen {
		if ctx.Err() != nil {
			break
		}
		results := row.measure(ctx, l)
		r.Results = append(r.Results, results...)
		for _, result := range results {
			result.text(os.Stdout)
		}
	}
	r.Notes, r.Missing = l.notes, l.missing
	r.end(os.Stdout)
	if jsonFile != "" {
		data, err := json.MarshalIndent(r, "", "  ")
		if err != nil {
			return err
		}
		if err := os.WriteFile(jsonFile, append(data, '\n'), 0o644); err != nil {
			return err
		}
	}
	if err := context.Cause(ctx); err != nil || readme == "" {
		return err
	}
	return r.insert(readme)
}

// table is all rows, in the order in which they are measured: long lists make some tools slower at everything else.
var table = slices.Concat(engineRows, memoryRows, terminalRows, workstationRows, paneRows, screenRows, listRows, coldRows)

func keys() []string {
	var all []string
	for _, row := range table {
		all = append(all, row.key)
	}
	return all
}

func choose(list string) ([]row, error) {
	if list == "" {
		return table, nil
	}
	var chosen []row
	for _, key := range strings.Split(list, ",") {
		i := slices.IndexFunc(table, func(r row) bool { return r.key == key })
		if i < 0 {
			return nil, fmt.Errorf("-rows: there is no %q; there are %s", key, strings.Join(keys(), ", "))
		}
		chosen = append(chosen, table[i])
	}
	return chosen, nil
}
