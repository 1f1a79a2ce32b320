package enginetest

import (
	"archive/tar"
	"bytes"
	"context"
	"errors"
	"io"
	"io/fs"
	"maps"
	"os"
	"path"
	"slices"
	"strings"
	"sync"
	"time"

	"berth/engine"
)

// A memFS is a container's file system: a few files that its image brings, and
// what was written to it.
type memFS struct {
	mu      sync.Mutex
	files   map[string]*memFile
	changes map[string]engine.ChangeKind
}

type memFile struct {
	dir  bool
	mode fs.FileMode
	data []byte
	mod  time.Time
}

func newMemFS() *memFS {
	m := &memFS{files: make(map[string]*memFile), changes: make(map[string]engine.ChangeKind)}
	for _, d := range []string{"/", "/bin", "/dev", "/etc", "/proc", "/root", "/tmp", "/usr", "/usr/bin", "/var", "/var/log"} {
		m.files[d] = &memFile{dir: true, mode: fs.ModeDir | 0o755}
	}
	m.files["/etc/os-release"] = &memFile{mode: 0o644, data: []byte("NAME=toolbox\nPRETTY_NAME=\"Toolbox\"\n")}
	m.files["/etc/passwd"] = &memFile{mode: 0o644, data: []byte("root:x:0:0:root:/root:/bin/sh\n")}
	return m
}

func (m *memFS) size() (n int64) {
	m.mu.Lock()
	defer m.mu.Unlock()
	for p, k := range m.changes {
		if f := m.files[p]; f != nil && k != engine.ChangeDeleted {
			n += int64(len(f.data))
		}
	}
	return n
}

func (m *memFS) write(name string, f *memFile) {
	m.mu.Lock()
	defer m.mu.Unlock()
	name = path.Clean("/" + name)
	kind := engine.ChangeAdded
	if m.files[name] != nil && m.changes[name] != engine.ChangeAdded {
		kind = engine.ChangeModified
	}
	m.files[name], m.changes[name] = f, kind
	for d := path.Dir(name); d != "/"; d = path.Dir(d) {
		if m.changes[d] == 0 {
			m.changes[d] = engine.ChangeModified
		}
	}
}

func (m *memFS) remove(name string) bool {
	m.mu.Lock()
	defer m.mu.Unlock()
	name = path.Clean("/" + name)
	if m.files[name] == nil {
		return false
	}
	delete(m.files, name)
	if m.changes[name] == engine.ChangeAdded {
		delete(m.changes, name)
	} else {
		m.changes[name] = engine.ChangeDeleted
	}
	return true
}

func (m *memFS) get(name string) (*memFile, bool) {
	m.mu.Lock()
	defer m.mu.Unlock()
	f, ok := m.files[path.Clean("/"+name)]
	return f, ok
}

func (m *memFS) list(dir string) []string {
	m.mu.Lock()
	defer m.mu.Unlock()
	var out []string
	for p := range m.files {
		if p != "/" && path.Dir(p) == path.Clean("/"+dir) {
			out = append(out, path.Base(p))
		}
	}
	slices.Sort(out)
	return out
}

// open serves the shell's redirections.
func (m *memFS) open(name string, flag int) (io.ReadWriteCloser, error) {
	f, ok := m.get(name)
	switch {
	case name == "/dev/null":
		return &openFile{}, nil
	case !ok && flag&os.O_CREATE == 0:
		return nil, &fs.PathError{Op: "open", Path: name, Err: fs.ErrNotExist}
	case ok && f.dir:
		return nil, &fs.PathError{Op: "open", Path: name, Err: errors.New("is a directory")}
	case flag&(os.O_WRONLY|os.O_RDWR) == 0:
		return &openFile{Buffer: *bytes.NewBuffer(slices.Clone(f.data))}, nil
	}
	o := &openFile{fs: m, name: name}
	if ok && flag&os.O_APPEND != 0 {
		o.Write(f.data) // a buffer takes everything
	}
	m.write(name, &memFile{mode: 0o644, data: slices.Clone(o.Bytes())})
	return o, nil
}

