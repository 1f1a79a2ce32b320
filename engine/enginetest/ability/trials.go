package ability

import (
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"unsafe"

	"golang.org/x/sys/unix"
)

var errUnknown = errors.New("no such ability")

// argv[0] of the fresh processes in which some trials take place.
const (
	nopName     = "berth-ability-nop"
	waitName    = "berth-ability-wait"
	overlayName = "berth-ability-overlay"
)

// init answers in those processes before any test runs. Depending on programs such
// as unshare(1) or mount(8) instead would report their absence as the kernel's.
func init() {
	switch os.Args[0] {
	case nopName:
		os.Exit(0)
	case waitName:
		var b [1]byte
		os.Stdin.Read(b[:]) //nolint:errcheck // any outcome ends the wait
		os.Exit(0)
	case overlayName:
		if err := mountOverlay(os.Args[1], os.Args[2] == "userxattr"); err != nil {
			fmt.Fprint(os.Stderr, err)
			os.Exit(1)
		}
		os.Exit(0)
	}
}

// again prepares this program under another name, in a user namespace where this
// user is root unless the user is root already.
func again(name string, flags uintptr, args ...string) *exec.Cmd {
	cmd := exec.Command("/proc/self/exe", args...)
	cmd.Args[0] = name
	cmd.SysProcAttr = &syscall.SysProcAttr{Cloneflags: flags, Pdeathsig: syscall.SIGKILL}
	if os.Geteuid() != 0 {
		cmd.SysProcAttr.Cloneflags |= syscall.CLONE_NEWUSER
		cmd.SysProcAttr.UidMappings = []syscall.SysProcIDMap{{ContainerID: 0, HostID: os.Geteuid(), Size: 1}}
		cmd.SysProcAttr.GidMappings = []syscall.SysProcIDMap{{ContainerID: 0, HostID: os.Getegid(), Size: 1}}
	}
	return cmd
}

func run(cmd *exec.Cmd) error {
	var msg strings.Builder
	cmd.Stderr = &msg
	err := cmd.Run()
	if err != nil && msg.Len() > 0 {
		return errors.New(strings.TrimSpace(msg.String()))
	}
	return err
}

func tryRoot() error {
	if os.Geteuid() != 0 {
		return fmt.Errorf("user id is %d", os.Geteuid())
	}
	if err := run(again(nopName, syscall.CLONE_NEWNS)); err != nil {
		return fmt.Errorf("user 0 may not make a mount namespace: %w", err)
	}
	return nil
}

func tryUserNS() error {
	cmd := again(nopName, syscall.CLONE_NEWUSER)
	id := func(host int) []syscall.SysProcIDMap {
		return []syscall.SysProcIDMap{{ContainerID: 0, HostID: host, Size: 1}}
	}
	cmd.SysProcAttr.UidMappings, cmd.SysProcAttr.GidMappings = id(os.Geteuid()), id(os.Getegid())
	return run(cmd)
}

func tryNetNS() error { return run(again(nopName, syscall.CLONE_NEWNET)) }

func tryTmux() error { return run(exec.Command("tmux", "-V")) }

func tryPTY() error {
	f, err := os.OpenFile("/dev/ptmx", os.O_RDWR|unix.O_NOCTTY, 0)
	if err != nil {
		return err
	}
	defer f.Close()
	if err := unix.IoctlSetPointerInt(int(f.Fd()), unix.TIOCSPTLCK, 0); err != nil {
		return fmt.Errorf("unlock terminal: %w", err)
	}
	n, err := unix.IoctlGetInt(int(f.Fd()), unix.TIOCGPTN)
	if err != nil {
		return fmt.Errorf("number of terminal: %w", err)
	}
	tty, err := os.OpenFile("/dev/pts/"+strconv.Itoa(n), os.O_RDWR|unix.O_NOCTTY, 0)
	if err != nil {
		return err
	}
	return tty.Close()
}

func tryOverlay() error {
	dir, err := os.MkdirTemp("", "berth-ability-")
	if err != nil {
		return err
	}
	defer os.RemoveAll(dir)
	option := "plain"
	if os.Geteuid() != 0 {
		option = "userxattr"
	}
	return run(again(overlayName, syscall.CLONE_NEWNS, dir, option))
}

