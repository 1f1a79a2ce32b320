package cli

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"

	"berth/cmd/internal/cli/output"
	"berth/cmd/internal/cli/runspec"
	"berth/engine"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"
)

// creation holds the flags of run and create that concern the making of a container
// rather than the container.
type creation struct {
	opts    *runspec.Options
	pull    string
	cidfile string
	quiet   bool
}

func (c *creation) addFlags(fs *pflag.FlagSet) {
	c.opts = runspec.New()
	c.opts.AddFlags(fs)
	fs.StringVar(&c.pull, "pull", "missing", "Pull image before running (\"always\", \"missing\", \"never\")")
	fs.StringVar(&c.cidfile, "cidfile", "", "Write the container ID to the file")
	fs.BoolVarP(&c.quiet, "quiet", "q", false, "Suppress the pull output")
	stopAtFirstArgument(fs)
}

func (a *App) createCommand() *cobra.Command {
	var make creation
	c := &cobra.Command{
		Use:   "create [OPTIONS] IMAGE [COMMAND] [ARG...]",
		Short: "Create a new container",
		Long: `Create a new container and print its ID, without starting it.

The flags are those of 'berth run'. Start the container with 'berth start'.`,
		Example: `  berth create --name web -v "$PWD:/srv:ro" nginx
  berth start web`,
		Args: minArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			eng, err := a.engine(cmd.Context())
			if err != nil {
				return err
			}
			cfg, err := make.opts.Config(args[0], args[1:])
			if err != nil {
				return &statusError{code: exitEngine, err: err}
			}
			id, err := a.create(cmd.Context(), eng, &make, cfg)
			if err != nil {
				return err
			}
			fmt.Fprintln(a.out, id)
			return nil
		},
		ValidArgsFunction: a.completeImageThenFiles,
	}
	make.addFlags(c.Flags())
	return c
}

// create makes the container, pulling its image first where --pull says so.
func (a *App) create(ctx context.Context, eng engine.Engine, make *creation, cfg engine.ContainerConfig) (id string, err error) {
	switch make.pull {
	case "always", "missing", "never":
	default:
		return "", engine.Errorf(engine.ClassInvalid, "invalid pull option %q", make.pull).
			WithHint("It must be one of always, missing or never.")
	}
	cid, err := openCIDFile(make.cidfile)
	if err != nil {
		return "", err
	}
	defer func() { err = errors.Join(err, cid.close(id)) }()

	to := pullTo{raw: a.Err, term: a.ErrTerm, quiet: make.quiet}
	req := engine.PullRequest{Ref: cfg.Image, Platform: cfg.Platform}
	if make.pull == "always" {
		if _, err := a.pull(ctx, eng, req, to); err != nil {
			return "", err
		}
	}
	res, err := eng.CreateContainer(ctx, cfg)
	if make.pull == "missing" && engine.ClassOf(err) == engine.ClassNotFound && a.imageMissing(ctx, eng, cfg) {
		if err := a.whole(); err != nil {
			return "", err
		}
		if !make.quiet {
			fmt.Fprintf(a.err, "Unable to find image '%s' locally\n", output.Escape(familiarName(cfg.Image)))
		}
		if _, err := a.pull(ctx, eng, req, to); err != nil {
			return "", err
		}
		res, err = eng.CreateContainer(ctx, cfg)
	}
	if err != nil {
		return "", err
	}
	for _, w := range res.Warnings {
		fmt.Fprintf(a.err, "WARNING: %s\n", w)
	}
	return res.ID, nil
}

// imageMissing tells an image that is not there from anything else that is not.
func (a *App) imageMissing(ctx context.Context, eng engine.Images, cfg engine.ContainerConfig) bool {
	if cfg.Platform != "" {
		return true // another platform of it may be there
	}
	_, err := eng.InspectImage(ctx, cfg.Image)
	return engine.ClassOf(err) == engine.ClassNotFound
}

// A cidFile is the file of --cidfile; nil if there is none.
type cidFile struct{ *os.File }

// openCIDFile reserves the file before anything is made, as a script relies on
// getting either both the container and its file or neither.
func openCIDFile(name string) (*cidFile, error) {
	if name == "" {
		return nil, nil
	}
	f, err := os.OpenFile(name, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o644)
	if errors.Is(err, fs.ErrExist) {
		return nil, engine.Errorf(engine.ClassAlreadyExists, "container ID file %q exists", name).
			WithHint("Make sure that its container is not running any more, then delete the file.")
	}
	if err != nil {
		return nil, engine.Errorf(engine.ClassInvalid, "create the container ID file: %w", err)
	}
	return &cidFile{f}, nil
}

// close writes id; without one it removes the file.
func (c *cidFile) close(id string) error {
	if c == nil {
		return nil
	}
	_, err := c.WriteString(id)
	err = errors.Join(err, c.Close())
	if id == "" {
		return os.Remove(c.Name())
	}
	if err != nil {
		return engine.Errorf(engine.ClassExhausted, "write the container ID file: %w", err)
	}
	return nil
}

// ParseRun reads what stands behind `berth run`, for front ends that offer a line to
// type it into. Nothing is pulled or made.
func ParseRun(args []string) (engine.ContainerConfig, error) {
	var f runFlags
	fs := pflag.NewFlagSet("run", pflag.ContinueOnError)
	fs.Usage = func() {}
	f.define(fs)
	if err := fs.Parse(args); err != nil {
		return engine.ContainerConfig{}, engine.Errorf(engine.ClassInvalid, "read the flags of run: %w", err)
	}
	if fs.NArg() == 0 {
		return engine.ContainerConfig{}, engine.Errorf(engine.ClassInvalid, "run needs an image")
	}
	return f.opts.Config(fs.Arg(0), fs.Args()[1:])
}
