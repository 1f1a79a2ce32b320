package cli

import (
	"fmt"

	"berth/cmd/internal/cli/refuse"
	"berth/engine"

	"github.com/spf13/cobra"
)

func (a *App) rmiCommand() *cobra.Command {
	var opts engine.RemoveImageOptions
	c := &cobra.Command{
		Use:   "rmi [OPTIONS] IMAGE [IMAGE...]",
		Short: "Remove one or more images",
		Long: `Remove one or more images.

A name is taken away first; the image and its layers go with the last name, unless a
container still uses them.`,
		Args: minArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			ctx := cmd.Context()
			eng, err := a.engine(ctx)
			if err != nil {
				return err
			}
			return a.each(ctx, args, func(ref string) error {
				done, err := eng.RemoveImage(ctx, ref, opts)
				a.printRemovals(done)
				// As with rm -f: that it is not there is what the caller wanted.
				if opts.Force && engine.ClassOf(err) == engine.ClassNotFound {
					a.report(err)
					return nil
				}
				return err
			})
		},
		ValidArgsFunction: a.completeImages,
	}
	c.Flags().BoolVarP(&opts.Force, "force", "f", false, "Force removal of the image")
	c.Flags().BoolVar(&opts.NoPrune, "no-prune", false, "Do not delete untagged parents")
	refuseFlags(c, refuse.Flag{Name: "platform", Remedy: "Berth keeps one platform of each image; remove the image."})
	return c
}

func (a *App) printRemovals(done []engine.ImageRemoval) {
	for _, r := range done {
		if r.Untagged != "" {
			fmt.Fprintf(a.out, "Untagged: %s\n", r.Untagged)
		} else {
			fmt.Fprintf(a.out, "Deleted: %s\n", r.Deleted)
		}
	}
}
