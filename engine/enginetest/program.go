package enginetest

import (
	"context"
	"fmt"
	"io"
	"maps"
	"path"
	"slices"
	"strconv"
	"strings"
	"time"
)

// builtinPrograms are what images without a list of commands can run.
func builtinPrograms() map[string]Program {
	return map[string]Program{
		"hello": hello, "sh": shell, "ash": shell, "bash": shell, "sleep": sleep, "echo": echo, "cat": cat, "true": exitWith(0),
		"false": exitWith(1), "seq": seq, "id": print("uid=0(root) gid=0(root) groups=0(root)\n"), "hostname": hostname,
		"env": environ, "ls": ls, "ps": ps, "touch": touch, "rm": rm, "mkdir": mkdir, "uname": print("Linux\n"),
		"serve": serve, "nginx": serve, "redis-server": serve, "postgres": serve, "python3": interpreter,
	}
}

func exitWith(code int) Program {
	return func(context.Context, *Process) int { return code }
}

func print(text string) Program {
	return func(_ context.Context, p *Process) int {
		io.WriteString(p.Stdout, text)
		return 0
	}
}

func hello(_ context.Context, p *Process) int {
	io.WriteString(p.Stdout, "\nHello from Berth!\nThis message shows that your installation appears to be working correctly.\n\n")
	return 0
}

func sleep(ctx context.Context, p *Process) int {
	if len(p.Args) < 2 {
		fmt.Fprintln(p.Stderr, "sleep: missing operand")
		return 1
	}
	secs, err := strconv.ParseFloat(strings.TrimSuffix(p.Args[1], "s"), 64)
	if err != nil && p.Args[1] != "infinity" {
		fmt.Fprintf(p.Stderr, "sleep: invalid time interval %q\n", p.Args[1])
		return 1
	}
	var end <-chan time.Time
	if err == nil {
		end = p.Clock.After(time.Duration(secs * float64(time.Second)))
	}
	select {
	case <-end:
	case <-ctx.Done():
	}
	return 0
}

// serve is a server that has nothing to do: it runs until it is stopped, and then ends well.
func serve(ctx context.Context, p *Process) int {
	fmt.Fprintf(p.Stdout, "listening: %s\n", strings.Join(p.Args[1:], " "))
	for sig := p.Notify(); ; {
		select {
		case <-ctx.Done():
			return 0
		case s := <-sig:
			if s == "TERM" || s == "INT" || s == "QUIT" {
				fmt.Fprintln(p.Stdout, "shutting down")
				return 0
			}
		}
	}
}

// interpreter echoes its input, which is all that a test wants of a REPL.
func interpreter(ctx context.Context, p *Process) int {
	io.WriteString(p.Stdout, ">>> ")
	return cat(ctx, &Process{Args: p.Args[:1], Stdin: p.Stdin, Stdout: p.Stdout})
}

func echo(_ context.Context, p *Process) int {
	fmt.Fprintln(p.Stdout, strings.Join(p.Args[1:], " "))
	return 0
}

func cat(_ context.Context, p *Process) int {
	if len(p.Args) == 1 {
		io.Copy(p.Stdout, p.Stdin) // ends with the input
		return 0
	}
	for _, name := range p.Args[1:] {
		f, ok := p.fs.get(path.Join(p.Dir, name))
		if path.IsAbs(name) {
			f, ok = p.fs.get(name)
		}
		if !ok {
			fmt.Fprintf(p.Stderr, "cat: %s: No such file or directory\n", name)
			return 1
		}
		p.Stdout.Write(f.data)
	}
	return 0
}

func seq(ctx context.Context, p *Process) int {
	first, last := 1, 0
	if len(p.Args) > 1 {
		last, _ = strconv.Atoi(p.Args[len(p.Args)-1])
	}
	if len(p.Args) > 2 {
		first, _ = strconv.Atoi(p.Args[1])
	}
	for i := first; i <= last && ctx.Err() == nil; i++ {
		fmt.Fprintln(p.Stdout, i)
	}
	return 0
}

func hostname(_ context.Context, p *Process) int {
	fmt.Fprintln(p.Stdout, p.Hostname())
	return 0
}

func environ(_ context.Context, p *Process) int {
	for _, kv := range p.Env {
		fmt.Fprintln(p.Stdout, kv)
	}
	return 0
}

func ls(_ context.Context, p *Process) int {
	dir := p.Dir
	if len(p.Args) > 1 {
		dir = p.Args[len(p.Args)-1]
	}
	for _, n := range p.fs.list(dir) {
		fmt.Fprintln(p.Stdout, n)
	}
	return 0
}

func ps(_ context.Context, p *Process) int {
	fmt.Fprintln(p.Stdout, "PID   USER     COMMAND")
	fmt.Fprintf(p.Stdout, "%5d root     %s\n", 1, strings.Join(p.proc.args, " "))
	return 0
}

func touch(_ context.Context, p *Process) int {
	for _, n := range p.Args[1:] {
		p.fs.write(absolute(p.Dir, n), &memFile{mode: 0o644, mod: p.Clock.Now()})
	}
	return 0
}

func mkdir(_ context.Context, p *Process) int {
	for _, n := range p.Args[1:] {
		p.fs.write(absolute(p.Dir, n), &memFile{dir: true, mode: 0o755, mod: p.Clock.Now()})
	}
	return 0
}

func rm(_ context.Context, p *Process) int {
	code := 0
	for _, n := range p.Args[1:] {
		if strings.HasPrefix(n, "-") {
			continue
		}
		if !p.fs.remove(absolute(p.Dir, n)) {
			fmt.Fprintf(p.Stderr, "rm: %s: No such file or directory\n", n)
			code = 1
		}
	}
	return code
}

func absolute(dir, name string) string {
	if path.IsAbs(name) {
		return name
	}
	return path.Join("/", dir, name)
}

// Commands lists the programs that the fake knows, sorted.
func (f *Fake) Commands() []string { return slices.Sorted(maps.Keys(f.programs)) }
