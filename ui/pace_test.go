package ui

import (
	"io"
	"strings"
	"testing"

	tea "charm.land/bubbletea/v2"
)

type leaves struct{}

func (leaves) Init() tea.Cmd                         { return nil }
func (m leaves) Update(tea.Msg) (tea.Model, tea.Cmd) { return m, tea.Quit }
func (leaves) View() tea.View                        { return tea.NewView("") }

// A Bubble Tea that keeps its ticker elsewhere would quietly bring back the cost of an
// idle screen.
func TestThePaceFindsTheTicker(t *testing.T) {
	pace := newPace()
	defer pace.stop()
	pace.program = tea.NewProgram(leaves{}, tea.WithFPS(fps), tea.WithFilter(func(_ tea.Model, msg tea.Msg) tea.Msg { pace.message(); return msg }), tea.WithInput(strings.NewReader("")), tea.WithOutput(io.Discard))
	if _, err := pace.program.Run(); err != nil {
		t.Fatal(err)
	}
	if pace.ticker == nil {
		t.Error("no ticker: an idle screen runs at full speed")
	}
}
