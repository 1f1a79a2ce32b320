package logfile

import (
	"bytes"
	"io"
	"os"
)

// seekTail sets the files' offsets so that opts.Tail entries are left, and returns the
// files that hold them. It reads blocks backwards from the end, so the cost is that of
// what is shown, not that of the log.
func (r *reader) seekTail(files []*os.File) ([]*os.File, error) {
	want := r.opts.Tail
	if want < 0 {
		return files, nil
	}
	for i := len(files) - 1; i >= 0; i-- {
		off, found, err := backward(files[i], want)
		if err != nil {
			return files, err
		}
		if want -= found; want > 0 && i > 0 {
			continue
		}
		if _, err := files[i].Seek(off, io.SeekStart); err != nil {
			return files, err
		}
		r.closeFiles(files[:i])
		return files[i:], nil
	}
	return files, nil
}

// backward finds the offset at which the last n lines of f begin. found is less than n
// if there are fewer. An unfinished last line counts as none.
func backward(f *os.File, n int) (off int64, found int, err error) {
	fi, err := f.Stat()
	if err != nil {
		return 0, 0, err
	}
	end := fi.Size()
	buf := make([]byte, 64<<10)
	first := true
	after := end // behind the newline that was seen last
	for pos := end; pos > 0; {
		k := int(min(pos, int64(len(buf))))
		pos -= int64(k)
		if _, err := f.ReadAt(buf[:k], pos); err != nil {
			return 0, 0, err
		}
		for b := buf[:k]; ; {
			i := bytes.LastIndexByte(b, '\n')
			if i < 0 {
				break
			}
			after = pos + int64(i) + 1
			if first {
				first = false
			} else {
				found++
			}
			if found == n {
				return after, found, nil
			}
			b = b[:i]
		}
	}
	if !first {
		found++ // the line at the start of the file
	}
	return 0, min(found, n), nil
}
