package cli

import (
	"context"
	"errors"

	"berth/cmd/internal/cli/tty"
	"berth/engine"

	"github.com/spf13/cobra"
)

func (a *App) attachCommand() *cobra.Command {
	var keys, exec, format, record, recordFormat string
	var noStdin, sigProxy, list, noTrunc bool
	c := &cobra.Command{
		Use:   "attach [OPTIONS] CONTAINER",
		Short: "Attach local standard input, output, and error streams to a running container",
		Long: `Attach local standard input, output, and error streams to a running container.

On a terminal the present screen is repainted first. Several clients may be attached
at once. Detach with ctrl-] d, or with --detach-keys; closing the terminal detaches too.

With --no-stdin one only watches: nothing is sent, and the size of one's own terminal is
not imposed on the program. --record also writes what is shown to a file that asciinema
plays, from now on.

What 'berth exec' started is attached to with --exec, as often as one likes while it
runs; --list shows what there is.`,
		Example: `  berth attach shell
  berth attach --no-stdin --record lesson.cast shell
  berth attach --list shell
  berth attach --exec 3f2a shell`,
		Args: exactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			ctx := cmd.Context()
			eng, err := a.engine(ctx)
			if err != nil {
				return err
			}
			if list {
				return a.printSessions(ctx, eng, args[0], format, noTrunc)
			}
			var s *session
			if exec != "" {
				s, err = a.execSession(ctx, eng, args[0], exec, keys)
			} else {
				s, err = a.attachSession(ctx, eng, args[0], keys)
			}
			if err != nil {
				return err
			}
			s.stdin, s.sigProxy = s.stdin && !noStdin, s.sigProxy && sigProxy
			s.readOnly = noStdin
			if err := a.checkTerminal(s.tty, s.stdin); err != nil {
				return err
			}
			if record != "" {
				if !s.tty {
					return engine.Errorf(engine.ClassInvalid, "record container %q: it has no terminal", s.id).
						WithHint("`berth logs -t` shows when it printed what.")
				}
				if s.recording, err = a.record(record, recordFormat, s.name); err != nil {
					return err
				}
				defer s.recording.end(a)
			}
			return a.attach(ctx, eng, s, func(o *engine.AttachOptions) (engine.Attachment, error) {
				if s.exec != "" {
					return eng.AttachExec(ctx, s.id, s.exec, *o)
				}
				return eng.Attach(ctx, s.id, *o)
			})
		},
		ValidArgsFunction: a.completeContainers(isRunning),
	}
	c.Flags().StringVar(&keys, "detach-keys", "", "Override the key sequence for detaching a container")
	c.Flags().StringVar(&exec, "exec", "", "Attach to this process of exec instead of the container's own")
	c.Flags().StringVar(&format, "format", "", formatHelp)
	c.Flags().BoolVar(&list, "list", false, "List the processes of exec that can be attached to")
	c.Flags().BoolVar(&noTrunc, "no-trunc", false, "Don't truncate the list")
	c.Flags().BoolVar(&noStdin, "no-stdin", false, "Do not attach STDIN")
	c.Flags().StringVar(&record, "record", "", "Also record the terminal to a new file, for asciinema")
	c.Flags().StringVar(&recordFormat, "record-format", "asciicast-v2", "Format of the recording: asciicast-v2, asciicast-v3")
	c.Flags().BoolVar(&sigProxy, "sig-proxy", true, "Proxy all received signals to the process")
	return c
}

// attachSession describes a connection with everything that the container offers.
func (a *App) attachSession(ctx context.Context, eng engine.Engine, id, keys string) (*session, error) {
	d, err := eng.InspectContainer(ctx, id, engine.InspectOptions{})
	if err != nil {
		return nil, err
	}
	s := &session{id: id, name: d.Name, autoRemove: d.AutoRemove, tty: d.TTY, stdin: d.OpenStdin, stdout: true, stderr: true, sigProxy: !d.TTY}
	s.signal = func(ctx context.Context, sig string) error { return eng.KillContainer(ctx, d.ID, sig) }
	s.keys, err = a.detachKeys(keys)
	return s, err
}

// attach streams and ends with the container's exit code.
func (a *App) attach(ctx context.Context, eng engine.Engine, s *session, connect func(*engine.AttachOptions) (engine.Attachment, error)) error {
	status, err := a.stream(ctx, s, connect)
	if errors.Is(err, tty.ErrDetach) {
		a.sayDetached(ctx, eng, s)
		return nil
	}
	if err != nil {
		return err
	}
	if s.autoRemove {
		a.awaitRemoval(ctx, eng, s.id)
	}
	return endedWith(status)
}
