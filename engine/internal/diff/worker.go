package diff

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"

	"berth/engine"
	"berth/engine/internal/idmap"
)

// A Target is the writable layer of a container and what lies below it.
type Target struct {
	Upper string
	Lower []string // top first
	IDMap idmap.Mapping
	// Worker returns the command that runs WorkerMain; it is not used in mode Host.
	Worker func(args ...string) (*exec.Cmd, error)
}

// request is what a worker reads from its standard input, answer what it prints.
type (
	request struct {
		Upper string
		Lower []string
	}
	answer struct {
		Changes []change
		Class   engine.Class
		Error   string
	}
	change struct {
		Kind byte
		Path []byte // names need not be UTF-8
	}
)

// Changes lists what differs from the image, sorted by path. A directory counts as
// modified if something in it changed.
func Changes(ctx context.Context, t Target) ([]engine.Change, error) {
	if t.IDMap.Mode == idmap.Host || t.IDMap.Mode == "" {
		return compare(t.Upper, t.Lower)
	}
	// Directories of foreign ids, and those that the container closed to all (mode 0),
	// can be read by root of a user namespace only.
	arg, err := json.Marshal(request{t.Upper, t.Lower})
	if err != nil {
		return nil, fmt.Errorf("compare with image: %w", err)
	}
	cmd, err := t.Worker()
	if err != nil {
		return nil, fmt.Errorf("compare with image: %w", err)
	}
	var out, errs bytes.Buffer
	cmd.Stdin, cmd.Stdout, cmd.Stderr = bytes.NewReader(arg), &out, &errs
	if err := t.IDMap.Start(cmd, 0); err != nil {
		return nil, fmt.Errorf("compare with image: %w", err)
	}
	stop := context.AfterFunc(ctx, func() { _ = cmd.Process.Kill() })
	defer stop()
	err = cmd.Wait()
	if ctx.Err() != nil {
		return nil, ctx.Err()
	}
	var a answer
	if jerr := json.Unmarshal(out.Bytes(), &a); err != nil || jerr != nil {
		return nil, fmt.Errorf("compare with image: worker ended without an answer: %v %.200s", err, errs.String())
	}
	if a.Error != "" {
		return nil, &engine.Error{Class: a.Class, Msg: a.Error}
	}
	changes := make([]engine.Change, len(a.Changes))
	for i, c := range a.Changes {
		changes[i] = engine.Change{Kind: engine.ChangeKind(c.Kind), Path: string(c.Path)}
	}
	return changes, nil
}

// WorkerMain is the whole of a worker process and returns its exit code. args are ignored.
func WorkerMain(args []string) int {
	var req request
	var a answer
	err := json.NewDecoder(os.Stdin).Decode(&req)
	if err == nil {
		var changes []engine.Change
		changes, err = compare(req.Upper, req.Lower)
		for _, c := range changes {
			a.Changes = append(a.Changes, change{byte(c.Kind), []byte(c.Path)})
		}
	}
	if err != nil {
		a.Error, a.Class = err.Error(), engine.ClassOf(err)
	}
	if json.NewEncoder(os.Stdout).Encode(a) != nil {
		return 1
	}
	return 0
}