// mountOverlay mounts an overlay below dir and checks that it copies up. The mount
// goes with the process, whose mount namespace is its own.
func mountOverlay(dir string, userxattr bool) error {
	for _, name := range []string{"lower", "upper", "work", "merged"} {
		if err := os.Mkdir(filepath.Join(dir, name), 0o755); err != nil {
			return err
		}
	}
	if err := os.WriteFile(dir+"/lower/f", []byte("x"), 0o644); err != nil {
		return err
	}
	if err := unix.Mount("", "/", "", unix.MS_REC|unix.MS_PRIVATE, ""); err != nil {
		return fmt.Errorf("make mounts private: %w", err)
	}
	opts := fmt.Sprintf("lowerdir=%[1]s/lower,upperdir=%[1]s/upper,workdir=%[1]s/work", dir)
	if userxattr {
		opts += ",userxattr"
	}
	if err := unix.Mount("overlay", dir+"/merged", "overlay", 0, opts); err != nil {
		return fmt.Errorf("mount overlay: %w", err)
	}
	defer os.RemoveAll(filepath.Join(dir, "work", "work")) // mode 0: only its owner in this namespace may clear it
	defer unix.Unmount(dir+"/merged", unix.MNT_DETACH)
	if err := os.WriteFile(dir+"/merged/f", []byte("y"), 0o644); err != nil {
		return fmt.Errorf("copy up: %w", err)
	}
	_, err := os.Stat(dir + "/upper/f")
	return err
}

func trySubIDs() error {
	cmd := exec.Command("/proc/self/exe")
	cmd.Args[0] = waitName
	cmd.SysProcAttr = &syscall.SysProcAttr{Cloneflags: syscall.CLONE_NEWUSER, Pdeathsig: syscall.SIGKILL}
	stdin, err := cmd.StdinPipe()
	if err != nil {
		return err
	}
	if err := cmd.Start(); err != nil {
		return err
	}
	defer cmd.Wait() //nolint:errcheck // the outcome is the tools'
	defer stdin.Close()
	for tool, file := range map[string]string{"newuidmap": "/etc/subuid", "newgidmap": "/etc/subgid"} {
		own := os.Geteuid()
		if tool == "newgidmap" {
			own = os.Getegid()
		}
		start, size, err := subRange(file)
		if err != nil {
			return err
		}
		args := []string{strconv.Itoa(cmd.Process.Pid), "0", strconv.Itoa(own), "1", "1", start, size}
		if err := run(exec.Command(tool, args...)); err != nil {
			return err
		}
	}
	return nil
}

// subRange returns the first range of this user in a file as subuid(5) describes it.
func subRange(file string) (start, size string, err error) {
	data, err := os.ReadFile(file)
	if err != nil {
		return "", "", err
	}
	uid := strconv.Itoa(os.Geteuid())
	for line := range strings.Lines(string(data)) {
		f := strings.Split(strings.TrimSpace(line), ":")
		if len(f) == 3 && (f[0] == uid || f[0] == userName(uid)) {
			return f[1], f[2], nil
		}
	}
	return "", "", fmt.Errorf("no range of user %s in %s", uid, file)
}

func userName(uid string) string {
	data, _ := os.ReadFile("/etc/passwd")
	for line := range strings.Lines(string(data)) {
		if f := strings.Split(line, ":"); len(f) > 3 && f[2] == uid {
			return f[0]
		}
	}
	return ""
}

func tryDeviceBPF() error {
	// r0 = 1; exit
	prog := [2]uint64{0x00000001_0000_00_b7, 0x95}
	license := []byte("Apache-2.0\x00")
	attr := struct {
		progType, insnCount uint32
		insns, license      uint64
		_                   [96]byte
	}{
		progType: unix.BPF_PROG_TYPE_CGROUP_DEVICE, insnCount: uint32(len(prog)),
		insns: uint64(uintptr(unsafe.Pointer(&prog))), license: uint64(uintptr(unsafe.Pointer(&license[0]))),
	}
	fd, _, errno := unix.Syscall(unix.SYS_BPF, unix.BPF_PROG_LOAD, uintptr(unsafe.Pointer(&attr)), unsafe.Sizeof(attr))
	for try := 0; errno == unix.EAGAIN && try < 100; try++ { // a signal of Go's runtime was pending
		fd, _, errno = unix.Syscall(unix.SYS_BPF, unix.BPF_PROG_LOAD, uintptr(unsafe.Pointer(&attr)), unsafe.Sizeof(attr))
	}
	if errno != 0 {
		return fmt.Errorf("load device program: %w", errno)
	}
	return unix.Close(int(fd))
}
