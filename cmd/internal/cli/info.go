package cli

import (
	"fmt"
	"io"
	"strings"

	"berth/cmd/internal/cli/dockerjson"
	"berth/engine"

	units "github.com/docker/go-units"
	"github.com/spf13/cobra"
)

func (a *App) infoCommand() *cobra.Command {
	var format string
	c := &cobra.Command{
		Use:   "info [OPTIONS]",
		Short: "Display system-wide information",
		Args:  noArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			eng, err := a.engine(cmd.Context())
			if err != nil {
				return err
			}
			info, err := eng.Info(cmd.Context())
			if err != nil {
				return err
			}
			if done, err := a.printDocument(format, dockerjson.FromInfo(info)); done {
				return err
			}
			printInfo(a.out, info)
			for _, w := range info.Warnings {
				fmt.Fprintf(a.err, "WARNING: %s\n", w)
			}
			return nil
		},
		ValidArgsFunction: cobra.NoFileCompletions,
	}
	c.Flags().StringVarP(&format, "format", "f", "", documentHelp)
	return c
}

func printInfo(w io.Writer, i engine.Info) {
	size := func(n int64) string { return units.HumanSize(float64(n)) }
	user := "root"
	if i.Rootless {
		user = "unprivileged"
	}
	if i.IDMapping != "" {
		user += " (ids: " + i.IDMapping + ")"
	}
	source := "Docker Hub"
	if i.Demo {
		source = "built-in images"
	}
	for _, line := range [][2]string{
		{"Berth Version", i.Version},
		{"State Directory", i.Root},
		{"Containers", fmt.Sprint(i.Containers)},
		{" Running", fmt.Sprint(i.Running)},
		{" Paused", fmt.Sprint(i.Paused)},
		{" Stopped", fmt.Sprint(i.Stopped)},
		{"Images", fmt.Sprint(i.Images)},
		{"Disk Usage", ""},
		{" Images", size(i.DiskImages)},
		{" Containers", size(i.DiskContainers)},
		{" Free", size(i.DiskFree)},
		{"Storage Driver", i.StorageDriver},
		{"Logging Driver", i.LogDriver},
		{"Default Registry", source},
		{"Registry Mirrors", strings.Join(i.Mirrors, ", ")},
		{"User", user},
		{"Cgroup Version", i.CgroupVersion},
		{"Cgroup Limits", strings.Join(i.CgroupLimits, " ")},
		{"Security Options", strings.Join(i.SecurityOpts, " ")},
		{"Kernel Version", i.KernelVersion},
		{"Operating System", i.OS},
		{"Architecture", i.Architecture},
		{"CPUs", fmt.Sprint(i.CPUs)},
		{"Total Memory", units.BytesSize(float64(i.MemTotal))},
		{"Name", i.Hostname},
	} {
		if line[1] == "" && !strings.HasSuffix(line[0], "Usage") {
			line[1] = "none"
		}
		fmt.Fprintln(w, strings.TrimRight(line[0]+": "+line[1], " "))
	}
}
