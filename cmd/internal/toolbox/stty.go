package toolbox

import (
	"fmt"
	"strconv"
	"strings"

	"golang.org/x/sys/unix"
	"golang.org/x/term"
)

// A sttyFlag is a mode that stty can switch: termios(3).
type sttyFlag struct {
	name  string
	field func(*unix.Termios) *uint32
	bit   uint32
}

var (
	inputModes  = func(t *unix.Termios) *uint32 { return &t.Iflag }
	outputModes = func(t *unix.Termios) *uint32 { return &t.Oflag }
	localModes  = func(t *unix.Termios) *uint32 { return &t.Lflag }
)

var sttyFlags = []sttyFlag{
	{"icrnl", inputModes, unix.ICRNL}, {"inlcr", inputModes, unix.INLCR}, {"igncr", inputModes, unix.IGNCR},
	{"ixon", inputModes, unix.IXON}, {"ixoff", inputModes, unix.IXOFF}, {"iutf8", inputModes, unix.IUTF8},
	{"opost", outputModes, unix.OPOST}, {"onlcr", outputModes, unix.ONLCR},
	{"isig", localModes, unix.ISIG}, {"icanon", localModes, unix.ICANON}, {"iexten", localModes, unix.IEXTEN},
	{"echo", localModes, unix.ECHO}, {"echoe", localModes, unix.ECHOE}, {"echok", localModes, unix.ECHOK}, {"tostop", localModes, unix.TOSTOP},
}

// runStty shows or sets the modes of the terminal on standard input.
func runStty(c *call) error {
	f := c.flags()
	f.BoolP("all", "a", false, "")
	args := c.args
	// "-echo" is an operand that switches a mode off, not a flag.
	if len(args) == 1 && (args[0] == "-a" || args[0] == "--help") || len(args) == 0 {
		if err := c.parse(f); err != nil {
			return err
		}
		args = nil
	}
	modes, err := unix.IoctlGetTermios(0, unix.TCGETS)
	if err != nil {
		return fmt.Errorf("standard input: %w", err)
	}
	if len(args) == 0 {
		return c.showModes(modes)
	}
	for i := 0; i < len(args); i++ {
		switch arg := args[i]; arg {
		case "size":
			width, height, err := term.GetSize(0)
			if err != nil {
				return err
			}
			fmt.Fprintln(c.out, height, width)
		case "rows", "cols", "columns":
			if i++; i == len(args) {
				return c.misuse("%s needs a number", arg)
			}
			if err := setWindow(arg, args[i]); err != nil {
				return err
			}
		case "sane":
			modes.Iflag |= unix.ICRNL | unix.IXON
			modes.Iflag &^= unix.INLCR | unix.IGNCR
			modes.Oflag |= unix.OPOST | unix.ONLCR
			modes.Lflag |= unix.ISIG | unix.ICANON | unix.IEXTEN | unix.ECHO | unix.ECHOE | unix.ECHOK
		case "raw":
			modes.Iflag &^= unix.ICRNL | unix.INLCR | unix.IGNCR | unix.IXON
			modes.Oflag &^= unix.OPOST
			modes.Lflag &^= unix.ISIG | unix.ICANON | unix.IEXTEN
			modes.Cc[unix.VMIN], modes.Cc[unix.VTIME] = 1, 0
		default:
			if !switchMode(modes, arg) {
				return c.misuse("unknown mode %q", arg)
			}
		}
	}
	return unix.IoctlSetTermios(0, unix.TCSETSW, modes)
}

func switchMode(modes *unix.Termios, arg string) bool {
	name, off := strings.CutPrefix(arg, "-")
	for _, flag := range sttyFlags {
		if flag.name != name {
			continue
		}
		if field := flag.field(modes); off {
			*field &^= flag.bit
		} else {
			*field |= flag.bit
		}
		return true
	}
	return false
}

func setWindow(side, value string) error {
	n, err := strconv.ParseUint(value, 10, 16)
	if err != nil {
		return fmt.Errorf("%q is no number of %s", value, side)
	}
	size, err := unix.IoctlGetWinsize(0, unix.TIOCGWINSZ)
	if err != nil {
		return err
	}
	if side == "rows" {
		size.Row = uint16(n)
	} else {
		size.Col = uint16(n)
	}
	return unix.IoctlSetWinsize(0, unix.TIOCSWINSZ, size)
}

func (c *call) showModes(modes *unix.Termios) error {
	width, height, err := term.GetSize(0)
	if err != nil {
		return err
	}
	fmt.Fprintf(c.out, "rows %d; columns %d;\n", height, width)
	shown := make([]string, len(sttyFlags))
	for i, flag := range sttyFlags {
		shown[i] = flag.name
		if *flag.field(modes)&flag.bit == 0 {
			shown[i] = "-" + flag.name
		}
	}
	fmt.Fprintln(c.out, strings.Join(shown, " "))
	return nil
}
