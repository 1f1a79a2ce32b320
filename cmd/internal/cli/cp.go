package cli

import (
	"context"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"strings"

	"berth/cmd/internal/cli/hosttar"
	"berth/engine"

	units "github.com/docker/go-units"
	"github.com/spf13/cobra"
)

type copyFlags struct {
	archive, followLink, quiet bool
}

func (a *App) copyCommand() *cobra.Command {
	var f copyFlags
	c := &cobra.Command{
		Use: `cp [OPTIONS] CONTAINER:SRC_PATH DEST_PATH|-
        berth cp [OPTIONS] SRC_PATH|- CONTAINER:DEST_PATH`,
		Short: "Copy files/folders between a container and the local filesystem",
		Long: `Copy files/folders between a container and the local filesystem. The container need
not run.

A directory is copied into a directory that exists, or becomes one that does not; with
"/." at the end of SRC_PATH only its contents are copied. Use '-' as the source to read
a tar archive from stdin and extract it to a directory in a container, and '-' as the
destination to write a tar archive to stdout. An archive that is read may be compressed
with gzip, bzip2 or zstd.

What is copied into a container belongs to root there, and what is copied out to you;
with --archive the numbers of user and group are kept.`,
		Example: `  berth cp web:/etc/nginx/nginx.conf .
  berth cp ./site/. web:/srv
  berth cp web:/var/log - | tar -t`,
		Args:              exactArgs(2),
		RunE:              func(cmd *cobra.Command, args []string) error { return a.copy(cmd.Context(), args[0], args[1], &f) },
		ValidArgsFunction: a.completeCopy,
	}
	c.Flags().BoolVarP(&f.archive, "archive", "a", false, "Archive mode (copy all uid/gid information)")
	c.Flags().BoolVarP(&f.followLink, "follow-link", "L", false, "Always follow symbol link in SRC_PATH")
	c.Flags().BoolVarP(&f.quiet, "quiet", "q", false, "Suppress the summary; it is only shown on a terminal")
	return c
}

func (a *App) copy(ctx context.Context, from, to string, f *copyFlags) error {
	fromID, fromPath := splitCopyArg(from)
	toID, toPath := splitCopyArg(to)
	switch {
	case fromID != "" && toID != "":
		return usagef("copying between containers is not supported")
	case fromID == "" && toID == "":
		return usagef("must specify at least one container source")
	case fromPath == "" || toPath == "":
		return usagef("a path is missing")
	}
	eng, err := a.engine(ctx)
	if err != nil {
		return err
	}
	var n int64
	if fromID != "" {
		n, err = a.copyOut(ctx, eng, fromID, fromPath, toPath, f)
	} else {
		n, err = a.copyIn(ctx, eng, fromPath, toID, toPath, f)
	}
	if err == nil && !f.quiet && a.ErrTerm != nil && from != "-" && to != "-" {
		fmt.Fprintf(a.err, "Successfully copied %s to %s\n", units.HumanSize(float64(n)), to)
	}
	return err
}

// splitCopyArg splits CONTAINER:PATH. A name that begins with / or . is local, even with a colon.
func splitCopyArg(arg string) (container, file string) {
	if filepath.IsAbs(arg) || strings.HasPrefix(arg, ".") {
		return "", arg
	}
	if id, rest, ok := strings.Cut(arg, ":"); ok && id != "" {
		return id, rest
	}
	return "", arg
}

// contentsOnly reports whether a source path asks for what the directory holds.
func contentsOnly(p string) bool { return p == "." || strings.HasSuffix(p, "/.") }

// maxLinks bounds the symbolic links that -L or a destination may go through.
const maxLinks = 40

// resolve follows links at the end of a path in a container. The result may not exist.
func resolve(ctx context.Context, eng engine.Files, id, p string) (string, engine.PathStat, error) {
	p = path.Clean("/" + p)
	for range maxLinks {
		st, err := eng.StatPath(ctx, id, p)
		if err != nil || fs.FileMode(st.Mode)&fs.ModeSymlink == 0 || st.LinkTarget == "" {
			return p, st, err
		}
		if path.IsAbs(st.LinkTarget) {
			p = path.Clean(st.LinkTarget)
		} else {
			p = path.Join(path.Dir(p), st.LinkTarget)
		}
	}
	return p, engine.PathStat{}, engine.Errorf(engine.ClassInvalid, "copy %q: too many symbolic links", p)
}

