package main

import (
	"regexp"
	"time"

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

// begin waits for the first full screen.
var begin = step{await: []string{"Images", "ubuntu:24.04"}}

var scenes = []scene{
	{"images", 120, 35, "tokyo-night", []step{begin, {keys: "1jj", await: []string{"Overview"}}}},
	{"images-light", 120, 35, "latte", []step{begin, {keys: "1jj", await: []string{"Overview"}}}},
	{"containers", 160, 45, "tokyo-night", []step{begin, {keys: "2j", await: []string{"Logs"}}, {live: 14 * time.Second, await: []string{"%"}}}},
	{"stats", 120, 35, "harbour", []step{begin, {keys: "2jm", await: []string{"Memory"}}, {live: 14 * time.Second, await: []string{"%"}}}},
	{"inspect", 120, 35, "harbour", []step{begin, {keys: "2", await: []string{"Logs"}}, {keys: "i", await: []string{"ImageID"}}}},
	{"help", 120, 35, "mocha", []step{begin, {keys: "?", await: []string{"Keys"}}}},
	{"palette", 120, 35, "gruvbox", []step{begin, {keys: ":", await: []string{"berth"}}}},
	{"narrow", 80, 24, "nord", []step{begin, {keys: "2", await: []string{"Containers"}}}},
	{"contrast", 80, 24, "contrast-light", []step{begin}},
}
