package local

import (
	"context"

	"berth/engine"
)

// TagImage implements engine.Images.
func (e *Engine) TagImage(ctx context.Context, source, target string) error {
	return e.one("tag", target, "write name", "The image gets one more name in the catalogue; nothing is copied.",
		map[string]string{"image": source, "name": target}, func() error { return e.Store.TagImage(ctx, source, target) })
}

// RemoveImage implements engine.Images.
func (e *Engine) RemoveImage(ctx context.Context, ref string, opts engine.RemoveImageOptions) (removed []engine.ImageRemoval, err error) {
	data := struct {
		Options engine.RemoveImageOptions
		Removed []engine.ImageRemoval
	}{Options: opts}
	err = e.begin("remove image", ref).long("remove image", "The name is taken away, and with an image's last name its configuration and the layers that no other image stacks.",
		&data, func() (err error) {
			removed, err = e.Store.RemoveImage(ctx, ref, opts)
			data.Removed = removed
			return err
		})
	return removed, err
}

// PruneImages implements engine.Images.
func (e *Engine) PruneImages(ctx context.Context, opts engine.PruneImagesOptions) (report engine.PruneReport, err error) {
	if opts.DryRun {
		return e.Store.PruneImages(ctx, opts)
	}
	data := struct {
		Options engine.PruneImagesOptions
		Report  engine.PruneReport
	}{Options: opts}
	err = e.begin("prune images", "").long("prune images", "Images that no container uses are removed, and the layers that no other image stacks.",
		&data, func() (err error) {
			report, err = e.Store.PruneImages(ctx, opts)
			data.Report = report
			return err
		})
	return report, err
}
