package cli

import (
	"context"

	"berth/cmd/internal/cli/refuse"
	"berth/cmd/internal/cli/runspec"
	"berth/engine"

	"github.com/spf13/cobra"
)

func (a *App) updateCommand() *cobra.Command {
	var limits runspec.Limits
	var restart string
	c := &cobra.Command{
		Use:   "update [OPTIONS] CONTAINER [CONTAINER...]",
		Short: "Update configuration of one or more containers",
		Long: `Update limits and restart policy of one or more containers, while they run too.

Flags that are not given leave their setting as it is.`,
		Example:           "  berth update --memory 512m --cpus 1.5 web",
		ValidArgsFunction: a.completeContainers(nil),
	}
	limits.AddFlags(c.Flags())
	c.Flags().StringVar(&restart, "restart", "", "Restart policy to apply when a container exits")
	limits.AddBlockIO(c.Flags())
	noRealtime := "Use --cpus, --cpu-shares or --cpu-quota."
	refuseFlags(c, refuse.Flag{Name: "cpu-rt-period", Remedy: noRealtime}, refuse.Flag{Name: "cpu-rt-runtime", Remedy: noRealtime})
	a.named(c, func(ctx context.Context, eng engine.Engine, id string) error {
		res, err := limits.Resources()
		if err != nil {
			return err
		}
		u := engine.ContainerUpdate{Resources: res}
		if restart != "" {
			p, err := runspec.ParseRestart(restart)
			if err != nil {
				return err
			}
			u.Restart = &p
		}
		return eng.UpdateContainer(ctx, id, u)
	})
	updateAll := c.RunE
	c.RunE = func(cmd *cobra.Command, args []string) error {
		if cmd.Flags().NFlag() == 0 {
			return engine.Errorf(engine.ClassInvalid, "nothing to update: give one flag or more").
				WithHint("See berth update --help for the flags.")
		}
		return updateAll(cmd, args)
	}
	return c
}
