package image

import (
	"bytes"
	"fmt"
	"os"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"time"

	"berth/engine"
	"berth/engine/internal/snapshot"
)

// The catalogue's file, version 1: a first line that names it, then one line for
// each image, fields between tabs, parts of a field between unit separators (0x1f).
// Backslash, tab, newline and the separator are escaped. It is read a thousand
// lines at a time by a command that shall answer in milliseconds: JSON takes ten
// times as long to decode.
const header = "berth images 1\n"

const (
	unit    = "\x1f"
	nFields = 12
)

var (
	escaper   = strings.NewReplacer("\\", `\\`, "\t", `\t`, "\n", `\n`, unit, `\u`)
	unescaper = strings.NewReplacer(`\\`, "\\", `\t`, "\t", `\n`, "\n", `\u`, unit)
)

func unescape(s string) string {
	if strings.IndexByte(s, '\\') < 0 {
		return s
	}
	return unescaper.Replace(s)
}

func encode(entries []*Entry) []byte {
	var b bytes.Buffer
	b.WriteString(header)
	for _, e := range entries {
		flags := ""
		if e.Pinned {
			flags += "p"
		}
		if e.Removed {
			flags += "r"
		}
		labels := make([]string, 0, 2*len(e.Labels))
		for k, v := range e.Labels {
			labels = append(labels, k+"\x00"+v)
		}
		slices.Sort(labels)
		layers := make([]string, 0, 4*len(e.LayerRefs))
		for _, l := range e.LayerRefs {
			key := string(l.Key)
			if key == l.DiffID.Hex() {
				key = "" // nearly all: it halves the file
			}
			layers = append(layers, key, l.DiffID.Hex(), l.Blob.Hex(), strconv.FormatInt(l.Size, 10))
		}
		fields := [nFields]string{
			string(e.ID), string(e.Manifest), stampTime(e.Created), stampTime(e.Pulled),
			join([]string{e.Platform.OS, e.Platform.Architecture, e.Platform.Variant}), flags, strconv.FormatInt(e.MetaSize, 10),
			join(e.Tags), join(e.Digests), join(labels), join(layers), "",
		}
		b.WriteString(strings.Join(fields[:], "\t"))
		b.WriteByte('\n')
	}
	return b.Bytes()
}

func join(parts []string) string {
	escaped := make([]string, len(parts))
	for i, p := range parts {
		escaped[i] = escaper.Replace(p)
	}
	return strings.Join(escaped, unit)
}

func stampTime(t time.Time) string {
	if t.IsZero() {
		return ""
	}
	return strconv.FormatInt(t.Unix(), 10) + "." + strconv.Itoa(t.Nanosecond())
}

func decode(s string) ([]*Entry, error) {
	if !strings.HasPrefix(s, header) {
		first, _, _ := strings.Cut(s, "\n")
		return nil, fmt.Errorf("unknown format %.40q", first)
	}
	s = s[len(header):]
	entries := make([]*Entry, 0, strings.Count(s, "\n"))
	for n := 2; s != ""; n++ {
		var line string
		line, s, _ = strings.Cut(s, "\n")
		e, err := decodeLine(line)
		if err != nil {
			return nil, fmt.Errorf("line %d: %w", n, err)
		}
		entries = append(entries, e)
	}
	return entries, nil
}

func decodeLine(line string) (*Entry, error) {
	var f [nFields]string
	for i := range f {
		var more bool
		f[i], line, more = strings.Cut(line, "\t")
		if !more && i < nFields-1 {
			return nil, fmt.Errorf("%d fields instead of %d", i+1, nFields)
		}
	}
	e := &Entry{ID: engine.Digest(f[0]), Manifest: engine.Digest(f[1]), Tags: split(f[7]), Digests: split(f[8])}
	e.Pinned, e.Removed = strings.Contains(f[5], "p"), strings.Contains(f[5], "r")
	var err error
	if e.Created, err = parseTime(f[2]); err != nil {
		return nil, err
	}
	if e.Pulled, err = parseTime(f[3]); err != nil {
		return nil, err
	}
	if e.MetaSize, err = strconv.ParseInt(f[6], 10, 64); err != nil {
		return nil, err
	}
	platform := split(f[4])
	if len(platform) != 3 {
		return nil, fmt.Errorf("bad platform %q", f[4])
	}
	e.Platform = engine.Platform{OS: platform[0], Architecture: platform[1], Variant: platform[2]}
	if f[9] != "" {
		e.Labels = map[string]string{}
		for _, l := range split(f[9]) {
			k, v, _ := strings.Cut(l, "\x00")
			e.Labels[k] = v
		}
	}
	e.LayerRefs, err = decodeLayers(f[10])
	return e, err
}

func decodeLayers(s string) ([]LayerRef, error) {
	if s == "" {
		return nil, nil
	}
	refs := make([]LayerRef, 0, strings.Count(s, unit)/4+1)
	for s != "" {
		var f [4]string
		for i := range f {
			f[i], s, _ = strings.Cut(s, unit)
		}
		size, err := strconv.ParseInt(f[3], 10, 64)
		if err != nil {
			return nil, err
		}
		if f[0] == "" {
			f[0] = f[1]
		}
		refs = append(refs, LayerRef{
			Key: snapshot.Key(f[0]), DiffID: engine.DiffID("sha256:" + f[1]), Blob: engine.Digest("sha256:" + f[2]), Size: size,
		})
	}
	return refs, nil
}

func split(s string) []string {
	if s == "" {
		return nil
	}
	parts := strings.Split(s, unit)
	for i, p := range parts {
		parts[i] = unescape(p)
	}
	return parts
}

func parseTime(s string) (time.Time, error) {
	if s == "" {
		return time.Time{}, nil
	}
	sec, nsec, _ := strings.Cut(s, ".")
	n, err := strconv.ParseInt(sec, 10, 64)
	if err != nil {
		return time.Time{}, err
	}
	ns, err := strconv.ParseInt(nsec, 10, 64)
	return time.Unix(n, ns), err
}

func stampOf(path string) (stamp, error) {
	info, err := os.Stat(path)
	if err != nil {
		return stamp{}, err
	}
	st := stamp{size: info.Size(), mtime: info.ModTime()}
	if sys, ok := info.Sys().(*syscall.Stat_t); ok {
		st.inode = sys.Ino
	}
	return st, nil
}
