package screen

import (
	"context"
	"time"

	"berth/engine"
	"berth/ui/internal/display"
	"berth/ui/internal/keymap"

	tea "charm.land/bubbletea/v2"
)

// A layers tab shows one pull in full. The store knows all of it; nothing is loaded.
type layers struct {
	sheet
	pull func() (Pull, bool)
}

// NewLayers returns the tab of a pull.
func NewLayers(pull func() (Pull, bool)) Tab { return &layers{pull: pull} }

func (t *layers) Name() string                 { return "Layers" }
func (t *layers) Scope() keymap.Scope          { return keymap.Pulls } // what can be done is done to this pull
func (t *layers) Open(context.Context) tea.Cmd { return nil }
func (t *layers) Receive(any) tea.Cmd          { return nil }

func (t *layers) Draw(env Env, w, h int, _ bool) []string {
	st := env.Style
	u, ok := t.pull()
	if !ok {
		return nil
	}
	p := u.Progress
	t.clear()
	icon, tone, word := pullState(env, u)
	if word == "" {
		word = "pulling"
	}
	t.add(span{icon + " " + word, tone}, span{"  " + display.Clean(p.Ref), &st.Strong})
	if p.Error != "" {
		for _, part := range display.Wrap(display.Clean(display.Sentence(p.Error)), max(8, w-4)) {
			t.add(span{"  " + part, &st.Text})
		}
	}
	t.add()
	if p.Total > 0 {
		barWidth := max(10, min(60, w-30))
		t.add(append(barSpans(st, u.Share(), barWidth, &st.Accent), span{" " + display.Number(int(u.Share()*100)) + "%", &st.Strong})...)
		t.add()
		t.fact(st, w, "Fetched", display.Bytes(p.Current)+" of "+display.Bytes(p.Total))
	}
	t.fact(st, w, "Rate", display.Rate(p.Rate))
	t.fact(st, w, "Time left", display.Duration(p.Remaining.Round(time.Second)))
	if !p.Ended.IsZero() {
		t.fact(st, w, "Took", display.Duration(p.Ended.Sub(p.Started)))
	}
	t.fact(st, w, "Digest", string(p.Digest))
	t.fact(st, w, "Image", p.ImageID.Hex())
	if !u.Own && u.Active() {
		t.fact(st, w, "Pulled by", "another berth")
	}
	if len(p.Layers) > 0 {
		t.heading(st, display.Count(len(p.Layers), "layer"))
		for _, l := range p.Layers {
			t.layer(env, l, w)
		}
	}
	return t.draw(st, w, h)
}

func (t *layers) layer(env Env, l engine.LayerProgress, w int) {
	st := env.Style
	icon, tone, word := layerState(st, l)
	share := 1.0
	if l.Total > 0 && l.State != engine.LayerDone && l.State != engine.LayerExists {
		share = float64(l.Current) / float64(l.Total)
	}
	rate := w >= 78
	barWidth := min(24, w-55)
	if rate {
		barWidth = min(24, w-67)
	}
	barWidth = max(6, barWidth)
	line := []span{
		{"  " + icon + " ", tone}, {l.Digest.Short() + "  ", &st.Text}, {display.Left(word, 13, ""), tone},
	}
	line = append(line, barSpans(st, share, barWidth, tone)...)
	line = append(line, span{"  " + display.Right(display.Bytes(l.Current), 8, "") + " ", &st.Text}, span{"of " + display.Right(display.Bytes(l.Total), 8, ""), &st.Muted})
	if rate {
		line = append(line, span{"  " + display.Right(display.Rate(l.Rate), 10, ""), &st.Muted})
	}
	if l.Note != "" {
		line = append(line, span{"  " + display.Clean(l.Note), &st.Warn})
	}
	t.add(line...)
}
