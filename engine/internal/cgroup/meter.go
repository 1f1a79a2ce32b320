package cgroup

import (
	"bytes"
	"path/filepath"
	"time"

	"berth/engine"

	"golang.org/x/sys/unix"
)

// A Meter reads the counters of one group again and again. It keeps the files open: a
// reading opened, read and closed a dozen of them each time else, in a workstation for
// each container every two seconds. It is not safe for concurrent use. Close it, because
// open files keep what the kernel has of a group that was removed.
type Meter struct {
	g     *Group
	files map[string]int // name → descriptor, -1 of a file that the host does not have
	buf   []byte
	last  engine.Stats
	rests int // readings in a row in which nothing had run
}

// restMost is how many readings in a row go by what the last one before them said if the
// group has used no processor since: what else there is to count can hardly have changed.
const restMost = 15

// Meter returns a meter of the group.
func (g *Group) Meter() *Meter {
	return &Meter{g: g, files: make(map[string]int), buf: make([]byte, 4096)}
}

// Close closes the files.
func (m *Meter) Close() {
	for _, fd := range m.files {
		if fd >= 0 {
			unix.Close(fd)
		}
	}
	clear(m.files)
}

// Stats reads the counters, as [Group.Stats] does. Memory, processes and blocks of a
// group in which nothing has run for a moment are those of a moment ago.
func (m *Meter) Stats() (engine.Stats, error) {
	s := unknown()
	var idle bool
	switch g := m.g; {
	case g.v2 != "" && len(g.v1) == 0:
		s.Source = "cgroup2"
		idle = m.stats2(&s)
	case len(g.v1) > 0:
		s.Source = "cgroup1"
		idle = m.stats1(&s)
	default:
		return s.Stats, engine.Errorf(engine.ClassNotFound, "read statistics: there is no control group %q", g.path)
	}
	if idle {
		m.rests++
		l := m.last
		s.Throttled, s.Memory, s.OOMKills, s.Pids, s.BlockRead, s.BlockWrite = l.Throttled, l.Memory, l.OOMKills, l.Pids, l.BlockRead, l.BlockWrite
	} else {
		m.rests = 0
	}
	if s.CPUTotal < 0 && s.Memory < 0 && s.Pids < 0 && !m.g.still() {
		return s.Stats, engine.Errorf(engine.ClassNotFound, "read statistics: control group %q is gone", m.g.path)
	}
	s.finish()
	m.last = s.Stats
	return s.Stats, nil
}

// idle reports whether the group has used no processor since the last reading, which is
// still good enough then.
func (m *Meter) idle(cpu time.Duration) bool {
	return !m.last.Time.IsZero() && cpu >= 0 && cpu == m.last.CPUTotal && m.rests < restMost
}

func (m *Meter) stats2(s *reading) (idle bool) {
	dir := m.g.v2
	cpu := m.read(dir, "cpu.stat") // counted without the controller, too
	if usec := value(cpu, "usage_usec"); usec >= 0 {
		s.CPUTotal = time.Duration(usec) * time.Microsecond
	}
	if usec := value(cpu, "throttled_usec"); usec >= 0 {
		s.Throttled = time.Duration(usec) * time.Microsecond
	}
	s.CPUs = countList(string(word(m.read(dir, "cpuset.cpus.effective"))))
	s.MemoryLimit, s.PidsLimit = m.number(dir, "memory.max"), m.number(dir, "pids.max")
	if m.idle(s.CPUTotal) {
		return true
	}
	if memory := m.number(dir, "memory.current"); memory >= 0 {
		s.Memory = max(memory-max(value(m.read(dir, "memory.stat"), "inactive_file"), 0), 0)
		s.OOMKills = max(value(m.read(dir, "memory.events"), "oom_kill"), 0)
	}
	s.Pids = m.number(dir, "pids.current")
	data := m.read(dir, "io.stat")
	if data == nil {
		return false
	}
	s.BlockRead, s.BlockWrite = 0, 0
	for f := range bytes.FieldsSeq(data) {
		if v, ok := bytes.CutPrefix(f, []byte("rbytes=")); ok {
			s.BlockRead += max(atoi(string(v)), 0)
		} else if v, ok := bytes.CutPrefix(f, []byte("wbytes=")); ok {
			s.BlockWrite += max(atoi(string(v)), 0)
		}
	}
	return false
}

