package toolbox

import (
	"bytes"
	"fmt"
	"io"
	"os"
	"os/signal"
	"strings"
	"time"

	"golang.org/x/sys/unix"
)

func runTail(c *call) error {
	c.args = oldCount(c.args)
	f := c.flags()
	count := f.StringP("lines", "n", "10", "")
	size := f.Int64P("bytes", "c", -1, "")
	follow := f.BoolP("follow", "f", false, "")
	if err := c.parse(f); err != nil {
		return err
	}
	var n int
	fromStart := strings.HasPrefix(*count, "+")
	if _, err := fmt.Sscanf(strings.TrimPrefix(*count, "+"), "%d", &n); err != nil || n < 0 {
		return c.misuse("%q is no number of lines", *count)
	}
	if *follow && len(c.args) != 1 {
		return c.misuse("-f needs one file")
	}
	first := true
	return c.each(func(name string, r io.Reader) error {
		c.title(name, &first)
		var err error
		switch {
		case *size >= 0:
			err = lastBytes(c.out, r, *size)
		case fromStart:
			err = lines(r, func(line string) error {
				if n--; n <= 0 {
					fmt.Fprintln(c.out, line)
				}
				return nil
			})
		default:
			err = lastLines(c.out, r, n)
		}
		if file, ok := r.(*os.File); ok && *follow && err == nil {
			_ = c.out.Flush()
			return followFile(c.out.Flush, c.out, file)
		}
		return err
	})
}

// lastLines copies the last n lines. It keeps no more than those.
func lastLines(w io.Writer, r io.Reader, n int) error {
	kept := make([]string, 0, min(n, 1024))
	at := 0
	err := lines(r, func(line string) error {
		switch {
		case n == 0:
		case len(kept) < n:
			kept = append(kept, line)
		default:
			kept[at] = line
			at = (at + 1) % n
		}
		return nil
	})
	for i := range kept {
		fmt.Fprintln(w, kept[(at+i)%len(kept)])
	}
	return err
}

func lastBytes(w io.Writer, r io.Reader, n int64) error {
	var kept bytes.Buffer
	block := make([]byte, 64<<10)
	for {
		got, err := r.Read(block)
		kept.Write(block[:got])
		if extra := int64(kept.Len()) - n; extra > 0 {
			kept.Next(int(extra))
		}
		if err == io.EOF {
			_, err = w.Write(kept.Bytes())
			return err
		}
		if err != nil {
			return err
		}
	}
}

// followFile copies what is appended until the user interrupts. It looks four times a second: a file
// in an overlay does not tell inotify what another container's view of it gets.
func followFile(flush func() error, w io.Writer, file *os.File) error {
	stop := make(chan os.Signal, 1)
	signal.Notify(stop, unix.SIGINT)
	tick := time.NewTicker(250 * time.Millisecond)
	defer tick.Stop()
	for {
		if info, err := file.Stat(); err == nil {
			if at, err := file.Seek(0, io.SeekCurrent); err == nil && info.Size() < at {
				_, _ = file.Seek(0, io.SeekStart) // truncated
			}
		}
		if _, err := io.Copy(w, file); err != nil {
			return err
		}
		if err := flush(); err != nil {
			return err
		}
		select {
		case <-stop:
			return status(128 + int(unix.SIGINT))
		case <-tick.C:
		}
	}
}
