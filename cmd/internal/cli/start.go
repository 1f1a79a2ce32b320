package cli

import (
	"context"

	"berth/cmd/internal/cli/refuse"
	"berth/engine"

	"github.com/spf13/cobra"
)

func (a *App) startCommand() *cobra.Command {
	var attach, interactive bool
	var keys string
	c := &cobra.Command{
		Use:   "start [OPTIONS] CONTAINER [CONTAINER...]",
		Short: "Start one or more stopped containers",
		Long: `Start one or more stopped containers.

With --attach or --interactive, one container is started and connected, and its exit
code becomes berth's.`,
		ValidArgsFunction: a.completeContainers(isStopped),
	}
	c.Flags().BoolVarP(&attach, "attach", "a", false, "Attach STDOUT/STDERR and forward signals")
	c.Flags().StringVar(&keys, "detach-keys", "", "Override the key sequence for detaching a container")
	c.Flags().BoolVarP(&interactive, "interactive", "i", false, "Attach container's STDIN")
	refuseFlags(c,
		refuse.Flag{Name: "checkpoint", Remedy: "Checkpoints are not kept; leave the flag out."},
		refuse.Flag{Name: "checkpoint-dir", Remedy: "Checkpoints are not kept; leave the flag out."})
	a.named(c, func(ctx context.Context, eng engine.Engine, id string) error {
		_, err := eng.StartContainer(ctx, id, nil)
		return err
	})
	startAll := c.RunE
	c.RunE = func(cmd *cobra.Command, args []string) error {
		if !attach && !interactive {
			return startAll(cmd, args)
		}
		if len(args) > 1 {
			return usagef("only one container can be started and attached at once")
		}
		return a.startAttached(cmd.Context(), args[0], interactive, keys)
	}
	return c
}

func (a *App) startAttached(ctx context.Context, id string, interactive bool, keys string) error {
	eng, err := a.engine(ctx)
	if err != nil {
		return err
	}
	s, err := a.attachSession(ctx, eng, id, keys)
	if err != nil {
		return err
	}
	s.stdin = s.stdin && interactive
	if err := a.checkTerminal(s.tty, s.stdin); err != nil {
		return err
	}
	return a.attach(ctx, eng, s, func(o *engine.AttachOptions) (engine.Attachment, error) {
		att, err := eng.StartContainer(ctx, s.id, o)
		if err == nil && att == nil {
			return eng.Attach(ctx, s.id, *o) // it was running already
		}
		return att, err
	})
}
