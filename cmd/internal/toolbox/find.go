package toolbox

import (
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
)

// A found is a file that find looks at.
type found struct {
	path string
	info fs.FileInfo
}

// A finder is find with its expression: all tests must hold, in the order given.
type finder struct {
	*call
	tests     []func(found) bool
	min, max  int
	oneSystem bool
	printed   bool // an action stands in the expression, so print is not added
	failed    error
}

func runFind(c *call) error {
	f := &finder{call: c, max: 1 << 30}
	var starts []string
	args := c.args
	for len(args) > 0 && !strings.HasPrefix(args[0], "-") && args[0] != "!" {
		starts, args = append(starts, args[0]), args[1:]
	}
	if len(starts) == 0 {
		starts = []string{"."}
	}
	if err := f.expression(args); err != nil {
		return err
	}
	if !f.printed {
		f.tests = append(f.tests, f.print("\n"))
	}
	for _, start := range starts {
		f.walk(start)
	}
	return f.failed
}

// expression reads tests and actions.
func (f *finder) expression(args []string) error {
	negate := false
	for len(args) > 0 {
		word := args[0]
		args = args[1:]
		if word == "!" || word == "-not" {
			negate = !negate
			continue
		}
		if word == "--help" {
			return errHelp
		}
		var test func(found) bool
		switch word {
		case "-print":
			test, f.printed = f.print("\n"), true
		case "-print0":
			test, f.printed = f.print("\x00"), true
		case "-delete":
			test, f.printed = f.remove, true
		case "-xdev":
			f.oneSystem = true
			continue
		case "-empty":
			test = isEmpty
		case "-exec":
			end := 0
			for end < len(args) && args[end] != ";" && args[end] != "+" {
				end++
			}
			if end == 0 || end == len(args) {
				return f.misuse("-exec needs a command that ends in \";\"")
			}
			test, args, f.printed = f.execute(args[:end]), args[end+1:], true
		default:
			if len(args) == 0 {
				return f.misuse("unknown test %q, or its value is missing", word)
			}
			var err error
			if test, err = f.valued(word, args[0]); err != nil {
				return err
			}
			args = args[1:]
			if test == nil {
				continue
			}
		}
		if negate {
			plain := test
			test, negate = func(e found) bool { return !plain(e) }, false
		}
		f.tests = append(f.tests, test)
	}
	return nil
}

// valued makes a test that has a value, or sets an option and returns nil.
func (f *finder) valued(word, value string) (func(found) bool, error) {
	switch word {
	case "-name", "-iname", "-path":
		if _, err := filepath.Match(value, ""); err != nil {
			return nil, f.misuse("%q is no pattern", value)
		}
		return func(e found) bool {
			text, pattern := filepath.Base(e.path), value
			switch word {
			case "-iname":
				text, pattern = strings.ToLower(text), strings.ToLower(pattern)
			case "-path":
				// "*" is meant to match "/" here, which it does not for Match.
				text, pattern = strings.ReplaceAll(e.path, "/", "\x01"), strings.ReplaceAll(pattern, "/", "\x01")
			}
			ok, _ := filepath.Match(pattern, text)
			return ok
		}, nil
	case "-type":
		if len(value) != 1 || !strings.Contains("fdlpscb", value) {
			return nil, f.misuse("unknown type %q", value)
		}
		kind := value[0]
		if kind == 'f' {
			kind = '-'
		}
		return func(e found) bool { return modeString(e.info.Mode())[0] == kind }, nil
	case "-maxdepth", "-mindepth":
		n, err := strconv.Atoi(value)
		if err != nil || n < 0 {
			return nil, f.misuse("%q is no depth", value)
		}
		if word == "-maxdepth" {
			f.max = n
		} else {
			f.min = n
		}
		return nil, nil
	case "-user":
		id, err := idOf("/etc/passwd", value)
		if err != nil {
			return nil, err
		}
		return func(e found) bool { return int(stat(e.info).Uid) == id }, nil
	case "-perm":
		exact := strings.TrimLeft(value, "-/")
		mode, err := strconv.ParseUint(exact, 8, 12)
		if err != nil {
			return nil, f.misuse("%q is no octal mode", value)
		}
		return func(e found) bool {
			bits := uint64(stat(e.info).Mode & 0o7777)
			switch value[0] {
			case '-':
				return bits&mode == mode
			case '/':
				return bits&mode != 0
			}
			return bits == mode
		}, nil
	case "-newer":
		info, err := os.Stat(value)
		if err != nil {
			return nil, short(err)
		}
		return func(e found) bool { return e.info.ModTime().After(info.ModTime()) }, nil
	}
	return nil, f.misuse("unknown test %q", word)
}

func (f *finder) walk(start string) {
	var device uint64
	_ = filepath.WalkDir(start, func(path string, entry fs.DirEntry, err error) error {
		if err != nil {
			f.complain("%v", short(err))
			f.failed = status(1)
			return nil
		}
		info, err := entry.Info()
		if err != nil {
			return nil // it has gone since
		}
		// WalkDir cleans the paths; what is printed begins as it was typed.
		depth, shown := 0, start
		if path == start {
			device = stat(info).Dev
		} else {
			rest := strings.TrimPrefix(path, strings.TrimSuffix(filepath.Clean(start), "/")+"/")
			depth, shown = strings.Count(rest, "/")+1, strings.TrimSuffix(start, "/")+"/"+rest
		}
		if depth >= f.min {
			for _, test := range f.tests {
				if !test(found{shown, info}) {
					break
				}
			}
		}
		if entry.IsDir() && (depth >= f.max || f.oneSystem && stat(info).Dev != device) {
			return fs.SkipDir
		}
		return nil
	})
}

func (f *finder) print(end string) func(found) bool {
	return func(e found) bool {
		fmt.Fprint(f.out, e.path, end)
		return true
	}
}

func (f *finder) remove(e found) bool {
	if err := os.RemoveAll(e.path); err != nil {
		f.complain("%v", short(err))
		f.failed = status(1)
		return false
	}
	return true
}

func isEmpty(e found) bool {
	if !e.info.IsDir() {
		return e.info.Mode().IsRegular() && e.info.Size() == 0
	}
	entries, err := os.ReadDir(e.path)
	return err == nil && len(entries) == 0
}

// execute runs a command for each file, "{}" being its path. It holds if the command succeeds.
func (f *finder) execute(command []string) func(found) bool {
	return func(e found) bool {
		_ = f.out.Flush() // in the order in which things happen
		args := make([]string, len(command))
		for i, word := range command {
			args[i] = strings.ReplaceAll(word, "{}", e.path)
		}
		cmd := exec.Command(args[0], args[1:]...)
		cmd.Stdin, cmd.Stdout, cmd.Stderr = os.Stdin, os.Stdout, os.Stderr
		err := cmd.Run()
		if _, ended := err.(*exec.ExitError); err != nil && !ended {
			f.complain("%v", err)
			f.failed = status(1)
		}
		return err == nil
	}
}
