package hosttar

import (
	"archive/tar"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"syscall"

	"berth/engine"
)

// Pack writes a tar of the file or directory src to w. Its top entry is called name;
// with the name "." only what the directory holds is packed. Links are packed as
// links, sockets left out.
func Pack(w io.Writer, src, name string) error {
	t := tar.NewWriter(w)
	p := packer{tar: t, links: map[inode]string{}}
	err := filepath.WalkDir(src, func(file string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		rel, err := filepath.Rel(src, file)
		if err != nil {
			return err
		}
		entry := path.Join(name, filepath.ToSlash(rel))
		if entry == "." {
			return nil
		}
		info, err := d.Info()
		if err != nil {
			return err
		}
		return p.add(file, entry, info)
	})
	if err != nil {
		return engine.Errorf(engine.ClassInvalid, "pack %q: %w", src, err)
	}
	return t.Close()
}

type inode struct{ dev, ino uint64 }

type packer struct {
	tar   *tar.Writer
	links map[inode]string // where a file with several names was packed first
}

func (p *packer) add(file, entry string, info fs.FileInfo) error {
	if info.Mode()&fs.ModeSocket != 0 {
		return nil
	}
	target := ""
	if info.Mode()&fs.ModeSymlink != 0 {
		var err error
		if target, err = os.Readlink(file); err != nil {
			return err
		}
	}
	h, err := tar.FileInfoHeader(info, target)
	if err != nil {
		return err
	}
	h.Name = entry
	h.Uname, h.Gname = "", "" // names mean nothing in a container; numbers do
	if info.IsDir() {
		h.Name += "/"
	}
	if st, ok := info.Sys().(*syscall.Stat_t); ok && info.Mode().IsRegular() && st.Nlink > 1 {
		key := inode{uint64(st.Dev), st.Ino}
		if first, packed := p.links[key]; packed {
			h.Typeflag, h.Linkname, h.Size = tar.TypeLink, first, 0
		} else {
			p.links[key] = entry
		}
	}
	if err := p.tar.WriteHeader(h); err != nil {
		return err
	}
	if h.Typeflag != tar.TypeReg {
		return nil
	}
	return p.content(file, h.Size)
}

// content copies as many bytes as the header promised, whatever the file does meanwhile.
func (p *packer) content(file string, size int64) error {
	f, err := os.Open(file)
	if err != nil {
		return err
	}
	defer f.Close()
	if n, err := io.CopyN(p.tar, f, size); err != nil {
		if err == io.EOF {
			return fmt.Errorf("%s shrank from %d to %d bytes while it was read", file, size, n)
		}
		return err
	}
	return nil
}
