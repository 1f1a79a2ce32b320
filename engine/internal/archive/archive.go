// Package archive reads and writes the file systems of containers as tar streams,
// with the rules of Docker's archive API, for containers that run and that don't.
//
// Processes inside may rename and relink everything meanwhile. So every path is
// resolved by the kernel beneath a descriptor of the container's root
// (openat2(2), RESOLVE_IN_ROOT), files are used by descriptor only, and nothing of
// the container is executed or loaded. What a race can reach is always inside.
//
// The work is done in berth itself when that is root. Else it is done in a worker
// inside a user namespace with the container's mapping, where the files of foreign
// ids can be used (see [WorkerMain]).
package archive

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"os/exec"
	"strconv"

	"berth/engine"
	"berth/engine/internal/idmap"

	"golang.org/x/sys/unix"
)

// A Target says which root to open: that of the running process Pid; if Pid is 0 the
// directory Dir, or if that is empty too the overlay of a container that does not run.
type Target struct {
	// Pid is a process of the container. The caller makes sure that it still is one.
	Pid int
	// Dir is a directory of the host that would be mounted in the container.
	Dir string
	// Lower (top first), Upper and Work are the overlay's directories. It must not be
	// mounted elsewhere, which the caller's lock on the container ensures.
	Lower       []string
	Upper, Work string
	UserXattr   bool
	IDMap       idmap.Mapping
	// Worker returns the command that runs WorkerMain. It is not used in mode Host.
	Worker func(args ...string) (*exec.Cmd, error)
}

// A Root is a container's file system. Its methods are not safe for concurrent use.
type Root struct {
	target Target
	dir    *os.File // nil if a worker opens it
}

// Open opens the file system of t. The caller closes it. ClassNotFound says that the
// process is gone.
func Open(t Target) (*Root, error) {
	r := &Root{target: t}
	var err error
	if t.Pid != 0 {
		// The descriptor keeps the root even if the container ends.
		r.dir, err = openPath("/proc/" + strconv.Itoa(t.Pid) + "/root")
		if errors.Is(err, fs.ErrNotExist) || errors.Is(err, unix.ESRCH) {
			return nil, engine.Errorf(engine.ClassNotFound, "open root of process %d: it has ended", t.Pid)
		}
	} else if t.Dir != "" {
		if r.dir, err = openPath(t.Dir); errors.Is(err, fs.ErrNotExist) || errors.Is(err, unix.ENOTDIR) {
			return nil, engine.Errorf(engine.ClassNotFound, "open mounted directory: %w", err)
		}
	} else if !r.remote() {
		r.dir, err = mountOverlay(overlay{t.Lower, t.Upper, t.Work, t.UserXattr})
	}
	if err != nil {
		return nil, fmt.Errorf("open root of container: %w", err)
	}
	return r, nil
}

// remote reports whether a worker does the work.
func (r *Root) remote() bool { return r.target.IDMap.Mode != idmap.Host && r.target.IDMap.Mode != "" }

// Close closes the root, and unmounts it if the container does not run.
func (r *Root) Close() error {
	if r.dir == nil {
		return nil
	}
	return r.dir.Close()
}

// Tar writes the tree at path to w as a tar with one top entry, named after the last
// element of path ("." for the root itself). A link at the end of path is stored as a
// link, unless path ends in "/" or "/.", which demands a directory. Sockets, and
// what the kernel shows in proc and the like, are left out.
func (r *Root) Tar(ctx context.Context, path string, w io.Writer) error {
	if r.remote() {
		_, err := r.call(ctx, request{Do: doTar, Path: path}, nil, w)
		return err
	}
	return tarTree(ctx, r.dir, path, w, false)
}

// Untar unpacks a tar into the directory path. Entries replace what is there, but a
// directory is merged with a directory. Unless o.KeepOwner is set all belongs to
// root. After an error a part may be written. ClassNotFound and ClassInvalid say that
// path does not exist or is no directory; ClassInvalid also that the tar is broken or
// names something outside of path, ClassConflict that o.NoOverwriteDir forbids an entry.
func (r *Root) Untar(ctx context.Context, path string, in io.Reader, o engine.CopyToOptions) error {
	if r.remote() {
		_, err := r.call(ctx, request{Do: doUntar, Path: path, Options: o}, in, nil)
		return err
	}
	return untar(ctx, r.dir, path, in, o, false)
}

// Stat describes path. A link at its end is not followed, unless path ends in "/" or "/.".
func (r *Root) Stat(ctx context.Context, path string) (engine.PathStat, error) {
	if r.remote() {
		a, err := r.call(ctx, request{Do: doStat, Path: path}, nil, nil)
		return a.Stat, err
	}
	return stat(r.dir, path)
}
