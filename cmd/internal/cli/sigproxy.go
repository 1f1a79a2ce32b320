package cli

import (
	"context"
	"fmt"
	"os"
	"sync"
	"syscall"

	"berth/engine"

	"golang.org/x/sys/unix"
)

// insistence is how often a signal must come before berth itself gives way: a program
// that ignores it as PID 1 would hold the user's terminal for ever.
const insistence = 3

// A signalProxy passes this process's signals on to a container's. Those that come
// while the program is being started wait for it: one that ended berth then would
// leave a container behind that the user believes stopped.
type signalProxy struct {
	app      *App
	ctx      context.Context
	session  *session
	giveBack func()

	mu      sync.Mutex // guards all below
	att     engine.Attachment
	pending []syscall.Signal
	count   int
}

// proxied are the signals that a proxy passes on besides those that ask to end.
var proxied = []os.Signal{syscall.SIGUSR1, syscall.SIGUSR2, syscall.SIGALRM, syscall.SIGCONT}

// proxySignals takes the signals over until stop is called.
func (a *App) proxySignals(ctx context.Context, s *session) *signalProxy {
	p := &signalProxy{app: a, ctx: ctx, session: s}
	p.giveBack = a.signals.takeOver(p.handle, proxied...)
	return p
}

func (p *signalProxy) stop() { p.giveBack() }

// connected delivers what came before the program ran. p may be nil.
func (p *signalProxy) connected(att engine.Attachment) {
	if p == nil {
		return
	}
	p.mu.Lock()
	p.att = att
	pending := p.pending
	p.pending = nil
	p.mu.Unlock()
	for _, sig := range pending {
		p.deliver(sig)
	}
}

func (p *signalProxy) handle(sig syscall.Signal) {
	p.mu.Lock()
	if p.att == nil {
		p.pending = append(p.pending, sig)
		p.mu.Unlock()
		return
	}
	if sig == syscall.SIGINT || sig == syscall.SIGTERM {
		p.count++
	}
	giveWay := p.count >= insistence
	p.mu.Unlock()
	if giveWay {
		fmt.Fprintf(p.app.err, "berth: got %d signals, detaching; the container keeps running\n", insistence)
		p.att.Close()
		return
	}
	p.deliver(sig)
}

func (p *signalProxy) deliver(sig syscall.Signal) {
	_ = p.session.signal(p.ctx, unix.SignalName(sig)) // it may just have ended; Wait tells
}
