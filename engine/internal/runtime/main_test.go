package runtime

import (
	"bufio"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"os/exec"
	"os/signal"
	"path"
	"path/filepath"
	"runtime"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"golang.org/x/sys/unix"
)

// The test binary is also the program that the tests' containers run: it is their
// whole image, and needs no libc.
func TestMain(m *testing.M) {
	if path.Base(os.Args[0]) == path.Base(inside) && len(os.Args) > 1 {
		os.Exit(act(os.Args[1], os.Args[2:]))
	}
	os.Exit(m.Run())
}

// inside is the program's path in the container.
const inside = "/bin/prog"

// facts is what a process inside sees of itself.
type facts struct {
	Pid, UID, GID, SID int
	Groups             []int
	Status             map[string]string
	FDs                map[string]string
	Hostname, Cwd      string
	Env                []string
	Mounts             []string
	Namespaces         map[string]string
	Names              map[string]bool
	Umask              int
	Nofile             unix.Rlimit
	Loopback           bool
}

func act(verb string, args []string) int {
	switch verb {
	case "facts":
		json.NewEncoder(os.Stdout).Encode(look(args))
	case "true":
	case "exit":
		n, _ := strconv.Atoi(args[0])
		return n
	case "kill-self":
		unix.Kill(os.Getpid(), unix.SIGKILL)
	case "cat":
		for _, name := range args {
			data, err := os.ReadFile(name)
			if err != nil {
				fmt.Println(err)
				return 1
			}
			os.Stdout.Write(data)
		}
	case "lines": // a file on one line; then waits for the end of the standard input
		data, _ := os.ReadFile(args[0])
		fmt.Println(strings.ReplaceAll(string(data), "\n", ";"))
		io.Copy(io.Discard, os.Stdin)
	case "copy":
		io.Copy(os.Stdout, os.Stdin)
	case "write":
		if err := os.WriteFile(args[0], []byte(args[1]), 0o644); err != nil {
			fmt.Println(err)
			return 1
		}
	case "wait-signal":
		c := make(chan os.Signal, 1)
		signal.Notify(c, unix.SIGTERM)
		fmt.Println("ready")
		fmt.Println(<-c)
		return 3
	case "orphan": // leaves a grandchild behind; ends once the init and itself are all there is
		cmd := exec.Command(inside, "child-of-orphan")
		cmd.Stdout = os.Stdout
		cmd.Run()
		bufio.NewReader(os.Stdin).ReadString('\n')
		for deadline := time.Now().Add(10 * time.Second); processes() > 2; {
			if time.Now().After(deadline) {
				fmt.Println(processes(), "processes are left")
				return 1
			}
			runtime.Gosched()
		}
	case "child-of-orphan":
		exec.Command(inside, "true").Start() // never waited for
	case "syscall":
		nr, _ := strconv.Atoi(args[0])
		var a [6]uintptr
		for i, s := range args[1:] {
			n, _ := strconv.ParseInt(s, 0, 64)
			a[i] = uintptr(n)
		}
		_, _, e := syscall.Syscall6(uintptr(nr), a[0], a[1], a[2], a[3], a[4], a[5])
		fmt.Println(int(e))
	case "reach": // what can be had of another process
		dir := "/proc/" + args[0] + "/"
		_, err := os.Readlink(dir + "exe")
		fmt.Println(err)
		fds, _ := os.ReadDir(dir + "fd")
		fmt.Println("descriptors:", len(fds))
		_, err = os.Open(dir + "mem")
		fmt.Println(err)
		pid, _ := strconv.Atoi(args[0])
		fmt.Println("attach:", syscall.PtraceAttach(pid))
	case "nonblocking":
		var set [3]bool
		for fd := range set {
			flags, _ := unix.FcntlInt(uintptr(fd), unix.F_GETFL, 0)
			set[fd] = flags&unix.O_NONBLOCK != 0
		}
		fmt.Println(set[0], set[1], set[2])
	case "shim":
		return standIn(args[0], args[1], args[2] != "")
	case "spy":
		return spy()
	case "tty":
		ws, err := unix.IoctlGetWinsize(0, unix.TIOCGWINSZ)
		if err != nil {
			fmt.Println(err)
			return 1
		}
		pgrp, err := unix.IoctlGetInt(0, unix.TIOCGPGRP)
		link, _ := os.Readlink("/proc/self/fd/0")
		var con unix.Stat_t
		unix.Stat("/dev/console", &con)
		_, terr := os.OpenFile("/dev/tty", os.O_RDWR, 0)
		fmt.Println(ws.Col, ws.Row, pgrp == os.Getpid(), link, con.Mode&unix.S_IFMT == unix.S_IFCHR, err, terr)
	}
	return 0
}

