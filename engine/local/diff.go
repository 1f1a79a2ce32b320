package local

import (
	"context"
	"path/filepath"

	"berth/engine"
	"berth/engine/internal/diff"
)

// DiffContainer implements engine.Files.
func (e *Engine) DiffContainer(ctx context.Context, ref string) ([]engine.Change, error) {
	rec, _, err := e.find(ref)
	if err != nil {
		return nil, err
	}
	return diff.Changes(ctx, diff.Target{
		Upper: filepath.Join(e.state.Dir(rec.ID), upperDir),
		Lower: rec.LowerDirs,
		IDMap: e.ids, Worker: worker(diffMode),
	})
}
