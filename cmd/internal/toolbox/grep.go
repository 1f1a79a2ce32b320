package toolbox

import (
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"strings"
)

// A search is grep with its flags.
type search struct {
	*call
	invert, number, countOnly, namesOnly, quiet, only, noName bool

	pattern *regexp.Regexp
	title   bool // file names before lines
	found   bool
}

func runGrep(c *call) error {
	s := &search{call: c}
	f := c.flags()
	ignoreCase, fixed, extended := f.BoolP("ignore-case", "i", false, ""), f.BoolP("fixed-strings", "F", false, ""), f.BoolP("extended-regexp", "E", false, "")
	word, recurse := f.BoolP("word-regexp", "w", false, ""), f.BoolP("recursive", "r", false, "")
	patterns := f.StringArrayP("regexp", "e", nil, "")
	f.BoolVarP(&s.invert, "invert-match", "v", false, "")
	f.BoolVarP(&s.number, "line-number", "n", false, "")
	f.BoolVarP(&s.countOnly, "count", "c", false, "")
	f.BoolVarP(&s.namesOnly, "files-with-matches", "l", false, "")
	f.BoolVarP(&s.quiet, "quiet", "q", false, "")
	f.BoolVarP(&s.only, "only-matching", "o", false, "")
	f.BoolVarP(&s.noName, "no-filename", "h", false, "")
	f.BoolVarP(&s.title, "with-filename", "H", false, "")
	if err := c.parse(f); err != nil {
		return err
	}
	if len(*patterns) == 0 {
		if len(c.args) == 0 {
			return c.misuse("a pattern is needed")
		}
		*patterns, c.args = c.args[:1], c.args[1:]
	}
	for i, p := range *patterns {
		switch {
		case *fixed:
			p = regexp.QuoteMeta(p)
		case !*extended:
			p = basicPattern(p)
		}
		if *word {
			p = `\b(?:` + p + `)\b`
		}
		(*patterns)[i] = "(?:" + p + ")"
	}
	expression := strings.Join(*patterns, "|")
	if *ignoreCase {
		expression = "(?i)" + expression
	}
	var err error
	if s.pattern, err = regexp.Compile(expression); err != nil {
		return c.misuse("%v", err)
	}
	s.title = (s.title || *recurse || len(c.args) > 1) && !s.noName
	if *recurse {
		if len(c.args) == 0 {
			c.args = []string{"."}
		}
		c.args = filesBelow(c.args)
	}
	err = c.each(s.file)
	switch {
	case err == errEnough:
		return nil
	case err != nil:
		return status(2)
	case !s.found:
		return status(1)
	}
	return nil
}

// file searches one file.
func (s *search) file(name string, r io.Reader) error {
	prefix := ""
	if s.title {
		prefix = printable(name) + ":"
	}
	count, at := 0, 0
	err := lines(r, func(line string) error {
		at++
		if s.pattern.MatchString(line) == s.invert {
			return nil
		}
		count++
		s.found = true
		where := prefix
		if s.number {
			where += fmt.Sprintf("%d:", at)
		}
		switch {
		case s.quiet, s.namesOnly:
			return errEnough
		case s.countOnly:
		case s.only && !s.invert:
			for _, match := range s.pattern.FindAllString(line, -1) {
				if match != "" {
					fmt.Fprintf(s.out, "%s%s\n", where, match)
				}
			}
		default:
			fmt.Fprintf(s.out, "%s%s\n", where, line)
		}
		return nil
	})
	if err == errEnough && s.namesOnly {
		fmt.Fprintln(s.out, printable(name))
		err = nil
	}
	if s.countOnly {
		fmt.Fprintf(s.out, "%s%d\n", prefix, count)
	}
	return err
}

// basicPattern turns a basic regular expression into Go's form: there + ? | { } ( ) are
// plain characters, and special behind a backslash.
func basicPattern(p string) string {
	var out strings.Builder
	for i := 0; i < len(p); i++ {
		switch c := p[i]; {
		case c == '\\' && i+1 < len(p) && strings.IndexByte("+?|{}()", p[i+1]) >= 0:
			i++
			out.WriteByte(p[i])
		case c == '\\' && i+1 < len(p) && (p[i+1] == '<' || p[i+1] == '>'):
			i++
			out.WriteString(`\b`)
		case c == '\\' && i+1 < len(p):
			i++
			out.WriteString(p[i-1 : i+1])
		case c == '[': // inside brackets nothing changes
			end := strings.IndexByte(p[min(i+2, len(p)):], ']')
			if end < 0 {
				out.WriteString(`\[`)
				continue
			}
			out.WriteString(p[i : i+2+end+1])
			i += 2 + end
		case strings.IndexByte("+?|{}()", c) >= 0, c == '*' && i == 0:
			out.WriteString(`\` + string(c))
		default:
			out.WriteByte(c)
		}
	}
	return out.String()
}

// filesBelow lists the regular files below paths.
func filesBelow(paths []string) []string {
	var files []string
	for _, path := range paths {
		_ = filepath.WalkDir(path, func(path string, entry fs.DirEntry, err error) error {
			switch {
			case err != nil && entry == nil:
				files = append(files, path) // opening it will tell
			case err != nil:
				fmt.Fprintln(os.Stderr, "grep:", short(err))
			case entry.Type().IsRegular():
				files = append(files, path)
			}
			return nil
		})
	}
	return files
}
