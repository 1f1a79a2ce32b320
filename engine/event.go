package engine

import (
	"context"
	"encoding/json"
	"time"
)

// Watcher hands out the present state together with the changes that follow it.
type Watcher interface {
	// Watch returns a subscription. Its Snapshot and its first event fit together:
	// nothing falls in between; an event may tell again what the snapshot holds
	// already. It sees the work of every process on the state directory. It ends with ctx.
	Watch(ctx context.Context, opts WatchOptions) (*Subscription, error)
	// History returns past events, oldest first, as far as the log reaches back.
	History(ctx context.Context, opts WatchOptions) ([]Event, error)
}

// WatchOptions selects events.
type WatchOptions struct {
	Kinds    []EventKind // empty for all
	Since    time.Time   // History, and replay at the start of a Watch; zero for none
	Until    time.Time   // zero for no end
	Snapshot bool        // fill Subscription.Snapshot
	Object   string      // only events of this ID, and steps of this operation or on this subject
}

// A Subscription delivers events until its context ends; then Events is closed and
// Err tells why if it was not the context. A reader that lags gets the latest
// progress only, but every lifecycle event.
type Subscription struct {
	Snapshot Snapshot
	Events   <-chan Event
	Err      func() error
}

// A Snapshot is the state at one position of the event stream.
type Snapshot struct {
	Images     []Image
	Containers []Container
	Pulls      []PullProgress // those under way, in any process
}

// An EventKind groups events by what they are about.
type EventKind string

// The kinds of events. Progress and stats may be dropped in favour of newer ones, the others never.
const (
	KindImage     EventKind = "image"
	KindContainer EventKind = "container"
	KindPull      EventKind = "pull" // Pull is set
	KindStep      EventKind = "step" // Step is set
)

// An Event is one change. Kind and Action are Docker's words where Docker has them
// ("container" "start", "image" "pull"; not "container" "fail", a start that did not succeed). The pointers carry the new state of the
// object after the change; nil means that it is gone.
type Event struct {
	Time       time.Time
	Kind       EventKind
	Action     string
	ID         string // container ID, image ID or reference, pull ID, operation ID
	Attributes map[string]string
	Image      *Image
	Container  *Container
	Pull       *PullProgress
	Step       *Step
}

// A Step is one named step of an operation, published when it begins and again when
// it ends. The names are those of the engine's own work: "resolve", "fetch blob",
// "clone", "pivot root", ...
type Step struct {
	Op       string // operation ID; all steps of one run or pull share it
	OpName   string // "run", "pull", "exec", "stop", ...
	Subject  string // container ID or image reference
	Seq      int    // position within the operation, from 1
	Name     string
	Explain  string          // what it does and why, one plain sentence
	Data     json.RawMessage // what it worked on: flags, paths, digests, system calls
	Start    time.Time
	Duration time.Duration // 0 while it runs
	Done     bool
	Error    string
	Hint     string `json:",omitempty"` // the remedy, if the engine knows one
}
