package state

import (
	"encoding/json"
	"os"
	"path/filepath"
	"time"

	"golang.org/x/sys/unix"
)

// indexFile caches the list entries of containers at rest, because a thousand small
// files take longer to read than one large one. An entry holds as long as the
// modification time of the container's directory: every record in it is replaced by
// rename, which changes that time. It is a cache: without it, or with a broken one,
// lists are right but slower.
const indexFile = ".index"

// An Index is the cached entries by container ID. The zero value is empty.
type Index struct {
	store   *Store
	entries map[string]indexEntry
	fresh   int // entries added since it was loaded
}

type indexEntry struct {
	MTime int64           `json:"m"` // of the directory, nanoseconds
	Data  json.RawMessage `json:"d"`
}

// settled is the age from which a directory's time is trusted: a second change within
// one tick of a coarse clock would not show.
const settled = 100 * time.Millisecond

// LoadIndex reads the cache.
func (s *Store) LoadIndex() *Index {
	x := &Index{store: s, entries: map[string]indexEntry{}}
	if data, err := os.ReadFile(filepath.Join(s.containers(), indexFile)); err == nil {
		if json.Unmarshal(data, &x.entries) != nil {
			x.entries = map[string]indexEntry{}
		}
	}
	return x
}

// Stamp returns the time that an entry of the container depends on; 0 if it is gone.
// Take it before reading the records that the entry is made of.
func (s *Store) Stamp(id string) int64 {
	var st unix.Stat_t
	if unix.Stat(s.Dir(id), &st) != nil {
		return 0
	}
	return st.Mtim.Nano()
}

// Get returns the entry of a container if it still holds.
func (x *Index) Get(id string, stamp int64) (json.RawMessage, bool) {
	e, ok := x.entries[id]
	if !ok || e.MTime != stamp {
		return nil, false
	}
	return e.Data, true
}

// Put keeps an entry for later lists, unless the container changed a moment ago.
func (x *Index) Put(id string, stamp int64, data json.RawMessage) {
	if time.Since(time.Unix(0, stamp)) < settled {
		return
	}
	x.entries[id] = indexEntry{MTime: stamp, Data: data}
	x.fresh++
}

// Save stores the cache if that is worth the writing. ids are all containers that
// exist; entries of others go. An error is of no consequence and not reported.
func (x *Index) Save(ids []string) {
	if x.fresh < 16 && len(x.entries) < len(ids)+64 {
		return
	}
	live := make(map[string]indexEntry, len(ids))
	for _, id := range ids {
		if e, ok := x.entries[id]; ok {
			live[id] = e
		}
	}
	data, err := json.Marshal(live)
	if err != nil {
		return
	}
	file := filepath.Join(x.store.containers(), indexFile)
	tmp, err := os.CreateTemp(x.store.containers(), indexFile+".*")
	if err != nil {
		return
	}
	defer os.Remove(tmp.Name())
	_, err = tmp.Write(data) // no fsync: a torn cache is read as an empty one
	if tmp.Close() == nil && err == nil {
		os.Rename(tmp.Name(), file)
	}
}
