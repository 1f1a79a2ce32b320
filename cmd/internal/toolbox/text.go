package toolbox

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"os"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"
)

func runCat(c *call) error {
	if err := c.parse(c.flags()); err != nil {
		return err
	}
	return c.each(func(_ string, r io.Reader) error {
		// Unbuffered: what comes through a pipe or from a terminal is to be seen at once.
		_, err := io.Copy(flushing{c.out}, r)
		return err
	})
}

// errEnough ends the reading of lines early; it is no failure.
var errEnough = errors.New("enough")

// oldCount turns the habit "-5" into "-n 5", for head and tail.
func oldCount(args []string) []string {
	if len(args) > 0 && len(args[0]) > 1 && args[0][0] == '-' && strings.Trim(args[0][1:], "0123456789") == "" {
		return append([]string{"-n", args[0][1:]}, args[1:]...)
	}
	return args
}

func runHead(c *call) error {
	c.args = oldCount(c.args)
	f := c.flags()
	count := f.IntP("lines", "n", 10, "")
	size := f.Int64P("bytes", "c", -1, "")
	if err := c.parse(f); err != nil {
		return err
	}
	if *count < 0 {
		return c.misuse("the number of lines must not be negative")
	}
	first := true
	return c.each(func(name string, r io.Reader) error {
		c.title(name, &first)
		if *size >= 0 {
			_, err := io.CopyN(c.out, r, *size)
			if err == io.EOF {
				return nil
			}
			return err
		}
		left := *count
		if left == 0 {
			return nil
		}
		err := lines(r, func(line string) error {
			fmt.Fprintln(c.out, line)
			if left--; left == 0 {
				return errEnough
			}
			return nil
		})
		if err == errEnough {
			return nil
		}
		return err
	})
}

// title prints the name above a file's part, if there are several.
func (c *call) title(name string, first *bool) {
	if len(c.args) < 2 {
		return
	}
	if !*first {
		fmt.Fprintln(c.out)
	}
	*first = false
	fmt.Fprintf(c.out, "==> %s <==\n", name)
}

func runWc(c *call) error {
	f := c.flags()
	countLines, countWords, countBytes := f.BoolP("lines", "l", false, ""), f.BoolP("words", "w", false, ""), f.BoolP("bytes", "c", false, "")
	countRunes := f.BoolP("chars", "m", false, "")
	if err := c.parse(f); err != nil {
		return err
	}
	if !*countLines && !*countWords && !*countBytes && !*countRunes {
		*countLines, *countWords, *countBytes = true, true, true
	}
	type counts struct{ lines, words, runes, bytes int }
	show := func(n counts, name string) {
		var cells []string
		for _, column := range []struct {
			wanted bool
			n      int
		}{{*countLines, n.lines}, {*countWords, n.words}, {*countRunes, n.runes}, {*countBytes, n.bytes}} {
			if column.wanted {
				cells = append(cells, strconv.Itoa(column.n))
			}
		}
		if len(cells) > 1 {
			for i := range cells {
				cells[i] = fmt.Sprintf("%7s", cells[i])
			}
		}
		if name != "-" {
			cells = append(cells, name)
		}
		fmt.Fprintln(c.out, strings.Join(cells, " "))
	}
	var total counts
	err := c.each(func(name string, r io.Reader) error {
		var n counts
		inWord := false
		for br := bufio.NewReaderSize(r, 64<<10); ; {
			char, size, err := br.ReadRune()
			if err == io.EOF {
				break
			}
			if err != nil {
				return err
			}
			n.bytes += size
			n.runes++
			if char == '\n' {
				n.lines++
			}
			if space := unicode.IsSpace(char); space == inWord {
				if inWord = !space; inWord {
					n.words++
				}
			}
		}
		show(n, name)
		total = counts{total.lines + n.lines, total.words + n.words, total.runes + n.runes, total.bytes + n.bytes}
		return nil
	})
	if len(c.args) > 1 {
		show(total, "total")
	}
	return err
}

func runTee(c *call) error {
	f := c.flags()
	appending := f.BoolP("append", "a", false, "")
	if err := c.parse(f); err != nil {
		return err
	}
	mode := os.O_TRUNC
	if *appending {
		mode = os.O_APPEND
	}
	writers := []io.Writer{flushing{c.out}}
	var failed error
	for _, name := range c.args {
		file, err := os.OpenFile(name, os.O_WRONLY|os.O_CREATE|mode, 0o666)
		if err != nil {
			c.complain("%v", short(err))
			failed = status(1)
			continue
		}
		defer file.Close()
		writers = append(writers, file)
	}
	if _, err := io.Copy(io.MultiWriter(writers...), c.in); err != nil {
		return err
	}
	return failed
}

