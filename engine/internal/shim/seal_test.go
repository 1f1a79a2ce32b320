package shim

import (
	"bufio"
	"os"
	"os/exec"
	"strconv"
	"testing"

	"berth/engine/enginetest/ability"

	"golang.org/x/sys/unix"
)

// sleeper returns a program of our own that runs until its standard input ends.
func sleeper(t testing.TB) string {
	t.Helper()
	data, err := os.ReadFile("/bin/cat")
	if err != nil {
		t.Fatal(err)
	}
	prog := t.TempDir() + "/prog"
	if err := os.WriteFile(prog, data, 0o755); err != nil {
		t.Fatal(err)
	}
	return prog
}

// attack runs the sealed program and tries to write to it through /proc, while it runs
// and, by a descriptor taken meanwhile, after it ended.
func attack(t *testing.T, s *sealed) {
	t.Helper()
	defer s.close()
	cmd := exec.Command("/proc/self/fd/3")
	cmd.ExtraFiles = []*os.File{s.file}
	in, err := cmd.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	_, _ = in.Write([]byte("x\n"))
	if line, err := bufio.NewReader(out).ReadString('\n'); line != "x\n" {
		t.Fatalf("the sealed program does not run: %q, %v", line, err)
	}
	exe := "/proc/" + strconv.Itoa(cmd.Process.Pid) + "/exe"
	if f, err := os.OpenFile(exe, os.O_RDWR, 0); err == nil {
		f.Close()
		t.Error("the running program can be opened for writing")
	}
	path, err := unix.Open(exe, unix.O_PATH|unix.O_CLOEXEC, 0)
	if err != nil {
		t.Fatal(err)
	}
	defer unix.Close(path)
	_ = in.Close()
	if err := cmd.Wait(); err != nil {
		t.Fatal(err)
	}
	s.close()
	f, err := os.OpenFile("/proc/self/fd/"+strconv.Itoa(path), os.O_RDWR, 0)
	if err != nil {
		return
	}
	defer f.Close()
	if _, err := f.WriteAt([]byte("evil"), 0); err == nil {
		t.Error("the program was overwritten after it had ended")
	}
}

func TestBoundProgramCannotBeWritten(t *testing.T) {
	ability.Need(t, ability.Root)
	f, err := bindReadOnly(sleeper(t))
	if err != nil {
		t.Fatal(err)
	}
	attack(t, &sealed{file: f})
}

func TestCopiedProgramCannotBeWritten(t *testing.T) {
	f, err := copySealed(sleeper(t))
	if err != nil {
		t.Fatal(err)
	}
	attack(t, &sealed{file: f})
}

func TestOwnProgramIsNotForeign(t *testing.T) {
	if foreign(sleeper(t)) {
		t.Error("a program of our own counts as safe from us")
	}
}

func BenchmarkSeal(b *testing.B) {
	self, err := os.Executable()
	if err != nil {
		b.Fatal(err)
	}
	for name, f := range map[string]func(string) (*os.File, error){"bind": bindReadOnly, "copy": copySealed} {
		b.Run(name, func(b *testing.B) {
			for b.Loop() {
				file, err := f(self)
				if err != nil {
					b.Fatal(err)
				}
				_ = file.Close()
			}
		})
	}
}