type openFile struct {
	bytes.Buffer
	fs   *memFS
	name string
}

// Close implements io.Closer.
func (o *openFile) Close() error {
	if o.fs != nil {
		o.fs.write(o.name, &memFile{mode: 0o644, data: slices.Clone(o.Bytes())})
	}
	return nil
}

// DiffContainer implements engine.Files.
func (f *Fake) DiffContainer(ctx context.Context, id string) (out []engine.Change, err error) {
	err = f.with(ctx, "DiffContainer", id, func(c *container) error {
		c.fs.mu.Lock()
		defer c.fs.mu.Unlock()
		for _, p := range slices.Sorted(maps.Keys(c.fs.changes)) {
			out = append(out, engine.Change{Kind: c.fs.changes[p], Path: p})
		}
		return nil
	})
	return out, err
}

// StatPath implements engine.Files.
func (f *Fake) StatPath(ctx context.Context, id, name string) (st engine.PathStat, err error) {
	err = f.with(ctx, "StatPath", id, func(c *container) error {
		file, ok := c.fs.get(name)
		if !ok {
			return noPath(id, name)
		}
		st = engine.PathStat{Name: path.Base(name), Size: int64(len(file.data)), Mode: uint32(file.mode), ModTime: file.mod}
		return nil
	})
	return st, err
}

func noPath(id, name string) error {
	return engine.Errorf(engine.ClassNotFound, "find %q in container %q: no such file or directory", name, id)
}

// CopyFrom implements engine.Files.
func (f *Fake) CopyFrom(ctx context.Context, id, name string, w io.Writer) error {
	var m *memFS
	err := f.with(ctx, "CopyFrom", id, func(c *container) error {
		m = c.fs
		if _, ok := m.get(name); !ok {
			return noPath(id, name)
		}
		return nil
	})
	if err != nil {
		return err
	}
	root := path.Clean("/" + name)
	m.mu.Lock()
	names := slices.Sorted(maps.Keys(m.files))
	m.mu.Unlock()
	tw := tar.NewWriter(w)
	for _, p := range names {
		if p != root && !strings.HasPrefix(p, strings.TrimSuffix(root, "/")+"/") {
			continue
		}
		file, _ := m.get(p)
		h := &tar.Header{
			Name: path.Join(path.Base(root), strings.TrimPrefix(p, root)), Mode: int64(file.mode.Perm()), Size: int64(len(file.data)), ModTime: file.mod,
		}
		if file.dir {
			h.Typeflag, h.Name = tar.TypeDir, h.Name+"/"
		}
		if err := tw.WriteHeader(h); err != nil {
			return engine.Errorf(engine.ClassUnknown, "copy %q: %w", name, err)
		}
		if _, err := tw.Write(file.data); err != nil {
			return engine.Errorf(engine.ClassUnknown, "copy %q: %w", name, err)
		}
	}
	return tw.Close()
}

// CopyTo implements engine.Files.
func (f *Fake) CopyTo(ctx context.Context, id, dir string, r io.Reader, _ engine.CopyToOptions) error {
	var m *memFS
	err := f.with(ctx, "CopyTo", id, func(c *container) error {
		m = c.fs
		if d, ok := m.get(dir); !ok || !d.dir {
			return noPath(id, dir)
		}
		return nil
	})
	if err != nil {
		return err
	}
	tr := tar.NewReader(r)
	for {
		h, err := tr.Next()
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return engine.Errorf(engine.ClassInvalid, "copy to %q: %w", dir, err)
		}
		data, err := io.ReadAll(tr)
		if err != nil {
			return engine.Errorf(engine.ClassInvalid, "copy to %q: %w", dir, err)
		}
		m.write(path.Join(dir, path.Join("/", h.Name)), &memFile{
			dir: h.Typeflag == tar.TypeDir, mode: h.FileInfo().Mode(), data: data, mod: h.ModTime,
		})
	}
}