// processes counts those inside, dead ones that nobody reaped among them.
func processes() int {
	entries, _ := filepath.Glob("/proc/[0-9]*")
	return len(entries)
}

// spy looks for processes whose program or descriptors are not of this container, and
// writes what it finds to /tmp/seen, until its standard input ends.
func spy() int {
	end := make(chan struct{})
	go func() { io.Copy(io.Discard, os.Stdin); close(end) }()
	seen, err := os.Create("/tmp/seen")
	if err != nil {
		return 1
	}
	for {
		select {
		case <-end:
			return 0
		default:
		}
		dirs, _ := filepath.Glob("/proc/[0-9]*")
		for _, d := range dirs {
			if exe, err := os.Readlink(d + "/exe"); err == nil && exe != inside {
				fmt.Fprintln(seen, "exe", exe)
			}
			if line, err := os.ReadFile(d + "/cmdline"); err == nil && strings.Contains(string(line), "-test.") {
				fmt.Fprintln(seen, "cmdline", string(line)) // the test binary's own arguments, on the host
			}
			fds, _ := os.ReadDir(d + "/fd")
			for _, fd := range fds {
				link, err := os.Readlink(d + "/fd/" + fd.Name())
				if err == nil && fd.Name() > "2" && strings.HasPrefix(link, "socket:") {
					fmt.Fprintln(seen, "fd", fd.Name(), link)
				}
			}
		}
	}
}

func look(names []string) facts {
	f := facts{Pid: os.Getpid(), UID: os.Getuid(), GID: os.Getgid(), Env: os.Environ(),
		Status: map[string]string{}, FDs: map[string]string{}, Namespaces: map[string]string{}, Names: map[string]bool{}}
	f.Groups, _ = os.Getgroups()
	f.SID, _ = unix.Getsid(0)
	f.Hostname, _ = os.Hostname()
	f.Cwd, _ = unix.Getwd()
	f.Umask = unix.Umask(0)
	unix.Getrlimit(unix.RLIMIT_NOFILE, &f.Nofile)
	data, _ := os.ReadFile("/proc/self/status")
	for l := range strings.Lines(string(data)) {
		k, v, _ := strings.Cut(l, ":")
		f.Status[k] = strings.TrimSpace(v)
	}
	for fd := range 64 {
		if link, err := os.Readlink(fmt.Sprintf("/proc/self/fd/%d", fd)); err == nil {
			f.FDs[strconv.Itoa(fd)] = link
		}
	}
	data, _ = os.ReadFile("/proc/self/mountinfo")
	f.Mounts = strings.Split(strings.TrimSpace(string(data)), "\n")
	for _, ns := range []string{"pid", "mnt", "net", "ipc", "uts", "cgroup", "user"} {
		f.Namespaces[ns], _ = os.Readlink("/proc/self/ns/" + ns)
	}
	for _, n := range names {
		_, err := os.Stat(n)
		f.Names[n] = err == nil
	}
	s, err := unix.Socket(unix.AF_INET, unix.SOCK_DGRAM, 0)
	if err == nil {
		ifr, _ := unix.NewIfreq("lo")
		if unix.IoctlIfreq(s, unix.SIOCGIFFLAGS, ifr) == nil {
			f.Loopback = ifr.Uint16()&unix.IFF_UP != 0
		}
		unix.Close(s)
	}
	return f
}