// copyOut copies from a container to the host and returns the bytes written.
func (a *App) copyOut(ctx context.Context, eng engine.Files, id, src, dst string, f *copyFlags) (int64, error) {
	if dst == "-" && a.OutTerm != nil {
		return 0, engine.Errorf(engine.ClassInvalid, "refusing to write a tar archive to the terminal").
			WithHint("Redirect the output, or give a path.")
	}
	name := path.Base(path.Clean("/" + src))
	file := path.Clean("/" + src)
	var st engine.PathStat
	var err error
	if f.followLink || strings.HasSuffix(src, "/") || contentsOnly(src) {
		file, st, err = resolve(ctx, eng, id, file)
	} else {
		st, err = eng.StatPath(ctx, id, file)
	}
	if err != nil {
		return 0, err
	}
	if dst == "-" {
		return 0, a.copyToStdout(ctx, eng, id, file, contentsOnly(src))
	}
	isDir := fs.FileMode(st.Mode).IsDir()
	if strings.HasSuffix(src, "/") && !isDir {
		return 0, engine.Errorf(engine.ClassInvalid, "copy %q: not a directory", src)
	}
	dir, top, err := a.hostTarget(dst, name, isDir, contentsOnly(src) || name == "/")
	if err != nil {
		return 0, err
	}
	return a.unpackFrom(ctx, eng, id, file, dir, hosttar.UnpackOptions{
		KeepOwner: f.archive,
		Rebase:    hosttar.Rebase{To: top},
		Skipped: func(name string) {
			fmt.Fprintf(a.err, "berth: %s is a device or a pipe and was not copied\n", name)
		},
	})
}

// copyToStdout writes the tar of a path, or of what a directory holds.
func (a *App) copyToStdout(ctx context.Context, eng engine.Files, id, file string, contents bool) error {
	if !contents {
		return eng.CopyFrom(ctx, id, file, a.Out)
	}
	r, w := io.Pipe()
	go func() { w.CloseWithError(eng.CopyFrom(ctx, id, file, w)) }()
	err := hosttar.Contents(a.Out, r)
	if err == nil {
		_, err = io.Copy(io.Discard, r) // the padding after the tar's end
	}
	r.CloseWithError(io.ErrClosedPipe)
	return err
}

// unpackFrom streams a path of a container into a directory of the host.
func (a *App) unpackFrom(ctx context.Context, eng engine.Files, id, file, dir string, opts hosttar.UnpackOptions) (int64, error) {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	r, w := io.Pipe()
	done := make(chan error, 1)
	go func() {
		err := eng.CopyFrom(ctx, id, file, w)
		w.CloseWithError(err)
		done <- err
	}()
	n, err := hosttar.Unpack(r, dir, opts)
	if err == nil {
		_, err = io.Copy(io.Discard, r) // the padding after the tar's end
	}
	r.CloseWithError(err)
	cancel()
	if engineErr := <-done; err == nil {
		err = engineErr
	}
	return n, err
}

// hostTarget decides where on the host a copy goes: the directory to unpack into and
// the name of the top entry there, "." for contents only. Docker's rules for cp.
func (a *App) hostTarget(dst, name string, srcIsDir, contents bool) (dir, top string, err error) {
	info, err := os.Stat(dst)
	switch {
	case err == nil && info.IsDir():
		if contents {
			return dst, ".", nil
		}
		return dst, name, nil
	case err == nil && srcIsDir:
		return "", "", engine.Errorf(engine.ClassConflict, "cannot copy a directory to the file %q", dst)
	case err == nil:
		// A link is replaced where it points, not the link itself.
		if dst, err = filepath.EvalSymlinks(dst); err != nil {
			return "", "", engine.Errorf(engine.ClassInvalid, "copy to %q: %w", dst, err)
		}
	case !os.IsNotExist(err):
		return "", "", engine.Errorf(engine.ClassInvalid, "copy to %q: %w", dst, err)
	case !srcIsDir && strings.HasSuffix(dst, "/"):
		return "", "", engine.Errorf(engine.ClassNotFound, "no such directory %q", dst)
	}
	dir, top = filepath.Split(filepath.Clean(dst))
	if dir == "" {
		dir = "."
	}
	if info, err := os.Stat(dir); err != nil || !info.IsDir() {
		return "", "", engine.Errorf(engine.ClassNotFound, "no such directory %q", dir)
	}
	return dir, top, nil
}

