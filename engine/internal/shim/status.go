package shim

import (
	"bytes"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strconv"
	"time"

	"berth/engine"
	"berth/engine/internal/jsonfields"

	"golang.org/x/sys/unix"
)

const (
	statusName = "status.json"
	lockName   = "shim.lock"
)

// statusVersion is the format of the record.
const statusVersion = 1

// Status is the disk record of how a container stands.
type Status struct {
	Version int
	State   engine.ContainerState
	// Pid is the main process's on the host, 0 if none runs. It is worth nothing
	// without PidStart, the process's start time in clock ticks since boot.
	Pid      int       `json:",omitempty"`
	PidStart uint64    `json:",omitempty"`
	ShimPid  int       `json:",omitempty"`
	BootID   string    `json:",omitempty"`
	Started  time.Time `json:",omitzero"`
	Finished time.Time `json:",omitzero"`
	ExitCode int       `json:",omitempty"`
	Signal   int       `json:",omitempty"`
	// OOMKilled says that the kernel killed a process of it for lack of memory.
	OOMKilled bool `json:",omitempty"`
	// Error says why the last start failed, or how an end was found out about.
	Error        string `json:",omitempty"`
	RestartCount int    `json:",omitempty"`
	// Halted says that the user wants it down: nobody may start it again.
	Halted bool `json:",omitempty"`
	// Ending says that the shim has recorded the end, but not yet told it; Abandoned that
	// it was killed before that: see [Settle]. They are found out, not stored.
	Ending, Abandoned bool `json:"-"`
}

// Killed is how a program ended whose shim was killed.
func Killed() engine.ExitStatus {
	return engine.ExitStatus{Code: 137, Signal: 9, At: time.Now(), Error: orphanError}
}

// Exit returns how the last run ended.
func (s Status) Exit() engine.ExitStatus {
	return engine.ExitStatus{Code: s.ExitCode, Signal: s.Signal, OOMKilled: s.OOMKilled, At: s.Finished, Error: s.Error}
}

// write replaces the record in dir: a reader finds the old one or the new one. A loss of
// power may take the new one until syncStatus: nobody waits for the disk before that.
func (s Status) write(dir string) error {
	s.Version = statusVersion
	data, err := jsonfields.Append(nil, &s)
	if err != nil {
		return fmt.Errorf("encode status: %w", err)
	}
	data = append(data, '\n')
	path := filepath.Join(dir, statusName)
	err = replaceFile(path, data)
	if errors.Is(err, unix.ENOSPC) || errors.Is(err, unix.EDQUOT) {
		// No room for a second file. The old one has its block: an exit status that is
		// written over it is worth more than one that is lost. Padding keeps the file
		// from being half of each; a crash within the one write is the risk that is left.
		if werr := overwriteFile(path, data); !errors.Is(werr, fs.ErrNotExist) {
			err = werr
		}
	}
	if err != nil {
		return fmt.Errorf("write status: %w", err)
	}
	return nil
}

// replaceFile puts a new file in the place of path.
func replaceFile(path string, data []byte) error {
	tmp := filepath.Join(filepath.Dir(path), "."+statusName+".tmp") // one writer: the lock's holder
	f, err := os.OpenFile(tmp, os.O_WRONLY|os.O_CREATE|os.O_TRUNC, 0o600)
	if err != nil {
		return err
	}
	_, err = f.Write(data)
	if cerr := f.Close(); err == nil {
		err = cerr
	}
	if err == nil {
		err = os.Rename(tmp, path)
	}
	if err != nil {
		_ = os.Remove(tmp)
	}
	return err
}

// syncStatus makes the record in dir survive a loss of power. A record of something
// that does not survive that itself, a running program, needs it not.
func syncStatus(dir string) error {
	for _, name := range []string{filepath.Join(dir, statusName), dir} {
		f, err := os.Open(name)
		if errors.Is(err, fs.ErrNotExist) {
			return nil // removed meanwhile
		}
		if err != nil {
			return fmt.Errorf("sync status: %w", err)
		}
		err = f.Sync()
		_ = f.Close() // only read
		if err != nil {
			return fmt.Errorf("sync status: %w", err)
		}
	}
	return nil
}

// overwriteFile writes data over what the file holds. JSON ignores trailing blanks.
func overwriteFile(path string, data []byte) error {
	f, err := os.OpenFile(path, os.O_WRONLY, 0)
	if err != nil {
		return err
	}
	fi, err := f.Stat()
	if err == nil {
		if pad := int(fi.Size()) - len(data); pad > 0 {
			data = append(data, bytes.Repeat([]byte{' '}, pad)...)
		}
		_, err = f.WriteAt(data, 0)
	}
	if cerr := f.Close(); err == nil {
		err = cerr
	}
	return err
}

