package toolbox

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"net"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"time"

	"golang.org/x/sys/unix"
)

// runTimeout runs a command and ends it when its time is up.
func runTimeout(c *call) error {
	f := c.flags()
	f.SetInterspersed(false)
	name := f.StringP("signal", "s", "TERM", "")
	grace := f.StringP("kill-after", "k", "", "")
	if err := c.parse(f); err != nil {
		return err
	}
	if len(c.args) < 2 {
		return c.misuse("a time and a command are needed")
	}
	limit, err := parseDuration(c.args[0])
	if err != nil {
		return c.misuse("invalid time %q", c.args[0])
	}
	sig, ok := signalNumber(*name)
	if !ok {
		return c.misuse("unknown signal %q", *name)
	}
	wait := time.Duration(0)
	if *grace != "" {
		if wait, err = parseDuration(*grace); err != nil {
			return c.misuse("invalid time %q", *grace)
		}
	}
	path, err := exec.LookPath(c.args[1])
	if err != nil {
		c.complain("%s: not found", c.args[1])
		return status(127)
	}
	cmd := exec.Command(path)
	cmd.Args = c.args[1:]
	cmd.Stdin, cmd.Stdout, cmd.Stderr = os.Stdin, os.Stdout, os.Stderr
	if err := cmd.Start(); err != nil {
		c.complain("%s: %v", c.args[1], err)
		return status(126)
	}
	passed := make(chan os.Signal, 1)
	signal.Notify(passed, unix.SIGTERM, unix.SIGINT, unix.SIGHUP)
	ended := make(chan error, 1)
	go func() { ended <- cmd.Wait() }()
	timer, expired := time.After(limit), false
	for {
		select {
		case s := <-passed:
			_ = cmd.Process.Signal(s) // it may have ended just now
		case <-timer:
			if expired {
				_ = cmd.Process.Kill()
				continue
			}
			expired = true
			_ = cmd.Process.Signal(syscall.Signal(sig))
			if timer = nil; wait > 0 {
				timer = time.After(wait)
			}
		case err := <-ended:
			if expired {
				return status(124)
			}
			return exitStatus(err)
		}
	}
}

// exitStatus is the status of a program that was run, as a shell has it.
func exitStatus(err error) error {
	var exit *exec.ExitError
	if !errors.As(err, &exit) {
		return err
	}
	if w, ok := exit.Sys().(syscall.WaitStatus); ok && w.Signaled() {
		return status(128 + int(w.Signal()))
	}
	return status(exit.ExitCode())
}

// runDu prints the disk usage of directories.
func runDu(c *call) error {
	f := c.flags()
	human, summary, all := f.BoolP("human-readable", "h", false, ""), f.BoolP("summarize", "s", false, ""), f.BoolP("all", "a", false, "")
	f.BoolP("kilobytes", "k", true, "")
	if err := c.parse(f); err != nil {
		return err
	}
	if len(c.args) == 0 {
		c.args = []string{"."}
	}
	show := func(path string, blocks int64) {
		size := strconv.FormatInt(blocks/2, 10)
		if *human {
			size = humanSize(blocks * 512)
		}
		fmt.Fprintf(c.out, "%s\t%s\n", size, printable(path))
	}
	type inode struct{ dev, ino uint64 }
	seen := map[inode]bool{} // a file with several names counts once
	var visit func(path string, info fs.FileInfo, top bool) int64
	visit = func(path string, info fs.FileInfo, top bool) int64 {
		s := stat(info)
		id := inode{uint64(s.Dev), s.Ino}
		if s.Nlink > 1 && !info.IsDir() {
			if seen[id] {
				return 0
			}
			seen[id] = true
		}
		blocks := s.Blocks
		if info.IsDir() {
			entries, err := os.ReadDir(path)
			if err != nil {
				c.complain("%v", short(err))
			}
			for _, entry := range entries {
				if info, err := entry.Info(); err == nil {
					blocks += visit(filepath.Join(path, entry.Name()), info, false)
				}
			}
		}
		if top || !*summary && (info.IsDir() || *all) {
			show(path, blocks)
		}
		return blocks
	}
	return c.all(func(path string) error {
		info, err := os.Lstat(path)
		if err == nil {
			visit(path, info, true)
		}
		return err
	})
}

// A copying is dd with its operands.
type copying struct {
	in, out                 string // paths; empty for the standard streams
	size, count, skip, seek int64  // count is -1 for all
	keep, sync, quiet       bool   // conv=notrunc, conv=fsync, status=none
}

