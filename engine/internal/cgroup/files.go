package cgroup

import (
	"os"
	"path/filepath"
	"strings"

	"golang.org/x/sys/unix"
)

// The files of control groups are read and written by bare system calls: they never
// block, and registering each with the runtime's poller, as package os does, costs
// more than the work itself on the start path of a container.

// read returns a file's content.
func read(file string) ([]byte, error) {
	fd, err := open(file, unix.O_RDONLY)
	if err != nil {
		return nil, err
	}
	defer unix.Close(fd)
	buf := make([]byte, 0, 1024)
	for {
		n, err := unix.Read(fd, buf[len(buf):cap(buf)])
		if err == unix.EINTR {
			continue
		}
		if err != nil {
			return nil, &os.PathError{Op: "read", Path: file, Err: err}
		}
		if n == 0 {
			return buf, nil
		}
		if buf = buf[:len(buf)+n]; len(buf) == cap(buf) {
			buf = append(buf, 0)[:len(buf)]
		}
	}
}

// write sets files of a group, each value by a write of its own, as the kernel takes
// them. It never creates the file: a missing one is a feature that the host lacks.
func write(dir, file string, values ...string) error {
	path := filepath.Join(dir, file)
	fd, err := open(path, unix.O_WRONLY)
	if err != nil {
		return err
	}
	defer unix.Close(fd)
	for _, v := range values {
		_, err := unix.Write(fd, []byte(v))
		for err == unix.EINTR {
			_, err = unix.Write(fd, []byte(v))
		}
		if err != nil {
			return &os.PathError{Op: "write " + v + " to", Path: path, Err: err}
		}
	}
	return nil
}

func open(path string, flags int) (int, error) {
	for {
		fd, err := unix.Open(path, flags|unix.O_CLOEXEC, 0)
		if err == nil {
			return fd, nil
		}
		if err != unix.EINTR {
			return -1, &os.PathError{Op: "open", Path: path, Err: err}
		}
	}
}

func fields(file string) []string {
	data, _ := read(file) // what can't be read holds nothing for us
	return strings.Fields(string(data))
}
