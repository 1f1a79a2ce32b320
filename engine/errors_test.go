package engine_test

import (
	"errors"
	"fmt"
	"testing"

	"berth/engine"
)

// Saying where an error came about changes nothing else of it, and the innermost place counts.
func TestAtStepKeepsTheError(t *testing.T) {
	cause := errors.New("no space")
	err := engine.AtStep(engine.Errorf(engine.ClassExhausted, "write %q: %w", "x", cause).WithHint("Make room."), "op1", "commit")
	err = engine.AtStep(fmt.Errorf("pull: %w", err), "op2", "outer")
	if engine.OpOf(err) != "op1" || engine.StepOf(err) != "commit" {
		t.Errorf("operation %q, step %q", engine.OpOf(err), engine.StepOf(err))
	}
	if engine.ClassOf(err) != engine.ClassExhausted || engine.HintOf(err) != "Make room." || !errors.Is(err, cause) || err.Error() != `pull: write "x": no space` {
		t.Errorf("%v is of class %s with hint %q", err, engine.ClassOf(err), engine.HintOf(err))
	}
	if engine.AtStep(nil, "op", "step") != nil {
		t.Error("no error became one")
	}
}
