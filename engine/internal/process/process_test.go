package process

import (
	"bufio"
	"io"
	"os"
	"os/exec"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"berth/engine"
	"berth/engine/enginetest/ability"
	"berth/engine/internal/idmap"
)

// start runs a shell as the first process of a PID namespace. It has two children
// once start returns.
func start(t *testing.T) (pid int, ids idmap.Mapping) {
	t.Helper()
	ability.Need(t, ability.UserNS)
	ids, err := idmap.Detect()
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command("sh", "-c", "sleep 1000 & sleep 2000 & echo begun; read x")
	in, err := cmd.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := ids.Start(cmd, syscall.CLONE_NEWPID); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		in.Close()
		cmd.Process.Kill() //nolint:errcheck // it may have ended
		io.Copy(io.Discard, out)
		cmd.Wait() //nolint:errcheck // killed
	})
	if line, err := bufio.NewReader(out).ReadString('\n'); line != "begun\n" {
		t.Fatalf("shell said %q, %v", line, err)
	}
	return cmd.Process.Pid, ids
}

func TestList(t *testing.T) {
	init, ids := start(t)
	var list []engine.ProcessInfo
	for deadline := time.Now().Add(10 * time.Second); ; time.Sleep(time.Millisecond) {
		var err error
		if list, err = List(Container{Init: init, IDMap: ids}); err != nil {
			t.Fatal(err)
		}
		slept := slices.ContainsFunc(list, func(p engine.ProcessInfo) bool { return p.Command == "sleep 2000" }) &&
			slices.ContainsFunc(list, func(p engine.ProcessInfo) bool { return p.Command == "sleep 1000" })
		if slept {
			break
		}
		if time.Now().After(deadline) {
			t.Fatalf("processes are %+v", list)
		}
	}
	if len(list) != 3 {
		t.Fatalf("%d processes: %+v", len(list), list)
	}
	inner := map[int]bool{}
	for _, p := range list {
		inner[p.InnerPid] = true
		if p.User != "root" || p.UID != os.Geteuid() || p.Threads != 1 || p.State == "" || p.RSS <= 0 {
			t.Errorf("process is %+v", p)
		}
		if age := time.Since(p.Started); age < -time.Second || age > time.Minute {
			t.Errorf("%q started %v ago", p.Command, age)
		}
		if p.CommandName == "sleep" && p.PPid != init {
			t.Errorf("parent of %+v is not %d", p, init)
		}
	}
	if !inner[1] || !inner[2] || !inner[3] {
		t.Errorf("numbers inside are %v", inner)
	}
}

func TestListGivenPids(t *testing.T) {
	list, err := List(Container{Init: os.Getpid(), Pids: []int{os.Getpid(), 1 << 29}})
	if err != nil || len(list) != 1 || list[0].Pid != os.Getpid() || !strings.Contains(list[0].Command, os.Args[0]) {
		t.Errorf("list is %+v, %v", list, err)
	}
}

// Where a container shares the host's PID namespace, only its own descendants are its.
func TestPidsInHostNamespace(t *testing.T) {
	cmd := exec.Command("sleep", "1000")
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	defer cmd.Wait()         //nolint:errcheck // killed
	defer cmd.Process.Kill() //nolint:errcheck // it lives
	pids, err := Pids(cmd.Process.Pid)
	if err != nil || !slices.Equal(pids, []int{cmd.Process.Pid}) {
		t.Errorf("processes of %d are %v, %v", cmd.Process.Pid, pids, err)
	}
}

func TestEnded(t *testing.T) {
	if _, err := List(Container{Init: 1 << 29}); engine.ClassOf(err) != engine.ClassNotFound {
		t.Errorf("error is %v", err)
	}
}

func TestParseStat(t *testing.T) {
	s, err := parseStat("42 (a) b (c)) S 7 42 42 34817 42 0 0 0 0 0 150 50 0 0 20 0 3 0 1000 0 25 0")
	if err != nil || s.name != "a) b (c)" || s.state != "S" || s.ppid != 7 || s.cpu != 2*time.Second || s.start != 10*time.Second || s.threads != 3 {
		t.Errorf("parsed %+v, %v", s, err)
	}
	if got := ttyName(s.tty); got != "pts/1" {
		t.Errorf("terminal is %q", got)
	}
	for _, bad := range []string{"", "42", "42 (x", "42 (x) S 1"} {
		if _, err := parseStat(bad); err == nil {
			t.Errorf("parsed %q", bad)
		}
	}
}

func TestTTYName(t *testing.T) {
	for dev, want := range map[uint64]string{0: "?", 136<<8 | 3: "pts/3", 4<<8 | 1: "tty1", 5<<8 | 1: "console", 229<<8 | 1: "229:1"} {
		if got := ttyName(dev); got != want {
			t.Errorf("ttyName(%#x) = %q, want %q", dev, got, want)
		}
	}
}
