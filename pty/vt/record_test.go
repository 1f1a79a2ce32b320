package vt

import (
	"flag"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/creack/pty"
)

var record = flag.Bool("record", false, "record testdata/*.raw anew, with the programs of this machine")

// sessions are the recordings: a shell command and what is typed, one entry at
// a time, each when the program has gone quiet.
var sessions = []struct {
	name, command string
	keys          []string
}{
	{"vim", "vim -u NONE -N -c 'syntax on' -c 'set number ruler hlsearch' main.c",
		[]string{"5jdd", "p", "ihello, world\x1b", "/int\r", "n", ":vsplit\r", "\x17l", "G", "o", "déjà 漢字\x1b", "u", ":set list\r", "\x06", "\x02", ":q!\r", "ZQ"}},
	{"less", "less main.c", []string{" ", "j", "/return\r", "n", "g", "G", "-N\r", "-S\r", "\x1b[C", "q"}},
	{"htop", "htop --no-mouse -d 100", []string{"\x1bOB", "\x1bOB", "t", "\x1bOQ", "\x1bOB", "\x1b", "h", "q", "q"}},
	{"nano", "nano -l main.c", []string{"hello ", "\x1bOB", "\x0b", "\x15", "\x17int\r", "\x07", "\x18", "\x18", "n"}},
	{"mc", "mc -u --nosubshell . /usr/share", []string{"\x1b[B", "\t", "\x1bOB", "\x1b[20~", "\x1bOB", "\x1b", "\x1b", "\x1b[13~", "q", "\x1b[21~", "\r"}},
	{"tmux", "tmux -L rec -f /dev/null new-session 'PS1=\\$\\  sh'",
		[]string{"ls\r", "\x02%", "echo right\r", "\x02\"", "seq 30\r", "\x02o", "\x02z", "exit\r", "exit\r", "exit\r"}},
	{"build", "make -k 2>&1; ls -l --color=always --time-style=+%Y; grep -n --color=always int main.c", nil},
	{"shell", "PS1='$ ' bash --norc --noprofile -i",
		[]string{"ls --color\r", "echo one two\x01\x1bf\x17three \r", "for i in 1 2 3; do\recho $i\rdone\r", "printf '%s\\n' {1..40}\r",
			"\x12pri", "\x07", "ec\tx\x7f\r", "clear\r", "sleep 100\r", "\x1a", "jobs\r", "kill %1\r", "printf '\\033]0;title\\a'\r", "exit\r"}},
}

// demoFiles is what the recorded programs look at.
var demoFiles = map[string]string{
	"main.c": "#include <stdio.h>\n\n/* prints numbers */\nstatic int count = 0;\n\n" +
		strings.Repeat("int next(void)\n{\n\tcount++;\t/* one more */\n\treturn count * 2 + 1;\n}\n\n", 12) +
		"int main(int argc, char **argv)\n{\n\tprintf(\"%d\\n\", missing);\n\treturn \"zero\";\n}\n",
	"Makefile":  "CFLAGS = -Wall -Wextra -fdiagnostics-color=always\nall: main\n",
	"notes.txt": "Zażółć gęślą jaźń\n日本語のテキスト\n",
}

// TestRecord makes the recordings in a directory, a home and namespaces of
// their own, so that nothing of the machine gets into them.
func TestRecord(t *testing.T) {
	if !*record {
		t.Skip("only with -record")
	}
	const dir = "/tmp/demo"
	os.RemoveAll(dir)
	if err := os.MkdirAll(dir+"/src", 0o755); err != nil {
		t.Fatal(err)
	}
	defer os.RemoveAll(dir)
	for name, text := range demoFiles {
		path := filepath.Join(dir, name)
		if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
		old := time.Date(2024, 1, 2, 3, 4, 5, 0, time.UTC)
		os.Chtimes(path, old, old)
	}
	for _, session := range sessions {
		t.Run(session.name, func(t *testing.T) {
			cmd := exec.Command("unshare", "--uts", "--pid", "--fork", "--mount-proc", "sh", "-c",
				"hostname demo; "+session.command)
			cmd.Dir = dir
			cmd.Env = []string{"HOME=" + dir, "TERM=xterm-256color", "PATH=/usr/bin:/bin", "LC_ALL=C.UTF-8", "COLORTERM=truecolor"}
			raw := recordSession(t, cmd, session.keys)
			if err := os.WriteFile("testdata/"+session.name+".raw", raw, 0o644); err != nil {
				t.Fatal(err)
			}
		})
	}
}

// recordSession returns what the command writes while keys are typed. It
// answers queries as this terminal does.
func recordSession(t *testing.T, cmd *exec.Cmd, keys []string) []byte {
	f, err := pty.StartWithSize(cmd, &pty.Winsize{Cols: 80, Rows: 24})
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	output := make(chan []byte)
	go func() {
		defer close(output)
		for {
			buf := make([]byte, 32<<10)
			n, err := f.Read(buf)
			if n > 0 {
				output <- buf[:n]
			}
			if err != nil {
				return
			}
		}
	}()
	var raw []byte
	s := New(Options{})
	for {
		select {
		case b, ok := <-output:
			if !ok {
				cmd.Wait()
				return raw
			}
			raw = append(raw, b...)
			s.Write(b)
			f.Write(s.Replies())
		case <-time.After(700 * time.Millisecond):
			if len(keys) > 0 {
				io.WriteString(f, keys[0])
				keys = keys[1:]
			}
		}
	}
}
