package cli

import (
	"context"
	"io"
	"text/template"

	"berth/cmd/internal/cli/dockerjson"
	"berth/cmd/internal/cli/output"
	"berth/cmd/internal/cli/refuse"
	"berth/engine"

	"github.com/spf13/cobra"
)

type inspectFlags struct {
	format, kind string
	size         bool
}

func (a *App) inspectCommand() *cobra.Command {
	var f inspectFlags
	c := &cobra.Command{
		Use:   "inspect [OPTIONS] NAME|ID [NAME|ID...]",
		Short: "Return low-level information on containers and images",
		Long: `Return low-level information on containers and images, as Docker's JSON.

A name is looked up among the containers first, then among the images.`,
		Example: `  berth inspect web
  berth inspect --format '{{.State.Status}} {{.State.ExitCode}}' web
  berth inspect --type image --format '{{json .Config.Env}}' ubuntu:24.04`,
		Args:              minArgs(1),
		RunE:              func(cmd *cobra.Command, args []string) error { return a.inspect(cmd.Context(), args, &f) },
		ValidArgsFunction: a.completeObjects,
	}
	c.Flags().StringVarP(&f.format, "format", "f", "", documentHelp)
	c.Flags().BoolVarP(&f.size, "size", "s", false, "Display total file sizes if the type is container")
	c.Flags().StringVar(&f.kind, "type", "", "Only inspect objects of the given type (\"container\", \"image\")")
	return c
}

func (a *App) containerInspectCommand() *cobra.Command {
	f := inspectFlags{kind: "container"}
	c := &cobra.Command{
		Use:               "inspect [OPTIONS] CONTAINER [CONTAINER...]",
		Short:             "Display detailed information on one or more containers",
		Args:              minArgs(1),
		RunE:              func(cmd *cobra.Command, args []string) error { return a.inspect(cmd.Context(), args, &f) },
		ValidArgsFunction: a.completeContainers(nil),
	}
	c.Flags().StringVarP(&f.format, "format", "f", "", documentHelp)
	c.Flags().BoolVarP(&f.size, "size", "s", false, "Display total file sizes")
	return c
}

func (a *App) imageInspectCommand() *cobra.Command {
	f := inspectFlags{kind: "image"}
	c := &cobra.Command{
		Use:               "inspect [OPTIONS] IMAGE [IMAGE...]",
		Short:             "Display detailed information on one or more images",
		Args:              minArgs(1),
		RunE:              func(cmd *cobra.Command, args []string) error { return a.inspect(cmd.Context(), args, &f) },
		ValidArgsFunction: a.completeImages,
	}
	c.Flags().StringVarP(&f.format, "format", "f", "", documentHelp)
	refuseFlags(c, refuse.Flag{Name: "platform", Remedy: "Berth keeps one platform of each image; leave the flag out."})
	return c
}

// inspect prints what it finds, and complains about the rest.
func (a *App) inspect(ctx context.Context, names []string, f *inspectFlags) error {
	switch f.kind {
	case "", "container", "image":
	default:
		return engine.Errorf(engine.ClassInvalid, "--type %q is not a type of object", f.kind).
			WithHint("The types are container and image.")
	}
	var tmpl *template.Template
	if f.format != "" && f.format != "json" {
		var err error
		if tmpl, err = parseFormat(f.format); err != nil {
			return err
		}
	}
	eng, err := a.engine(ctx)
	if err != nil {
		return err
	}
	found := []any{}
	failed := a.each(ctx, names, func(name string) error {
		v, err := inspectOne(ctx, eng, name, f)
		if err != nil {
			return err
		}
		if tmpl != nil {
			return output.Document(a.out, tmpl, v)
		}
		found = append(found, v)
		return nil
	})
	switch {
	case tmpl != nil:
		return failed
	case f.format == "json":
		err = compactJSON(a.out, found)
	default:
		err = output.JSON(a.out, found, "    ")
	}
	if err != nil {
		return err
	}
	return failed
}

func compactJSON(w io.Writer, v any) error { return output.JSON(w, v, "") }

// inspectOne finds a container, or an image, by its name or ID.
func inspectOne(ctx context.Context, eng engine.Engine, name string, f *inspectFlags) (any, error) {
	if f.kind != "image" {
		d, err := eng.InspectContainer(ctx, name, engine.InspectOptions{Size: f.size})
		if err == nil {
			return dockerjson.FromContainer(d, f.size), nil
		}
		if f.kind == "container" || engine.ClassOf(err) != engine.ClassNotFound {
			return nil, err
		}
	}
	d, err := eng.InspectImage(ctx, name)
	if err == nil {
		return dockerjson.FromImage(d), nil
	}
	// A container's name may be no reference at all, so ClassInvalid means the same.
	if c := engine.ClassOf(err); f.kind == "" && (c == engine.ClassNotFound || c == engine.ClassInvalid) {
		return nil, engine.Errorf(engine.ClassNotFound, "no such container or image: %q", name)
	}
	return nil, err
}

// printDocument prints one object that is not in a list.
func (a *App) printDocument(format string, v any) (done bool, err error) {
	switch format {
	case "":
		return false, nil
	case "json":
		return true, compactJSON(a.out, v)
	}
	tmpl, err := parseFormat(format)
	if err != nil {
		return true, err
	}
	return true, output.Document(a.out, tmpl, v)
}

// parseFormat reads the template of one object. Docker's code for a mistake in it is 64.
func parseFormat(format string) (*template.Template, error) {
	tmpl, err := output.Parse(format)
	if err != nil {
		return nil, &statusError{code: exitFormat, err: err}
	}
	return tmpl, nil
}
