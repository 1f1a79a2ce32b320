package main

import (
	"context"
	"regexp"
	"time"

	"berth/engine"
	"berth/engine/enginetest"
	"berth/screenshots/internal/stage"
)

// A scene is a picture and how it comes about.
type scene struct {
	name       string
	cols, rows int
	theme      string
	steps      []step
}

// A step lets time pass, types keys and waits until the screen shows the texts.
type step struct {
	keys  string
	await []string
	live  time.Duration
}

func (sc scene) play(s *stage.Stage) error {
	for _, st := range sc.steps {
		s.Live(st.live)
		if err := s.Type(st.keys); err != nil {
			return err
		}
		if err := s.Await(st.await...); err != nil {
			return err
		}
	}
	return nil
}

// live reports whether time passes in the scene.
func (sc scene) live() bool {
	for _, st := range sc.steps {
		if st.live > 0 {
			return true
		}
	}
	return false
}

var (
	meters = regexp.MustCompile(`[▁-█⠀-⣿]+|[0-9]+(\.[0-9]+)?( ?[kMGT]?i?B| ?[%smhdw])?`)
	blanks = regexp.MustCompile(` +`)
)

// stable returns what of a scene's text is the same each time it is played: where time
// passes, numbers and curves are not.
func (sc scene) stable(text string) string {
	if !sc.live() {
		return text
	}
	return blanks.ReplaceAllString(meters.ReplaceAllString(text, "#"), " ")
}

// pulling is an image whose pull stands still in the middle.
var pulling = &enginetest.Repository{
	Ref: "python:3.14", Layers: []enginetest.RemoteLayer{
		{Content: "debian trixie slim", Size: 28_200_000, Unpacked: 74_800_000}, {Content: "certificates", Size: 29_700_000}, {Content: "compiler", Size: 49_500_000},
		{Content: "interpreter", Size: 61_300_000}, {Content: "headers", Size: 6_100_000}, {Content: "pip", Size: 250},
	},
	Script: func(ctx context.Context, run *enginetest.PullRun) error {
		run.Update(func(p *engine.PullProgress) {
			states := []engine.LayerState{
				engine.LayerExists, engine.LayerDone, engine.LayerDownloading, engine.LayerDownloading, engine.LayerUnpacking, engine.LayerVerifying,
			}
			for i, s := range states {
				p.Layers[i].State, p.Layers[i].Current = s, p.Layers[i].Total
			}
			p.Layers[2].Current, p.Layers[2].Rate = 34_100_000, 18.2e6
			p.Layers[3].Current, p.Layers[3].Rate = 21_700_000, 11.4e6
			p.Rate, p.Remaining = 29.6e6, 4*time.Second
		})
		<-ctx.Done()
		return ctx.Err()
	},
}

// begin waits for the first full screen.
var begin = step{await: []string{"Images", "ubuntu:24.04"}}

var scenes = []scene{
	{"workstation", 160, 45, "tokyo-night", []step{
		begin, {keys: "p", await: []string{"Pull an image"}}, {keys: "python:3.14\r", await: []string{"unpacking"}},
		{keys: "2", await: []string{"Logs"}}, {keys: "s", await: []string{"/ # "}}, {keys: "seq 3; uname\r", await: []string{"Linux"}}, {live: 14 * time.Second, await: []string{"%"}},
	}},
	{"layers", 120, 35, "mocha", []step{begin, {keys: "p", await: []string{"Pull an image"}}, {keys: "python:3.14\r", await: []string{"unpacking"}}, {keys: "\r", await: []string{"verifying"}}}},
	{"images", 120, 35, "tokyo-night", []step{begin, {keys: "1jj", await: []string{"Overview"}}}},
	{"images-light", 120, 35, "latte", []step{begin, {keys: "1jj", await: []string{"Overview"}}}},
	{"containers", 160, 45, "tokyo-night", []step{begin, {keys: "2j", await: []string{"Logs"}}, {live: 14 * time.Second, await: []string{"%"}}}},
	{"stats", 120, 35, "harbour", []step{begin, {keys: "2jm", await: []string{"Memory"}}, {live: 14 * time.Second, await: []string{"%"}}}},
	{"inspect", 120, 35, "harbour", []step{begin, {keys: "2", await: []string{"Logs"}}, {keys: "i", await: []string{"ImageID"}}}},
	{"failed", 120, 35, "tokyo-night", []step{
		begin, {keys: "R", await: []string{"Run a container"}}, {keys: "\x15run -d --name watch toolbox ahoy\r", await: []string{"shows the step that failed"}}, {keys: "!", await: []string{"failed after"}},
	}},
	{"help", 120, 35, "mocha", []step{begin, {keys: "?", await: []string{"Keys"}}}},
	{"palette", 120, 35, "gruvbox", []step{begin, {keys: ":", await: []string{"berth"}}}},
	{"narrow", 80, 24, "nord", []step{begin, {keys: "2", await: []string{"Containers"}}}},
	{"contrast", 80, 24, "contrast-light", []step{begin}},
}