// copyOperands reads if= of= bs= count= skip= seek= conv= status=.
func (c *call) copyOperands() (copying, error) {
	d := copying{size: 512, count: -1}
	numbers := map[string]*int64{"bs": &d.size, "count": &d.count, "skip": &d.skip, "seek": &d.seek}
	for _, arg := range c.args {
		if arg == "--help" {
			return d, errHelp
		}
		name, value, ok := strings.Cut(arg, "=")
		number, isNumber := numbers[name]
		switch {
		case ok && isNumber:
			n, err := parseSize(value)
			if err != nil || n < 0 || name == "bs" && (n < 1 || n > 1<<30) {
				return d, c.misuse("invalid %s %q", name, value)
			}
			*number = n
		case ok && name == "if":
			d.in = value
		case ok && name == "of":
			d.out = value
		case name == "conv":
			for word := range strings.SplitSeq(value, ",") {
				switch word {
				case "notrunc":
					d.keep = true
				case "fsync":
					d.sync = true
				default:
					return d, c.misuse("unknown conversion %q", word)
				}
			}
		case arg == "status=none":
			d.quiet = true
		default:
			return d, c.misuse("unknown operand %q", arg)
		}
	}
	return d, nil
}

// runDd copies blocks.
func runDd(c *call) error {
	d, err := c.copyOperands()
	if err != nil {
		return err
	}
	in, out := os.Stdin, os.Stdout
	if d.in != "" {
		if in, err = os.Open(d.in); err != nil {
			return short(err)
		}
		defer in.Close()
	}
	if d.out != "" {
		flags := os.O_WRONLY | os.O_CREATE
		if !d.keep && d.seek == 0 {
			flags |= os.O_TRUNC
		}
		if out, err = os.OpenFile(d.out, flags, 0o666); err != nil {
			return short(err)
		}
	}
	start := time.Now()
	full, partial, bytes, err := d.copy(out, in)
	if err == nil && d.sync {
		err = out.Sync()
	}
	if out != os.Stdout {
		if closed := out.Close(); err == nil {
			err = closed
		}
	}
	if err != nil {
		return short(err)
	}
	if !d.quiet {
		took := time.Since(start)
		fmt.Fprintf(c.err, "%d+%d records in\n%d+%d records out\n%d bytes (%s) copied, %.3f s, %s/s\n",
			full, partial, full, partial, bytes, humanSize(bytes), took.Seconds(), humanSize(int64(float64(bytes)/max(took.Seconds(), 1e-9))))
	}
	return nil
}

// copy moves to the positions and copies block by block; it returns how many were full and how many short.
func (d copying) copy(out, in *os.File) (full, partial, bytes int64, err error) {
	if n := d.skip * d.size; n > 0 {
		if _, err := in.Seek(n, io.SeekStart); err != nil { // a pipe
			if _, err := io.CopyN(io.Discard, in, n); err != nil && err != io.EOF {
				return 0, 0, 0, err
			}
		}
	}
	if n := d.seek * d.size; n > 0 {
		if _, err := out.Seek(n, io.SeekStart); err != nil {
			return 0, 0, 0, err
		}
	}
	block := make([]byte, d.size)
	for d.count < 0 || full+partial < d.count {
		n, readErr := in.Read(block)
		if n > 0 {
			if _, err := out.Write(block[:n]); err != nil {
				return full, partial, bytes, err
			}
			if bytes += int64(n); int64(n) == d.size {
				full++
			} else {
				partial++
			}
		}
		if readErr == io.EOF {
			break
		}
		if readErr != nil {
			return full, partial, bytes, readErr
		}
	}
	return full, partial, bytes, nil
}

// parseSize reads a number with an optional unit k, M or G.
func parseSize(s string) (int64, error) {
	shift := 0
	if n := len(s) - 1; n > 0 {
		if i := strings.IndexByte("kmg", s[n]|0x20); i >= 0 {
			s, shift = s[:n], 10*(i+1)
		}
	}
	n, err := strconv.ParseInt(s, 10, 40)
	return n << shift, err
}

// runNc connects to a port, or waits for one connection, and copies in both directions.
func runNc(c *call) error {
	f := c.flags()
	listen, port := f.BoolP("listen", "l", false, ""), f.StringP("port", "p", "", "")
	probe, timeout := f.BoolP("zero", "z", false, ""), f.StringP("timeout", "w", "0", "")
	if err := c.parse(f); err != nil {
		return err
	}
	limit, err := parseDuration(*timeout)
	if err != nil {
		return c.misuse("invalid time %q", *timeout)
	}
	var conn net.Conn
	switch {
	case *listen:
		if *port == "" && len(c.args) > 0 {
			*port = c.args[len(c.args)-1]
		}
		if *port == "" {
			return c.misuse("a port to listen on is needed")
		}
		l, err := net.Listen("tcp", net.JoinHostPort("", *port))
		if err != nil {
			return err
		}
		conn, err = l.Accept()
		_ = l.Close()
		if err != nil {
			return err
		}
	case len(c.args) == 2:
		if conn, err = net.DialTimeout("tcp", net.JoinHostPort(c.args[0], c.args[1]), limit); err != nil {
			return err
		}
	default:
		return c.misuse("a host and a port are needed")
	}
	defer conn.Close()
	if *probe {
		return nil
	}
	go func() {
		_, _ = io.Copy(conn, c.in) // the other side tells when it is wrong
		if half, ok := conn.(interface{ CloseWrite() error }); ok {
			_ = half.CloseWrite()
		}
	}()
	_, err = io.Copy(flushing{c.out}, conn)
	return err
}
