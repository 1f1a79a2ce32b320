package cli

import (
	"fmt"
	"strconv"
	"strings"

	"berth/cmd/internal/cli/output"
	"berth/cmd/internal/cli/refuse"
	"berth/engine"

	"github.com/spf13/cobra"
)

var historyList = output.List{
	Fields: []output.Field{
		{Name: "ID", Heading: "IMAGE"}, {Name: "CreatedSince", Heading: "CREATED"}, {Name: "CreatedAt", Heading: "CREATED AT"},
		{Name: "CreatedBy", Heading: "CREATED BY"}, {Name: "Size", Heading: "SIZE"}, {Name: "Comment", Heading: "COMMENT"},
	},
	Default: []string{"ID", "CreatedSince", "CreatedBy", "Size", "Comment"},
}

func (a *App) historyCommand() *cobra.Command {
	var human, noTrunc, quiet bool
	var format string
	c := &cobra.Command{
		Use:   "history [OPTIONS] IMAGE",
		Short: "Show the history of an image",
		Args:  exactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			eng, err := a.engine(cmd.Context())
			if err != nil {
				return err
			}
			entries, err := eng.ImageHistory(cmd.Context(), args[0])
			if err != nil {
				return err
			}
			if quiet && format == "" {
				for _, e := range entries {
					fmt.Fprintln(a.out, historyID(e, noTrunc))
				}
				return nil
			}
			list := historyList
			if !human {
				list.Default = []string{"ID", "CreatedAt", "CreatedBy", "Size", "Comment"}
			}
			rows := make([]output.Row, len(entries))
			for i, e := range entries {
				rows[i] = a.historyRow(e, human, noTrunc)
			}
			return list.Print(a.out, format, rows)
		},
		ValidArgsFunction: a.completeImages,
	}
	fs := c.Flags()
	fs.StringVar(&format, "format", "", formatHelp)
	fs.BoolVarP(&human, "human", "H", true, "Print sizes and dates in human readable format")
	fs.BoolVar(&noTrunc, "no-trunc", false, "Don't truncate output")
	fs.BoolVarP(&quiet, "quiet", "q", false, "Only show image IDs")
	refuseFlags(c, refuse.Flag{Name: "platform", Remedy: "Berth keeps one platform of each image; leave the flag out."})
	return c
}

func historyID(e engine.HistoryEntry, whole bool) string {
	if e.ID == "" {
		return "<missing>"
	}
	return imageID(e.ID, whole)
}

func (a *App) historyRow(e engine.HistoryEntry, human, noTrunc bool) output.Row {
	by := strings.ReplaceAll(e.CreatedBy, "\t", " ")
	if !noTrunc {
		by = ellipsis(by, 45)
	}
	size := imageSize(e.Size)
	if !human {
		size = strconv.FormatInt(e.Size, 10)
	}
	created := "N/A"
	if !e.Created.IsZero() {
		created = e.Created.Format("2006-01-02T15:04:05Z07:00")
	}
	return output.Row{
		"ID": historyID(e, noTrunc), "CreatedSince": a.ago(e.Created), "CreatedAt": created,
		"CreatedBy": by, "Size": size, "Comment": e.Comment,
	}
}

// ellipsis shortens s to n characters, the last of which then is an ellipsis.
func ellipsis(s string, n int) string {
	r := []rune(s)
	if len(r) <= n {
		return s
	}
	return string(r[:n-1]) + "…"
}
