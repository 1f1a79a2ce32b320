// Package enginetest is an engine that exists in memory only, for tests of whatever
// stands on the contract, and the conformance suite that it and every real engine
// must pass.
//
// The fake behaves as package engine promises: images are pulled layer by layer,
// containers run small programs written in Go (a shell among them), their output
// is logged and can be attached to, and every change is published. Nothing of it
// touches the host: no process is started, no file written, no network used. Tests
// hold its clock ([Clock]), its registry ([Repository]), its programs ([Program])
// and its faults ([Fake.Fail], [WithHook]).
package enginetest

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"berth/engine"
)

var _ engine.Engine = (*Fake)(nil)

// A Fake is an engine.Engine in memory. Make it with [New].
type Fake struct {
	clock    Clock
	programs map[string]Program
	hook     Hook

	ctx    context.Context
	cancel context.CancelFunc

	mu         sync.Mutex // guards all below
	images     map[engine.Digest]*image
	layerUsers map[string]int // images that have the layer, by content
	registry   map[string]*Repository
	containers []*container // oldest first
	pulls      map[string]*PullRun
	faults     map[string]error
	logins     map[string]engine.Credentials
	log        []engine.Event
	subs       map[*subscriber]struct{}
	serial     uint64
	pid        int
	rate       float64
}

// A Hook sees every call of the contract before it is carried out: op is the
// method's name, subject the object it is about. An error becomes the call's. It
// may block, which makes the engine slow.
type Hook func(ctx context.Context, op, subject string) error

// An Option changes what New makes.
type Option func(*Fake)

// WithClock lets c say what time it is.
func WithClock(c Clock) Option { return func(f *Fake) { f.clock = c } }

// WithHook calls h before each call of the contract.
func WithHook(h Hook) Option { return func(f *Fake) { f.hook = h } }

// WithProgram makes p what containers run as the command name.
func WithProgram(name string, p Program) Option {
	return func(f *Fake) { f.programs[name] = p }
}

// WithRate sets how many bytes a second a pull without a script brings; 0 brings
// everything at once.
func WithRate(bytesPerSecond float64) Option {
	return func(f *Fake) { f.rate = bytesPerSecond }
}

// New returns a fake with an empty cache and no container. Its registry holds
// hello-world and toolbox.
func New(opts ...Option) *Fake {
	f := &Fake{
		clock:      realClock{},
		programs:   builtinPrograms(),
		images:     make(map[engine.Digest]*image),
		layerUsers: make(map[string]int),
		registry:   make(map[string]*Repository),
		pulls:      make(map[string]*PullRun),
		faults:     make(map[string]error),
		logins:     make(map[string]engine.Credentials),
		subs:       make(map[*subscriber]struct{}),
		pid:        4200,
	}
	f.ctx, f.cancel = context.WithCancel(context.Background())
	for _, o := range opts {
		o(f)
	}
	for _, r := range demoRepositories(f.clock.Now()) {
		f.registry[r.Ref] = r
	}
	return f
}

// Fail makes every call of op, a method's name, end with err, until err is nil.
func (f *Fake) Fail(op string, err error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if err == nil {
		delete(f.faults, op)
		return
	}
	f.faults[op] = err
}

// Close ends watches, pulls and, unlike a real engine, the programs too: they are goroutines of this process.
func (f *Fake) Close() error {
	f.cancel()
	return nil
}

// enter is the first line of every method: faults, hooks and dead contexts.
func (f *Fake) enter(ctx context.Context, op, subject string) error {
	if err := ctx.Err(); err != nil {
		return fmt.Errorf("%s: %w", op, err)
	}
	if f.ctx.Err() != nil {
		return engine.Errorf(engine.ClassUnavailable, "%s: the engine is closed", op)
	}
	f.mu.Lock()
	err := f.faults[op]
	f.mu.Unlock()
	if err != nil {
		return err
	}
	if f.hook != nil {
		return f.hook(ctx, op, subject)
	}
	return nil
}

// sleep waits for the clock; it returns ctx's error if that ends first.
func (f *Fake) sleep(ctx context.Context, d time.Duration) error {
	if d <= 0 {
		return ctx.Err()
	}
	select {
	case <-f.clock.After(d):
		return nil
	case <-ctx.Done():
		return ctx.Err()
	case <-f.ctx.Done():
		return errors.New("the engine is closed")
	}
}

// id makes the next identity: hexadecimal digits that differ from each other early. f.mu is held.
func (f *Fake) id(kind string) string {
	f.serial++
	return hexOf(fmt.Sprintf("%s %d", kind, f.serial))
}
