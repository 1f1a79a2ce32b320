package toolbox

import (
	"compress/gzip"
	"crypto/md5"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"hash"
	"io"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"time"

	"golang.org/x/sys/unix"
)

// all calls do with every operand, complains of failures and goes on.
func (c *call) all(do func(string) error) error {
	if len(c.args) == 0 {
		return c.misuse("an operand is needed")
	}
	var failed error
	for _, arg := range c.args {
		if err := do(arg); err != nil {
			c.complain("%v", short(err))
			failed = status(1)
		}
	}
	return failed
}

func runRmdir(c *call) error {
	if err := c.parse(c.flags()); err != nil {
		return err
	}
	return c.all(func(path string) error {
		if err := unix.Rmdir(path); err != nil {
			return &os.PathError{Path: path, Err: err}
		}
		return nil
	})
}

func runLn(c *call) error {
	f := c.flags()
	symbolic, force := f.BoolP("symbolic", "s", false, ""), f.BoolP("force", "f", false, "")
	noTarget := f.BoolP("no-dereference", "n", false, "")
	if err := c.parse(f); err != nil {
		return err
	}
	if len(c.args) == 1 {
		c.args = append(c.args, ".")
	}
	if len(c.args) < 2 {
		return c.misuse("a target is needed")
	}
	last := c.args[len(c.args)-1]
	c.args = c.args[:len(c.args)-1]
	info, err := os.Stat(last)
	intoDir := err == nil && info.IsDir()
	if link, err := os.Lstat(last); *noTarget && err == nil && link.Mode()&fs.ModeSymlink != 0 {
		intoDir = false
	}
	if len(c.args) > 1 && !intoDir {
		return fmt.Errorf("%s: not a directory", last)
	}
	return c.all(func(target string) error {
		name := last
		if intoDir {
			name = filepath.Join(last, filepath.Base(target))
		}
		if *force {
			if err := os.Remove(name); err != nil && !errors.Is(err, fs.ErrNotExist) {
				return err
			}
		}
		if *symbolic {
			return os.Symlink(target, name)
		}
		return os.Link(target, name)
	})
}

func runChown(c *call) error {
	f := c.flags()
	recurse, link := f.BoolP("recursive", "R", false, ""), f.BoolP("no-dereference", "h", false, "")
	if err := c.parse(f); err != nil {
		return err
	}
	if len(c.args) < 2 {
		return c.misuse("an owner and a file are needed")
	}
	user, group, both := strings.Cut(c.args[0], ":")
	if c.name == "chgrp" {
		user, group, both = "", c.args[0], true
	}
	uid, gid := -1, -1
	var err error
	if user != "" {
		if uid, err = idOf("/etc/passwd", user); err != nil {
			return err
		}
	}
	if both && group != "" {
		if gid, err = idOf("/etc/group", group); err != nil {
			return err
		}
	}
	change := os.Chown
	if *link {
		change = os.Lchown
	}
	c.args = c.args[1:]
	return c.all(func(path string) error {
		if !*recurse {
			return change(path, uid, gid)
		}
		return filepath.WalkDir(path, func(path string, _ fs.DirEntry, err error) error {
			if err != nil {
				return err
			}
			return os.Lchown(path, uid, gid)
		})
	})
}

// idOf returns the number of a user or group, which may be given as a number.
func idOf(file, name string) (int, error) {
	if id, err := strconv.Atoi(name); err == nil && id >= 0 {
		return id, nil
	}
	for id, known := range names(file) {
		if known == name {
			return id, nil
		}
	}
	return 0, fmt.Errorf("%q is not in %s", name, file)
}

func runReadlink(c *call) error {
	f := c.flags()
	full := f.BoolP("canonicalize", "f", c.name == "realpath", "")
	if err := c.parse(f); err != nil {
		return err
	}
	return c.all(func(path string) error {
		read := os.Readlink
		if *full {
			read = func(path string) (string, error) {
				path, err := filepath.EvalSymlinks(path)
				if err != nil {
					return "", err
				}
				return filepath.Abs(path)
			}
		}
		target, err := read(path)
		if err != nil {
			return err
		}
		fmt.Fprintln(c.out, target)
		return nil
	})
}

