package ui

import (
	"fmt"
	"testing"
	"time"

	"berth/engine"
	"berth/engine/enginetest"
	"berth/ui/internal/layout"
	"berth/ui/internal/screen"
	"berth/ui/internal/store"

	tea "charm.land/bubbletea/v2"
)

// over is a model of what seed puts into a fake, in a large window.
func over(b testing.TB, seed func(*enginetest.Fake) error) *Model {
	b.Helper()
	f := enginetest.New()
	b.Cleanup(func() { f.Close() })
	if err := seed(f); err != nil {
		b.Fatal(err)
	}
	sub, err := f.Watch(b.Context(), engine.WatchOptions{Snapshot: true})
	if err != nil {
		b.Fatal(err)
	}
	m := New(b.Context(), f, Options{Theme: "tokyo-night"})
	m.Update(tea.WindowSizeMsg{Width: 160, Height: 45})
	m.state = store.Reduce(m.state, store.Snapshot{Snapshot: sub.Snapshot})
	m.Update(screen.Loaded{})
	return m
}

// loaded is a model over 1,000 images, 200 containers and a pull of 50 layers.
func loaded(b *testing.B) (*Model, engine.PullProgress) {
	b.Helper()
	m := over(b, func(f *enginetest.Fake) error { return f.SeedMany(1000, 200) })
	p := engine.PullProgress{ID: "p", Ref: "big:1", State: engine.PullActive, Started: time.Now(), Total: 50e6}
	for i := range 50 {
		p.Layers = append(p.Layers, engine.LayerProgress{Digest: engine.Digest(fmt.Sprintf("sha256:%064d", i)), State: engine.LayerDownloading, Total: 1e6})
	}
	return m, p
}

// A batch of progress of fifty layers, reduced and drawn: at 20 a second it must cost
// a small part of a processor.
func BenchmarkFiftyLayers(b *testing.B) {
	m, p := loaded(b)
	i := int64(0)
	for b.Loop() {
		i++
		next := p
		next.Layers = append([]engine.LayerProgress(nil), p.Layers...)
		next.Current = i * 50
		for k := range next.Layers {
			next.Layers[k].Current = i
		}
		m.state = store.Reduce(m.state, store.Batch{Events: []engine.Event{{Kind: engine.KindPull, ID: "p", Pull: &next}}})
		m.drawn.header = true
		m.follow()
		m.View()
	}
}

// A key in a list of a thousand, until the frame is there.
func BenchmarkKeyToFrame(b *testing.B) {
	m, _ := loaded(b)
	for b.Loop() {
		m.Update(tea.KeyPressMsg{Code: tea.KeyDown})
		m.View()
	}
}

// The same among two hundred containers, where the main area follows with tabs of its own.
func BenchmarkContainerKeyToFrame(b *testing.B) {
	m, _ := loaded(b)
	m.focusOn(layout.Containers)
	for b.Loop() {
		m.Update(tea.KeyPressMsg{Code: tea.KeyDown})
		m.View()
	}
}

// A container of two hundred changes.
func BenchmarkContainerEvent(b *testing.B) {
	m, _ := loaded(b)
	for b.Loop() {
		c := m.state.Containers[100]
		c.ExitCode++
		m.state = store.Reduce(m.state, store.Batch{Events: []engine.Event{{Kind: engine.KindContainer, ID: c.ID, Container: &c}}})
		m.follow()
		m.View()
	}
}

// Nothing changed: nothing is drawn.
func BenchmarkIdleView(b *testing.B) {
	m, _ := loaded(b)
	m.View()
	for b.Loop() {
		m.View()
	}
}
