package cli

import (
	"context"
	"fmt"
	"io"
	"strings"

	"berth/cmd/internal/cli/tty"
	"berth/engine"

	"github.com/spf13/cobra"
)

type loginFlags struct {
	username, password string
	stdin              bool
}

func (a *App) loginCommand() *cobra.Command {
	var f loginFlags
	c := &cobra.Command{
		Use:   "login [OPTIONS] [SERVER]",
		Short: "Authenticate to a registry",
		Long: `Authenticate to a registry. Without a server, to Docker Hub.

The credentials are checked with the registry and then stored as Docker stores them:
with the credential helper of Docker's config file, or in that file.`,
		Example: `  berth login
  berth login -u alice --password-stdin registry.example.com < token`,
		Args:              maxArgs(1),
		RunE:              func(cmd *cobra.Command, args []string) error { return a.login(cmd.Context(), args, &f) },
		ValidArgsFunction: cobra.NoFileCompletions,
	}
	c.Flags().StringVarP(&f.username, "username", "u", "", "Username")
	c.Flags().StringVarP(&f.password, "password", "p", "", "Password or Personal Access Token (PAT)")
	c.Flags().BoolVar(&f.stdin, "password-stdin", false, "Take the Password or Personal Access Token (PAT) from stdin")
	return c
}

func (a *App) login(ctx context.Context, args []string, f *loginFlags) error {
	if err := a.whole(); err != nil {
		return err
	}
	creds := engine.Credentials{Username: f.username, Password: f.password}
	if len(args) == 1 {
		creds.Registry = args[0]
	}
	if err := a.askCredentials(ctx, &creds, f); err != nil {
		return err
	}
	eng, err := a.engine(ctx)
	if err != nil {
		return err
	}
	kept, err := eng.Login(ctx, creds)
	if err != nil {
		return err
	}
	if kept.File != "" {
		fmt.Fprintf(a.err, "WARNING! The password is stored unencrypted in '%s'. A credential helper, which \"credsStore\" in that file names, keeps it safe.\n", kept.File)
	}
	fmt.Fprintln(a.out, "Login Succeeded")
	return nil
}

// maxPassword bounds what is read from the standard input.
const maxPassword = 64 << 10

func (a *App) askCredentials(ctx context.Context, c *engine.Credentials, f *loginFlags) error {
	switch {
	case f.stdin && f.password != "":
		return usagef("--password and --password-stdin are mutually exclusive")
	case f.stdin && f.username == "":
		return usagef("must provide --username with --password-stdin")
	case f.stdin:
		data, err := answer(ctx, func() (string, error) {
			data, err := io.ReadAll(io.LimitReader(a.In, maxPassword))
			return string(data), err
		})
		if ctx.Err() != nil {
			return err
		}
		if err != nil {
			return engine.Errorf(engine.ClassInvalid, "read the password: %w", err)
		}
		c.Password = strings.TrimRight(data, "\r\n")
	case f.password != "":
		fmt.Fprintln(a.err, "WARNING! Using --password via the CLI is insecure. Use --password-stdin.")
	}
	if c.Username != "" && c.Password != "" {
		return nil
	}
	if a.InTerm == nil || f.stdin {
		return engine.Errorf(engine.ClassInvalid, "log in: username and password are needed").
			WithHint("Without a terminal, give -u NAME and --password-stdin.")
	}
	if c.Username == "" {
		fmt.Fprint(a.out, "Username: ")
		line, err := a.askLine(ctx, maxPassword)
		if ctx.Err() != nil {
			return err
		}
		c.Username = line
		if err != nil || line == "" {
			return engine.Errorf(engine.ClassInvalid, "log in: a username is needed")
		}
	}
	fmt.Fprint(a.out, "Password: ")
	password, err := tty.ReadPassword(ctx, a.InTerm)
	fmt.Fprintln(a.out)
	if ctx.Err() != nil {
		return err
	}
	if err != nil || password == "" {
		return engine.Errorf(engine.ClassInvalid, "log in: a password is needed")
	}
	c.Password = password
	return nil
}

func (a *App) logoutCommand() *cobra.Command {
	return &cobra.Command{
		Use:   "logout [SERVER]",
		Short: "Log out from a registry",
		Long:  "Log out from a registry: forget its stored credentials. Without a server, Docker Hub's.",
		Args:  maxArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			if err := a.whole(); err != nil {
				return err
			}
			eng, err := a.engine(cmd.Context())
			if err != nil {
				return err
			}
			registry, shown := "", "https://index.docker.io/v1/"
			if len(args) == 1 {
				registry, shown = args[0], args[0]
			}
			if err := eng.Logout(cmd.Context(), registry); err != nil {
				return err
			}
			fmt.Fprintf(a.out, "Removing login credentials for %s\n", shown)
			return nil
		},
		ValidArgsFunction: cobra.NoFileCompletions,
	}
}
