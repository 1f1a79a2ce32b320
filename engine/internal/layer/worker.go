package layer

import (
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"

	"berth/engine"

	"golang.org/x/sys/unix"
)

// What a worker can be asked to do.
const (
	doUnpack  = "unpack"
	doInherit = "inherit"
	doRemove  = "remove"
)

// A request is what the parent sends first on the worker's standard input, behind
// its length in four bytes, little endian. The tar follows it.
type request struct {
	Do      string
	Options Options
	Dirs    []string `json:",omitempty"`
	Name    string   `json:",omitempty"`
}

// An answer is what the worker prints when it is done.
type answer struct {
	Result Result
	Class  engine.Class
	Error  string `json:",omitempty"`
	Hint   string `json:",omitempty"`
}

const maxRequest = 64 << 20

func binaryLength(n int) []byte { return binary.LittleEndian.AppendUint32(nil, uint32(n)) }

// WorkerMain is the whole of a worker process: it reads one request from its
// standard input, carries it out on the directories at descriptors 3 and up, and
// prints the answer. It returns the exit code. args are ignored.
func WorkerMain(args []string) int {
	res, err := work(os.Stdin)
	a := answer{Result: res}
	if err != nil {
		a.Error, a.Class, a.Hint = err.Error(), engine.ClassOf(err), engine.HintOf(err)
	}
	if err := json.NewEncoder(os.Stdout).Encode(a); err != nil {
		return 1
	}
	return 0
}

func work(in *os.File) (Result, error) {
	var length [4]byte
	if _, err := io.ReadFull(in, length[:]); err != nil {
		return Result{}, fmt.Errorf("read request: %w", err)
	}
	n := binary.LittleEndian.Uint32(length[:])
	if n > maxRequest {
		return Result{}, fmt.Errorf("read request: %d bytes are too many", n)
	}
	raw := make([]byte, n)
	if _, err := io.ReadFull(in, raw); err != nil {
		return Result{}, fmt.Errorf("read request: %w", err)
	}
	var req request
	if err := json.Unmarshal(raw, &req); err != nil {
		return Result{}, fmt.Errorf("read request: %w", err)
	}
	dir := os.NewFile(3, "layer")
	switch req.Do {
	case doUnpack:
		return Unpack(dir, in, req.Options)
	case doInherit:
		return Result{}, Inherit(dir, req.Dirs, lowersFrom(4), req.Options)
	case doRemove:
		return Result{}, removeTree(dir, req.Name)
	}
	return Result{}, fmt.Errorf("unknown request %q", req.Do)
}

// lowersFrom wraps the descriptors from fd up that are open.
func lowersFrom(fd int) []*os.File {
	var files []*os.File
	for ; ; fd++ {
		// Go's own descriptors follow without a gap sometimes, but are no directories.
		var st unix.Stat_t
		if unix.Fstat(fd, &st) != nil || st.Mode&unix.S_IFMT != unix.S_IFDIR {
			return files
		}
		files = append(files, os.NewFile(uintptr(fd), "lower"))
	}
}

func isBrokenPipe(err error) bool { return errors.Is(err, unix.EPIPE) }

// growPipe makes a pipe hold 1 MiB, the most that every user may have
// (/proc/sys/fs/pipe-max-size), for fewer switches between the two processes.
func growPipe(f *os.File) {
	_, _ = unix.FcntlInt(f.Fd(), unix.F_SETPIPE_SZ, 1<<20)
}
