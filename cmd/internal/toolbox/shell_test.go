package toolbox

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/creack/pty"

	"berth/engine/enginetest/ability"
)

func TestShell(t *testing.T) {
	b := newBox(t)
	write := func(name, text string, mode os.FileMode) {
		if err := os.WriteFile(filepath.Join(b.dir, name), []byte(text), mode); err != nil {
			t.Fatal(err)
		}
	}
	write("plain", "not a program\n", 0o644)
	write("bare", "echo bare $1 $#\n", 0o755)
	write("script", "#!"+filepath.Join(b.dir, "bin", "sh")+"\necho script $0 \"$@\"\n", 0o755)
	for _, test := range []struct {
		line, stdin, want string
		code              int
	}{
		{line: "false; echo $?", want: "1\n"},
		{line: "nosuch", want: "sh: nosuch: not found\n", code: 127},
		{line: "./nosuch", want: "sh: ./nosuch: not found\n", code: 127},
		{line: "./plain", want: "sh: ./plain: permission denied\n", code: 126},
		{line: "./bin", want: "sh: ./bin: is a directory\n", code: 126},
		{line: "./bare a b", want: "bare a 2\n"},
		{line: "./script 'a b' c", want: "script ./script a b c\n"},
		{line: "exit 5", code: 5},
		{line: "sh -c 'kill -9 $$'; echo $?", want: "137\n"},
		{line: "echo out >f; echo more >>f; cat <f; rm f", want: "out\nmore\n"},
		{line: "ls nosuch 2>&1 | wc -l", want: "1\n"},
		{line: "x=$(echo a; echo b); echo \"$x\" $(false) end", want: "a\nb end\n"},
		{line: "cat <<E\n$HOME\nE", want: b.dir + "\n"},
		{line: "for i in 1 2 3; do [ $i = 2 ] && continue; echo $i; done", want: "1\n3\n"},
		{line: "f() { echo $1; return 3; }; f x; echo $?", want: "x\n3\n"},
		{line: "set -e; false; echo unreached", code: 1},
		{line: "echo $0 $1", want: "sh\n"},
		{line: "read a b; echo $b; cat", stdin: "1 2 3\nrest\n", want: "2 3\nrest\n"},
		{line: "sleep 60 & kill $!; wait $!; echo $?", want: "143\n"},
		{line: "sh -c 'exit 4' & wait $!; echo $?", want: "4\n"},
		{line: "(exit 3) & wait $!; echo $?", want: "3\n"},
		{line: "for i in 1 2; do echo $i & done; wait; echo end", want: ""},
		{line: "sleep 60 & a=$!; sleep 60 & [ $a != $! ]; echo $?; kill $a $!; wait", want: "0\n"},
		{line: "trap 'echo got; exit 3' TERM; kill $$; while :; do sleep 0.01; done", want: "got\n", code: 3},
		{line: "trap : USR1; while kill -USR1 $$; do sleep 0.05; done & wait; echo $?", want: "138\n"},
		{line: "trap '[ ${#n} -lt 3 ] && n=x$n && kill -USR1 $$' USR1; n=; kill -USR1 $$; while [ ${#n} -lt 3 ]; do sleep 0.01; done; echo $n", want: "xxx\n"},
		{line: "trap 'echo out' EXIT; trap 'exit 4' TERM; sh -c 'kill $PPID'; sleep 0.2; while :; do sleep 0.01; done", want: "out\n", code: 4},
		{line: "trap '' TERM; kill $$; echo alive", want: "alive\n"},
		{line: "trap 'echo x' TERM; trap - TERM; kill $$; sleep 60", code: -1}, // as the kernel ends any program,
		{line: "trap 'echo \"a b\"' USR1 EXIT; trap; trap - EXIT", want: "trap -- 'echo \"a b\"' USR1\ntrap -- \"echo \\\"a b\\\"\" EXIT\n"},
		{line: "trap x NOSUCH", want: "trap: NOSUCH: invalid signal specification\n", code: 2},
		{line: "echo 'trap \"echo bye\" EXIT; echo hi' | sh", want: "hi\nbye\n"},
		{line: "echo one\nif", want: "one\nsh:2:1: `if` must be followed by a statement list\n", code: 2},
		{line: "wait 1", want: "wait: 1: no such job\n", code: 127},
		{line: "umask 027; umask; umask 9", want: "0027\numask: \"9\" is no octal mask\n", code: 1},
		{line: "ulimit -n 64; ulimit -n; ulimit -x", want: "64\nulimit: unknown flag \"-x\"\n", code: 1},
		{line: "fg", want: "fg: no job control in this shell\n", code: 1},
		{line: "echo 'echo $1; exit 6' | sh -s arg; echo $?", want: "arg\n6\n"},
		{line: "printf 'cat\\ndata\\n' | sh", want: "data\n"},
		{line: "sh nosuch", want: "sh: nosuch: no such file or directory\n", code: 127},
		{line: "sh -Z", want: "sh: unknown flag \"-Z\"\nusage: sh [-efnuxlis] [-o OPTION] [-c COMMAND | FILE] [ARGUMENT...]\n", code: 2},
		{line: "if", want: "sh:1:1: `if` must be followed by a statement list\n", code: 2},
	} {
		t.Run(test.line, func(t *testing.T) {
			out, code := b.run(test.line, test.stdin)
			if test.want == "" && strings.Contains(test.line, "for i in 1 2;") {
				// The two run at the same time.
				if out != "1\n2\nend\n" && out != "2\n1\nend\n" || code != 0 {
					t.Errorf("got status %d and %q", code, out)
				}
				return
			}
			if out != test.want || code != test.code {
				t.Errorf("got status %d and\n%s\nwant %d and\n%s", code, out, test.code, test.want)
			}
		})
	}
}

