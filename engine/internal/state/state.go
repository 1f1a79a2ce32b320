// Package state keeps the records of containers in the state directory: files, no
// database, so that any number of berth processes and shims share them without a
// lock that one of them could hold for long. It knows nothing of processes (package
// shim keeps what runs) nor of images (package image).
//
// Below the state directory it owns
//
//	containers/<id>/container.json   the record
//	containers/<id>/...              what the bundle and the shim put beside it
//	containers/.index                a cache of list entries, see index.go
//	names/<name>                     a file that holds the ID; the claim of the name
//	trash/<id>.<n>                   removed containers whose files are being deleted
//	trash/<id>.new                   containers that are being created, each locked by its maker
//
// A record is replaced by writing a temporary file beside it and renaming that, so a
// reader finds the old one or the new one. Changes to one container are made under a
// flock on its directory; changes to names under a flock on names/. The kernel drops
// both when their holder dies.
package state

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"time"

	"berth/engine"
	"berth/engine/internal/jsonfields"

	"golang.org/x/sys/unix"
)

// Version is the format of records that this program writes and reads.
const Version = 1

// RecordFile is the record's file in a container's directory.
const RecordFile = "container.json"

// A Record is what is stored about a container when it is created. It embeds the
// contract's ContainerConfig: its field names are a disk format, which a test holds.
type Record struct {
	Version int
	ID      string
	Name    string
	Created time.Time
	ImageID engine.Digest
	// Config is complete: image defaults are filled in, Image is as the user named it.
	Config engine.ContainerConfig
	// ImageConfig is the image's own configuration, kept because the image's name may move on.
	ImageConfig engine.ImageConfig
	LowerDirs   []string // top first
	CgroupPath  string   `json:",omitempty"`
	// Former is the name before the last rename: a kill may have left its claim.
	Former string `json:",omitempty"`
}

// lasting reports whether the record must survive a loss of power. A container with --rm
// ends with it, and so needs no fsync, which would double the time that its start takes.
func (r *Record) lasting() bool { return !r.Config.AutoRemove }

// A Store is the records of one state directory. Its methods may be called by any
// number of goroutines and processes.
type Store struct {
	root string
}

// Open returns the store in root and makes its directories, readable by their owner only.
func Open(root string) (*Store, error) {
	s := &Store{root: root}
	for _, dir := range []string{s.containers(), s.names(), s.trash()} {
		if err := os.MkdirAll(dir, 0o700); err != nil {
			return nil, classify(err, "open state directory %q", root)
		}
	}
	return s, nil
}

func (s *Store) containers() string { return filepath.Join(s.root, "containers") }
func (s *Store) names() string      { return filepath.Join(s.root, "names") }
func (s *Store) trash() string      { return filepath.Join(s.root, "trash") }

// Dir returns the directory of a container, whether or not it exists.
func (s *Store) Dir(id string) string { return filepath.Join(s.containers(), id) }

// Create claims rec.Name, lets fill put files into the container's new directory and
// makes it visible. After an error, fill's included, nothing is left. A name that is
// taken is ClassConflict.
func (s *Store) Create(rec *Record, fill func(dir string) error) error {
	rec.Version = Version
	staged, unlock, err := s.stage(rec.ID)
	if err != nil {
		return classify(err, "create container %q", rec.Name)
	}
	defer unlock()
	err = func() error {
		if err := fill(staged); err != nil {
			return err
		}
		if err := writeRecord(staged, rec); err != nil {
			return err
		}
		unlock, err := lockDir(s.names())
		if err != nil {
			return err
		}
		defer unlock()
		if err := s.claim(rec); err != nil {
			return err
		}
		if err := os.Rename(staged, s.Dir(rec.ID)); err != nil {
			os.Remove(filepath.Join(s.names(), rec.Name))
			return classify(err, "create container %q", rec.Name)
		}
		return nil
	}()
	if err != nil {
		os.RemoveAll(staged)
	}
	return err
}

