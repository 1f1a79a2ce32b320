package shell

import (
	"context"
	"fmt"
	"os"
	"slices"

	"golang.org/x/sys/unix"
)

// A job is what one line, or one "&", started. processes.mu guards it.
type job struct {
	terminal   *terminal // nil without job control
	foreground bool
	pgid       int // 0 before the first process
	members    []*process
	interrupt  context.CancelFunc // ends the line's interpretation; nil in the background

	// Of jobs in the table only:
	number int
	key    string // as the interpreter knows it; see rewrite
	text   string
	begun  bool // run by "&"; else it was stopped in the foreground
	over   bool // its statement has come to the end
	code   int  // the statement's exit status
}

type jobKey struct{}

// alive reports whether a process of the job lives.
func (j *job) alive() bool {
	return slices.ContainsFunc(j.members, func(p *process) bool { return !p.ended })
}

// stopped reports whether all living processes of the job are stopped.
func (j *job) stopped() bool {
	return j.alive() && !slices.ContainsFunc(j.members, func(p *process) bool { return !p.ended && !p.stopped })
}

// finished reports whether nothing of the job is left to wait for.
func (j *job) finished() bool { return !j.alive() && (j.over || !j.begun) }

// killed reports whether a signal ended a process of the job, and whether that was the interrupt or quit key's.
func (j *job) killed() (killed, key bool) {
	for _, member := range j.members {
		if member.ended && member.status.Signaled() {
			killed = true
			key = key || member.status.Signal() == unix.SIGINT || member.status.Signal() == unix.SIGQUIT
		}
	}
	return killed, key
}

// remove takes a job out of the table.
func (p *processes) remove(j *job) {
	p.jobs = slices.DeleteFunc(p.jobs, func(other *job) bool { return other == j })
}

// state puts the job's state in the word that shells use.
func (j *job) state() string {
	switch {
	case j.stopped():
		return "Stopped"
	case !j.finished():
		return "Running"
	case j.begun && j.code != 0:
		return fmt.Sprintf("Exit %d", j.code)
	}
	return "Done"
}

// pid is what "$!" and jobs show: the first process, 0 if there was none.
func (j *job) pid() int {
	if len(j.members) == 0 {
		return 0
	}
	return j.members[0].pid
}

// add puts a job into the table under the lowest number above all others.
func (p *processes) add(j *job) {
	j.number = 1
	if n := len(p.jobs); n > 0 {
		j.number = p.jobs[n-1].number + 1
	}
	p.jobs = append(p.jobs, j)
	p.changed.Broadcast()
}

// byKey finds a background job.
func (p *processes) byKey(key string) *job {
	for _, j := range p.jobs {
		if j.key == key && key != "" {
			return j
		}
	}
	return nil
}

// sweep takes finished jobs out of the table and returns them.
func (p *processes) sweep() []*job {
	p.mu.Lock()
	defer p.mu.Unlock()
	var finished []*job
	p.jobs = slices.DeleteFunc(p.jobs, func(j *job) bool {
		if j.finished() {
			finished = append(finished, j)
			return true
		}
		return false
	})
	return finished
}

// find returns the job that a word like "%2", "%%", "%" or a process's number names, or nil.
// The empty word names the newest.
func (p *processes) find(word string) *job {
	if len(p.jobs) == 0 {
		return nil
	}
	switch word {
	case "", "%", "%%", "%+":
		return p.jobs[len(p.jobs)-1]
	case "%-":
		return p.jobs[max(0, len(p.jobs)-2)]
	}
	for _, j := range p.jobs {
		if word == fmt.Sprintf("%%%d", j.number) {
			return j
		}
		for _, member := range j.members {
			if word == fmt.Sprint(member.pid) {
				return j
			}
		}
	}
	if word == fmt.Sprint(os.Getpid()) { // see runPID
		for _, j := range slices.Backward(p.jobs) {
			if len(j.members) == 0 {
				return j
			}
		}
	}
	return nil
}

// resume lets a stopped job go on.
func (p *processes) resume(j *job) error {
	for _, member := range j.members {
		member.stopped = false
	}
	if !j.alive() {
		return nil
	}
	if j.terminal == nil {
		for _, member := range j.members {
			if !member.ended {
				_ = unix.Kill(member.pid, unix.SIGCONT) // it may end any time
			}
		}
		return nil
	}
	return unix.Kill(-j.pgid, unix.SIGCONT)
}
