// Package toolbox holds the tools of the toolbox image, which serves to look at a
// container from inside: a shell, and the usual small Unix programs in the form
// that people type them. Where POSIX and habit differ from what is here, a tool says
// that it does not know the flag; none ignores one.
//
// It runs inside the container, never in a process of berth.
package toolbox

import (
	"bufio"
	"cmp"
	"errors"
	"fmt"
	"io"
	"os"
	"os/signal"
	"path/filepath"
	"slices"
	"strings"
	"syscall"

	"github.com/spf13/pflag"
	"golang.org/x/sys/unix"
)

// A tool is one program. run gets the arguments behind the name.
type tool struct {
	name  string
	usage string // what follows the name
	brief string
	run   func(*call) error
}

// A call is one run of a tool. Standard output is buffered and flushed when the tool returns.
type call struct {
	*tool
	args []string
	in   io.Reader
	out  *bufio.Writer
	err  io.Writer
}

// A status is an exit status that a tool has explained already, or that speaks for itself.
type status int

func (s status) Error() string { return fmt.Sprintf("exit status %d", int(s)) }

// errHelp asks for the tool's usage; parse returns it for -h and --help.
var errHelp = pflag.ErrHelp

// Main runs the tool that argv names, and returns the exit status. The name is
// the last element of argv[0], or argv[1] if the program was called by its own name.
func Main(argv []string) int {
	name := "toolbox"
	if len(argv) > 0 {
		name = strings.TrimPrefix(filepath.Base(argv[0]), "-") // "-sh" is a login shell
	}
	args := argv[min(1, len(argv)):]
	if name == "toolbox" || name == "berth-toolbox" {
		if len(args) == 0 || strings.HasPrefix(args[0], "-") {
			return list(args)
		}
		name, args = filepath.Base(args[0]), args[1:]
	}
	t := find(name)
	if t == nil {
		fmt.Fprintf(os.Stderr, "toolbox: there is no tool %q; \"toolbox --list\" names all\n", name)
		return 127
	}
	if os.Getpid() == 1 && name != "sh" {
		endOnSignals()
	}
	return t.start(args)
}

// start runs the tool on the process's standard streams and returns the exit status.
func (t *tool) start(args []string) int {
	c := &call{tool: t, args: args, in: os.Stdin, out: bufio.NewWriterSize(os.Stdout, 32<<10), err: os.Stderr}
	err := t.run(c)
	if flushed := c.out.Flush(); err == nil && flushed != nil {
		err = fmt.Errorf("write: %w", unwrapPath(flushed))
	}
	var code status
	switch {
	case err == nil:
		return 0
	case errors.As(err, &code):
		return int(code)
	case errors.Is(err, errHelp):
		fmt.Printf("%s: %s\nusage: %s %s\n", t.name, t.brief, t.name, t.usage)
		return 0
	}
	fmt.Fprintf(os.Stderr, "%s: %v\n", t.name, err)
	return 1
}

// list prints the tools: their names alone for the maker of the image, else with a line on each.
func list(args []string) int {
	if len(args) == 1 && args[0] == "--list" {
		for _, t := range tools() {
			fmt.Println(t.name)
		}
		return 0
	}
	if len(args) > 0 && args[0] != "--help" && args[0] != "-h" {
		fmt.Fprintf(os.Stderr, "toolbox: unknown flag %q\n", args[0])
		return 2
	}
	fmt.Print("toolbox: small tools in one program. \"toolbox NAME\" runs one, NAME --help explains it.\n\n")
	for _, t := range tools() {
		fmt.Printf("  %-10s %s\n", t.name, t.brief)
	}
	return 0
}

// find returns the tool of that name, or nil.
func find(name string) *tool {
	all := tools()
	i, ok := slices.BinarySearchFunc(all, name, func(t *tool, name string) int { return cmp.Compare(t.name, name) })
	if !ok {
		return nil
	}
	return all[i]
}

// endOnSignals makes the signals that end a program end this one although it is
// PID 1, for which the kernel drops every signal that has no handler. The Go runtime's
// own handlers try to die of the signal, which a PID 1 can't.
func endOnSignals() {
	signals := make(chan os.Signal, 1)
	signal.Notify(signals, unix.SIGTERM, unix.SIGINT, unix.SIGHUP, unix.SIGQUIT)
	go func() { os.Exit(128 + int((<-signals).(syscall.Signal))) }()
}

// flags makes the tool's flag set; parse must follow.
func (c *call) flags() *pflag.FlagSet {
	f := pflag.NewFlagSet(c.name, pflag.ContinueOnError)
	f.SetOutput(io.Discard)
	f.SortFlags = false
	return f
}

// parse reads the flags and leaves the operands in c.args.
func (c *call) parse(f *pflag.FlagSet) error {
	if err := f.Parse(c.args); err != nil {
		if errors.Is(err, errHelp) {
			return err
		}
		return c.misuse("%v", err)
	}
	c.args = f.Args()
	return nil
}

// misuse explains wrong arguments.
func (c *call) misuse(format string, args ...any) error {
	c.complain("%s\nusage: %s %s", fmt.Sprintf(format, args...), c.name, c.usage)
	return status(2)
}

// complain reports a failure after which the tool goes on.
func (c *call) complain(format string, args ...any) {
	_ = c.out.Flush() // what was printed before should be seen before
	fmt.Fprintf(c.err, c.name+": "+format+"\n", args...)
}

// each opens every operand in turn, standard input for "-" or if there are none, and
// calls do. Failures are complained about, and make the status 1; errEnough ends it at once.
func (c *call) each(do func(name string, r io.Reader) error) error {
	names := c.args
	if len(names) == 0 {
		names = []string{"-"}
	}
	var failed error
	for _, name := range names {
		if name == "-" {
			if err := do(name, c.in); err != nil {
				return err
			}
			continue
		}
		f, err := os.Open(name)
		if err == nil {
			err = do(name, f)
			_ = f.Close()
		}
		if err == errEnough {
			return err
		}
		if err != nil {
			c.complain("%v", short(err))
			failed = status(1)
		}
	}
	return failed
}

// lines calls do with each line, without its end.
func lines(r io.Reader, do func(string) error) error {
	br := bufio.NewReaderSize(r, 64<<10)
	for {
		line, err := br.ReadString('\n')
		if line != "" {
			if err := do(strings.TrimSuffix(line, "\n")); err != nil {
				return err
			}
		}
		if err == io.EOF {
			return nil
		}
		if err != nil {
			return err
		}
	}
}

// short puts a path error as the tools do: "/x: permission denied", without the system call.
func short(err error) error {
	var path *os.PathError
	if errors.As(err, &path) {
		return fmt.Errorf("%s: %w", path.Path, path.Err)
	}
	var link *os.LinkError
	if errors.As(err, &link) {
		return fmt.Errorf("%s: %w", link.New, link.Err)
	}
	return err
}

// unwrapPath drops the file's name from an error, where it says nothing ("/dev/stdout").
func unwrapPath(err error) error {
	var path *os.PathError
	if errors.As(err, &path) {
		return path.Err
	}
	return err
}

// A flushing writer passes on at once what it gets.
type flushing struct{ w *bufio.Writer }

func (f flushing) Write(p []byte) (int, error) {
	n, err := f.w.Write(p)
	if err != nil {
		return n, err
	}
	return n, f.w.Flush()
}
