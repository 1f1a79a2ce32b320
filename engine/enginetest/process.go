package enginetest

import (
	"context"
	"io"
	"path"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"

	"berth/engine"
)

// A Program is what a container or an exec runs: it returns its exit code. When ctx
// ends it was killed and its code is not asked for. It must not touch the host.
type Program func(ctx context.Context, p *Process) int

// A Process is a running program's surroundings.
type Process struct {
	Args   []string // with the program's name
	Env    []string
	Dir    string
	TTY    bool
	Stdin  io.Reader
	Stdout io.Writer
	Stderr io.Writer
	Clock  Clock

	fs       *memFS
	programs map[string]Program
	proc     *process
}

// Size returns the size of the process's terminal.
func (p *Process) Size() engine.Size {
	p.proc.mu.Lock()
	defer p.proc.mu.Unlock()
	return p.proc.cfg.size
}

// Notify returns a channel of the signals, as "TERM", that the program handles from
// now on: all but KILL. Without it every signal ends the program.
func (p *Process) Notify() <-chan string {
	p.proc.mu.Lock()
	defer p.proc.mu.Unlock()
	if p.proc.handler == nil {
		p.proc.handler = make(chan string, 16)
	}
	return p.proc.handler
}

// Hostname returns the container's.
func (p *Process) Hostname() string { return p.proc.hostname }

type procConfig struct {
	env       []string
	dir, user string
	tty       bool
	stdin     bool
	size      engine.Size
	label     string
}

// A process is one main or exec process with its streams.
type process struct {
	id       string // of an exec
	pid      int
	args     []string
	cfg      procConfig
	hostname string
	started  time.Time
	program  Program
	env      *Process
	in       *pipe
	tty      *lineDiscipline // nil without a terminal
	out      *hub
	clock    Clock
	onExit   func(engine.ExitStatus)
	gone     chan struct{} // closed after onExit

	mu      sync.Mutex // guards below and cfg.size
	handler chan string
	killed  int // signal that ended it
	cancel  context.CancelFunc
	ctx     context.Context
}

// newProcess looks the program up and connects its streams. f.mu is held.
func (f *Fake) newProcess(c *container, args []string, cfg procConfig) (*process, error) {
	prog, err := f.program(c, args)
	if err != nil {
		return nil, err
	}
	p := &process{
		args: args, cfg: cfg, hostname: c.cfg.Hostname, program: prog, clock: f.clock, started: f.clock.Now(),
		in: newPipe(), out: newHub(cfg.tty), gone: make(chan struct{}),
	}
	p.ctx, p.cancel = context.WithCancel(f.ctx)
	p.env = &Process{
		Args: args, Env: cfg.env, Dir: cfg.dir, TTY: cfg.tty, Stdin: p.in, Stdout: p.out.writer(false), Stderr: p.out.writer(true),
		Clock: f.clock, fs: c.fs, programs: f.programs, proc: p,
	}
	if cfg.tty {
		p.env.Stderr = p.env.Stdout
		p.tty = &lineDiscipline{p: p}
	}
	if !cfg.stdin {
		p.in.close()
	}
	return p, nil
}

// program finds what an image runs as args[0].
func (f *Fake) program(c *container, args []string) (Program, error) {
	name := args[0]
	repo := c.image.repo
	if slices.Contains([]string{"/", "/etc", "/bin", "/root", "/tmp"}, name) {
		return nil, engine.Errorf(engine.ClassCommandNotInvokable, "start container %q: exec %q: permission denied", c.rec.Name, name)
	}
	prog := f.programs[path.Base(name)]
	if prog == nil || repo.Commands != nil && !slices.Contains(repo.Commands, name) {
		return nil, engine.Errorf(engine.ClassCommandNotFound, "start container %q: exec %q: no such file or directory", c.rec.Name, name).
			WithHint("The image has no such program; check the command.")
	}
	return prog, nil
}

// run starts the program; it is called once.
func (p *process) run() {
	if !p.cfg.tty || p.in.isClosed() {
		p.started = p.clock.Now()
	}
	go func() {
		code := p.program(p.ctx, p.env)
		p.cancel()
		p.in.close()
		st := engine.ExitStatus{Code: code, At: p.clock.Now()}
		p.mu.Lock()
		if p.killed != 0 {
			st.Code, st.Signal = 128+p.killed, p.killed
		}
		p.mu.Unlock()
		p.onExit(st)
		p.out.close(st)
		close(p.gone)
	}()
}

var signalNumbers = map[string]int{
	"HUP": 1, "INT": 2, "QUIT": 3, "KILL": 9, "USR1": 10, "USR2": 12, "TERM": 15, "CONT": 18, "STOP": 19, "WINCH": 28,
}

// signalOf reads "SIGTERM", "term" or "15"; the number is 0 if there is no such signal.
func signalOf(s string) (string, int) {
	if n, err := strconv.Atoi(s); err == nil {
		for name, v := range signalNumbers {
			if v == n {
				return name, n
			}
		}
		return "", 0
	}
	name := strings.TrimPrefix(strings.ToUpper(s), "SIG")
	return name, signalNumbers[name]
}

// signal delivers a signal: to the program if it handles it, else it ends it.
func (p *process) signal(s string) error {
	name, n := signalOf(s)
	if n == 0 {
		return engine.Errorf(engine.ClassInvalid, "unknown signal %q", s)
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	switch {
	case name == "CONT" || name == "STOP" || name == "WINCH":
		return nil
	case name != "KILL" && p.handler != nil:
		select {
		case p.handler <- name:
		default: // as the kernel merges signals that are pending
		}
		return nil
	}
	if p.killed == 0 {
		p.killed = n
	}
	p.cancel()
	p.in.close()
	p.out.thaw()
	return nil
}

// freeze holds all output back until thaw.
func (p *process) freeze() { p.out.freeze() }
func (p *process) thaw()   { p.out.thaw() }

func (p *process) size() engine.Size {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.cfg.size
}

// resize takes over the size of the client that was active last.
func (p *process) resize(s engine.Size) {
	p.out.mu.Lock()
	for _, c := range p.out.clients {
		c.push(chunk{size: s})
	}
	p.out.mu.Unlock()
	p.mu.Lock()
	defer p.mu.Unlock()
	p.cfg.size = s
	if p.handler != nil {
		select {
		case p.handler <- "WINCH":
		default:
		}
	}
}