// ReadStatus returns how the container in dir stands, right whatever happened to its
// shim. A container that was never started has the state "created". A record that says
// "running" counts only while its shim holds the lock; otherwise the shim was killed,
// and the kernel its container with it, or the machine was restarted: that is reported
// as "exited" with the status 137 and a sentence in Error.
//
// It takes one file to read, and one lock to try if the record says that it is alive.
func ReadStatus(dir string) (Status, error) {
	for try := 0; ; try++ {
		s, err := readRecord(dir)
		if err != nil || !s.abandoned(dir) {
			return s, err
		}
		held, err := lockHeld(dir)
		if err != nil {
			return s, err
		}
		if held && (s.BootID == bootID() || !s.State.Alive()) {
			if !s.State.Alive() {
				s.Ending, s.Pid, s.PidStart = true, 0, 0
			}
			return s, nil
		}
		// The shim may have written "exited" and let go between the two looks.
		again, err := readRecord(dir)
		if err != nil {
			return s, err
		}
		if again == s || try > 10 {
			again.Abandoned = again.abandoned(dir)
			if again.State.Alive() {
				again = again.orphaned(dir)
			}
			again.Pid, again.PidStart = 0, 0
			return again, nil
		}
	}
}

func readRecord(dir string) (Status, error) {
	data, err := readSmall(dir + "/" + statusName)
	if errors.Is(err, fs.ErrNotExist) {
		if _, serr := os.Stat(dir); serr != nil {
			return Status{}, engine.Errorf(engine.ClassNotFound, "read status: %w", serr)
		}
		return Status{Version: statusVersion, State: engine.StateCreated}, nil
	}
	if err != nil {
		return Status{}, fmt.Errorf("read status: %w", err)
	}
	var s Status
	if err := jsonfields.Parse(data, &s); err != nil {
		// The record was not yet on the disk when the power went.
		return Status{Version: statusVersion, State: engine.StateExited, ExitCode: 137, Signal: 9,
			Error: "the record of the last run is damaged; the machine probably lost power"}, nil
	}
	if s.Version != statusVersion {
		return s, engine.Errorf(engine.ClassUnsupported, "read status in %q: version %d, this program reads %d", dir, s.Version, statusVersion)
	}
	return s, nil
}

// readSmall reads a file of less than 4 KiB with three system calls. os.ReadFile makes
// seven, and lists of a thousand containers do little else.
func readSmall(path string) ([]byte, error) {
	fd, err := unix.Open(path, unix.O_RDONLY|unix.O_CLOEXEC, 0)
	if err != nil {
		return nil, &fs.PathError{Op: "open", Path: path, Err: err}
	}
	defer unix.Close(fd)
	buf := make([]byte, 4096)
	for {
		n, err := unix.Read(fd, buf)
		switch {
		case err == unix.EINTR:
			continue
		case err != nil:
			return nil, &fs.PathError{Op: "read", Path: path, Err: err}
		case n == len(buf):
			return os.ReadFile(path)
		}
		return buf[:n], nil
	}
}

const (
	orphanError = "the shim was killed, and the container with it"
	rebootError = "the machine was restarted while the container ran"
)

// orphaned is what became of a container whose shim ended without a record of it. One
// that waited for its restart keeps the end that it had.
func (s Status) orphaned(dir string) Status {
	waited := s.State == engine.StateRestarting
	s.State, s.Pid, s.PidStart, s.ShimPid = engine.StateExited, 0, 0, 0
	if waited {
		return s
	}
	s.Error = orphanError
	if s.BootID != bootID() {
		s.Error = rebootError
	}
	s.ExitCode, s.Signal = 137, 9
	if fi, err := os.Stat(filepath.Join(dir, lockName)); err == nil && s.Finished.Before(s.Started) {
		s.Finished = fi.ModTime() // the best that is known: not before this
		if s.Finished.Before(s.Started) {
			s.Finished = s.Started
		}
	}
	return s
}

var boot string

// bootID names this run of the kernel; empty if it can't be told.
func bootID() string {
	if boot == "" {
		data, err := os.ReadFile("/proc/sys/kernel/random/boot_id")
		if err != nil {
			return ""
		}
		boot = string(bytes.TrimSpace(data))
	}
	return boot
}

// startTime returns when a process started, in clock ticks since boot: field 22 of
// /proc/PID/stat, proc_pid_stat(5); 0 if there is no such process.
func startTime(pid int) uint64 {
	data, err := os.ReadFile("/proc/" + strconv.Itoa(pid) + "/stat")
	if err != nil {
		return 0
	}
	// The name in parentheses may hold anything; what follows the last one does not.
	i := bytes.LastIndexByte(data, ')')
	if i < 0 {
		return 0
	}
	fields := bytes.Fields(data[i+1:])
	if len(fields) < 20 {
		return 0
	}
	n, _ := strconv.ParseUint(string(fields[19]), 10, 64)
	return n
}
