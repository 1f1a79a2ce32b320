package local

import (
	"context"
	"os"
	"path/filepath"

	"berth/engine"
	"berth/engine/internal/doctor"
	"berth/engine/internal/idmap"
)

// Examine makes the doctor's checks without an engine: where the host is so restricted,
// or the state directory such, that [Open] fails, the list of what lacks is needed most.
func Examine(ctx context.Context, opts Options) ([]engine.Check, error) {
	root := opts.Root
	if root == "" {
		var err error
		if root, err = DefaultRoot(); err != nil {
			return nil, err
		}
	}
	root, err := filepath.Abs(root)
	if err != nil {
		return nil, invalid("state directory %q: %w", opts.Root, err)
	}
	o := doctor.Options{Root: root, Worker: worker(doctorMode)}
	o.IDMap, o.IDMapErr = idmap.Detect()
	o.RootErr = os.MkdirAll(root, 0o700)
	return doctor.Run(ctx, o)
}
