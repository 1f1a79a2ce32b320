package plan

import (
	"syscall"
	"unsafe"

	"golang.org/x/sys/unix"
)

const (
	pathMax  = 4096
	maxLinks = 40 // as in the kernel, path_resolution(7)
	// maxRaces is how often openat2 is tried again: long enough for a busy machine, while
	// somebody who renames without pause only denies himself the start.
	maxRaces = 1 << 16
)

// A walker is the memory of makePath.
type walker struct {
	path  [pathMax]byte // what is being resolved, without leading slashes
	next  [pathMax]byte
	link  [pathMax]byte
	how   unix.OpenHow
	links int
	moved bool // next holds the path to go on with
}

const inRoot = unix.RESOLVE_IN_ROOT | unix.RESOLVE_NO_MAGICLINKS

// makePath opens path, which ends in a NUL, with openat2(2) RESOLVE_IN_ROOT below root and
// makes what is missing. Each missing element is made by its single name in the
// descriptor of the directory before it, where mkdirat follows no link; then the
// kernel resolves the longer path anew. A rival who exchanges elements meanwhile can
// therefore only move the target about inside root.
//
//go:nosplit
//go:norace
func makePath(w *walker, root uintptr, path []byte, dir bool) (fd, errno uintptr) {
	w.how.Flags = unix.O_PATH | unix.O_CLOEXEC
	w.how.Resolve = inRoot
	w.links = 0
	if len(path) > pathMax {
		return 0, uintptr(unix.ENAMETOOLONG)
	}
	copy(w.path[:], path)
	for {
		if fd, errno = w.open(root); errno != uintptr(unix.ENOENT) {
			return fd, errno
		}
		w.moved = false
		fd, errno = w.extend(root, dir)
		if errno != uintptr(unix.EAGAIN) {
			return fd, errno
		}
		if w.moved {
			for i, c := range &w.next {
				if w.path[i] = c; c == 0 {
					break
				}
			}
		}
	}
}

// extend opens w.path element by element and makes what is missing. EAGAIN: a
// dangling link was put into w.path in place of its name; start again.
//
//go:nosplit
//go:norace
func (w *walker) extend(root uintptr, dir bool) (fd, errno uintptr) {
	parent, _, e := syscall.RawSyscall6(unix.SYS_OPENAT2, root, uintptr(unsafe.Pointer(&dot[0])), uintptr(unsafe.Pointer(&w.how)), unsafe.Sizeof(w.how), 0, 0)
	if e != 0 {
		return 0, uintptr(e)
	}
	for start := 0; ; {
		for start < pathMax-1 && w.path[start] == '/' {
			start++
		}
		if w.path[start] == 0 {
			return parent, 0
		}
		end := start
		for end < pathMax-1 && w.path[end] != '/' && w.path[end] != 0 {
			end++
		}
		rest := w.path[end]
		last := rest == 0
		w.path[end] = 0
		fd, errno = w.open(root)
		if errno == uintptr(unix.ENOENT) {
			name := uintptr(unsafe.Pointer(&w.path[start]))
			if errno = create(parent, name, dir || !last); errno == uintptr(unix.EEXIST) {
				errno = w.follow(parent, start, end, rest)
			} else if errno == 0 {
				fd, errno = w.open(root)
			}
		}
		w.path[end] = rest
		syscall.RawSyscall(unix.SYS_CLOSE, parent, 0, 0)
		if errno != 0 || last {
			return fd, errno
		}
		parent, start = fd, end
	}
}

// open resolves w.path. The kernel answers EAGAIN when a ".." inside the root met a
// rename or mount anywhere on the machine at the same time (openat2(2)).
//
//go:nosplit
//go:norace
func (w *walker) open(root uintptr) (fd, errno uintptr) {
	for range maxRaces {
		r, _, e := syscall.RawSyscall6(unix.SYS_OPENAT2, root, uintptr(unsafe.Pointer(&w.path[0])), uintptr(unsafe.Pointer(&w.how)), unsafe.Sizeof(w.how), 0, 0)
		if e != unix.EAGAIN {
			return r, uintptr(e)
		}
	}
	return 0, uintptr(unix.EBUSY)
}

// create makes the directory or empty file name in parent; it follows no link.
//
//go:nosplit
//go:norace
func create(parent, name uintptr, dir bool) uintptr {
	if dir {
		_, _, e := syscall.RawSyscall(unix.SYS_MKDIRAT, parent, name, 0o755)
		return uintptr(e)
	}
	fd, _, e := syscall.RawSyscall6(unix.SYS_OPENAT, parent, name, unix.O_CREAT|unix.O_EXCL|unix.O_WRONLY|unix.O_NOFOLLOW|unix.O_CLOEXEC, 0o644, 0, 0)
	if e == 0 {
		syscall.RawSyscall(unix.SYS_CLOSE, fd, 0, 0)
	}
	return uintptr(e)
}

// follow writes w.path into w.next with the element [start, end), a link that leads
// to nothing, replaced by what it says: "a/l/rest" with l -> "b" becomes "a/b/rest",
// with l -> "/b" it becomes "/b/rest". It answers EAGAIN when that is done.
//
//go:nosplit
//go:norace
func (w *walker) follow(parent uintptr, start, end int, rest byte) uintptr {
	n, _, e := syscall.RawSyscall6(unix.SYS_READLINKAT, parent, uintptr(unsafe.Pointer(&w.path[start])), uintptr(unsafe.Pointer(&w.link[0])), pathMax-1, 0, 0)
	if w.links++; w.links > maxLinks {
		return uintptr(unix.ELOOP)
	}
	if e == unix.EINVAL || e == unix.ENOENT {
		return uintptr(unix.EAGAIN) // no link: somebody else is at work there
	}
	if e != 0 {
		return uintptr(e)
	}
	at := 0
	if n == 0 || w.link[0] != '/' {
		for ; at < start; at++ {
			w.next[at] = w.path[at]
		}
	}
	for i := 0; i < int(n); i++ {
		if at >= pathMax-1 {
			return uintptr(unix.ENAMETOOLONG)
		}
		w.next[at] = w.link[i]
		at++
	}
	w.path[end] = rest
	for i := end; w.path[i] != 0; i++ {
		if at >= pathMax-1 {
			return uintptr(unix.ENAMETOOLONG)
		}
		w.next[at] = w.path[i]
		at++
	}
	w.next[at] = 0
	w.moved = true
	return uintptr(unix.EAGAIN)
}

// dot is the C string ".".
var dot = [2]byte{'.', 0}
