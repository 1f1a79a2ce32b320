// Package shell is the toolbox's sh: mvdan.cc/sh interprets the language, this package
// adds what a shell needs around it: processes in process groups, job control on a
// terminal, line editing with history and completion, and the duties of PID 1.
//
// It runs inside the container and takes over the whole process: signals, children, terminal.
package shell

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"strconv"
	"strings"

	"golang.org/x/term"
	"mvdan.cc/sh/v3/interp"
	"mvdan.cc/sh/v3/syntax"
)

// A shell is one interpreter with its children.
type shell struct {
	runner      *interp.Runner
	processes   *processes
	name        string // $0
	interactive bool
	terminal    *terminal // nil without job control
	history     *history  // nil unless interactive
	traps       traps
}

// options are what the command line says.
type options struct {
	command     *string  // -c
	interactive bool     // -i: aliases count in scripts too
	stdin       bool     // -s
	set         []string // flags for set
	operands    []string
}

// Main runs the shell with the arguments behind its name and returns the exit status.
func Main(args []string) int {
	opts, err := parseOptions(args)
	if err != nil {
		fmt.Fprintf(os.Stderr, "sh: %v\nusage: sh [-efnuxlis] [-o OPTION] [-c COMMAND | FILE] [ARGUMENT...]\n", err)
		return 2
	}
	s := &shell{name: "sh", processes: newProcesses()}
	var script io.Reader
	switch {
	case opts.command != nil:
		script = strings.NewReader(*opts.command)
		if len(opts.operands) > 0 {
			s.name, opts.operands = opts.operands[0], opts.operands[1:]
		}
	case len(opts.operands) > 0 && !opts.stdin:
		s.name = opts.operands[0]
		data, code := readScript(s.name)
		if code != 0 {
			return code
		}
		script, opts.operands = bytes.NewReader(data), opts.operands[1:]
	}
	s.interactive = script == nil && term.IsTerminal(0) && term.IsTerminal(2)
	if s.interactive {
		deepen()
	}
	s.traps.watch(s)
	if err := s.init(opts); err != nil {
		fmt.Fprintf(os.Stderr, "sh: %v\n", err)
		return 2
	}
	if s.interactive {
		return s.runInteractive()
	}
	if script == nil {
		return s.runStdin()
	}
	return s.runScript(script)
}

// deepen counts shells within shells.
func deepen() {
	level, _ := strconv.Atoi(os.Getenv("SHLVL")) // none, or nonsense, is level 0
	_ = os.Setenv("SHLVL", strconv.Itoa(level+1))
}

// init makes the interpreter.
func (s *shell) init(opts options) error {
	params := append(append(opts.set, "--"), opts.operands...)
	var err error
	s.runner, err = interp.New(
		interp.StdIO(os.Stdin, os.Stdout, os.Stderr),
		interp.Interactive(s.interactive || opts.interactive),
		interp.Params(params...),
		interp.CallHandler(s.call),
		interp.ExecHandlers(func(interp.ExecHandlerFunc) interp.ExecHandlerFunc { return s.exec }),
	)
	return err
}

// runScript runs a script: its statements as they are read, so that one which can't be
// understood stops what follows it, and not what comes before.
func (s *shell) runScript(script io.Reader) int {
	code := 0
	for statement, err := range syntax.NewParser().StmtsSeq(script) {
		if err != nil {
			fmt.Fprintf(os.Stderr, "%s:%v\n", s.name, err) // it begins with the line
			code = 2
			break
		}
		if code = s.runStatement(statement); s.runner.Exited() {
			return code
		}
	}
	return s.finish(code)
}

// runStdin runs statements from standard input as they come. It reads byte by byte, for what
// follows a statement may be meant for the program that it starts.
func (s *shell) runStdin() int {
	code := 0
	for statements, err := range syntax.NewParser().InteractiveSeq(byteReader{os.Stdin}) {
		if err != nil {
			fmt.Fprintf(os.Stderr, "%s: %v\n", s.name, err)
			code = 2
			break
		}
		for _, statement := range statements {
			if code = s.runStatement(statement); s.runner.Exited() {
				return code
			}
		}
	}
	return s.finish(code)
}

