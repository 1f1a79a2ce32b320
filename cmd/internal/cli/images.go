package cli

import (
	"fmt"
	"path"
	"slices"
	"strconv"
	"strings"
	"time"

	"berth/cmd/internal/cli/output"
	"berth/cmd/internal/cli/refuse"
	"berth/engine"

	units "github.com/docker/go-units"
	"github.com/spf13/cobra"
)

// none is Docker's word for a name that is not there.
const none = "<none>"

var imageList = output.List{
	Fields: []output.Field{
		{Name: "ID", Heading: "IMAGE ID"}, {Name: "Repository", Heading: "REPOSITORY"}, {Name: "Tag", Heading: "TAG"},
		{Name: "Digest", Heading: "DIGEST"}, {Name: "CreatedSince", Heading: "CREATED"}, {Name: "CreatedAt", Heading: "CREATED AT"},
		{Name: "Size", Heading: "SIZE"}, {Name: "VirtualSize", Heading: "SIZE"}, {Name: "SharedSize", Heading: "SHARED SIZE"},
		{Name: "UniqueSize", Heading: "UNIQUE SIZE"}, {Name: "Containers", Heading: "CONTAINERS"}, {Name: "Labels", Heading: "LABELS"},
	},
	Default: []string{"Repository", "Tag", "ID", "CreatedSince", "Size"},
	Raw: []output.Field{
		{Name: "Repository", Heading: "repository"}, {Name: "Tag", Heading: "tag"}, {Name: "ID", Heading: "image_id"},
		{Name: "CreatedAt", Heading: "created_at"}, {Name: "VirtualSize", Heading: "virtual_size"},
	},
}

type imagesFlags struct {
	all, digests, noTrunc, quiet bool
	filter                       filterFlag
	format                       string
}

func (a *App) imagesCommand() *cobra.Command {
	var f imagesFlags
	c := &cobra.Command{
		Use:   "images [OPTIONS] [REPOSITORY[:TAG]]",
		Short: "List images",
		Long: `List images.

SIZE is what the image's layers take on the disk; templates know the parts that it
shares with other images and that it has alone: {{.SharedSize}}, {{.UniqueSize}}.

Filters: dangling=true|false, reference=PATTERN, label=KEY[=VALUE], before=IMAGE,
since=IMAGE, until=TIME.`,
		Example: `  berth images
  berth images --filter dangling=true -q
  berth images --format 'table {{.Repository}}:{{.Tag}}\t{{.UniqueSize}}'`,
		Args: maxArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			eng, err := a.engine(cmd.Context())
			if err != nil {
				return err
			}
			opts := engine.ImageListOptions{All: f.all, Filters: f.filter.filters}
			if len(args) == 1 {
				opts.Ref = args[0]
			}
			quick()
			images, err := eng.ListImages(cmd.Context(), opts)
			if err != nil {
				return err
			}
			return a.printImages(images, &f, nameFilter(opts.Ref, opts.Filters["reference"]))
		},
		ValidArgsFunction: a.completeImages,
	}
	fs := c.Flags()
	fs.BoolVarP(&f.all, "all", "a", false, "Show all images (default hides intermediate images)")
	fs.BoolVar(&f.digests, "digests", false, "Show digests")
	fs.VarP(&f.filter, "filter", "f", "Filter output based on conditions provided")
	fs.StringVar(&f.format, "format", "", formatHelp)
	fs.BoolVar(&f.noTrunc, "no-trunc", false, "Don't truncate output")
	fs.BoolVarP(&f.quiet, "quiet", "q", false, "Only show image IDs")
	refuseFlags(c, refuse.Flag{Name: "tree", Bool: true, Harmless: []string{"false"},
		Remedy: "Berth keeps one platform of each image; berth inspect shows which."})
	return c
}

