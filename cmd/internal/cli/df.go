package cli

import (
	"context"
	"fmt"
	"strconv"

	"berth/cmd/internal/cli/output"
	"berth/engine"

	units "github.com/docker/go-units"
	"github.com/spf13/cobra"
)

var dfList = output.List{
	Fields: []output.Field{
		{Name: "Type", Heading: "TYPE"}, {Name: "TotalCount", Heading: "TOTAL"}, {Name: "Active", Heading: "ACTIVE"},
		{Name: "Size", Heading: "SIZE"}, {Name: "Reclaimable", Heading: "RECLAIMABLE"},
	},
	Default: []string{"Type", "TotalCount", "Active", "Size", "Reclaimable"},
}

func (a *App) dfCommand() *cobra.Command {
	var format string
	var verbose bool
	c := &cobra.Command{
		Use:   "df [OPTIONS]",
		Short: "Show disk usage",
		Long: `Show what images and containers take on the disk, and what a prune would free.

Layers that images share are counted once.`,
		Args:              noArgs,
		RunE:              func(cmd *cobra.Command, _ []string) error { return a.df(cmd.Context(), format, verbose) },
		ValidArgsFunction: cobra.NoFileCompletions,
	}
	c.Flags().StringVar(&format, "format", "", formatHelp)
	c.Flags().BoolVarP(&verbose, "verbose", "v", false, "Show detailed information on space usage")
	return c
}

func (a *App) df(ctx context.Context, format string, verbose bool) error {
	eng, err := a.engine(ctx)
	if err != nil {
		return err
	}
	info, err := eng.Info(ctx)
	if err != nil {
		return err
	}
	images, err := eng.ListImages(ctx, engine.ImageListOptions{All: true})
	if err != nil {
		return err
	}
	containers, err := eng.ListContainers(ctx, engine.ContainerListOptions{All: true, Size: true})
	if err != nil {
		return err
	}
	plan, err := eng.PruneImages(ctx, engine.PruneImagesOptions{All: true, DryRun: true})
	if err != nil {
		return err
	}
	if verbose {
		return a.dfVerbose(images, containers)
	}
	usedImages, alive := 0, 0
	var size, idle int64
	for _, i := range images {
		if i.Containers > 0 {
			usedImages++
		}
	}
	for _, c := range containers {
		size += c.SizeRw
		if c.State.Alive() {
			alive++
		} else {
			idle += c.SizeRw
		}
	}
	return dfList.Print(a.out, format, []output.Row{
		dfRow("Images", len(images), usedImages, info.DiskImages, plan.Reclaimed),
		dfRow("Containers", len(containers), alive, size, idle),
		dfRow("Local Volumes", 0, 0, 0, 0), // there are neither; who reads Docker's table expects their lines
		dfRow("Build Cache", 0, 0, 0, 0),
	})
}

func dfRow(kind string, total, active int, size, reclaimable int64) output.Row {
	text := units.HumanSize(float64(reclaimable))
	if size > 0 {
		text += fmt.Sprintf(" (%d%%)", min(reclaimable*100/size, 100))
	}
	return output.Row{
		"Type": kind, "TotalCount": strconv.Itoa(total), "Active": strconv.Itoa(active),
		"Size": units.HumanSize(float64(size)), "Reclaimable": text,
	}
}

func (a *App) dfVerbose(images []engine.Image, containers []engine.Container) error {
	imgs := imageList
	imgs.Default = []string{"Repository", "Tag", "ID", "CreatedSince", "Size", "SharedSize", "UniqueSize", "Containers"}
	var rows []output.Row
	for _, img := range images {
		for _, name := range imageNames(img, false, nameFilter("", nil)) {
			rows = append(rows, a.imageRow(img, name, false))
		}
	}
	fmt.Fprint(a.out, "Images space usage:\n\n")
	if err := imgs.Print(a.out, "", rows); err != nil {
		return err
	}
	fmt.Fprint(a.out, "\nContainers space usage:\n\n")
	cs := containerList
	cs.Default = []string{"ID", "Image", "Command", "LocalVolumes", "Size", "RunningFor", "Status", "Names"}
	rows = rows[:0]
	for _, c := range containers {
		rows = append(rows, a.containerRow(c, false))
	}
	return cs.Print(a.out, "", rows)
}
