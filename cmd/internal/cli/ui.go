package cli

import (
	"context"
	"fmt"
	"runtime/debug"
	"time"

	"berth/engine/footprint"
)

// startOver is when all is done that is done only once.
const startOver = 2 * time.Second

// openUI opens the workstation. Without a terminal, or on one that can only print, there
// is nothing to open it on.
func (a *App) openUI(ctx context.Context) error {
	if a.UI == nil && a.Elsewhere == nil || a.InTerm == nil || a.OutTerm == nil {
		return &usageError{code: 2, msg: "the workstation needs a terminal; name a command to use the command line"}
	}
	if term := a.Getenv("TERM"); term == "" || term == "dumb" {
		return &usageError{code: 2, msg: fmt.Sprintf("the workstation needs a terminal that can place its cursor, which %q can't; name a command to use the command line", term)}
	}
	if err := a.whole(); err != nil {
		return err
	}
	eng, err := a.engine(ctx)
	if err != nil {
		return err
	}
	// It stays open all day: memory counts more than the time to collect it. While fifty
	// layers arrive this is 8 MB less, at no processor time that could be measured.
	debug.SetGCPercent(50)
	time.AfterFunc(startOver, footprint.ForgetProgram) // 15 MB of the program's file; a third is used again
	return a.UI(ctx, eng, a.settings)
}
