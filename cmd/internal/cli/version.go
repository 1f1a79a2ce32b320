package cli

import (
	"fmt"
	"runtime"
	"runtime/debug"

	"berth/engine"

	"github.com/spf13/cobra"
)

// Version and Commit are set by the linker; see the Makefile.
var (
	Version string
	Commit  string
)

// Build returns the version and commit, from the module's own record if the linker set none.
func Build() (version, commit string) {
	version, commit = Version, Commit
	if version != "" && commit != "" {
		return version, commit
	}
	info, ok := debug.ReadBuildInfo()
	if !ok {
		return orUnknown(version), orUnknown(commit)
	}
	if version == "" && info.Main.Version != "(devel)" {
		version = info.Main.Version
	}
	for _, s := range info.Settings {
		if s.Key == "vcs.revision" && commit == "" {
			commit = engine.ShortID(s.Value)
		}
	}
	return orUnknown(version), orUnknown(commit)
}

func orUnknown(s string) string {
	if s == "" {
		return "unknown"
	}
	return s
}

func versionLine() string {
	version, commit := Build()
	return fmt.Sprintf("Berth version %s, build %s", version, commit)
}

// versionDocument has Docker's shape. Client and Server are the same program.
type versionDocument struct {
	Client versionPart
	Server versionPart
}

type versionPart struct {
	Version, GitCommit, GoVersion, Os, Arch string
}

func (a *App) versionCommand() *cobra.Command {
	var format string
	c := &cobra.Command{
		Use:   "version [OPTIONS]",
		Short: "Show the version information",
		Args:  noArgs,
		RunE: func(*cobra.Command, []string) error {
			version, commit := Build()
			p := versionPart{Version: version, GitCommit: commit, GoVersion: runtime.Version(), Os: runtime.GOOS, Arch: runtime.GOARCH}
			if done, err := a.printDocument(format, versionDocument{Client: p, Server: p}); done {
				return err
			}
			_, err := fmt.Fprintf(a.out, "Berth:\n Version:     %s\n Git commit:  %s\n Go version:  %s\n OS/Arch:     %s/%s\n",
				p.Version, p.GitCommit, p.GoVersion, p.Os, p.Arch)
			return err
		},
		ValidArgsFunction: cobra.NoFileCompletions,
	}
	c.Flags().StringVarP(&format, "format", "f", "", documentHelp)
	return c
}
