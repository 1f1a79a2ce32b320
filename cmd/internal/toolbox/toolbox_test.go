package toolbox

import (
	"bytes"
	"errors"
	"io"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// TestMain makes the test binary be the toolbox when it is called by another name than its own. The
// name decides and not a variable, for some tests start programs without any variables.
func TestMain(m *testing.M) {
	if name := filepath.Base(os.Args[0]); !strings.HasSuffix(name, ".test") {
		os.Exit(Main(os.Args))
	}
	os.Exit(m.Run())
}

// A box is a directory with the tools in bin, and files to play with.
type box struct {
	t   testing.TB
	dir string
	env []string
}

func newBox(t testing.TB) *box {
	t.Helper()
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	b := &box{t: t, dir: t.TempDir()}
	bin := filepath.Join(b.dir, "bin")
	if err := os.Mkdir(bin, 0o755); err != nil {
		t.Fatal(err)
	}
	for _, tool := range tools() {
		if err := os.Symlink(self, filepath.Join(bin, tool.name)); err != nil {
			t.Fatal(err)
		}
	}
	b.env = []string{"PATH=" + bin, "HOME=" + b.dir, "TZ=UTC", "TERM=xterm", "PS1=$ "}
	return b
}

// command prepares a tool.
func (b *box) command(args ...string) *exec.Cmd {
	cmd := exec.Command(filepath.Join(b.dir, "bin", args[0]), args[1:]...)
	cmd.Dir, cmd.Env = b.dir, b.env
	return cmd
}

// run runs a command line with the shell and returns both outputs together and the exit status.
func (b *box) run(line, stdin string) (string, int) {
	b.t.Helper()
	cmd := b.command("sh", "-c", line)
	var out bytes.Buffer
	cmd.Stdin, cmd.Stdout, cmd.Stderr = strings.NewReader(stdin), &out, &out
	err := cmd.Run()
	var exit *exec.ExitError
	if err != nil && !errors.As(err, &exit) {
		b.t.Fatal(err)
	}
	return out.String(), cmd.ProcessState.ExitCode()
}

func TestTools(t *testing.T) {
	b := newBox(t)
	for name, text := range map[string]string{"poem": "roses\nare\nred\nviolets\nare\nblue\n", "table": "a:1:x\nb:2:y\nc:10:z\n"} {
		if err := os.WriteFile(filepath.Join(b.dir, name), []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	for _, test := range []struct {
		line, stdin, want string
		code              int
	}{
		{line: "cat poem -", stdin: "end\n", want: "roses\nare\nred\nviolets\nare\nblue\nend\n"},
		{line: "cat nosuch", want: "cat: nosuch: no such file or directory\n", code: 1},
		{line: "head -2 poem", want: "roses\nare\n"},
		{line: "head -n 1 poem table", want: "==> poem <==\nroses\n\n==> table <==\na:1:x\n"},
		{line: "head -c 3 poem", want: "ros"},
		{line: "tail -n 2 poem", want: "are\nblue\n"},
		{line: "tail -n +5 poem", want: "are\nblue\n"},
		{line: "tail -c 5 poem", want: "blue\n"},
		{line: "wc poem", want: "      6       6      31 poem\n"},
		{line: "wc -l < poem", want: "6\n"},
		{line: "sort -u poem", want: "are\nblue\nred\nroses\nviolets\n"},
		{line: "sort -t : -k 2,2nr table", want: "c:10:z\nb:2:y\na:1:x\n"},
		{line: "sort poem | uniq -c | sort -rn | head -1", want: "      2 are\n"},
		{line: "cut -d : -f 1,3 table", want: "a:x\nb:y\nc:z\n"},
		{line: "cut -c 2- poem", want: "oses\nre\ned\niolets\nre\nlue\n"},
		{line: "cut poem", want: "cut: one list of fields or characters is needed, such as 1,3-5\nusage: cut -f LIST [-d C] [-s] | -c LIST | -b LIST [FILE...]\n", code: 2},
		{line: "tr a-y b-z", stdin: "hal\n", want: "ibm\n"},
		{line: "tr -d '[:digit:]'", stdin: "a1b22c\n", want: "abc\n"},
		{line: "tr -s ' '", stdin: "a   b\n", want: "a b\n"},
		{line: "seq 3", want: "1\n2\n3\n"},
		{line: "seq -s , 1 0.5 2", want: "1.0,1.5,2.0\n"},
		{line: "seq -w 8 10", want: "08\n09\n10\n"},
		{line: "seq 5 -2 1", want: "5\n3\n1\n"},
		{line: "grep -n are poem", want: "2:are\n5:are\n"},
		{line: "grep -c '^r' poem table", want: "poem:2\ntable:0\n"},
		{line: `grep 'r\(os\|ed\)' poem`, want: "roses\nred\n"},
		{line: "grep -E 'r(os|ed)' poem", want: "roses\nred\n"},
		{line: "grep -F . poem", code: 1},
		{line: "grep -q red poem"},
		{line: "grep -io RED poem", want: "red\n"},
		{line: "grep x nosuch", want: "grep: nosuch: no such file or directory\n", code: 2},
		{line: "basename /a/b.txt .txt; dirname /a/b.txt", want: "b\n/a\n"},
		{line: "mkdir -p d/e && touch d/e/f && ls -F d && find d -type f", want: "e/\nd/e/f\n"},
		{line: "find d -name 'e*' -exec echo found {} ';'", want: "found d/e\n"},
		{line: "find . -maxdepth 1 -name 'p*' ! -name x", want: "./poem\n"},
		{line: "cp poem copy && mv copy moved && rm moved && ls moved", want: "ls: moved: no such file or directory\n", code: 2},
		{line: "ln -s poem link && readlink link && cat link | wc -l", want: "poem\n6\n"},
		{line: "ls -l link | cut -d ' ' -f 1", want: "lrwxrwxrwx\n"},
		{line: "ls -1 d nosuch", want: "ls: nosuch: no such file or directory\nd:\ne\n", code: 2},
		{line: "chmod 640 poem && stat poem | grep -o '(0640/-rw-r-----)'", want: "(0640/-rw-r-----)\n"},
		{line: "rmdir d", want: "rmdir: d: directory not empty\n", code: 1},
		{line: "rm -r d link && ls", want: "bin\npoem\ntable\n"},
		{line: "echo hello | gzip | zcat", want: "hello\n"},
		{line: "echo hello | base64", want: "aGVsbG8K\n"},
		{line: "printf '' | sha256sum", want: "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855  -\n"},
		{line: "echo a b | xargs -n 1 echo x", want: "x a\nx b\n"},
		{line: "echo x | tee copy | cat && cat copy && rm copy", want: "x\nx\n"},
		{line: "dd if=poem bs=2 count=3 status=none", want: "roses\n"},
		{line: "echo 123456 >f; dd if=poem of=f bs=1 seek=2 count=2 conv=notrunc status=none; cat f; rm f", want: "12ro56\n"},
		{line: "dd bs=0", want: "dd: invalid bs \"0\"\nusage: dd [if=FILE] [of=FILE] [bs=N] [count=N] [skip=N] [seek=N] [conv=notrunc,fsync] [status=none]\n", code: 2},
		{line: "yes no | head -n 2", want: "no\nno\n"},
		{line: "env -i A=1 env", want: "A=1\n"},
		{line: "env nosuch", want: "env: nosuch: not found\n", code: 127},
		{line: "timeout 0.05 sleep 60", code: 124},
		{line: "timeout 60 sh -c 'exit 7'", code: 7},
		{line: "date -u -s nonsense", want: "date: \"nonsense\" is no time\nusage: date [-u] [-s TIME] [+FORMAT]\n", code: 2},
		{line: "test 1 -lt 2 && [ -f poem ] && printf '%03d\\n' 7", want: "007\n"},
		{line: "whoami > w; id -un > i; cat w | grep -c . ; cmp=$(cat w); [ \"$cmp\" = \"$(cat i)\" ]; echo $?; rm w i", want: "1\n0\n"},
		{line: "sleep 0; tty", want: "not a tty\n", code: 1},
		{line: "kill -l | head -n 1", want: " 1 HUP\n"},
		{line: "kill -9 2000000000", want: "kill: 2000000000: no such process\n", code: 1},
		{line: "ls --colour", want: "ls: unknown flag: --colour\nusage: ls [-aAdFhilnrRSt1] [FILE...]\n", code: 2},
		{line: "true --help; false", code: 1},
	} {
		t.Run(test.line, func(t *testing.T) {
			out, code := b.run(test.line, test.stdin)
			if out != test.want || code != test.code {
				t.Errorf("got status %d and\n%s\nwant %d and\n%s", code, out, test.code, test.want)
			}
		})
	}
}

// What tools print of the system changes; what must be in it does not.
func TestSystemTools(t *testing.T) {
	b := newBox(t)
	for _, test := range []struct {
		line string
		want []string
	}{
		{"ps", []string{"PID", "COMMAND"}},
		{"ps aux", []string{"%CPU", "RSS"}},
		{"ps -ef", []string{"PPID"}},
		{"sh -c 'ps; true' marker", []string{"marker"}},
		{"top -b -n 1", []string{"load", "%CPU", "COMMAND"}},
		{"mount", []string{" on / type ", "proc on /proc type proc"}},
		{"df /", []string{"1K-blocks", "%"}},
		{"free", []string{"Mem:", "Swap:"}},
		{"uptime", []string{"load average:"}},
		{"uname -a", []string{"Linux"}},
		{"id", []string{"uid=", "gid=", "groups="}},
		{"ip addr", []string{"lo: <LOOPBACK", "mtu"}},
		{"ip link show lo", []string{"link/loopback"}},
		{"date", []string{"20"}},
		{"du -s bin", []string{"bin"}},
		{"stat bin", []string{"Inode:", "(0755/drwxr-xr-x)"}},
		{"ls --help", []string{"list files", "usage: ls"}},
		{"pidof sh", []string{""}},
		{"hostname", []string{""}},
	} {
		t.Run(test.line, func(t *testing.T) {
			out, code := b.run(test.line, "")
			if code != 0 {
				t.Fatalf("status %d: %s", code, out)
			}
			for _, want := range test.want {
				if !strings.Contains(out, want) {
					t.Errorf("no %q in\n%s", want, out)
				}
			}
		})
	}
}

func TestNamesOfTheProgram(t *testing.T) {
	b := newBox(t)
	if out, code := b.run("toolbox", ""); code != 127 || !strings.Contains(out, "toolbox: not found") {
		t.Errorf("the image's maker adds toolbox itself, yet: %d %s", code, out)
	}
	cmd := b.command("sh")
	cmd.Args = []string{"berth-toolbox", "--list"}
	out, err := cmd.Output()
	if err != nil {
		t.Fatal(err)
	}
	if names := strings.Fields(string(out)); len(names) != len(tools()) || names[0] != "[" {
		t.Errorf("--list names %v", names)
	}
	cmd = b.command("sh")
	cmd.Args = []string{"toolbox", "echo", "through", "the", "program"}
	if out, err := cmd.Output(); err != nil || string(out) != "through the program\n" {
		t.Errorf("toolbox echo printed %q, %v", out, err)
	}
	cmd = b.command("sh")
	cmd.Args = []string{"nosuch"}
	if err := cmd.Run(); cmd.ProcessState.ExitCode() != 127 {
		t.Errorf("an unknown name ended with %v", err)
	}
}

func TestNcCarriesBytes(t *testing.T) {
	b := newBox(t)
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	heard := make(chan string, 1)
	go func() {
		conn, err := l.Accept()
		if err != nil {
			heard <- err.Error()
			return
		}
		defer conn.Close()
		_, _ = conn.Write([]byte("welcome\n"))
		said, _ := io.ReadAll(conn)
		heard <- string(said)
	}()
	_, port, _ := net.SplitHostPort(l.Addr().String())
	out, code := b.run("nc 127.0.0.1 "+port, "hello\n")
	if said := <-heard; code != 0 || out != "welcome\n" || said != "hello\n" {
		t.Errorf("status %d, nc printed %q, the other side heard %q", code, out, said)
	}
}

func BenchmarkTrue(b *testing.B) {
	box := newBox(b)
	for b.Loop() {
		if err := box.command("true").Run(); err != nil {
			b.Fatal(err)
		}
	}
}
