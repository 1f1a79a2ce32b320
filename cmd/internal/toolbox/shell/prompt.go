package shell

import (
	"os"
	"os/user"
	"path/filepath"
	"strconv"
	"strings"
)

// prompt expands the prompt in a variable: \u user, \h host, \w and \W directory, \$ (# for root), \e escape,
// \n new line, \\ backslash; \[ and \] are dropped, for the editor counts widths itself.
func (s *shell) prompt(variable, otherwise string) string {
	pattern, ok := s.lookup(variable)
	if !ok {
		pattern = otherwise
	}
	var out strings.Builder
	for i := 0; i < len(pattern); i++ {
		if pattern[i] != '\\' || i+1 == len(pattern) {
			out.WriteByte(pattern[i])
			continue
		}
		i++
		switch pattern[i] {
		case 'u':
			out.WriteString(userName())
		case 'h', 'H':
			host, _ := os.Hostname() // an unknown name is an empty one
			if pattern[i] == 'h' {
				host, _, _ = strings.Cut(host, ".")
			}
			out.WriteString(host)
		case 'w':
			out.WriteString(s.tilde(s.runner.Dir))
		case 'W':
			out.WriteString(filepath.Base(s.tilde(s.runner.Dir)))
		case '$':
			if os.Geteuid() == 0 {
				out.WriteByte('#')
			} else {
				out.WriteByte('$')
			}
		case 'e':
			out.WriteByte('\x1b')
		case 'n':
			out.WriteByte('\n')
		case '[', ']':
		case '\\':
			out.WriteByte('\\')
		default:
			out.WriteString(pattern[i-1 : i+1])
		}
	}
	return out.String()
}

// lookup returns a variable of the shell.
func (s *shell) lookup(name string) (string, bool) {
	if v, ok := s.runner.Vars[name]; ok && v.IsSet() {
		return v.String(), true
	}
	v := s.runner.Env.Get(name)
	return v.String(), v.IsSet()
}

// tilde shortens the home directory.
func (s *shell) tilde(dir string) string {
	home, _ := s.lookup("HOME")
	if home == "" || home == "/" {
		return dir
	}
	if rest, ok := strings.CutPrefix(dir, home); ok && (rest == "" || rest[0] == '/') {
		return "~" + rest
	}
	return dir
}

func userName() string {
	if u, err := user.Current(); err == nil {
		return u.Username
	}
	return strconv.Itoa(os.Geteuid())
}