func (m *Meter) stats1(s *reading) (idle bool) {
	g := m.g
	if dir := g.dir1("cpuacct"); dir != "" {
		s.CPUTotal = time.Duration(m.number(dir, "cpuacct.usage"))
	}
	memory, pids := g.dir1("memory"), g.dir1("pids")
	if dir := g.dir1("cpuset"); dir != "" {
		s.CPUs = countList(string(word(m.read(dir, "cpuset.cpus"))))
	}
	if memory != "" {
		s.MemoryLimit = m.number(memory, "memory.limit_in_bytes")
	}
	if pids != "" {
		s.PidsLimit = m.number(pids, "pids.max")
	}
	if m.idle(s.CPUTotal) {
		return true
	}
	if dir := g.dir1("cpu"); dir != "" {
		if ns := value(m.read(dir, "cpu.stat"), "throttled_time"); ns >= 0 {
			s.Throttled = time.Duration(ns)
		}
	}
	if memory != "" {
		if used := m.number(memory, "memory.usage_in_bytes"); used >= 0 {
			s.Memory = max(used-max(value(m.read(memory, "memory.stat"), "total_inactive_file"), 0), 0)
			s.OOMKills = max(value(m.read(memory, "memory.oom_control"), "oom_kill"), 0)
		}
	}
	if pids != "" {
		s.Pids = m.number(pids, "pids.current")
	}
	if dir := g.dir1("blkio"); dir != "" {
		m.blocks1(s, dir)
	}
	return false
}

func (m *Meter) blocks1(s *reading, dir string) {
	for _, file := range []string{"blkio.throttle.io_service_bytes_recursive", "blkio.throttle.io_service_bytes"} {
		data := m.read(dir, file)
		if data == nil {
			continue
		}
		s.BlockRead, s.BlockWrite = 0, 0
		for line := range bytes.Lines(data) {
			switch f := bytes.Fields(line); {
			case len(f) == 3 && string(f[1]) == "Read":
				s.BlockRead += max(atoi(string(f[2])), 0)
			case len(f) == 3 && string(f[1]) == "Write":
				s.BlockWrite += max(atoi(string(f[2])), 0)
			}
		}
		return
	}
}

// read returns what a file of the group says now, nil if it is missing or the group is
// gone. It is valid until the next call.
func (m *Meter) read(dir, name string) []byte {
	path := filepath.Join(dir, name)
	fd, known := m.files[path]
	if !known {
		var err error
		if fd, err = open(path, unix.O_RDONLY); err != nil {
			fd = -1
		}
		m.files[path] = fd
	}
	if fd < 0 {
		return nil
	}
	n := 0
	for {
		k, err := unix.Pread(fd, m.buf[n:], int64(n))
		switch {
		case err == unix.EINTR:
			continue
		case err != nil: // ENODEV: the group was removed
			return nil
		case k == 0:
			return m.buf[:n]
		}
		if n += k; n < len(m.buf) {
			return m.buf[:n] // the kernel writes all of it at once if there is room
		}
		m.buf = append(m.buf, make([]byte, len(m.buf))...)
	}
}

// number reads a file of one number; -1 if it is missing or "max".
func (m *Meter) number(dir, name string) int64 { return atoi(string(word(m.read(dir, name)))) }

// word returns the first word of a file.
func word(data []byte) []byte {
	data = bytes.TrimSpace(data)
	if i := bytes.IndexAny(data, " \t\n"); i >= 0 {
		data = data[:i]
	}
	return data
}

// value returns the number of a key in a file of lines "key number", -1 if it has none.
func value(data []byte, key string) int64 {
	for line := range bytes.Lines(data) {
		if rest, ok := bytes.CutPrefix(line, []byte(key)); ok && len(rest) > 0 && rest[0] == ' ' {
			return atoi(string(bytes.TrimSpace(rest)))
		}
	}
	return -1
}
