package toolbox

import (
	"cmp"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"time"

	"golang.org/x/sys/unix"
	"golang.org/x/term"
)

// A listing is ls with its flags.
type listing struct {
	*call
	all, almost, long, single, human, dirs, recurse, reverse, bySize, byTime, inode, classify, numeric bool

	users, groups map[int]string
	width         int
	failed        error
}

// A listed is a file to print.
type listed struct {
	name string // as it is printed
	path string
	info fs.FileInfo
}

func runLs(c *call) error {
	l := &listing{call: c}
	f := c.flags()
	for _, flag := range []struct {
		p    *bool
		name string
	}{
		{&l.all, "a"}, {&l.long, "l"}, {&l.single, "1"}, {&l.human, "h"}, {&l.dirs, "d"}, {&l.recurse, "R"}, {&l.reverse, "r"},
		{&l.bySize, "S"}, {&l.byTime, "t"}, {&l.inode, "i"}, {&l.classify, "F"}, {&l.numeric, "n"},
	} {
		f.BoolVarP(flag.p, "flag-"+flag.name, flag.name, false, "")
	}
	f.BoolVarP(&l.almost, "almost-all", "A", false, "")
	if err := c.parse(f); err != nil {
		return err
	}
	l.long = l.long || l.numeric
	if !l.numeric {
		l.users, l.groups = names("/etc/passwd"), names("/etc/group")
	}
	if term.IsTerminal(1) && !l.single {
		if width, _, err := term.GetSize(1); err == nil {
			l.width = max(width, 1)
		}
	}
	operands := c.args
	if len(operands) == 0 {
		operands = []string{"."}
	}
	var files, dirs []listed
	for _, path := range operands {
		info, err := os.Lstat(path)
		if err == nil && info.Mode()&fs.ModeSymlink != 0 && !l.long && !l.dirs {
			if target, err := os.Stat(path); err == nil {
				info = target // of a link that leads nowhere, the link itself is listed
			}
		}
		switch {
		case err != nil:
			l.complain("%v", short(err))
			l.failed = status(2)
		case info.IsDir() && !l.dirs:
			dirs = append(dirs, listed{path, path, info})
		default:
			files = append(files, listed{path, path, info})
		}
	}
	l.print(files)
	for i, dir := range dirs {
		if len(operands) > 1 || l.recurse {
			if i > 0 || len(files) > 0 {
				fmt.Fprintln(l.out)
			}
			fmt.Fprintf(l.out, "%s:\n", dir.path)
		}
		l.directory(dir.path)
	}
	return l.failed
}

// directory prints what a directory holds, and with -R what its directories hold.
func (l *listing) directory(dir string) {
	entries, err := os.ReadDir(dir)
	if err != nil {
		l.complain("%v", short(err))
		l.failed = status(1)
	}
	var files []listed
	if l.all {
		for _, name := range []string{".", ".."} {
			if info, err := os.Lstat(filepath.Join(dir, name)); err == nil {
				files = append(files, listed{name, filepath.Join(dir, name), info})
			}
		}
	}
	for _, entry := range entries {
		if strings.HasPrefix(entry.Name(), ".") && !l.all && !l.almost {
			continue
		}
		info, err := entry.Info()
		if err != nil {
			continue // it has gone since
		}
		files = append(files, listed{entry.Name(), filepath.Join(dir, entry.Name()), info})
	}
	if l.long {
		var blocks int64
		for _, f := range files {
			blocks += stat(f.info).Blocks
		}
		fmt.Fprintf(l.out, "total %d\n", blocks/2)
	}
	l.print(files)
	if !l.recurse {
		return
	}
	for _, f := range files {
		if f.info.IsDir() && f.name != "." && f.name != ".." {
			fmt.Fprintf(l.out, "\n%s:\n", f.path)
			l.directory(f.path)
		}
	}
}

// print sorts files and prints them in the form that the flags choose.
func (l *listing) print(files []listed) {
	slices.SortStableFunc(files, func(a, b listed) int {
		order := 0
		switch {
		case l.bySize:
			order = cmp.Compare(b.info.Size(), a.info.Size())
		case l.byTime:
			order = b.info.ModTime().Compare(a.info.ModTime())
		}
		if order == 0 {
			order = cmp.Compare(a.name, b.name)
		}
		if l.reverse {
			order = -order
		}
		return order
	})
	if l.long {
		l.table(files)
		return
	}
	labels := make([]string, len(files))
	for i, f := range files {
		labels[i] = l.label(f)
		if l.inode {
			labels[i] = strconv.FormatUint(stat(f.info).Ino, 10) + " " + labels[i]
		}
	}
	fmt.Fprint(l.out, inColumns(labels, l.width))
}

