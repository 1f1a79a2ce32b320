package main

import (
	"archive/tar"
	"bytes"
	"compress/gzip"
	"crypto/sha256"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"os/exec"
	"path"
	"path/filepath"
	"runtime"
	"strings"
	"sync"
	"time"
)

// A layer is made of files of this machine.
type layer struct {
	files   []string // regular files, or directories to walk; those that are not there are passed over
	as      string   // another name, for a single file
	bytes   int64    // no more than so many; 0 for no limit
	edition string   // what one more file holds; "" for none
}

// sixLayers is an image like those of a language's tool chain, on most machines some 1.3 GB in 30,000 entries.
func sixLayers(short bool) []layer {
	mb := int64(1 << 20)
	if short {
		mb /= 8
	}
	out, _ := exec.Command("go", "env", "GOROOT").Output() // without it there are fewer files
	root := strings.TrimSpace(string(out))
	return []layer{
		{files: []string{"/usr/lib/x86_64-linux-gnu", "/usr/lib/aarch64-linux-gnu", "/usr/lib64", "/usr/bin"}, bytes: 350 * mb},
		{files: []string{root + "/src", root + "/test", root + "/api"}, bytes: 200 * mb},
		{files: []string{root + "/bin", root + "/pkg"}, bytes: 180 * mb},
		{files: []string{"/usr/lib/python3", "/usr/lib/python3.11", "/usr/lib/python3.12", "/usr/lib/python3.13", "/usr/share"}, bytes: 200 * mb},
		{files: []string{"/usr/lib/jvm", "/usr/lib/llvm", "/usr/libexec", "/usr/sbin"}, bytes: 250 * mb},
		{files: []string{"/usr/lib/gcc", "/usr/share/perl", "/usr/lib/git-core", "/usr/include", "/usr/lib"}, bytes: 150 * mb},
	}
}

// oneLayer is of the size of a small distribution.
func oneLayer(short bool) layer {
	l := layer{files: []string{"/usr/share/perl", "/usr/share/zoneinfo", "/usr/share/doc", "/usr/lib/python3", "/usr/sbin", "/usr/lib"}, bytes: 190 << 20}
	if short {
		l.bytes /= 8
	}
	return l
}

type descriptor struct {
	MediaType string `json:"mediaType"`
	Digest    string `json:"digest"`
	Size      int64  `json:"size"`
}

// Media types of Docker's image manifest, version 2, schema 2: every peer knows them.
const (
	manifestType = "application/vnd.docker.distribution.manifest.v2+json"
	configType   = "application/vnd.docker.container.image.v1+json"
	layerType    = "application/vnd.docker.image.rootfs.diff.tar.gzip"
)

// contents is what an image holds, for the name of its row.
type contents struct {
	entries            int
	bytes, transferred int64
}

func (c contents) String() string {
	return fmt.Sprintf("%d MB compressed, %d MB unpacked, %d entries", c.transferred/1e6, c.bytes/1e6, c.entries)
}