// claim makes the record's name stand for its ID. The caller holds the lock on names.
// A claim whose container is gone, left by a process that was killed, does not count.
func (s *Store) claim(rec *Record) error {
	name := rec.Name
	if holder, err := s.byName(name); err == nil {
		return engine.Errorf(engine.ClassConflict, "the container name %q is already in use by container %q", "/"+name, holder).
			WithHint("Remove or rename that container to be able to reuse the name.")
	}
	file := filepath.Join(s.names(), name)
	if err := writeFile(file, []byte(rec.ID), rec.lasting()); err != nil {
		return classify(err, "claim container name %q", name)
	}
	return nil
}

// byName returns the ID of the existing container that holds name. A claim that its
// container's record does not confirm was left by a rename that was killed.
func (s *Store) byName(name string) (string, error) {
	data, err := os.ReadFile(filepath.Join(s.names(), name))
	if err != nil {
		return "", err
	}
	id := string(data)
	if !validID(id) {
		return "", fs.ErrNotExist
	}
	if _, err := os.Lstat(s.Dir(id)); err != nil {
		return "", err
	}
	if rec, err := s.LoadBrief(id); err == nil && rec.Name != name {
		return "", fs.ErrNotExist
	}
	return id, nil
}

// A Brief is the part of a Record that an exec and a look at a name need.
type Brief struct {
	Version int
	Name    string
	Config  BriefConfig
}

// A BriefConfig is that part of a Record's Config.
type BriefConfig struct {
	User, WorkingDir, Hostname string
	Env                        []string
}

// Load reads the record of the container with exactly this ID.
func (s *Store) Load(id string) (*Record, error) {
	var rec Record
	if err := s.load(id, &rec.Version, &rec); err != nil {
		return nil, err
	}
	return &rec, nil
}

// LoadBrief is Load for a process that needs no more.
func (s *Store) LoadBrief(id string) (*Brief, error) {
	var rec Brief
	if err := s.load(id, &rec.Version, &rec); err != nil {
		return nil, err
	}
	return &rec, nil
}

func (s *Store) load(id string, version *int, rec jsonfields.Object) error {
	data, err := os.ReadFile(filepath.Join(s.Dir(id), RecordFile))
	if errors.Is(err, fs.ErrNotExist) {
		return notFound(id)
	}
	if err != nil {
		return classify(err, "read container %q", engine.ShortID(id))
	}
	if err := jsonfields.Parse(data, rec); err != nil {
		return engine.Errorf(engine.ClassIntegrity, "read record of container %q: %w", engine.ShortID(id), err).
			WithHint("Remove it with `berth rm -f %s`.", engine.ShortID(id))
	}
	if *version != Version {
		return engine.Errorf(engine.ClassUnsupported, "container %q has a record of version %d, this program reads %d",
			engine.ShortID(id), *version, Version).WithHint("Use the version of Berth that created it.")
	}
	return nil
}

// Resolve returns the ID that ref means: a whole ID, a name (with or without the
// slash that Docker puts before it), or a unique prefix of an ID, in this order.
func (s *Store) Resolve(ref string) (string, error) {
	if validID(ref) {
		if _, err := os.Lstat(s.Dir(ref)); err == nil {
			return ref, nil
		}
	}
	name := strings.TrimPrefix(ref, "/")
	if ValidName(name) {
		if id, err := s.byName(name); err == nil {
			return id, nil
		}
	}
	if !isHex(ref) || validID(ref) {
		return "", notFound(ref)
	}
	ids, err := s.IDs()
	if err != nil {
		return "", err
	}
	var found string
	for _, id := range ids {
		if !strings.HasPrefix(id, ref) {
			continue
		}
		if found != "" {
			return "", engine.Errorf(engine.ClassConflict, "several containers have an ID that begins with %q", ref).
				WithHint("Give more digits of the ID, or the name.")
		}
		found = id
	}
	if found == "" {
		return "", notFound(ref)
	}
	return found, nil
}

// IDs returns the IDs of all containers in no particular order.
func (s *Store) IDs() ([]string, error) {
	d, err := os.Open(s.containers())
	if err != nil {
		return nil, classify(err, "list containers")
	}
	defer d.Close()
	names, err := d.Readdirnames(-1)
	if err != nil {
		return nil, classify(err, "list containers")
	}
	ids := names[:0]
	for _, n := range names {
		if validID(n) {
			ids = append(ids, n)
		}
	}
	return ids, nil
}

