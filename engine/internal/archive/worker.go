package archive

import (
	"bytes"
	"context"
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"

	"berth/engine"
	"berth/engine/internal/idmap"

	"golang.org/x/sys/unix"
)

// What a worker can be asked to do.
const (
	doTar   = "tar"
	doUntar = "untar"
	doStat  = "stat"
)

// A request stands first on the worker's standard input, behind its length in four
// bytes, little endian. The tar to unpack follows it.
type request struct {
	Do      string
	Path    string
	Options engine.CopyToOptions
	// NoOwners: the mapping has one id only.
	NoOwners bool
	Overlay  *overlay `json:",omitempty"` // nil: the root is at descriptor rootFD
}

// An answer is what the worker writes to answerFD when it is done; its standard output
// carries the tar.
type answer struct {
	Stat  engine.PathStat
	Class engine.Class
	Error string `json:",omitempty"`
	Hint  string `json:",omitempty"`
}

// The worker's descriptors.
const (
	answerFD = 3
	rootFD   = 4
)

const maxRequest = 16 << 20

// call has one request carried out by a worker in a user namespace with the
// container's mapping. It need not be the container's own namespace: what the kernel
// asks for is that the ids of a file exist in the caller's.
func (r *Root) call(ctx context.Context, req request, in io.Reader, out io.Writer) (answer, error) {
	t := r.target
	req.NoOwners = t.IDMap.Mode == idmap.Single
	if r.dir == nil {
		req.Overlay = &overlay{t.Lower, t.Upper, t.Work, t.UserXattr}
	}
	arg, err := json.Marshal(req)
	if err != nil {
		return answer{}, fmt.Errorf("encode worker request: %w", err)
	}
	head := append(binary.LittleEndian.AppendUint32(nil, uint32(len(arg))), arg...)
	cmd, err := t.Worker()
	if err != nil {
		return answer{}, err
	}
	answers, w, err := os.Pipe()
	if err != nil {
		return answer{}, fmt.Errorf("start copy worker: %w", err)
	}
	defer answers.Close()
	var stderr bytes.Buffer
	cmd.ExtraFiles = []*os.File{w}
	if r.dir != nil {
		cmd.ExtraFiles = append(cmd.ExtraFiles, r.dir)
	}
	sink := &sink{w: out}
	cmd.Stderr = &stderr
	if out != nil {
		cmd.Stdout = sink
	}
	stdin, err := cmd.StdinPipe()
	if err != nil {
		w.Close()
		return answer{}, fmt.Errorf("start copy worker: %w", err)
	}
	err = t.IDMap.Start(cmd, unix.CLONE_NEWNS)
	w.Close()
	if err != nil {
		stdin.Close()
		return answer{}, fmt.Errorf("start copy worker: %w", err)
	}
	stop := context.AfterFunc(ctx, func() { cmd.Process.Kill() }) //nolint:errcheck // it may have ended
	defer stop()
	// A worker that fails early closes its input; its answer says why.
	copyErr := send(stdin, head, in)
	data, readErr := io.ReadAll(answers)
	waitErr := cmd.Wait()
	if ctx.Err() != nil {
		return answer{}, ctx.Err()
	}
	if copyErr != nil && !errors.Is(copyErr, unix.EPIPE) {
		return answer{}, copyErr
	}
	if sink.err != nil {
		return answer{}, sink.err // and the worker died of it
	}
	var a answer
	if err := json.Unmarshal(data, &a); err != nil {
		return answer{}, fmt.Errorf("copy worker ended without an answer: %w: %.200s", errors.Join(waitErr, readErr, copyErr), stderr.String())
	}
	if a.Error != "" {
		return a, &engine.Error{Class: a.Class, Msg: a.Error, Hint: a.Hint}
	}
	// Whatever the worker thinks, the tar did not arrive if our writer failed.
	return a, waitErr
}

// sink remembers why its writer failed.
type sink struct {
	w   io.Writer
	err error
}

func (s *sink) Write(p []byte) (int, error) {
	n, err := s.w.Write(p)
	if err != nil {
		s.err = err
	}
	return n, err
}

func send(w io.WriteCloser, head []byte, in io.Reader) error {
	_, err := w.Write(head)
	if err == nil && in != nil {
		_, err = io.CopyBuffer(struct{ io.Writer }{w}, struct{ io.Reader }{in}, make([]byte, 128<<10))
	}
	return errors.Join(err, w.Close())
}

// WorkerMain is the whole of a worker process: it reads one request from its standard
// input, carries it out on the root at descriptor 4 or on an overlay that it mounts in
// its own namespaces, and answers at descriptor 3. It returns the exit code. args are
// ignored.
func WorkerMain(args []string) int {
	var a answer
	err := work(&a)
	if err != nil {
		a.Class, a.Error, a.Hint = engine.ClassOf(err), err.Error(), engine.HintOf(err)
	}
	if err := json.NewEncoder(os.NewFile(answerFD, "answer")).Encode(a); err != nil {
		return 1
	}
	return 0
}

func work(a *answer) error {
	req, err := readRequest(os.Stdin)
	if err != nil {
		return fmt.Errorf("read request: %w", err)
	}
	var root *os.File
	if req.Overlay == nil {
		root = os.NewFile(rootFD, "root")
	} else if root, err = mountOverlay(*req.Overlay); err != nil {
		return err
	}
	defer root.Close()
	ctx := context.Background() // its end is a SIGKILL
	switch req.Do {
	case doTar:
		return tarTree(ctx, root, req.Path, os.Stdout, req.NoOwners)
	case doUntar:
		return untar(ctx, root, req.Path, os.Stdin, req.Options, req.NoOwners)
	case doStat:
		a.Stat, err = stat(root, req.Path)
		return err
	}
	return fmt.Errorf("unknown request %q", req.Do)
}

func readRequest(in io.Reader) (request, error) {
	var length [4]byte
	var req request
	if _, err := io.ReadFull(in, length[:]); err != nil {
		return req, err
	}
	n := binary.LittleEndian.Uint32(length[:])
	if n > maxRequest {
		return req, fmt.Errorf("%d bytes are too many", n)
	}
	raw := make([]byte, n)
	if _, err := io.ReadFull(in, raw); err != nil {
		return req, err
	}
	return req, json.Unmarshal(raw, &req)
}
