package cli

import (
	"context"
	"fmt"
	"io"
	"os"

	"berth/cmd/internal/cli/output"
	"berth/cmd/internal/cli/pullview"
	"berth/cmd/internal/cli/refuse"
	"berth/cmd/internal/cli/tty"
	"berth/engine"

	"github.com/spf13/cobra"
)

// untrusted is --disable-content-trust, which Docker has turned on by default.
var untrusted = refuse.Flag{Name: "disable-content-trust", Bool: true, Harmless: []string{"true"},
	Remedy: "Berth verifies every digest, but knows no content trust signatures."}

func (a *App) pullCommand() *cobra.Command {
	var platform string
	var quiet bool
	c := &cobra.Command{
		Use:   "pull [OPTIONS] NAME[:TAG|@DIGEST]",
		Short: "Download an image from a registry",
		Long: `Download an image from a registry.

A name without a registry is looked up on Docker Hub. Layers are downloaded and
unpacked in parallel; nothing becomes visible before every digest has been verified.
An interrupted pull goes on where it stopped when it is started again.`,
		Example: `  berth pull ubuntu:24.04
  berth pull --platform linux/arm64 ghcr.io/owner/image:1.2
  berth pull 127.0.0.1:5000/debian`,
		Args: exactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			eng, err := a.engine(cmd.Context())
			if err != nil {
				return err
			}
			ref := args[0]
			res, err := a.pull(cmd.Context(), eng, engine.PullRequest{Ref: ref, Platform: platform}, pullTo{
				raw: a.Out, term: a.OutTerm, quiet: quiet, tellTag: !hasTagOrDigest(ref),
			})
			if err != nil {
				return err
			}
			if res.Ref == "" {
				res.Ref = familiarName(ref)
			}
			fmt.Fprintln(a.out, canonicalName(res.Ref))
			return nil
		},
		ValidArgsFunction: cobra.NoFileCompletions,
	}
	c.Flags().StringVar(&platform, "platform", "", "Pull the image for this platform (\"linux/arm64\")")
	c.Flags().BoolVarP(&quiet, "quiet", "q", false, "Suppress verbose output")
	refuseFlags(c, untrusted, refuse.Flag{Name: "all-tags", Short: "a", Bool: true, Harmless: []string{"false"},
		Remedy: "Pull each tag by its name."})
	return c
}

// pullTo says where a pull's progress goes.
type pullTo struct {
	raw     io.Writer
	term    *os.File // nil if raw is no terminal
	quiet   bool
	tellTag bool // say that "latest" is meant
}

// pull brings an image and prints what Docker prints, but for the last line.
func (a *App) pull(ctx context.Context, eng engine.Registries, req engine.PullRequest, to pullTo) (engine.PullResult, error) {
	if err := a.whole(); err != nil {
		return engine.PullResult{}, err
	}
	if to.quiet {
		return eng.Pull(ctx, req)
	}
	view := pullview.Plain(to.raw)
	if to.term != nil {
		view = pullview.Terminal(to.raw, func() engine.Size { return tty.Size(to.term) })
	}
	req.Progress = func(p engine.PullProgress) {
		if to.tellTag { // not earlier: now the engine has found the reference well-formed
			fmt.Fprintln(to.raw, "Using default tag: latest")
			to.tellTag = false
		}
		view.Update(p)
	}
	res, err := eng.Pull(ctx, req)
	view.Close(res.Fresh)
	if err != nil {
		return res, err
	}
	status := "Image is up to date for "
	if res.Fresh {
		status = "Downloaded newer image for "
	}
	ref := res.Ref
	if ref == "" {
		ref = familiarName(req.Ref)
	}
	_, err = fmt.Fprintf(to.raw, "Digest: %s\nStatus: %s%s\n", output.Escape(string(res.Digest)), status, output.Escape(ref))
	return res, err
}