// PID 1 must end of the signals for which the kernel has no default there, and must not keep zombies.
func TestShellAsInit(t *testing.T) {
	ability.Need(t, ability.UserNS)
	b := newBox(t)
	start := func(line string) (*exec.Cmd, *strings.Builder) {
		cmd := b.command("sh", "-c", line)
		cmd.SysProcAttr = &syscall.SysProcAttr{
			Cloneflags:  syscall.CLONE_NEWUSER | syscall.CLONE_NEWPID,
			UidMappings: []syscall.SysProcIDMap{{HostID: os.Getuid(), Size: 1}},
			GidMappings: []syscall.SysProcIDMap{{HostID: os.Getgid(), Size: 1}},
		}
		out := &strings.Builder{}
		cmd.Stdout = out
		if err := cmd.Start(); err != nil {
			t.Fatal(err)
		}
		return cmd, out
	}
	t.Run("terminates", func(t *testing.T) {
		cmd, _ := start("touch ready; sleep 60")
		waitFor(t, func() bool { _, err := os.Stat(filepath.Join(b.dir, "ready")); return err == nil })
		if err := cmd.Process.Signal(syscall.SIGTERM); err != nil {
			t.Fatal(err)
		}
		_ = cmd.Wait()
		if code := cmd.ProcessState.ExitCode(); code != 143 {
			t.Errorf("SIGTERM made PID 1 exit with %d, want 143", code)
		}
	})
	t.Run("reaps", func(t *testing.T) {
		// The grandchild becomes an orphan; kill -0 finds it as long as it is a zombie.
		cmd, out := start(`sh -c 'sh -c "sleep 0.05; exit 9" & echo $! >orphan'; read p <orphan; while kill -0 $p 2>/dev/null; do sleep 0.02; done; echo gone`)
		timer := time.AfterFunc(10*time.Second, func() { _ = cmd.Process.Kill() })
		defer timer.Stop()
		if err := cmd.Wait(); err != nil || out.String() != "gone\n" {
			t.Errorf("the orphan stayed: %v %q", err, out)
		}
	})
}

// A console is a shell on a terminal, and everything that it has shown.
type console struct {
	t    *testing.T
	tty  *os.File
	cmd  *exec.Cmd
	from int

	mu   sync.Mutex // guards seen
	seen strings.Builder
}

