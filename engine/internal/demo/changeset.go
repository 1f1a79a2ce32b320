package demo

import (
	"archive/tar"
	"bytes"
	"path"
	"strings"
)

// A changeset writes a layer's tar. The first error stops it; bytes returns it.
type changeset struct {
	buf bytes.Buffer
	tw  *tar.Writer
	err error
}

func newChangeset() *changeset {
	c := &changeset{}
	c.tw = tar.NewWriter(&c.buf)
	return c
}

// owner is a user and group of /etc/passwd in the image.
type owner struct{ uid, gid int }

var root = owner{0, 0}

// dir adds a directory. mode holds the permission bits and the sticky bit as chmod(2) has them.
func (c *changeset) dir(name string, mode int64, o owner) {
	c.add(tar.Header{Typeflag: tar.TypeDir, Name: strings.TrimSuffix(name, "/") + "/", Mode: mode, Uid: o.uid, Gid: o.gid}, nil)
}

// file adds a regular file.
func (c *changeset) file(name string, mode int64, o owner, data []byte) {
	c.add(tar.Header{Typeflag: tar.TypeReg, Name: name, Mode: mode, Uid: o.uid, Gid: o.gid, Size: int64(len(data))}, data)
}

// link adds a symbolic link.
func (c *changeset) link(name, target string) {
	c.add(tar.Header{Typeflag: tar.TypeSymlink, Name: name, Linkname: target, Mode: 0o777}, nil)
}

func (c *changeset) add(h tar.Header, data []byte) {
	if c.err != nil {
		return
	}
	h.ModTime, h.Format = epoch, tar.FormatUSTAR
	if h.Typeflag != tar.TypeDir {
		h.Name = path.Clean(h.Name)
	}
	if c.err = c.tw.WriteHeader(&h); c.err == nil {
		_, c.err = c.tw.Write(data)
	}
}

// bytes ends the tar and returns it.
func (c *changeset) bytes() ([]byte, error) {
	if c.err == nil {
		c.err = c.tw.Close()
	}
	return c.buf.Bytes(), c.err
}
