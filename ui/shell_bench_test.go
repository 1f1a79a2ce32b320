package ui

import (
	"io"
	"testing"
	"time"

	"berth/engine/enginetest"
	"berth/ui/internal/layout"
	"berth/ui/internal/screen"
	"berth/ui/internal/terminal"

	tea "charm.land/bubbletea/v2"
)

// inShell is a model with an open shell that has the keys.
func inShell(b testing.TB) (*Model, *terminal.Terminal) {
	b.Helper()
	m := over(b, (*enginetest.Fake).SeedHarbour)
	m.focusOn(layout.Containers)
	m.Update(screen.Loaded{})
	carryOut(m, m.openShell())
	t, ok := m.typing()
	if !ok || t.Terminal() == nil {
		b.Fatal("no shell has the keys")
	}
	_, _ = io.WriteString(t.Terminal(), "\x1b[H\x1b[2J$ ") // never fails
	m.Update(screen.ShellOutput{})
	m.View()
	return m, t.Terminal()
}

// carryOut runs commands that end soon.
func carryOut(m *Model, cmd tea.Cmd) {
	if cmd == nil {
		return
	}
	done := make(chan tea.Msg, 1)
	go func() { done <- cmd() }()
	select {
	case msg := <-done:
		if batch, ok := msg.(tea.BatchMsg); ok {
			for _, c := range batch {
				carryOut(m, c)
			}
			return
		}
		_, next := m.Update(msg)
		carryOut(m, next)
	case <-time.After(100 * time.Millisecond):
	}
}

// A key on its way to the program.
func BenchmarkKeyToShell(b *testing.B) {
	m, _ := inShell(b)
	for b.Loop() {
		m.Update(tea.KeyPressMsg{Code: 'x', Text: "x"})
		m.View()
	}
}

// What the program echoes, as the frame has it.
func BenchmarkEchoToFrame(b *testing.B) {
	m, term := inShell(b)
	for b.Loop() {
		_, _ = io.WriteString(term, "x\b")
		m.Update(screen.ShellOutput{})
		m.View()
	}
}

// What the program echoes, as the canvas has it before the frame.
func BenchmarkEchoToTerminal(b *testing.B) {
	m, term := inShell(b)
	c := still(io.Discard)
	c.show(m.View(), m.window.w, m.window.h, m.drawn.live)
	c.draw(c.next)
	for i := 0; b.Loop(); i++ {
		_, _ = io.WriteString(term, string(rune('a'+i%26))+"\b")
		c.keyed = time.Now()
		if !c.echo(term) {
			b.Fatal("no echo")
		}
	}
}

// Nothing may lie over a shell whose echo is drawn before its frame.
func TestAnEchoIsDrawnWhereNothingCoversTheShell(t *testing.T) {
	m, term := inShell(t)
	if l := m.drawn.live; l == nil || l.Terminal != term {
		t.Fatalf("the shell has no place: %+v", l)
	}
	for _, cover := range []func(){
		func() {
			m.Update(tea.KeyPressMsg{Code: ']', Mod: tea.ModCtrl})
			m.Update(tea.KeyPressMsg{Code: '?', Text: "?"})
		},
		func() { m.overlay = nil; m.say(screen.Say{Text: "Something."}); m.drawn.mark(layout.Main) },
	} {
		cover()
		m.View()
		if m.drawn.live != nil && (m.overlay != nil || m.toast(m.window.w-2, m.window.h) != nil) {
			t.Error("what lies over the shell would be drawn over")
		}
	}
}