// copyIn copies from the host into a container and returns the bytes sent.
func (a *App) copyIn(ctx context.Context, eng engine.Files, src, id, dst string, f *copyFlags) (int64, error) {
	target, st, statErr := resolve(ctx, eng, id, dst)
	if statErr != nil && engine.ClassOf(statErr) != engine.ClassNotFound {
		return 0, statErr
	}
	if statErr != nil { // not found: the path, which may be made, or the container?
		if _, _, err := resolve(ctx, eng, id, "/"); err != nil {
			return 0, err
		}
	}
	exists, dstIsDir := statErr == nil, statErr == nil && fs.FileMode(st.Mode).IsDir()
	opts := engine.CopyToOptions{KeepOwner: f.archive, NoOverwriteDir: true}
	if src == "-" {
		if !dstIsDir {
			if !exists {
				return 0, statErr
			}
			return 0, engine.Errorf(engine.ClassInvalid, "destination %q must be a directory", id+":"+dst)
		}
		if err := a.whole(); err != nil {
			return 0, err
		}
		in, err := hosttar.Plain(a.In, a.Unzstd)
		if err != nil {
			return 0, err
		}
		defer in.Close()
		return 0, eng.CopyTo(ctx, id, target, in, opts)
	}
	file := src
	if f.followLink {
		resolved, err := filepath.EvalSymlinks(src)
		if err != nil {
			return 0, engine.Errorf(engine.ClassNotFound, "copy from %q: %w", src, err)
		}
		file = resolved
	}
	info, err := os.Lstat(file)
	if err != nil {
		return 0, engine.Errorf(engine.ClassNotFound, "copy from %q: %w", src, err)
	}
	dir, top, err := containerTarget(target, dst, localBase(src), info.IsDir(), contentsOnly(src), exists, dstIsDir)
	if err != nil {
		return 0, err
	}
	return packInto(ctx, eng, id, dir, file, top, opts)
}

// localBase is the name that a copied file keeps; that of "." is the directory's own.
func localBase(src string) string {
	if abs, err := filepath.Abs(src); err == nil {
		return filepath.Base(abs)
	}
	return filepath.Base(src)
}

// containerTarget is hostTarget for the container's side. That the parent
// of a destination is not there is the engine's to find out.
func containerTarget(target, dst, name string, srcIsDir, contents, exists, dstIsDir bool) (dir, top string, err error) {
	switch {
	case dstIsDir && contents:
		return target, ".", nil
	case dstIsDir:
		return target, name, nil
	case exists && srcIsDir:
		return "", "", engine.Errorf(engine.ClassConflict, "cannot copy a directory to the file %q", dst)
	case !exists && !srcIsDir && strings.HasSuffix(dst, "/"):
		return "", "", engine.Errorf(engine.ClassNotFound, "no such directory %q", dst)
	}
	return path.Dir(target), path.Base(target), nil
}

func packInto(ctx context.Context, eng engine.Files, id, dir, file, top string, opts engine.CopyToOptions) (int64, error) {
	r, w := io.Pipe()
	count := &countWriter{w: w}
	packed := make(chan error, 1)
	go func() {
		err := hosttar.Pack(count, file, top)
		w.CloseWithError(err)
		packed <- err
	}()
	err := eng.CopyTo(ctx, id, dir, r, opts)
	if err == nil {
		_, err = io.Copy(io.Discard, r)
	}
	r.CloseWithError(io.ErrClosedPipe)
	packErr := <-packed
	if err == nil {
		err = packErr
	}
	return count.n, err
}

// countWriter counts what passes through.
type countWriter struct {
	w io.Writer
	n int64
}

func (c *countWriter) Write(p []byte) (int, error) {
	n, err := c.w.Write(p)
	c.n += int64(n)
	return n, err
}
