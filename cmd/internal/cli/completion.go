package cli

import (
	"context"
	"slices"
	"strings"
	"time"

	"berth/engine"

	"github.com/spf13/cobra"
)

// completionTime bounds how long the shell waits for names.
const completionTime = time.Second

type completer = func(*cobra.Command, []string, string) ([]cobra.Completion, cobra.ShellCompDirective)

func isRunning(c engine.Container) bool { return c.State == engine.StateRunning }
func isAlive(c engine.Container) bool   { return c.State.Alive() }
func isPaused(c engine.Container) bool  { return c.State == engine.StatePaused }
func isStopped(c engine.Container) bool { return !c.State.Alive() }

// completeContainers offers the names of containers that fit; all if fits is nil.
func (a *App) completeContainers(fits func(engine.Container) bool) completer {
	return func(cmd *cobra.Command, args []string, prefix string) ([]cobra.Completion, cobra.ShellCompDirective) {
		switch {
		case len(args) > 0 && strings.HasPrefix(cmd.Use, "exec "):
			return nil, cobra.ShellCompDirectiveDefault
		case len(args) > 0 && !strings.Contains(cmd.Use, "..."): // it takes one
			return nil, cobra.ShellCompDirectiveNoFileComp
		}
		ctx, cancel := context.WithTimeout(cmd.Context(), completionTime)
		defer cancel()
		eng, err := a.engine(ctx)
		if err != nil {
			return nil, cobra.ShellCompDirectiveNoFileComp
		}
		list, err := eng.ListContainers(ctx, engine.ContainerListOptions{All: true})
		if err != nil {
			return nil, cobra.ShellCompDirectiveNoFileComp
		}
		var names []cobra.Completion
		for _, c := range list {
			if (fits == nil || fits(c)) && strings.HasPrefix(c.Name, prefix) && !slices.Contains(args, c.Name) {
				names = append(names, c.Name)
			}
		}
		return names, cobra.ShellCompDirectiveNoFileComp
	}
}

// completeObjects offers containers and images.
func (a *App) completeObjects(cmd *cobra.Command, args []string, prefix string) ([]cobra.Completion, cobra.ShellCompDirective) {
	containers, _ := a.completeContainers(nil)(cmd, args, prefix)
	images, directive := a.completeImages(cmd, args, prefix)
	return append(containers, images...), directive
}

// completeImages offers the names of cached images.
func (a *App) completeImages(cmd *cobra.Command, args []string, prefix string) ([]cobra.Completion, cobra.ShellCompDirective) {
	ctx, cancel := context.WithTimeout(cmd.Context(), completionTime)
	defer cancel()
	eng, err := a.engine(ctx)
	if err != nil {
		return nil, cobra.ShellCompDirectiveNoFileComp
	}
	list, err := eng.ListImages(ctx, engine.ImageListOptions{})
	if err != nil {
		return nil, cobra.ShellCompDirectiveNoFileComp
	}
	var names []cobra.Completion
	for _, img := range list {
		for _, tag := range img.RepoTags {
			if strings.HasPrefix(tag, prefix) && !slices.Contains(args, tag) {
				names = append(names, tag)
			}
		}
	}
	return names, cobra.ShellCompDirectiveNoFileComp
}

// completeImageThenFiles offers images first; the container's command is anything.
func (a *App) completeImageThenFiles(cmd *cobra.Command, args []string, prefix string) ([]cobra.Completion, cobra.ShellCompDirective) {
	if len(args) > 0 {
		return nil, cobra.ShellCompDirectiveDefault
	}
	return a.completeImages(cmd, args, prefix)
}

// completeCopy offers files, and containers as "name:".
func (a *App) completeCopy(cmd *cobra.Command, args []string, prefix string) ([]cobra.Completion, cobra.ShellCompDirective) {
	if strings.ContainsAny(prefix, "/:.") {
		return nil, cobra.ShellCompDirectiveDefault
	}
	names, _ := a.completeContainers(nil)(cmd, nil, prefix)
	for i := range names {
		names[i] += ":"
	}
	return names, cobra.ShellCompDirectiveNoSpace
}
