// Package footprint keeps small what a process has in memory for a long time. It runs in
// shims and in the workstation.
package footprint

import (
	"bytes"
	"os"
	"strconv"

	"golang.org/x/sys/unix"
)

type addressRange struct{ from, to uintptr }

// programPages are the parts of the address space that show the program's file as it is:
// mapped from a file, not to be written to, and without a page that the linker wrote to
// before it closed it off.
func programPages() []addressRange {
	data, err := os.ReadFile("/proc/self/smaps")
	if err != nil {
		return nil
	}
	var all []addressRange
	var r addressRange
	for line := range bytes.Lines(data) {
		f := bytes.Fields(line)
		switch {
		case len(f) > 1 && bytes.Contains(f[0], []byte{'-'}): // from-to perms offset device inode path
			r = addressRange{}
			if len(f) == 6 && f[1][1] != 'w' && f[5][0] == '/' {
				r = parseRange(f[0])
			}
		case len(f) == 3 && string(f[0]) == "Anonymous:" && string(f[1]) != "0", len(f) == 3 && string(f[0]) == "Swap:" && string(f[1]) != "0":
			r = addressRange{}
		case len(f) > 0 && string(f[0]) == "VmFlags:" && r.to > r.from: // the last line of each
			all = append(all, r)
		}
	}
	return all
}

func parseRange(text []byte) addressRange {
	from, to, _ := bytes.Cut(text, []byte{'-'})
	a, aerr := strconv.ParseUint(string(from), 16, 64)
	b, berr := strconv.ParseUint(string(to), 16, 64)
	if aerr != nil || berr != nil {
		return addressRange{}
	}
	return addressRange{uintptr(a), uintptr(b)}
}

// ForgetProgram takes the pages of the program's file out of this process. They stay in
// the page cache, which all processes share, and those that are needed come back at the
// next touch; but most were for the start, and are not needed again. They were half of
// what an idle shim had resident.
func ForgetProgram() {
	for _, r := range programPages() {
		// Private, clean and backed by the file: nothing is lost, and an error costs nothing.
		_, _, _ = unix.Syscall(unix.SYS_MADVISE, r.from, r.to-r.from, unix.MADV_DONTNEED)
	}
}
