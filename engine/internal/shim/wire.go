package shim

import (
	"encoding/json"
	"time"

	"berth/engine"
)

// The messages on the socket. They are not the contract's types: those may change
// without an old shim and a new berth losing each other.

type wireHello struct {
	Version int
}

// The requests.
const (
	opStart          = "start"  // over the inherited connection only
	opResume         = "resume" // likewise
	opAttach         = "attach"
	opExec           = "exec"
	opAttachExec     = "attach-exec"
	opExecs          = "execs"
	opSignal         = "signal"
	opResize         = "resize"
	opState          = "state"
	opWait           = "wait"
	opPause          = "pause"
	opUnpause        = "unpause"
	opUpdate         = "update"
	opStopRestarting = "stop-restarting"
	opRename         = "rename"
)

// What few messages have is a json.RawMessage, decoded when it is there: package json
// learns all of a type otherwise, at the start of every process.
type wireRequest struct {
	Op        string
	Attach    *wireAttach     `json:",omitempty"`
	Exec      *wireExec       `json:",omitempty"`
	ExecID    string          `json:",omitempty"`
	Signal    int             `json:",omitempty"`
	Size      *wireSize       `json:",omitempty"`
	Resources json.RawMessage `json:",omitempty"` // specs.LinuxResources
	Restart   json.RawMessage `json:",omitempty"` // bundle.Restart
	Name      string          `json:",omitempty"`
}

type wireSize struct {
	Cols, Rows int
}

type wireAttach struct {
	Stdout, Stderr, Stdin bool
	Size                  wireSize
	ReadOnly, NoReplay    bool
	Sizes                 bool `json:",omitempty"` // the client understands frameSize
}

type wireExec struct {
	Cmd                    []string
	User, WorkingDir       string
	Env                    []string
	TTY, Stdin, Privileged bool
	Label                  string
	Size                   wireSize // the first size of its terminal
}

type wireResponse struct {
	Error  *wireError      `json:",omitempty"`
	ExecID string          `json:",omitempty"`
	Execs  json.RawMessage `json:",omitempty"` // []wireExecInfo
	State  json.RawMessage `json:",omitempty"` // wireState
}

type wireExecInfo struct {
	ID      string
	Cmd     []string
	User    string
	TTY     bool
	Pid     int
	Started time.Time
	Clients int
	Title   string
}

type wireState struct {
	Status  Status
	Clients int
	Execs   []string
	Dropped int64 `json:",omitempty"` // log entries that found no room on the disk
}

type wireExit struct {
	Code      int
	Signal    int       `json:",omitempty"`
	OOMKilled bool      `json:",omitempty"`
	At        time.Time `json:",omitzero"`
	Error     string    `json:",omitempty"`
}

func (e wireExit) status() engine.ExitStatus { return engine.ExitStatus(e) }

// A wireError carries a classified error. The class travels as its name, since the
// numbers belong to one version of the program.
type wireError struct {
	Class string
	Msg   string
	Hint  string `json:",omitempty"`
	Step  string `json:",omitempty"`
	Op    string `json:",omitempty"`
}

func toWireError(err error) *wireError {
	return &wireError{
		Class: engine.ClassOf(err).String(), Msg: err.Error(), Hint: engine.HintOf(err), Step: engine.StepOf(err), Op: engine.OpOf(err),
	}
}

func (w *wireError) err() error {
	e := &engine.Error{Msg: w.Msg, Hint: w.Hint, Step: w.Step, Op: w.Op}
	for c := engine.ClassUnknown; c <= engine.ClassCommandNotInvokable; c++ {
		if c.String() == w.Class {
			e.Class = c
		}
	}
	return e
}

func encode(v any) []byte {
	b, err := json.Marshal(v)
	if err != nil {
		// Only the types above come here, and all of them can be encoded.
		b, _ = json.Marshal(wireResponse{Error: &wireError{Msg: "encode message: " + err.Error()}})
	}
	return b
}
