package state

import (
	"encoding/binary"
	"encoding/hex"
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
//
// The file is a magic word and entries: the ID's 32 bytes, the time as 8 bytes, the
// length of the data as 4, little endian, and the data.
const (
	indexFile   = ".index"
	indexMagic  = "berthix1"
	entryHeader = 32 + 8 + 4
)

// An Index is the cached entries by container ID. Get may be called by several
// goroutines at once, Put and Save by one.
type Index struct {
	store   *Store
	entries map[string]indexEntry
	fresh   int // entries added since it was loaded
}

type indexEntry struct {
	mtime int64 // of the directory, nanoseconds
	data  []byte
}

// settled is the age from which a directory's time is trusted: a second change within
// one tick of a coarse clock would not show.
const settled = 100 * time.Millisecond

// LoadIndex reads the cache. A broken one is as good as none.
func (s *Store) LoadIndex() *Index {
	x := &Index{store: s}
	data, err := os.ReadFile(filepath.Join(s.containers(), indexFile))
	if err == nil {
		x.entries = parseIndex(data)
	}
	if x.entries == nil {
		x.entries = map[string]indexEntry{}
	}
	return x
}

// parseIndex returns nil if data is no whole index.
func parseIndex(data []byte) map[string]indexEntry {
	if len(data) < len(indexMagic) || string(data[:len(indexMagic)]) != indexMagic {
		return nil
	}
	data = data[len(indexMagic):]
	entries := make(map[string]indexEntry, len(data)/256)
	for len(data) > 0 {
		if len(data) < entryHeader {
			return nil
		}
		n := binary.LittleEndian.Uint32(data[40:])
		if uint64(n) > uint64(len(data)-entryHeader) {
			return nil
		}
		end := entryHeader + int(n)
		entries[hex.EncodeToString(data[:32])] = indexEntry{
			mtime: int64(binary.LittleEndian.Uint64(data[32:])), data: data[entryHeader:end:end],
		}
		data = data[end:]
	}
	return entries
}

// Stamp returns the time that an entry of the container depends on; 0 if it is gone.
// Take it before reading the records that the entry is made of.
func (s *Store) Stamp(id string) int64 { return stamp(unix.AT_FDCWD, s.Dir(id)) }

// Stamps returns a Stamp for many containers, which may be called by several goroutines,
// and is of no more use after done: it need not find the way from the root each time.
func (s *Store) Stamps() (of func(id string) int64, done func()) {
	dir, err := unix.Open(s.containers(), unix.O_PATH|unix.O_DIRECTORY|unix.O_CLOEXEC, 0)
	if err != nil {
		return s.Stamp, func() {}
	}
	return func(id string) int64 { return stamp(dir, id) }, func() { unix.Close(dir) }
}

func stamp(dir int, name string) int64 {
	var st unix.Stat_t
	if unix.Fstatat(dir, name, &st, 0) != nil {
		return 0
	}
	return st.Mtim.Nano()
}

// Get returns the entry of a container if it still holds.
func (x *Index) Get(id string, stamp int64) ([]byte, bool) {
	e, ok := x.entries[id]
	if !ok || e.mtime != stamp {
		return nil, false
	}
	return e.data, true
}

// Put keeps an entry for later lists, unless the container changed a moment ago.
func (x *Index) Put(id string, stamp int64, data []byte) {
	if time.Since(time.Unix(0, stamp)) < settled {
		return
	}
	x.entries[id] = indexEntry{mtime: stamp, data: data}
	x.fresh++
}

// Save stores the cache if that is worth the writing. ids are all containers that
// exist; entries of others go. An error is of no consequence and not reported.
func (x *Index) Save(ids []string) {
	if x.fresh < 16 && len(x.entries) < len(ids)+64 {
		return
	}
	data := []byte(indexMagic)
	for _, id := range ids {
		e, ok := x.entries[id]
		raw, err := hex.DecodeString(id)
		if !ok || err != nil || len(raw) != 32 {
			continue
		}
		data = append(data, raw...)
		data = binary.LittleEndian.AppendUint64(data, uint64(e.mtime))
		data = binary.LittleEndian.AppendUint32(data, uint32(len(e.data)))
		data = append(data, e.data...)
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
