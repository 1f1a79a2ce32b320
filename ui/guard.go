package ui

import (
	"fmt"
	"os"
	"runtime/debug"

	"berth/engine"

	tea "charm.land/bubbletea/v2"
)

// A guard stands around the model: a fault in it, or in one of its commands, ends the
// program in good order, so that the terminal is given back and the user reads a
// sentence instead of a stack.
type guard struct {
	*Model
	fault    *fault
	canvas   *canvas
	keyboard *keyboard
}

// A fault is what went wrong, and where that is written down.
type fault struct {
	what any
	file string
}

type faulted struct{ fault }

func (f fault) Error() error {
	err := engine.Errorf(engine.ClassUnknown, "show the workstation: internal fault: %v", f.what)
	if f.file != "" {
		err = err.WithHint("This is a mistake in Berth; please report it with the file %s.", f.file)
	}
	return err
}

// caught writes the stack of a panic to a file of its own.
func caught(what any) fault {
	f := fault{what: what}
	out, err := os.CreateTemp("", "berth-fault-*.txt")
	if err != nil {
		return f // the sentence has to do
	}
	defer out.Close()
	if _, err := fmt.Fprintf(out, "%v\n\n%s", what, debug.Stack()); err == nil {
		f.file = out.Name()
	}
	return f
}

// Init implements tea.Model.
func (g guard) Init() tea.Cmd { return guarded(g.Model.Init()) }

// Update implements tea.Model.
func (g guard) Update(msg tea.Msg) (m tea.Model, cmd tea.Cmd) {
	if f, ok := msg.(faulted); ok {
		*g.fault = f.fault
		return g, tea.Quit
	}
	defer func() {
		if r := recover(); r != nil {
			*g.fault = caught(r)
			m, cmd = g, tea.Quit
		}
	}()
	_, cmd = g.Model.Update(msg)
	g.keyboard.aim(g.plainly())
	return g, guarded(cmd)
}

// View implements tea.Model.
func (g guard) View() (v tea.View) {
	defer func() {
		if r := recover(); r != nil && g.fault.what == nil {
			*g.fault = caught(r)
			g.Model.cancel()
		}
	}()
	if g.fault.what != nil {
		return tea.View{AltScreen: true}
	}
	return g.canvas.show(g.Model.View(), g.window.w, g.window.h, g.drawn.live)
}

// guarded wraps a command, and the commands that it brings.
func guarded(cmd tea.Cmd) tea.Cmd {
	if cmd == nil {
		return nil
	}
	return func() (msg tea.Msg) {
		defer func() {
			if r := recover(); r != nil {
				msg = faulted{caught(r)}
			}
		}()
		msg = cmd()
		if batch, ok := msg.(tea.BatchMsg); ok {
			for i, c := range batch {
				batch[i] = guarded(c)
			}
		}
		return msg
	}
}
