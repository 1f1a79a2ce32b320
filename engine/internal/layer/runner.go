package layer

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"runtime"

	"berth/engine"
	"berth/engine/internal/idmap"
)

// A Runner carries out a layer's work where the layer's owners exist: in process
// for [idmap.Host], else in a worker inside a user namespace with the mapping.
type Runner struct {
	Map idmap.Mapping
	// Worker returns the command that runs [WorkerMain] with args. It is not used
	// in mode Host. The Runner sets its descriptors and starts it.
	Worker func(args ...string) (*exec.Cmd, error)
}

// Options returns how this runner's layers are written.
func (r Runner) Options() Options {
	host := r.Map.Mode == idmap.Host
	return Options{Owners: r.Map.Mode != idmap.Single, Devices: host, UserXattr: !host}
}

func (r Runner) inProcess() bool { return r.Map.Mode == idmap.Host }

// Unpack does what [Unpack] does.
func (r Runner) Unpack(ctx context.Context, root *os.File, tar io.Reader, limits Limits) (Result, error) {
	opt := r.Options()
	opt.Limits = limits
	if r.inProcess() {
		return Unpack(root, tar, opt)
	}
	return r.call(ctx, request{Do: doUnpack, Options: opt}, tar, root)
}

// Inherit does what [Inherit] does.
func (r Runner) Inherit(ctx context.Context, root *os.File, dirs []string, lowers []*os.File) error {
	if r.inProcess() {
		return Inherit(root, dirs, lowers, r.Options())
	}
	_, err := r.call(ctx, request{Do: doInherit, Options: r.Options(), Dirs: dirs}, nil, append([]*os.File{root}, lowers...)...)
	return err
}

// Remove deletes the tree called name in the directory dir. A tree that is not there
// is no error.
func (r Runner) Remove(ctx context.Context, dir *os.File, name string) error {
	if r.inProcess() {
		return removeTree(dir, name)
	}
	_, err := r.call(ctx, request{Do: doRemove, Name: name}, nil, dir)
	return err
}

func removeTree(dir *os.File, name string) error {
	root, err := os.OpenRoot(procPath(int(dir.Fd())))
	runtime.KeepAlive(dir)
	if err != nil {
		return fmt.Errorf("remove %q: %w", name, err)
	}
	defer root.Close()
	if err := root.RemoveAll(name); err != nil {
		return fmt.Errorf("remove %q: %w", name, err)
	}
	return nil
}

// call runs one request in a worker. The tar is its standard input, files are its
// descriptors from 3 on, and one JSON answer comes on its standard output.
func (r Runner) call(ctx context.Context, req request, tar io.Reader, files ...*os.File) (Result, error) {
	arg, err := json.Marshal(req)
	if err != nil {
		return Result{}, fmt.Errorf("encode worker request: %w", err)
	}
	// The arguments of a process are limited; the list of directories may be long.
	in := io.MultiReader(bytes.NewReader(binaryLength(len(arg))), bytes.NewReader(arg))
	if tar != nil {
		in = io.MultiReader(in, tar)
	}
	cmd, err := r.Worker()
	if err != nil {
		return Result{}, err
	}
	var stdout, stderr bytes.Buffer
	cmd.Stdout, cmd.Stderr, cmd.ExtraFiles = &stdout, &stderr, files
	pr, pw, err := os.Pipe()
	if err != nil {
		return Result{}, fmt.Errorf("start layer worker: %w", err)
	}
	cmd.Stdin = pr
	growPipe(pw)
	err = r.Map.Start(cmd, 0)
	pr.Close()
	if err != nil {
		pw.Close()
		return Result{}, fmt.Errorf("start layer worker: %w", err)
	}
	stop := context.AfterFunc(ctx, func() { _ = cmd.Process.Kill() })
	defer stop()
	_, copyErr := io.CopyBuffer(struct{ io.Writer }{pw}, in, make([]byte, 256<<10))
	closeErr := pw.Close()
	waitErr := cmd.Wait()
	if ctx.Err() != nil {
		return Result{}, ctx.Err()
	}
	return readAnswer(stdout.Bytes(), stderr.String(), copyErr, errors.Join(waitErr, closeErr))
}

// readAnswer prefers the worker's own words to the broken pipe that follows from them,
// and a failed source to the worker's complaint about a tar that ends early.
func readAnswer(stdout []byte, stderr string, copyErr, waitErr error) (Result, error) {
	if copyErr != nil && !isBrokenPipe(copyErr) {
		return Result{}, copyErr
	}
	var a answer
	if err := json.Unmarshal(stdout, &a); err != nil {
		return Result{}, fmt.Errorf("layer worker ended without an answer: %w: %.200s", errors.Join(waitErr, copyErr), stderr)
	}
	if a.Error != "" {
		e := &engine.Error{Class: a.Class, Msg: a.Error, Hint: a.Hint}
		return Result{}, e
	}
	return a.Result, nil
}
