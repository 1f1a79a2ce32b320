package cli

import "context"

// openUI opens the workstation. Without a terminal there is nothing to open it on.
func (a *App) openUI(ctx context.Context) error {
	if a.UI == nil || a.InTerm == nil || a.OutTerm == nil {
		return &usageError{code: 2, msg: "the workstation needs a terminal; name a command to use the command line"}
	}
	eng, err := a.engine(ctx)
	if err != nil {
		return err
	}
	return a.UI(ctx, eng, a.settings)
}