func newConsole(t *testing.T, b *box) *console {
	t.Helper()
	ability.Need(t, ability.PTY)
	cmd := b.command("sh")
	tty, err := pty.StartWithSize(cmd, &pty.Winsize{Cols: 80, Rows: 24})
	if err != nil {
		t.Fatal(err)
	}
	c := &console{t: t, tty: tty, cmd: cmd}
	t.Cleanup(func() { _ = cmd.Process.Kill(); _ = tty.Close(); _ = cmd.Wait() })
	go func() {
		block := make([]byte, 4096)
		for {
			n, err := tty.Read(block)
			c.mu.Lock()
			c.seen.Write(block[:n])
			c.mu.Unlock()
			if err != nil {
				return
			}
		}
	}()
	c.expect("$ ")
	return c
}

// text returns what was shown after what was expected before, without the switches for bracketed paste.
func (c *console) text() string {
	c.mu.Lock()
	defer c.mu.Unlock()
	return strings.NewReplacer("\x1b[?2004h", "", "\x1b[?2004l", "").Replace(c.seen.String())[c.from:]
}

// expect waits until the terminal shows want after what was expected before.
func (c *console) expect(want string) {
	c.t.Helper()
	waitFor(c.t, func() bool { return strings.Contains(c.text(), want) }, func() string { return "the terminal does not show " + want + ", but\n" + c.text() })
	c.from += strings.Index(c.text(), want) + len(want)
}

// send types text.
func (c *console) send(text string) {
	c.t.Helper()
	if _, err := c.tty.WriteString(text); err != nil {
		c.t.Fatal(err)
	}
}

// waitFor polls a condition, with a limit far above what it takes.
func waitFor(t *testing.T, done func() bool, explain ...func() string) {
	t.Helper()
	for limit := time.Now().Add(15 * time.Second); !done(); time.Sleep(5 * time.Millisecond) {
		if time.Now().After(limit) {
			if len(explain) > 0 {
				t.Fatal(explain[0]())
			}
			t.Fatal("the condition did not come true")
		}
	}
}

const (
	ctrlC, ctrlD, ctrlL, ctrlR, ctrlZ = "\x03", "\x04", "\x0c", "\x12", "\x1a"
	up, left                          = "\x1b[A", "\x1b[D"
)

func TestConsoleEditing(t *testing.T) {
	b := newBox(t)
	if err := os.WriteFile(filepath.Join(b.dir, "a file"), []byte("inside\n"), 0o644); err != nil {
		t.Fatal(err)
	}
	c := newConsole(t, b)
	c.send("echo oe" + left + "n\r")
	c.expect("\none\r\n$ ")
	c.send(up + "s\r")
	c.expect("\nones\r\n$ ")
	c.send("eco" + ctrlR + "\r") // no such line: the text stays
	c.expect("not found\r\n$ ")
	c.send("ho one" + ctrlR + ctrlR + "\r") // the second one back
	c.expect("\none\r\n$ ")
	c.send("whoa\t | wc -l\r")
	c.expect("whoami")
	c.expect("\n1\r\n$ ")
	c.send("cat a\t\r")
	c.expect("\ninside\r\n$ ")
	c.send("ls\t")
	c.expect("ls ")
	c.send(ctrlC)
	c.expect("^C\r\n")
	c.send("m\t")
	c.expect("md5sum  mkdir   mktemp  more    mount   mv")
	c.send(ctrlC)
	c.send("echo $HOM\t\r")
	c.expect(b.dir)
	c.send("for i in 1 2\rdo echo n$i\rdone\r")
	c.expect("> ")
	c.expect("\nn1\r\nn2\r\n$ ")
	c.send("history | tail -n 2\r")
	c.expect("done\r\n")
	c.send("echo this is $0\r")
	c.expect("\nthis is sh\r\n$ ")
	c.send("echo kept" + ctrlL + "\r")
	c.expect("\x1b[2J\x1b[H")
	c.expect("\nkept\r\n$ ")
	c.send(ctrlD)
	c.expect("exit\r\n")
	if err := c.cmd.Wait(); err != nil {
		t.Errorf("the shell ended with %v", err)
	}
	kept, err := os.ReadFile(filepath.Join(b.dir, ".sh_history"))
	if err != nil || !strings.Contains(string(kept), "echo kept\n") {
		t.Errorf("the history file holds %q, %v", kept, err)
	}
}

