package shim

import (
	"fmt"
	"log"
	"os"
	"os/signal"
	"path/filepath"
	"runtime"
	"strconv"
	"strings"
	"time"

	"berth/engine/internal/cgroup"

	specs "github.com/opencontainers/runtime-spec/specs-go"
	"golang.org/x/sys/unix"
)

// Name is the shim's program, and argv[0] by which berth knows that it is to be one.
const Name = "berth-shim"

// startFD is the descriptor of the inherited connection.
const startFD = 3

// A Mode is another service of the shim's program, for instance to unpack layers
// inside a user namespace. It gets the arguments behind its name and returns the
// process's exit code.
type Mode = func(args []string) int

// Main is the whole of the shim process: `berth-shim DIR` runs the container in DIR,
// `berth-shim MODE ...` one of modes. args are without the
// program's name. It returns the exit code.
//
// It is started by [Start] and [Ready] only, with /dev/null as its standard streams, in a
// session of its own. From the start of its container on, standard error is the
// container's shim.log.
func Main(args []string, modes map[string]Mode) int {
	return dispatch(args, modes, isolated{})
}

func dispatch(args []string, modes map[string]Mode, l launcher) int {
	if len(args) == 0 {
		fmt.Fprintln(os.Stderr, "berth-shim keeps a container running; berth starts it")
		return 125
	}
	if m := modes[args[0]]; m != nil {
		return m(args[1:])
	}
	faults := log.New(os.Stderr, "", log.LstdFlags|log.Lmsgprefix)
	dir, err := filepath.Abs(args[0])
	if err == nil {
		err = serveContainer(dir, l, faults)
	}
	if err != nil {
		faults.Print(err)
		return 125
	}
	return 0
}

func serveContainer(dir string, l launcher, faults *log.Logger) error {
	tune()
	if err := unix.SetNonblock(startFD, true); err != nil {
		return fmt.Errorf("use inherited connection: %w", err)
	}
	unix.CloseOnExec(startFD)
	closeInherited()
	starter, err := newConn(startFD)
	if err != nil {
		return err
	}
	go cgroup.Detect() // which every start needs, whatever it starts
	// Orphans of the container come to us, not to the host's init.
	if err := unix.Prctl(unix.PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0); err != nil {
		faults.Printf("become subreaper: %v", err)
	}
	// Else lists of processes show the descriptor's number that it was executed by.
	_ = os.WriteFile("/proc/self/comm", []byte(Name), 0)
	return supervise(dir, starter, l, faults)
}

// logFaults makes what is printed go to the log in the container's directory, which is
// the working directory.
func logFaults() error {
	fd, err := unix.Open("shim.log", unix.O_WRONLY|unix.O_CREAT|unix.O_APPEND|unix.O_CLOEXEC, 0o600)
	if err != nil {
		return &os.PathError{Op: "open", Path: "shim.log", Err: err}
	}
	defer unix.Close(fd) // standard error has it
	return os.NewSyscallError("dup3", unix.Dup3(fd, 2, 0))
}

// closeInherited closes what berth itself inherited from whoever started it, such as
// the pipe of a command substitution: as long as we held it, its reader would wait.
// Whatever this process opened by itself is marked close-on-exec.
func closeInherited() {
	entries, err := os.ReadDir("/proc/self/fd")
	if err != nil {
		return
	}
	for _, e := range entries {
		fd, err := strconv.Atoi(e.Name())
		if err != nil || fd <= startFD {
			continue
		}
		if flags, err := unix.FcntlInt(uintptr(fd), unix.F_GETFD, 0); err == nil && flags&unix.FD_CLOEXEC == 0 {
			_ = unix.Close(fd)
		}
	}
}

// tune makes the process small. It does little at a time and lives long.
func tune() {
	if runtime.NumCPU() > 2 {
		runtime.GOMAXPROCS(2)
	}
	// Nobody reads times of ours as they are written: the zone need not be loaded.
	time.Local = time.UTC
	// What the container's program inherits, as under Docker.
	unix.Umask(0o022)
	// Caught rather than ignored: an ignored signal stays so in the program that we
	// start. A hangup or an interrupt is meant for somebody else.
	signal.Notify(make(chan os.Signal, 1), unix.SIGHUP, unix.SIGINT, unix.SIGQUIT, unix.SIGUSR1, unix.SIGUSR2)
}

// protect makes the kernel choose the container's processes rather than this one when
// memory is short, as Docker's shim does. It needs CAP_SYS_RESOURCE; without it nothing
// changes. The container gets the value from before, unless its bundle names one.
func protect(p *specs.Process) {
	const file = "/proc/self/oom_score_adj"
	data, err := os.ReadFile(file)
	if err != nil {
		return
	}
	before, err := strconv.Atoi(strings.TrimSpace(string(data)))
	if err != nil || os.WriteFile(file, []byte("-998"), 0) != nil {
		return
	}
	if p.OOMScoreAdj == nil {
		p.OOMScoreAdj = &before
	}
}