func (a *App) printImages(images []engine.Image, f *imagesFlags, asked func(repo, tag string) bool) error {
	if f.quiet && f.format == "" {
		for _, img := range images {
			for range imageNames(img, f.digests, asked) { // Docker prints the ID once for each name
				fmt.Fprintln(a.out, imageID(img.ID, f.noTrunc))
			}
		}
		return nil
	}
	list := imageList
	if f.digests {
		list.Default = []string{"Repository", "Tag", "Digest", "ID", "CreatedSince", "Size"}
	}
	var rows []output.Row
	for _, img := range images {
		for _, name := range imageNames(img, f.digests, asked) {
			rows = append(rows, a.imageRow(img, name, f.noTrunc))
		}
	}
	return list.Print(a.out, f.format, rows)
}

// An imageName is what one line of `images` calls an image.
type imageName struct{ repo, tag, digest string }

// nameFilter returns which names of an image were asked for: ref is the command's
// argument, patterns the values of its filter "reference". Without them it is all.
func nameFilter(ref string, patterns []string) func(repo, tag string) bool {
	fits := func(pattern, repo, tag string) bool {
		byName, _ := path.Match(pattern, repo) // the engine has refused malformed patterns
		byTag, _ := path.Match(pattern, repo+":"+tag)
		return byName || byTag
	}
	return func(repo, tag string) bool {
		return (ref == "" || fits(ref, repo, tag)) && (len(patterns) == 0 ||
			slices.ContainsFunc(patterns, func(p string) bool { return fits(p, repo, tag) }))
	}
}

// imageNames returns one entry for each name that was asked for; for all, if the image
// was asked for in another way, as by its digest or by docker.io's long names.
func imageNames(img engine.Image, digests bool, asked func(repo, tag string) bool) []imageName {
	if !slices.ContainsFunc(img.RepoTags, func(t string) bool { return asked(splitTag(t)) }) {
		asked = func(string, string) bool { return true }
	}
	byRepo := map[string]string{}
	for _, d := range img.RepoDigests {
		repo, digest, _ := strings.Cut(d, "@")
		byRepo[repo] = digest
	}
	var names []imageName
	for _, t := range img.RepoTags {
		repo, tag := splitTag(t)
		if !asked(repo, tag) {
			continue
		}
		names = append(names, imageName{repo, tag, orNone(byRepo[repo])})
		delete(byRepo, repo)
	}
	if len(img.RepoTags) == 0 {
		for _, d := range img.RepoDigests {
			repo, digest, _ := strings.Cut(d, "@")
			names = append(names, imageName{repo, none, digest})
			if !digests {
				break
			}
		}
	}
	if len(names) == 0 && len(img.RepoTags) == 0 {
		names = append(names, imageName{none, none, none})
	}
	return names
}

func splitTag(ref string) (repo, tag string) {
	if i := strings.LastIndexByte(ref, ':'); i > strings.LastIndexByte(ref, '/') {
		return ref[:i], ref[i+1:]
	}
	return ref, none
}

func orNone(s string) string {
	if s == "" {
		return none
	}
	return s
}

func (a *App) imageRow(img engine.Image, name imageName, noTrunc bool) output.Row {
	return output.Row{
		"ID": imageID(img.ID, noTrunc), "Repository": name.repo, "Tag": name.tag, "Digest": name.digest,
		"CreatedSince": a.ago(img.Created), "CreatedAt": stamp(img.Created),
		"Size": imageSize(img.Size), "VirtualSize": imageSize(img.Size), "SharedSize": imageSize(img.Shared),
		"UniqueSize": imageSize(img.Unique), "Containers": strconv.Itoa(img.Containers), "Labels": output.Labels(img.Labels),
	}
}

func imageID(id engine.Digest, whole bool) string {
	if whole {
		return string(id)
	}
	return id.Short()
}

func imageSize(n int64) string { return units.HumanSizeWithPrecision(float64(n), 3) }

// ago is Docker's "3 minutes ago"; an unknown time is "N/A".
func (a *App) ago(t time.Time) string {
	if t.IsZero() || t.Unix() == 0 {
		return "N/A"
	}
	return units.HumanDuration(a.now().Sub(t)) + " ago"
}

// stamp is a time in the form of Docker's CreatedAt.
func stamp(t time.Time) string {
	if t.IsZero() {
		return "N/A"
	}
	return t.Round(0).Format("2006-01-02 15:04:05 -0700 MST")
}