// add makes an image of layers, compressed with gzip's level, and serves it. The layers are made at the same time.
func (r *registry) add(name string, level int, layers ...layer) error {
	var config struct {
		Architecture string   `json:"architecture"`
		OS           string   `json:"os"`
		Config       struct{} `json:"config"`
		RootFS       struct {
			Type    string   `json:"type"`
			DiffIDs []string `json:"diff_ids"`
		} `json:"rootfs"`
	}
	config.Architecture, config.OS, config.RootFS.Type = runtime.GOARCH, "linux", "layers"
	config.RootFS.DiffIDs = make([]string, len(layers))
	descriptors := make([]descriptor, len(layers))
	sums := make([]contents, len(layers))
	failures := make([]error, len(layers))
	var wait sync.WaitGroup
	for i, l := range layers {
		wait.Go(func() { descriptors[i], config.RootFS.DiffIDs[i], sums[i], failures[i] = r.pack(l, level) })
	}
	wait.Wait()
	if err := errors.Join(failures...); err != nil {
		return fmt.Errorf("make image %q: %w", name, err)
	}
	var total contents
	for i, s := range sums {
		total.entries += s.entries
		total.bytes += s.bytes
		total.transferred += descriptors[i].Size
	}
	text, err := json.Marshal(config)
	if err != nil {
		return err
	}
	manifest, err := json.Marshal(map[string]any{
		"schemaVersion": 2, "mediaType": manifestType, "layers": descriptors,
		"config": descriptor{configType, digest(text), int64(len(text))},
	})
	if err != nil {
		return err
	}
	if err := os.WriteFile(r.blob(digest(text)), text, 0o600); err != nil {
		return err
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	r.manifests[name], r.manifests[digest(manifest)], r.sizes[name] = manifest, manifest, total
	return nil
}

func digest(data []byte) string { return fmt.Sprintf("sha256:%x", sha256.Sum256(data)) }

// pack writes a layer as a blob.
func (r *registry) pack(l layer, level int) (d descriptor, diffID string, sum contents, err error) {
	file, err := os.CreateTemp(r.dir, "layer-")
	if err != nil {
		return d, "", sum, err
	}
	defer file.Close()
	outer, inner := sha256.New(), sha256.New()
	zip, err := gzip.NewWriterLevel(io.MultiWriter(file, outer), level)
	if err != nil {
		return d, "", sum, err
	}
	archive := tar.NewWriter(io.MultiWriter(zip, inner))
	if sum, err = l.write(archive); err != nil {
		return d, "", sum, err
	}
	if err := errors.Join(archive.Close(), zip.Close()); err != nil {
		return d, "", sum, err
	}
	info, err := file.Stat()
	if err != nil {
		return d, "", sum, err
	}
	d = descriptor{layerType, fmt.Sprintf("sha256:%x", outer.Sum(nil)), info.Size()}
	return d, fmt.Sprintf("sha256:%x", inner.Sum(nil)), sum, os.Rename(file.Name(), r.blob(d.Digest))
}

// errFull ends the walk of a layer.
var errFull = errors.New("the layer is large enough")

func (l layer) write(archive *tar.Writer) (sum contents, err error) {
	if l.edition != "" {
		h := tar.Header{Typeflag: tar.TypeReg, Name: "edition", Mode: 0o644, Size: int64(len(l.edition))}
		if err := archive.WriteHeader(&h); err != nil {
			return sum, err
		}
		if _, err := io.WriteString(archive, l.edition); err != nil {
			return sum, err
		}
		sum.entries, sum.bytes = 1, h.Size
	}
	seen := map[string]bool{}
	for _, root := range l.files {
		err := filepath.WalkDir(root, func(name string, entry fs.DirEntry, err error) error {
			if err != nil {
				return nil // what can't be read, or isn't there, is no part of the image
			}
			in := strings.TrimPrefix(name, "/")
			if l.as != "" {
				in = l.as
			}
			if entry.IsDir() {
				return nil // those that hold something come with it
			}
			if err := addParents(archive, in, seen); err != nil {
				return err
			}
			n, err := addFile(archive, name, in, entry)
			if n >= 0 && err == nil {
				sum.entries++
				sum.bytes += n
			}
			if l.bytes > 0 && sum.bytes >= l.bytes {
				return errFull
			}
			return err
		})
		if errors.Is(err, errFull) {
			break
		}
		if err != nil {
			return sum, err
		}
	}
	sum.entries += len(seen)
	return sum, nil
}

// addParents adds the directories above a file that are not there yet, the outermost first.
func addParents(archive *tar.Writer, in string, seen map[string]bool) error {
	dir := path.Dir(in)
	if dir == "." || seen[dir] {
		return nil
	}
	seen[dir] = true
	if err := addParents(archive, dir, seen); err != nil {
		return err
	}
	return archive.WriteHeader(&tar.Header{Typeflag: tar.TypeDir, Name: dir + "/", Mode: 0o755})
}

// addFile adds a regular file or a symbolic link and returns its size, -1 for what is neither.
func addFile(archive *tar.Writer, name, in string, entry fs.DirEntry) (int64, error) {
	switch entry.Type() {
	case fs.ModeSymlink:
		target, err := os.Readlink(name)
		if err != nil {
			return -1, nil
		}
		return 0, archive.WriteHeader(&tar.Header{Typeflag: tar.TypeSymlink, Name: in, Linkname: target, Mode: 0o777})
	case 0:
		data, err := os.ReadFile(name)
		if err != nil {
			return -1, nil
		}
		info, err := entry.Info()
		if err != nil {
			return -1, nil
		}
		h := tar.Header{Typeflag: tar.TypeReg, Name: in, Mode: int64(info.Mode().Perm()), Size: int64(len(data)), ModTime: info.ModTime().Truncate(time.Second)}
		if err := archive.WriteHeader(&h); err != nil {
			return -1, err
		}
		_, err = io.Copy(archive, bytes.NewReader(data))
		return h.Size, err
	}
	return -1, nil
}
