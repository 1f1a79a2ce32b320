package leak

import (
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"berth/engine/enginetest/ability"
)

func TestNothingIsLeftOfNothing(t *testing.T) {
	if left := Wait(t.TempDir(), settle); len(left) > 0 {
		t.Errorf("an empty directory left %v", left)
	}
}

func TestFindsProcesses(t *testing.T) {
	root := t.TempDir()
	for _, prepare := range []func(*exec.Cmd){
		func(cmd *exec.Cmd) { cmd.Dir = root },
		func(cmd *exec.Cmd) { cmd.Args[0] = filepath.Join(root, "shim") },
	} {
		cmd := exec.Command("sleep", "60")
		prepare(cmd)
		if err := cmd.Start(); err != nil {
			t.Fatal(err)
		}
		left := Find(root)
		if len(left) != 1 || !strings.HasPrefix(left[0], "process ") {
			t.Errorf("with a process there is %v", left)
		}
		_ = cmd.Process.Kill()
		_ = cmd.Wait()
	}
	if left := Find(root); len(left) != 0 {
		t.Errorf("after the processes there is %v", left)
	}
}

func TestFindsSockets(t *testing.T) {
	root := t.TempDir()
	l, err := net.Listen("unix", filepath.Join(root, "s"))
	if err != nil {
		t.Fatal(err)
	}
	if left := Find(root); len(left) != 1 || left[0] != "socket "+filepath.Join(root, "s") {
		t.Errorf("with a socket there is %v", left)
	}
	if left := Find(root[:len(root)-1]); len(left) != 0 {
		t.Errorf("a directory whose name only begins alike has %v", left)
	}
	_ = l.Close()
	if left := Find(root); len(left) != 0 {
		t.Errorf("after the socket there is %v", left)
	}
}

func TestFindsMounts(t *testing.T) {
	ability.Need(t, ability.Root)
	root := t.TempDir()
	if err := unix.Mount("none", root, "tmpfs", 0, ""); err != nil {
		t.Fatal(err)
	}
	left := Find(root)
	if err := unix.Unmount(root, 0); err != nil {
		t.Fatal(err)
	}
	if len(left) != 1 || left[0] != "mount "+root {
		t.Errorf("with a mount there is %v", left)
	}
}

func TestWaitsForWhatIsOnItsWay(t *testing.T) {
	root := t.TempDir()
	l, err := net.Listen("unix", filepath.Join(root, "s"))
	if err != nil {
		t.Fatal(err)
	}
	time.AfterFunc(50*time.Millisecond, func() { _ = l.Close() })
	if left := Wait(root, settle); len(left) != 0 {
		t.Errorf("it did not wait for %v", left)
	}
	if _, err := os.Stat(root); err != nil {
		t.Error(err)
	}
}
