package hosttar

import (
	"archive/tar"
	"errors"
	"io"
	"path"
)

// Contents copies a tar of one directory from r to w and names its entries as those of
// the directory itself: "./", "./file". That is what Docker writes for a path that ends
// in "/.", so that unpacking it adds no level.
func Contents(w io.Writer, r io.Reader) error {
	in, out := tar.NewReader(r), tar.NewWriter(w)
	rebase := Rebase{To: "."}
	local := func(name string) string {
		if name, ok := rebase.name(name); ok && name != "." {
			return "./" + path.Clean(name)
		}
		return "./"
	}
	for {
		h, err := in.Next()
		if errors.Is(err, io.EOF) {
			return out.Close()
		}
		if err != nil {
			return err
		}
		h.Name = local(h.Name)
		if h.Typeflag == tar.TypeDir && h.Name != "./" {
			h.Name += "/"
		}
		if h.Typeflag == tar.TypeLink {
			h.Linkname = local(h.Linkname)
		}
		if err := out.WriteHeader(h); err != nil {
			return err
		}
		if _, err := io.Copy(out, in); err != nil {
			return err
		}
	}
}
