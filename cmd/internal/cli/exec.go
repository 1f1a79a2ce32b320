package cli

import (
	"context"
	"errors"
	"os"

	"berth/cmd/internal/cli/runspec"
	"berth/cmd/internal/cli/tty"
	"berth/engine"

	"github.com/spf13/cobra"
)

type execFlags struct {
	cfg         engine.ExecConfig
	env, files  []string
	detach      bool
	interactive bool
	keys        string
}

func (a *App) execCommand() *cobra.Command {
	var f execFlags
	c := &cobra.Command{
		Use:   "exec [OPTIONS] CONTAINER COMMAND [ARG...]",
		Short: "Execute a command in a running container",
		Long: `Execute a command in a running container.

The exit code is the command's; 126 if it can't be executed, 127 if it does not exist.

On a terminal (-it) ctrl-] d leaves the command running. 'berth attach --list CONTAINER'
shows what runs so, and 'berth attach --exec SESSION CONTAINER' goes back to it.`,
		Example: `  berth exec web cat /etc/hostname
  berth exec -it web sh
  berth exec -u root -w /tmp -e DEBUG=1 web env`,
		Args: minArgs(2),
		RunE: func(cmd *cobra.Command, args []string) error {
			f.cfg.Cmd = args[1:]
			return a.exec(cmd.Context(), args[0], &f)
		},
		ValidArgsFunction: a.completeContainers(isRunning),
	}
	fs := c.Flags()
	fs.BoolVarP(&f.detach, "detach", "d", false, "Detached mode: run command in the background")
	fs.StringVar(&f.keys, "detach-keys", "", "Override the key sequence for detaching a container")
	fs.StringArrayVarP(&f.env, "env", "e", nil, "Set environment variables")
	fs.StringArrayVar(&f.files, "env-file", nil, "Read in a file of environment variables")
	fs.BoolVarP(&f.interactive, "interactive", "i", false, "Keep STDIN open even if not attached")
	fs.BoolVar(&f.cfg.Privileged, "privileged", false, "Give extended privileges to the command")
	fs.BoolVarP(&f.cfg.TTY, "tty", "t", false, "Allocate a pseudo-TTY")
	fs.StringVarP(&f.cfg.User, "user", "u", "", "Username or UID (format: \"<name|uid>[:<group|gid>]\")")
	fs.StringVarP(&f.cfg.WorkingDir, "workdir", "w", "", "Working directory inside the container")
	stopAtFirstArgument(fs)
	return c
}

func (a *App) exec(ctx context.Context, id string, f *execFlags) (err error) {
	eng, err := a.engine(ctx)
	if err != nil {
		return err
	}
	if f.cfg.Env, err = runspec.Environment(f.env, f.files, os.LookupEnv); err != nil {
		return err
	}
	if f.detach {
		_, _, err := eng.Exec(ctx, id, f.cfg, nil)
		return err
	}
	f.cfg.Stdin = f.interactive
	s := &session{id: id, tty: f.cfg.TTY, stdin: f.interactive, stdout: true, stderr: true}
	if s.keys, err = a.detachKeys(f.keys); err != nil {
		return err
	}
	if err := a.checkTerminal(s.tty, s.stdin); err != nil {
		return err
	}
	status, err := a.stream(ctx, s, func(o *engine.AttachOptions) (engine.Attachment, error) {
		var att engine.Attachment
		s.exec, att, err = eng.Exec(ctx, id, f.cfg, o)
		return att, err
	})
	switch {
	case errors.Is(err, tty.ErrDetach):
		a.sayDetached(ctx, eng, s)
		return nil
	case errors.Is(err, errNotConnected):
		return notExecuted(errors.Unwrap(err))
	case err != nil:
		return err
	}
	return endedWith(status)
}

// notExecuted gives what is wrong with the process itself, its user or its directory,
// the code of a command that can't be executed, as Docker does. That the container is
// not there or does not run is another matter.
func notExecuted(err error) error {
	switch engine.ClassOf(err) {
	case engine.ClassInvalid, engine.ClassPermission, engine.ClassUnsupported:
		return &statusError{code: exitNotInvokable, err: err}
	}
	return err
}
