package engine

import (
	"context"
	"time"
)

// Registries pulls images and keeps credentials.
type Registries interface {
	// Pull brings an image into the cache and blocks until it is there.
	//
	// Nothing is visible before every digest has been verified. After an error or
	// a cancelled context the cache is as it was, but downloaded parts are kept and
	// the next Pull of the same layers goes on from there. Several pulls of one
	// layer, in any processes, fetch it once.
	//
	// Progress reaches req.Progress, if set, and everyone who watches the engine.
	Pull(ctx context.Context, req PullRequest) (PullResult, error)
	// Login checks credentials with the registry and stores them as Docker's config file does.
	Login(ctx context.Context, c Credentials) (LoginResult, error)
	// Logout forgets the stored credentials. It is no error if there are none.
	Logout(ctx context.Context, registry string) error
}

// A LoginResult says where a login keeps the password.
type LoginResult struct {
	// File is Docker's config file if the password lies there, encoded but not
	// encrypted; empty if a credential helper has it.
	File string
}

// A PullRequest says what to pull.
type PullRequest struct {
	Ref      string
	Platform string // "linux/arm64"; empty for the host's
	// Progress gets the whole state whenever it changed, at most about twenty times
	// a second, and once more at the end. It is called from one goroutine at a time
	// and must not block.
	Progress func(PullProgress)
}

// A PullResult says what a pull brought.
type PullResult struct {
	Ref     string // familiar form with tag, "hello-world:latest"
	Digest  Digest // of the manifest or index that the reference resolved to
	ImageID Digest
	Fresh   bool // false: the image was there already and up to date
}

// Credentials name an account at a registry.
type Credentials struct {
	Registry string // host, or empty for Docker Hub
	Username string
	Password string
}

// A PullState is how far a pull is.
type PullState string

// The states of a pull; the last three are final.
const (
	PullResolving PullState = "resolving"
	PullActive    PullState = "pulling"
	PullDone      PullState = "done"
	PullFailed    PullState = "failed"
	PullCanceled  PullState = "canceled"
)

// Final reports whether the state is an end.
func (s PullState) Final() bool { return s == PullDone || s == PullFailed || s == PullCanceled }

// A LayerState is how far one layer of a pull is.
type LayerState string

// The states of a layer; the last two are final.
const (
	LayerWaiting     LayerState = "waiting"
	LayerDownloading LayerState = "downloading"
	LayerVerifying   LayerState = "verifying"
	LayerUnpacking   LayerState = "unpacking"
	LayerRetrying    LayerState = "retrying"
	LayerDone        LayerState = "done"
	LayerExists      LayerState = "exists"
)

// PullProgress is the whole state of one pull at one time. Later values replace earlier ones.
type PullProgress struct {
	ID        string // names this pull in the event stream
	Ref       string // familiar form with tag or digest
	Name      string // repository as Docker prints it, "library/hello-world"
	Tag       string // tag or digest
	State     PullState
	Started   time.Time
	Ended     time.Time // zero before the end
	Layers    []LayerProgress
	Current   int64         // compressed bytes so far, all layers
	Total     int64         // compressed bytes of all layers; 0 before the manifest is known
	Rate      float64       // bytes a second over the last few seconds
	Remaining time.Duration // 0 if unknown
	Digest    Digest        // known once resolved
	ImageID   Digest        // known once done
	Error     string        // why it failed
}

// LayerProgress is the state of one layer.
type LayerProgress struct {
	Digest  Digest
	State   LayerState
	Current int64 // compressed bytes read so far, resumed ones included
	Total   int64
	Rate    float64
	Resumed int64  // bytes that an earlier attempt had left
	Note    string // why it retries, in a few words
}