func runSeq(c *call) error {
	f := c.flags()
	separator := f.StringP("separator", "s", "\n", "")
	wide := f.BoolP("equal-width", "w", false, "")
	if len(c.args) > 0 && strings.Trim(c.args[0], "-.0123456789") == "" {
		c.args = append([]string{"--"}, c.args...) // negative numbers are no flags
	}
	if err := c.parse(f); err != nil {
		return err
	}
	numbers := []float64{1, 1, 0} // first, step, last
	digits := 0
	for i, arg := range c.args {
		n, err := strconv.ParseFloat(arg, 64)
		if err != nil {
			return c.misuse("%q is no number", arg)
		}
		if _, fraction, ok := strings.Cut(arg, "."); ok && i < 2 {
			digits = max(digits, len(fraction))
		}
		switch {
		case i == len(c.args)-1:
			numbers[2] = n
		default:
			numbers[i] = n
		}
	}
	if len(c.args) < 1 || len(c.args) > 3 {
		return c.misuse("one to three numbers are needed")
	}
	first, step, last := numbers[0], numbers[1], numbers[2]
	if step == 0 {
		return c.misuse("the step must not be zero")
	}
	width := 0
	if *wide {
		width = max(len(strconv.FormatFloat(first, 'f', digits, 64)), len(strconv.FormatFloat(last, 'f', digits, 64)))
	}
	// Counted in whole steps, so that fractions do not add up their errors.
	count := int64((last-first)/step + 1e-9)
	if (last-first)/step < 0 {
		return nil
	}
	var buf []byte
	for i := int64(0); i <= count; i++ {
		if i > 0 {
			buf = append(buf, *separator...)
		}
		text := strconv.AppendFloat(nil, first+float64(i)*step, 'f', digits, 64)
		for range width - len(text) {
			buf = append(buf, '0')
		}
		buf = append(buf, text...)
		if _, err := c.out.Write(buf); err != nil {
			return err
		}
		buf = buf[:0]
	}
	fmt.Fprintln(c.out)
	return nil
}

func runYes(c *call) error {
	line := "y\n"
	if len(c.args) > 0 {
		line = strings.Join(c.args, " ") + "\n"
	}
	block := []byte(strings.Repeat(line, 1+8192/len(line)))
	for {
		if _, err := c.out.Write(block); err != nil {
			return err
		}
	}
}

// runTr translates, deletes or squeezes characters.
func runTr(c *call) error {
	f := c.flags()
	remove, squeeze, complement := f.BoolP("delete", "d", false, ""), f.BoolP("squeeze-repeats", "s", false, ""), f.BoolP("complement", "c", false, "")
	if err := c.parse(f); err != nil {
		return err
	}
	if len(c.args) == 0 || len(c.args) > 2 || len(c.args) == 1 && !*remove && !*squeeze {
		return c.misuse("one or two sets are needed")
	}
	from := expandSet(c.args[0])
	var to []rune
	if len(c.args) == 2 {
		to = expandSet(c.args[1])
	}
	position := make(map[rune]int, len(from))
	for i, r := range from {
		if _, ok := position[r]; !ok {
			position[r] = i
		}
	}
	translate := !*remove && len(to) > 0
	squeezed := from
	if len(to) > 0 {
		squeezed = to
	}
	last := rune(-1)
	br := bufio.NewReader(c.in)
	for {
		r, size, err := br.ReadRune()
		if err == io.EOF {
			return nil
		}
		if err != nil {
			return err
		}
		i, in := position[r]
		if *complement {
			in, i = !in, len(to)-1
		}
		if in && *remove {
			continue
		}
		if in && translate {
			r = to[min(i, len(to)-1)]
		}
		if *squeeze && r == last && (in || strings.ContainsRune(string(squeezed), r)) {
			continue
		}
		last = r
		if r == utf8.RuneError && size == 1 {
			if err := br.UnreadRune(); err == nil { // not UTF-8: the byte passes as it is
				b, _ := br.ReadByte()
				_ = c.out.WriteByte(b)
			}
			continue
		}
		_, _ = c.out.WriteRune(r)
		if r == '\n' && br.Buffered() == 0 {
			_ = c.out.Flush() // somebody may be typing
		}
	}
}

// expandSet expands ranges, classes and escapes of a set: POSIX, tr.
func expandSet(s string) []rune {
	classes := map[string]func(rune) bool{
		"[:alnum:]": func(r rune) bool { return unicode.IsLetter(r) || unicode.IsDigit(r) },
		"[:alpha:]": unicode.IsLetter, "[:digit:]": unicode.IsDigit, "[:lower:]": unicode.IsLower, "[:upper:]": unicode.IsUpper,
		"[:space:]": unicode.IsSpace, "[:punct:]": func(r rune) bool { return unicode.IsPunct(r) || unicode.IsSymbol(r) },
	}
	var set []rune
	runes := []rune(s)
	for i := 0; i < len(runes); i++ {
		if end := strings.Index(string(runes[i:]), ":]"); runes[i] == '[' && end > 0 {
			if class, ok := classes[string(runes[i:])[:end+2]]; ok {
				for r := rune(0); r < 128; r++ {
					if class(r) {
						set = append(set, r)
					}
				}
				i += len([]rune(string(runes[i:])[:end+2])) - 1
				continue
			}
		}
		r := runes[i]
		if r == '\\' && i+1 < len(runes) {
			i++
			switch r = runes[i]; r {
			case 'n':
				r = '\n'
			case 't':
				r = '\t'
			case 'r':
				r = '\r'
			case '0':
				r = 0
			}
		}
		if i+2 < len(runes) && runes[i+1] == '-' && runes[i+2] >= r {
			for ; r <= runes[i+2]; r++ {
				set = append(set, r)
			}
			i += 2
			continue
		}
		set = append(set, r)
	}
	return set
}
