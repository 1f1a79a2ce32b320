package cli

import (
	"context"
	"fmt"
	"strings"

	"berth/engine"

	"github.com/spf13/cobra"
)

// named builds a command that does one thing to each of the containers it is given
// and prints the name of each that it was done to.
func (a *App) named(c *cobra.Command, do func(ctx context.Context, eng engine.Engine, id string) error) *cobra.Command {
	c.Args = minArgs(1)
	c.RunE = func(cmd *cobra.Command, args []string) error {
		ctx := cmd.Context()
		eng, err := a.engine(ctx)
		if err != nil {
			return err
		}
		return a.each(ctx, args, func(id string) error {
			err := do(ctx, eng, id)
			if err == nil {
				fmt.Fprintln(a.out, id)
			}
			return err
		})
	}
	return c
}

// stopFlags are those of stop and restart.
type stopFlags struct {
	signal  string
	timeout int
}

func (f *stopFlags) add(c *cobra.Command) {
	c.Flags().StringVarP(&f.signal, "signal", "s", "", "Signal to send to the container")
	c.Flags().IntVarP(&f.timeout, "timeout", "t", 0, "Seconds to wait before killing the container (-1 waits for ever)")
	c.Flags().IntVar(&f.timeout, "time", 0, "")
	_ = c.Flags().MarkHidden("time") // the older name
}

func (f *stopFlags) options(c *cobra.Command) engine.StopOptions {
	opts := engine.StopOptions{Signal: f.signal}
	if c.Flags().Changed("timeout") || c.Flags().Changed("time") {
		opts.Timeout = &f.timeout
	}
	return opts
}

func (a *App) stopCommand() *cobra.Command {
	var f stopFlags
	c := &cobra.Command{
		Use:   "stop [OPTIONS] CONTAINER [CONTAINER...]",
		Short: "Stop one or more running containers",
		Long: `Stop one or more running containers: send the stop signal (SIGTERM, unless the image
or --stop-signal say otherwise), and SIGKILL to those that still run after the timeout.`,
		ValidArgsFunction: a.completeContainers(isAlive),
	}
	f.add(c)
	return a.named(c, func(ctx context.Context, eng engine.Engine, id string) error {
		return eng.StopContainer(ctx, id, f.options(c))
	})
}

func (a *App) restartCommand() *cobra.Command {
	var f stopFlags
	c := &cobra.Command{
		Use:               "restart [OPTIONS] CONTAINER [CONTAINER...]",
		Short:             "Restart one or more containers",
		ValidArgsFunction: a.completeContainers(nil),
	}
	f.add(c)
	return a.named(c, func(ctx context.Context, eng engine.Engine, id string) error {
		return eng.RestartContainer(ctx, id, f.options(c))
	})
}

func (a *App) killCommand() *cobra.Command {
	var signal string
	c := &cobra.Command{
		Use:               "kill [OPTIONS] CONTAINER [CONTAINER...]",
		Short:             "Kill one or more running containers",
		ValidArgsFunction: a.completeContainers(isAlive),
	}
	c.Flags().StringVarP(&signal, "signal", "s", "SIGKILL", "Signal to send to the container")
	return a.named(c, func(ctx context.Context, eng engine.Engine, id string) error {
		return eng.KillContainer(ctx, id, signal)
	})
}

func (a *App) pauseCommand() *cobra.Command {
	return a.named(&cobra.Command{
		Use:               "pause CONTAINER [CONTAINER...]",
		Short:             "Pause all processes within one or more containers",
		ValidArgsFunction: a.completeContainers(isRunning),
	}, func(ctx context.Context, eng engine.Engine, id string) error {
		return eng.PauseContainer(ctx, id)
	})
}

func (a *App) unpauseCommand() *cobra.Command {
	return a.named(&cobra.Command{
		Use:               "unpause CONTAINER [CONTAINER...]",
		Short:             "Unpause all processes within one or more containers",
		ValidArgsFunction: a.completeContainers(isPaused),
	}, func(ctx context.Context, eng engine.Engine, id string) error {
		return eng.UnpauseContainer(ctx, id)
	})
}

func (a *App) renameCommand() *cobra.Command {
	return &cobra.Command{
		Use:   "rename CONTAINER NEW_NAME",
		Short: "Rename a container",
		Args:  exactArgs(2),
		RunE: func(cmd *cobra.Command, args []string) error {
			eng, err := a.engine(cmd.Context())
			if err != nil {
				return err
			}
			return eng.RenameContainer(cmd.Context(), args[0], strings.TrimPrefix(args[1], "/"))
		},
		ValidArgsFunction: a.completeContainers(nil),
	}
}

func (a *App) waitCommand() *cobra.Command {
	return &cobra.Command{
		Use:   "wait CONTAINER [CONTAINER...]",
		Short: "Block until one or more containers stop, then print their exit codes",
		Args:  minArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			ctx := cmd.Context()
			eng, err := a.engine(ctx)
			if err != nil {
				return err
			}
			return a.each(ctx, args, func(id string) error {
				status, err := eng.WaitContainer(ctx, id, engine.WaitNotRunning)
				if err == nil {
					fmt.Fprintln(a.out, status.Code)
				}
				return err
			})
		},
		ValidArgsFunction: a.completeContainers(nil),
	}
}
