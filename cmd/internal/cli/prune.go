package cli

import (
	"context"
	"fmt"
	"strings"

	"berth/cmd/internal/cli/refuse"
	"berth/engine"

	units "github.com/docker/go-units"
	"github.com/spf13/cobra"
)

type pruneFlags struct {
	all, force bool
	filter     filterFlag
}

func (f *pruneFlags) add(c *cobra.Command, withAll bool) {
	if withAll {
		c.Flags().BoolVarP(&f.all, "all", "a", false, "Remove all unused images, not just dangling ones")
	}
	c.Flags().Var(&f.filter, "filter", "Provide filter values (e.g. \"until=<timestamp>\")")
	c.Flags().BoolVarP(&f.force, "force", "f", false, "Do not prompt for confirmation")
}

func (a *App) imagePruneCommand() *cobra.Command {
	var f pruneFlags
	c := &cobra.Command{
		Use:   "prune [OPTIONS]",
		Short: "Remove unused images",
		Long:  "Remove dangling images, or with --all every image that no container uses. Pinned images stay.",
		Args:  noArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			what := "all dangling images"
			if f.all {
				what = "all images without at least one container associated to them"
			}
			if !f.force && !a.confirm(cmd.Context(), "This will remove "+what+".") {
				return a.notConfirmed(cmd.Context())
			}
			eng, err := a.engine(cmd.Context())
			if err != nil {
				return err
			}
			report, err := eng.PruneImages(cmd.Context(), engine.PruneImagesOptions{All: f.all, Filters: f.filter.filters})
			a.printPruned("", "Deleted Images:", report, err)
			return err
		},
		ValidArgsFunction: cobra.NoFileCompletions,
	}
	f.add(c, true)
	return c
}

func (a *App) containerPruneCommand() *cobra.Command {
	var f pruneFlags
	c := &cobra.Command{
		Use:   "prune [OPTIONS]",
		Short: "Remove all stopped containers",
		Args:  noArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			if !f.force && !a.confirm(cmd.Context(), "This will remove all stopped containers.") {
				return a.notConfirmed(cmd.Context())
			}
			eng, err := a.engine(cmd.Context())
			if err != nil {
				return err
			}
			report, err := eng.PruneContainers(cmd.Context(), f.filter.filters)
			a.printPruned("Deleted Containers:", "", report, err)
			return err
		},
		ValidArgsFunction: cobra.NoFileCompletions,
	}
	f.add(c, false)
	return c
}

func (a *App) systemPruneCommand() *cobra.Command {
	var f pruneFlags
	c := &cobra.Command{
		Use:   "prune [OPTIONS]",
		Short: "Remove unused data",
		Long:  "Remove all stopped containers, and dangling images, or with --all every unused image.",
		Args:  noArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			images := "all dangling images"
			if f.all {
				images = "all images without at least one container associated to them"
			}
			if !f.force && !a.confirm(cmd.Context(), "This will remove all stopped containers and "+images+".") {
				return a.notConfirmed(cmd.Context())
			}
			return a.pruneAll(cmd.Context(), &f)
		},
		ValidArgsFunction: cobra.NoFileCompletions,
	}
	f.add(c, true)
	refuseFlags(c, refuse.Flag{Name: "volumes", Bool: true, Harmless: []string{"true", "false"}}) // there are none to remove
	return c
}

func (a *App) pruneAll(ctx context.Context, f *pruneFlags) error {
	eng, err := a.engine(ctx)
	if err != nil {
		return err
	}
	report, err := eng.PruneContainers(ctx, f.filter.filters)
	if err == nil {
		var images engine.PruneReport
		images, err = eng.PruneImages(ctx, engine.PruneImagesOptions{All: f.all, Filters: f.filter.filters})
		report.Images = images.Images
		report.Reclaimed += images.Reclaimed
	}
	a.printPruned("Deleted Containers:", "Deleted Images:", report, err)
	return err
}

// printPruned says what went, even if an error stopped the prune halfway.
func (a *App) printPruned(containers, images string, r engine.PruneReport, err error) {
	if len(r.Containers) > 0 {
		fmt.Fprintf(a.out, "%s\n%s\n\n", containers, strings.Join(r.Containers, "\n"))
	}
	if len(r.Images) > 0 {
		fmt.Fprintln(a.out, images)
		for _, i := range r.Images {
			if i.Untagged != "" {
				fmt.Fprintf(a.out, "untagged: %s\n", i.Untagged)
			} else {
				fmt.Fprintf(a.out, "deleted: %s\n", i.Deleted)
			}
		}
		fmt.Fprintln(a.out)
	}
	if err == nil {
		fmt.Fprintf(a.out, "Total reclaimed space: %s\n", units.HumanSize(float64(r.Reclaimed)))
	}
}

// notConfirmed ends a command that the user thought better of. As in Docker, that is no failure.
func (a *App) notConfirmed(ctx context.Context) error {
	if ctx.Err() != nil {
		return context.Cause(ctx)
	}
	fmt.Fprintln(a.err, "Nothing was removed.")
	return nil
}

// confirm asks; anything but y or yes, an input that ended and an interruption are a no.
func (a *App) confirm(ctx context.Context, consequence string) bool {
	fmt.Fprintf(a.out, "WARNING! %s\nAre you sure you want to continue? [y/N] ", consequence)
	line, _ := a.askLine(ctx, 64)
	if a.InTerm == nil {
		fmt.Fprintln(a.out)
	}
	line = strings.ToLower(line)
	return line == "y" || line == "yes"
}
