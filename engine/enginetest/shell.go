package enginetest

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"path"
	"strings"
	"time"

	"mvdan.cc/sh/v3/expand"
	"mvdan.cc/sh/v3/interp"
	"mvdan.cc/sh/v3/syntax"
)

// shell is sh: `sh -c SCRIPT`, a script on standard input, or a prompt on a terminal.
func shell(ctx context.Context, p *Process) int {
	r, err := p.runner()
	if err != nil {
		fmt.Fprintln(p.Stderr, "sh:", err)
		return 2
	}
	if len(p.Args) > 2 && p.Args[1] == "-c" {
		return runScript(ctx, r, p, strings.NewReader(p.Args[2]))
	}
	if !p.TTY {
		return runScript(ctx, r, p, p.Stdin)
	}
	return interactive(ctx, r, p)
}

// runner makes an interpreter that sees the container's files and programs, and nothing of the host.
func (p *Process) runner() (*interp.Runner, error) {
	return interp.New(
		// The interpreter would read ahead of its commands from an input that is no file.
		interp.StdIO(nil, p.Stdout, p.Stderr),
		interp.Env(expand.ListEnviron(p.Env...)),
		interp.Dir("/"),
		interp.ExecHandlers(func(interp.ExecHandlerFunc) interp.ExecHandlerFunc { return p.execute }),
		interp.OpenHandler(func(ctx context.Context, name string, flag int, _ fs.FileMode) (io.ReadWriteCloser, error) {
			return p.fs.open(absolute(interp.HandlerCtx(ctx).Dir, name), flag)
		}),
		interp.StatHandler(func(ctx context.Context, name string, _ bool) (fs.FileInfo, error) {
			f, ok := p.fs.get(name)
			if !ok {
				return nil, &fs.PathError{Op: "stat", Path: name, Err: fs.ErrNotExist}
			}
			return fileInfo{path.Base(name), f}, nil
		}),
		interp.AccessHandler(func(context.Context, string, interp.AccessMode) error { return nil }),
		interp.ReadDirHandler2(func(_ context.Context, dir string) ([]fs.DirEntry, error) {
			var out []fs.DirEntry
			for _, n := range p.fs.list(dir) {
				f, _ := p.fs.get(path.Join(dir, n))
				out = append(out, fs.FileInfoToDirEntry(fileInfo{n, f}))
			}
			return out, nil
		}),
	)
}

// execute runs one command of a script.
func (p *Process) execute(ctx context.Context, args []string) error {
	prog := p.programs[path.Base(args[0])]
	hc := interp.HandlerCtx(ctx)
	if prog == nil {
		fmt.Fprintf(hc.Stderr, "sh: %s: not found\n", args[0])
		return interp.ExitStatus(127)
	}
	sub := *p
	sub.Args, sub.Dir, sub.Stdin, sub.Stdout, sub.Stderr = args, hc.Dir, p.Stdin, hc.Stdout, hc.Stderr
	if hc.Stdin != nil { // redirected, or the end of a pipeline
		sub.Stdin = hc.Stdin
	}
	if code := prog(ctx, &sub); code != 0 {
		return interp.ExitStatus(code)
	}
	if ctx.Err() != nil {
		return interp.ExitStatus(130)
	}
	return nil
}

func runScript(ctx context.Context, r *interp.Runner, p *Process, script io.Reader) int {
	file, err := syntax.NewParser(syntax.Variant(syntax.LangPOSIX)).Parse(script, "sh")
	if err != nil {
		fmt.Fprintln(p.Stderr, "sh:", err)
		return 2
	}
	return status(r.Run(ctx, file))
}

func status(err error) int {
	var st interp.ExitStatus
	switch {
	case err == nil:
		return 0
	case errors.As(err, &st):
		return int(st)
	}
	return 1
}

// interactive reads lines at a prompt; an interrupt ends the command, not the shell.
func interactive(ctx context.Context, r *interp.Runner, p *Process) int {
	in := bufio.NewReader(p.Stdin)
	signals := p.Notify()
	code := 0
	for ctx.Err() == nil {
		fmt.Fprintf(p.Stdout, "%s # ", r.Dir)
		line, ok := readLine(in, signals, p.Stdout)
		if !ok {
			return code
		}
		file, err := syntax.NewParser(syntax.Variant(syntax.LangPOSIX)).Parse(strings.NewReader(line), "")
		if err != nil {
			fmt.Fprintln(p.Stderr, "sh:", err)
			continue
		}
		code = runLine(ctx, r, file, signals)
		if r.Exited() {
			return code
		}
	}
	return code
}

// readLine waits for a line; an interrupt shows that what was typed is void.
func readLine(in *bufio.Reader, signals <-chan string, echo io.Writer) (string, bool) {
	lines := make(chan string, 1)
	go func() {
		line, err := in.ReadString('\n')
		if err == nil || line != "" {
			lines <- line
		}
		close(lines)
	}()
	for {
		select {
		case line, ok := <-lines:
			return line, ok
		case s := <-signals:
			if s == "INT" {
				fmt.Fprint(echo, "\n/ # ")
			}
		}
	}
}

func runLine(ctx context.Context, r *interp.Runner, file *syntax.File, signals <-chan string) int {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	done := make(chan int, 1)
	go func() { done <- status(r.Run(ctx, file)) }()
	for {
		select {
		case code := <-done:
			return code
		case s := <-signals:
			if s == "INT" || s == "QUIT" {
				cancel()
			}
		}
	}
}

type fileInfo struct {
	name string
	f    *memFile
}

func (i fileInfo) Name() string       { return i.name }
func (i fileInfo) Size() int64        { return int64(len(i.f.data)) }
func (i fileInfo) Mode() fs.FileMode  { return i.f.mode }
func (i fileInfo) ModTime() time.Time { return i.f.mod }
func (i fileInfo) IsDir() bool        { return i.f.dir }
func (i fileInfo) Sys() any           { return nil }