// table is the long form.
func (l *listing) table(files []listed) {
	rows := make([][6]string, len(files)) // inode, mode, links, owner, group, size
	var widths [6]int
	for i, f := range files {
		s := stat(f.info)
		size := strconv.FormatInt(f.info.Size(), 10)
		switch {
		case f.info.Mode()&fs.ModeDevice != 0:
			size = fmt.Sprintf("%d, %d", unix.Major(s.Rdev), unix.Minor(s.Rdev))
		case l.human:
			size = humanSize(f.info.Size())
		}
		rows[i] = [6]string{
			strconv.FormatUint(s.Ino, 10), modeString(f.info.Mode()), strconv.FormatUint(uint64(s.Nlink), 10),
			named(l.users, int(s.Uid)), named(l.groups, int(s.Gid)), size,
		}
		for j, cell := range rows[i] {
			widths[j] = max(widths[j], len(cell))
		}
	}
	for i, f := range files {
		row := rows[i]
		if l.inode {
			fmt.Fprintf(l.out, "%*s ", widths[0], row[0])
		}
		label := l.label(f)
		if f.info.Mode()&fs.ModeSymlink != 0 {
			if target, err := os.Readlink(f.path); err == nil {
				label += " -> " + printable(target)
			}
		}
		fmt.Fprintf(l.out, "%s %*s %-*s %-*s %*s %s %s\n", row[1], widths[2], row[2],
			widths[3], row[3], widths[4], row[4], widths[5], row[5], shortTime(f.info.ModTime()), label)
	}
}

// label is a file's name with its mark.
func (l *listing) label(f listed) string {
	label := printable(f.name)
	if !l.classify {
		return label
	}
	switch mode := f.info.Mode(); {
	case mode.IsDir():
		return label + "/"
	case mode&fs.ModeSymlink != 0 && !l.long:
		return label + "@"
	case mode&fs.ModeNamedPipe != 0:
		return label + "|"
	case mode&fs.ModeSocket != 0:
		return label + "="
	case mode.IsRegular() && mode&0o111 != 0:
		return label + "*"
	}
	return label
}

func stat(info fs.FileInfo) *syscall.Stat_t { return info.Sys().(*syscall.Stat_t) }

// printable shows control characters in a name instead of sending them to the terminal.
func printable(name string) string {
	if strings.IndexFunc(name, func(r rune) bool { return !strconv.IsPrint(r) }) < 0 {
		return name
	}
	quoted := strconv.Quote(name)
	return quoted[1 : len(quoted)-1]
}

// modeString shows type and permissions as POSIX's ls does: fs.FileMode has another form.
func modeString(mode fs.FileMode) string {
	kind := byte('-')
	switch {
	case mode.IsDir():
		kind = 'd'
	case mode&fs.ModeSymlink != 0:
		kind = 'l'
	case mode&fs.ModeNamedPipe != 0:
		kind = 'p'
	case mode&fs.ModeSocket != 0:
		kind = 's'
	case mode&fs.ModeCharDevice != 0:
		kind = 'c'
	case mode&fs.ModeDevice != 0:
		kind = 'b'
	}
	out := append([]byte{kind}, mode.Perm().String()[1:]...)
	for _, bit := range []struct {
		set   bool
		at    int
		lower byte
	}{{mode&fs.ModeSetuid != 0, 3, 's'}, {mode&fs.ModeSetgid != 0, 6, 's'}, {mode&fs.ModeSticky != 0, 9, 't'}} {
		if bit.set {
			if out[bit.at] == 'x' {
				out[bit.at] = bit.lower
			} else {
				out[bit.at] = bit.lower - 'a' + 'A'
			}
		}
	}
	return string(out)
}

// shortTime shows the time of day for the last half year, else the year, as POSIX wants it.
func shortTime(t time.Time) string {
	if age := time.Since(t); age > 183*24*time.Hour || age < 0 {
		return t.Format("Jan _2  2006")
	}
	return t.Format("Jan _2 15:04")
}

// humanSize shows bytes in powers of 1024, with one decimal below ten.
func humanSize(n int64) string {
	const units = "BKMGTPE"
	value, unit := float64(n), 0
	for value >= 1024 && unit < len(units)-1 {
		value, unit = value/1024, unit+1
	}
	switch {
	case unit == 0:
		return strconv.FormatInt(n, 10)
	case value < 9.95:
		return fmt.Sprintf("%.1f%c", value, units[unit])
	}
	return fmt.Sprintf("%.0f%c", value, units[unit])
}

// inColumns sets labels in as many columns as the width allows, sorted downwards; one column for width 0.
func inColumns(labels []string, width int) string {
	widest := 0
	for _, label := range labels {
		widest = max(widest, len([]rune(label)))
	}
	perRow := max(1, (width+2)/(widest+2))
	rows := (len(labels) + perRow - 1) / perRow
	var out strings.Builder
	for row := range rows {
		for i := row; i < len(labels); i += rows {
			out.WriteString(labels[i])
			if i+rows < len(labels) {
				out.WriteString(strings.Repeat(" ", widest+2-len([]rune(labels[i]))))
			}
		}
		out.WriteByte('\n')
	}
	return out.String()
}
