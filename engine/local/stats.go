package local

import (
	"context"
	"sync"
	"time"

	"berth/engine"
	"berth/engine/internal/cgroup"
)

// Stats implements engine.Lifecycle.
func (e *Engine) Stats(ctx context.Context, ref string) (engine.Stats, error) {
	if err := ctx.Err(); err != nil {
		return engine.Stats{}, err
	}
	if st, ok := e.meters.read(ref); ok {
		return st, nil
	}
	rec, c, err := e.alive(ctx, ref)
	if err != nil {
		return engine.Stats{}, err
	}
	pids, group, err := e.pids(rec, c)
	if err != nil {
		return engine.Stats{}, err
	}
	net, err := cgroup.NewNetMeter(c.Pid)
	if err != nil {
		return engine.Stats{}, err
	}
	m := &meter{net: net, host: rec.Config.Network == "host"}
	if group == nil {
		defer m.close()
		st, err := cgroup.ProcStats(pids)
		if err != nil {
			return engine.Stats{}, err
		}
		return m.network(st)
	}
	m.group = group.Meter()
	st, err := m.read()
	if err != nil {
		m.close()
		return engine.Stats{}, err
	}
	e.meters.keep(rec.ID, m)
	return st, nil
}

// A meter reads what one container uses, for as long as the program runs with which it
// was made.
type meter struct {
	group *cgroup.Meter // nil without a control group
	net   *cgroup.NetMeter
	host  bool // its network is the host's, whose bytes are not its own
	used  time.Time
}

// read fails when the program has ended.
func (m *meter) read() (engine.Stats, error) {
	st, err := m.group.Stats()
	if err != nil {
		return st, err
	}
	return m.network(st)
}

// network adds the network's counters.
func (m *meter) network(st engine.Stats) (engine.Stats, error) {
	if !m.host {
		rx, tx, err := m.net.Read()
		if err == nil {
			st.NetRx, st.NetTx = rx, tx
			return st, nil
		}
	}
	if !m.net.Alive() {
		return st, engine.Errorf(engine.ClassConflict, "read statistics: the container's program has ended")
	}
	return st, nil
}

func (m *meter) close() {
	if m.group != nil {
		m.group.Close()
	}
	m.net.Close()
}

// Meters that nobody has read for a while are closed, and so are the oldest of too many.
const (
	meterRest = 10 * time.Second
	meterMost = 64
)

// meters are those of the containers that are read again and again, by ID. Finding a
// container's record and its control group anew takes ten times as long as the reading.
type meters struct {
	mu    sync.Mutex // guards what is below, and is held while one is read
	all   map[string]*meter
	sweep *time.Timer
}

// read returns false if there is no meter of a container, or its program has ended.
func (s *meters) read(id string) (engine.Stats, bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	m := s.all[id]
	if m == nil {
		return engine.Stats{}, false
	}
	st, err := m.read()
	if err != nil {
		s.drop(id)
		return engine.Stats{}, false
	}
	m.used = st.Time
	return st, true
}

// keep takes a meter over.
func (s *meters) keep(id string, m *meter) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.drop(id) // made by another at the same time
	if s.all == nil {
		s.all = make(map[string]*meter)
	}
	if len(s.all) >= meterMost {
		oldest := ""
		for k, o := range s.all {
			if oldest == "" || o.used.Before(s.all[oldest].used) {
				oldest = k
			}
		}
		s.drop(oldest)
	}
	m.used = time.Now()
	s.all[id] = m
	if s.sweep == nil {
		s.sweep = time.AfterFunc(meterRest, s.rest)
	}
}

// rest closes the meters that nobody has read for a while, and comes again while there are others.
func (s *meters) rest() {
	s.mu.Lock()
	defer s.mu.Unlock()
	for id, m := range s.all {
		if time.Since(m.used) >= meterRest {
			s.drop(id)
		}
	}
	if s.sweep = nil; len(s.all) > 0 {
		s.sweep = time.AfterFunc(meterRest, s.rest)
	}
}

// drop closes the meter of a container, if there is one. s.mu is held.
func (s *meters) drop(id string) {
	if m := s.all[id]; m != nil {
		m.close()
		delete(s.all, id)
	}
}

// close closes all meters.
func (s *meters) close() {
	s.mu.Lock()
	defer s.mu.Unlock()
	for id := range s.all {
		s.drop(id)
	}
	if s.sweep != nil {
		s.sweep.Stop()
	}
}