func TestConsoleJobs(t *testing.T) {
	b := newBox(t)
	c := newConsole(t, b)
	c.send("sleep 60\r")
	c.expect("\n")
	b.waitForeground(c)
	c.send(ctrlC)
	c.expect("$ ")
	c.send("echo status $?\r")
	c.expect("\nstatus 130\r\n$ ")
	c.send("while true; do sleep 60; done\r")
	c.expect("\n")
	b.waitForeground(c)
	c.send(ctrlC)
	c.expect("$ ")
	c.send("sleep 60 | cat\r")
	c.expect("\n")
	b.waitForeground(c)
	c.send(ctrlZ)
	c.expect("[1]+  Stopped  sleep 60 | cat\r\n")
	c.send("bg; jobs\r")
	c.expect("Running  sleep 60 | cat\r\n")
	c.expect("$ ")
	c.send("fg\r")
	c.expect("sleep 60 | cat\r\n")
	b.waitForeground(c)
	c.send(ctrlC)
	c.expect("$ ")
	c.send("jobs; sleep 60 & sleep 60 &\r")
	c.expect("[1] ")
	c.expect("[2] ")
	c.send("kill %1 %2; wait; echo all over\r")
	c.expect("\nall over\r\n")
	c.expect("[2] ") // what became of it
	c.expect("$ ")
	c.send("sleep 60 & wait\r")
	c.expect("[1] ")
	c.send(ctrlC)
	c.expect("$ ")
	c.send("kill %1\r")
	c.expect("$ ")
	c.send("stty -echo; stty size\r")
	c.expect("24 80\r\n")
	c.expect("$ ")
	if err := pty.Setsize(c.tty, &pty.Winsize{Cols: 100, Rows: 30}); err != nil {
		t.Fatal(err)
	}
	c.send("stty echo; stty size\r")
	c.expect("30 100\r\n")
	c.expect("$ ")
	c.send("cat\r")
	c.expect("\n")
	b.waitForeground(c)
	c.send("typed\r")
	c.expect("typed\r\ntyped\r\n")
	c.send(ctrlD)
	c.expect("$ ")
	c.send("exit 3\r")
	_ = c.cmd.Wait()
	if code := c.cmd.ProcessState.ExitCode(); code != 3 {
		t.Errorf("the shell ended with %d, want 3", code)
	}
}

// waitForeground waits until the terminal belongs to another process group than the shell's.
func (b *box) waitForeground(c *console) {
	b.t.Helper()
	waitFor(c.t, func() bool { return foreground(c.tty) != c.cmd.Process.Pid })
}

func TestConsoleHangUp(t *testing.T) {
	c := newConsole(t, newBox(t))
	if err := c.cmd.Process.Signal(syscall.SIGTERM); err != nil {
		t.Fatal(err)
	}
	c.send("echo still here\r")
	c.expect("\nstill here\r\n")
	if err := c.cmd.Process.Signal(syscall.SIGHUP); err != nil {
		t.Fatal(err)
	}
	_ = c.cmd.Wait()
	if code := c.cmd.ProcessState.ExitCode(); code != 129 {
		t.Errorf("the shell ended with %d, want 129", code)
	}
}

func TestTopAndLessOnATerminal(t *testing.T) {
	b := newBox(t)
	c := newConsole(t, b)
	c.send("top\r")
	c.expect("\x1b[?1049h")
	c.expect("COMMAND")
	c.send("q")
	c.expect("\x1b[?1049l")
	c.expect("$ ")
	c.send("seq 100 | less\r")
	c.expect("1-23 of 100")
	c.send(" ")
	c.expect("24-46 of 100")
	c.send("/77\r")
	c.expect("77-99 of 100")
	c.send("q")
	c.expect("$ ")
	c.send("echo sane\r")
	c.expect("\nsane\r\n")
}