func runWhich(c *call) error {
	if err := c.parse(c.flags()); err != nil {
		return err
	}
	var failed error
	for _, name := range c.args {
		path, err := exec.LookPath(name)
		if err != nil {
			failed = status(1)
			continue
		}
		fmt.Fprintln(c.out, path)
	}
	return failed
}

func runStat(c *call) error {
	f := c.flags()
	follow := f.BoolP("dereference", "L", false, "")
	if err := c.parse(f); err != nil {
		return err
	}
	users, groups := names("/etc/passwd"), names("/etc/group")
	return c.all(func(path string) error {
		read := os.Lstat
		if *follow {
			read = os.Stat
		}
		info, err := read(path)
		if err != nil {
			return err
		}
		s := stat(info)
		name := printable(path)
		if target, err := os.Readlink(path); err == nil && !*follow {
			name += " -> " + printable(target)
		}
		fmt.Fprintf(c.out, "  File: %s\n  Size: %-12d Blocks: %-8d IO Block: %d\n", name, info.Size(), s.Blocks, s.Blksize)
		fmt.Fprintf(c.out, "Device: %d,%-8d Inode: %-10d Links: %d", unix.Major(s.Dev), unix.Minor(s.Dev), s.Ino, s.Nlink)
		if info.Mode()&fs.ModeDevice != 0 {
			fmt.Fprintf(c.out, "  Device type: %d,%d", unix.Major(s.Rdev), unix.Minor(s.Rdev))
		}
		fmt.Fprintf(c.out, "\nAccess: (%04o/%s)  Uid: %d/%s  Gid: %d/%s\n", s.Mode&0o7777, modeString(info.Mode()),
			s.Uid, named(users, int(s.Uid)), s.Gid, named(groups, int(s.Gid)))
		const form = "2006-01-02 15:04:05.000000000 -0700"
		for _, t := range []struct {
			name string
			at   time.Time
		}{{"Access", time.Unix(s.Atim.Unix())}, {"Modify", time.Unix(s.Mtim.Unix())}, {"Change", time.Unix(s.Ctim.Unix())}} {
			fmt.Fprintf(c.out, "%s: %s\n", t.name, t.at.Format(form))
		}
		return nil
	})
}

// runSum prints digests: sha256sum and md5sum.
func runSum(c *call) error {
	if err := c.parse(c.flags()); err != nil {
		return err
	}
	newHash := map[string]func() hash.Hash{"sha256sum": sha256.New, "md5sum": md5.New}[c.name]
	return c.each(func(name string, r io.Reader) error {
		h := newHash()
		if _, err := io.Copy(h, r); err != nil {
			return err
		}
		fmt.Fprintf(c.out, "%s  %s\n", hex.EncodeToString(h.Sum(nil)), name)
		return nil
	})
}

// runGzip packs and unpacks: gzip, gunzip, zcat. Without operands it is a filter; files are replaced.
func runGzip(c *call) error {
	f := c.flags()
	unpack := f.BoolP("decompress", "d", c.name != "gzip", "")
	stdout, keep := f.BoolP("stdout", "c", c.name == "zcat", ""), f.BoolP("keep", "k", false, "")
	if err := c.parse(f); err != nil {
		return err
	}
	transform := func(w io.Writer, r io.Reader) error {
		if *unpack {
			z, err := gzip.NewReader(r)
			if err != nil {
				return err
			}
			_, err = io.Copy(w, z)
			return err
		}
		z := gzip.NewWriter(w)
		if _, err := io.Copy(z, r); err != nil {
			return err
		}
		return z.Close()
	}
	if len(c.args) == 0 {
		return transform(c.out, c.in)
	}
	return c.all(func(path string) error {
		in, err := os.Open(path)
		if err != nil {
			return err
		}
		defer in.Close()
		if *stdout {
			return transform(c.out, in)
		}
		target := path + ".gz"
		if *unpack {
			if target = strings.TrimSuffix(path, ".gz"); target == path {
				return fmt.Errorf("%s: the name does not end in .gz", path)
			}
		}
		out, err := os.OpenFile(target, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o666)
		if err != nil {
			return err
		}
		err = transform(out, in)
		if closed := out.Close(); err == nil {
			err = closed
		}
		if err != nil {
			_ = os.Remove(target)
			return fmt.Errorf("%s: %w", path, err)
		}
		if *keep {
			return nil
		}
		return os.Remove(path)
	})
}