// runStatement runs a statement, and then what signals wanted meanwhile.
func (s *shell) runStatement(statement *syntax.Stmt) int {
	rewrite(statement, s.name)
	code := s.status(s.runner.Run(context.Background(), statement))
	if !s.runner.Exited() {
		code = s.runTraps(code)
	}
	return code
}

// finish ends the shell as exit does, which runs the trap for EXIT.
func (s *shell) finish(code int) int {
	exit := &syntax.CallExpr{Args: []*syntax.Word{
		{Parts: []syntax.WordPart{&syntax.Lit{Value: "exit"}}}, {Parts: []syntax.WordPart{&syntax.Lit{Value: strconv.Itoa(code)}}},
	}}
	return s.status(s.runner.Run(context.Background(), &syntax.Stmt{Cmd: exit}))
}

// status turns what the interpreter returns into an exit status. Other errors than
// an exit status come from handlers that gave up, and are told.
func (s *shell) status(err error) int {
	if err == nil {
		return 0
	}
	var code interp.ExitStatus
	if errors.As(err, &code) {
		return int(code)
	}
	fmt.Fprintf(os.Stderr, "%s: %v\n", s.name, err)
	return 1
}

// Builtin runs one of the language's own commands, echo or test for instance, and returns its exit status.
func Builtin(args []string) int {
	call := &syntax.CallExpr{}
	for _, arg := range args {
		call.Args = append(call.Args, &syntax.Word{Parts: []syntax.WordPart{&syntax.SglQuoted{Value: arg}}})
	}
	s := &shell{name: args[0]}
	var err error
	if s.runner, err = interp.New(interp.StdIO(os.Stdin, os.Stdout, os.Stderr)); err != nil {
		fmt.Fprintf(os.Stderr, "%s: %v\n", s.name, err)
		return 2
	}
	return s.status(s.runner.Run(context.Background(), call))
}

// parseOptions reads the command line by POSIX's rules for sh: flags may be joined, -c takes the first operand.
func parseOptions(args []string) (options, error) {
	var opts options
	command := false
	for len(args) > 0 {
		arg := args[0]
		if len(arg) < 2 || arg[0] != '-' && arg[0] != '+' {
			break
		}
		args = args[1:]
		if arg == "--" {
			break
		}
		for i, flag := range arg[1:] {
			switch {
			case flag == 'c':
				command = true
			case flag == 'i':
				opts.interactive = true
			case flag == 's':
				opts.stdin = true
			case flag == 'l': // a login shell reads the same profile as any other here
			case flag == 'o' && i == len(arg)-2 && len(args) > 0:
				opts.set = append(opts.set, string(arg[0])+"o", args[0])
				args = args[1:]
			case strings.ContainsRune("efnux", flag):
				opts.set = append(opts.set, string(arg[0])+string(flag))
			default:
				return opts, fmt.Errorf("unknown flag %q", arg)
			}
		}
	}
	if command {
		if len(args) == 0 {
			return opts, errors.New("-c needs a command")
		}
		opts.command, args = &args[0], args[1:]
	}
	opts.operands = args
	return opts, nil
}

// readScript reads a script; if it can't, it says why and returns the exit status for that.
func readScript(path string) (data []byte, code int) {
	data, err := os.ReadFile(path)
	if err == nil {
		return data, 0
	}
	fmt.Fprintf(os.Stderr, "sh: %s: %v\n", path, cause(err))
	if errors.Is(err, os.ErrNotExist) {
		return nil, 127
	}
	return nil, 126
}

// cause drops the path and the system call from a file's error.
func cause(err error) error {
	var path *os.PathError
	if errors.As(err, &path) {
		return path.Err
	}
	return err
}

// A byteReader reads one byte at a time, so that nothing is taken from the
// input that belongs to the next reader.
type byteReader struct{ io.Reader }

func (r byteReader) Read(p []byte) (int, error) {
	if len(p) > 1 {
		p = p[:1]
	}
	return r.Reader.Read(p)
}