// Lock takes the lock of a container and returns its release. It waits while another
// process or goroutine changes the container; ClassNotFound if it was removed meanwhile.
func (s *Store) Lock(id string) (unlock func(), err error) {
	for {
		unlock, err := lockDir(s.Dir(id))
		if errors.Is(err, fs.ErrNotExist) {
			return nil, notFound(id)
		}
		if err != nil {
			return nil, err
		}
		// The directory that we locked may have been moved to the trash while we waited.
		if _, err := os.Lstat(s.Dir(id)); err == nil {
			return unlock, nil
		}
		unlock()
	}
}

// TryLock is Lock that waits no longer than patience; ok is false then, or when the
// container is gone.
func (s *Store) TryLock(id string, patience time.Duration) (unlock func(), ok bool) {
	end := time.Now().Add(patience)
	unlock, err := tryLockDir(s.Dir(id))
	for ; err == unix.EWOULDBLOCK && time.Now().Before(end); unlock, err = tryLockDir(s.Dir(id)) {
		time.Sleep(5 * time.Millisecond)
	}
	if err != nil {
		return nil, false
	}
	if _, err := os.Lstat(s.Dir(id)); err != nil {
		unlock()
		return nil, false
	}
	return unlock, true
}

// Save replaces the record of a container. The caller holds its lock. The name must
// not differ from the stored one: see Rename.
func (s *Store) Save(rec *Record) error {
	return writeRecord(s.Dir(rec.ID), rec)
}

// Rename gives a container another name; ClassConflict if it is taken. The caller holds its lock.
func (s *Store) Rename(rec *Record, name string) error {
	unlock, err := lockDir(s.names())
	if err != nil {
		return err
	}
	defer unlock()
	if name == rec.Name {
		return engine.Errorf(engine.ClassInvalid, "container %q has that name already", name)
	}
	old := rec.Name
	renamed := *rec
	renamed.Name = name
	renamed.Config.Name = name
	renamed.Former = old
	if err := s.claim(&renamed); err != nil {
		return err
	}
	if err := writeRecord(s.Dir(rec.ID), &renamed); err != nil {
		os.Remove(filepath.Join(s.names(), name))
		return err
	}
	*rec = renamed
	s.release(old, rec.ID)
	return nil
}

// release removes the claim of a name if it is the container's. The caller holds the lock on names.
func (s *Store) release(name, id string) {
	file := filepath.Join(s.names(), name)
	if data, err := os.ReadFile(file); name != "" && err == nil && string(data) == id {
		os.Remove(file)
	}
}

func writeRecord(dir string, rec *Record) error {
	data, err := jsonfields.Append(nil, rec)
	if err != nil {
		return fmt.Errorf("encode record of container %q: %w", rec.Name, err)
	}
	if err := writeFile(filepath.Join(dir, RecordFile), data, rec.lasting()); err != nil {
		return classify(err, "write record of container %q", rec.Name)
	}
	return nil
}

func notFound(ref string) error {
	return engine.Errorf(engine.ClassNotFound, "no such container: %s", ref).
		WithHint("`berth ps -a` lists all containers.")
}

// classify turns an error of the file system into one of the contract's classes.
func classify(err error, format string, args ...any) error {
	class, hint := engine.ClassUnknown, ""
	switch {
	case errors.Is(err, unix.ENOSPC), errors.Is(err, unix.EDQUOT):
		class, hint = engine.ClassExhausted, "Free some space, e.g. with `berth image prune -a`."
	case errors.Is(err, fs.ErrPermission), errors.Is(err, unix.EROFS):
		class, hint = engine.ClassPermission, "Choose a directory of yours with --root or BERTH_ROOT."
	case errors.Is(err, unix.ENOTDIR):
		class, hint = engine.ClassInvalid, "Choose another directory with --root or BERTH_ROOT."
	}
	e := engine.Errorf(class, format+": %w", append(args, err)...)
	e.Hint = hint
	return e
}
