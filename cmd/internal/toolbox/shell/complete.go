package shell

import (
	"os"
	"path/filepath"
	"slices"
	"strings"

	"golang.org/x/sys/unix"
)

// languageWords are completed as commands; the interpreter does not list them.
var languageWords = strings.Fields("alias break case cd continue do done echo elif else esac eval exec exit export false fi for " +
	"function getopts hash if in local printf pwd read readonly return set shift source test then times trap true type unalias unset until while")

// complete returns the words that may stand for the text before the cursor, and where that
// text begins. Words are quoted as the text is, with backslashes if it has no quote.
func (s *shell) complete(before string) (start int, words []string) {
	start, command := lastWord(before)
	word := before[start:]
	quote := ""
	if word != "" && (word[0] == '"' || word[0] == '\'') {
		quote, word = word[:1], word[1:]
	} else {
		word = unescape(word)
	}
	if at := strings.LastIndexByte(word, '$'); at >= 0 && quote != "'" && isName(word[at+1:]) {
		for _, name := range s.variables(word[at+1:]) {
			words = append(words, quote+word[:at+1]+name)
		}
		return start, words
	}
	var found []string
	if command && !strings.Contains(word, "/") {
		found = s.commands(word)
	} else {
		found = s.files(word, command)
	}
	for _, w := range found {
		if quote != "" {
			words = append(words, quote+w)
		} else {
			words = append(words, escape(w))
		}
	}
	return start, words
}

// lastWord finds where the word before the cursor begins, and whether a command stands there.
func lastWord(before string) (start int, command bool) {
	command = true
	var quote byte
	inWord := false
	for i := 0; i < len(before); i++ {
		c := before[i]
		switch {
		case quote != 0:
			if c == quote {
				quote = 0
			}
		case c == '\\':
			if !inWord {
				start, inWord = i, true
			}
			i++
		case strings.IndexByte("|;&(`\n", c) >= 0:
			start, inWord, command = i+1, false, true
		case c == '<' || c == '>':
			start, inWord, command = i+1, false, false
		case c == ' ' || c == '\t':
			if inWord {
				command = slices.Contains([]string{"then", "do", "else", "if", "while", "until", "!", "{", "exec", "time"}, before[start:i])
			}
			start, inWord = i+1, false
		default:
			if !inWord {
				start, inWord = i, true
			}
			if c == '"' || c == '\'' {
				quote = c
			}
		}
	}
	return start, command
}

// commands returns the commands that begin with word.
func (s *shell) commands(word string) []string {
	found := map[string]bool{}
	add := func(name string) {
		if strings.HasPrefix(name, word) {
			found[name] = true
		}
	}
	for _, name := range languageWords {
		add(name)
	}
	for name := range builtins {
		add(name)
	}
	for name := range s.runner.Funcs {
		add(name)
	}
	path, _ := s.lookup("PATH")
	for _, dir := range filepath.SplitList(path) {
		entries, _ := os.ReadDir(dir) // a directory that is not there has none
		for _, entry := range entries {
			if strings.HasPrefix(entry.Name(), word) && unix.Access(filepath.Join(dir, entry.Name()), unix.X_OK) == nil {
				found[entry.Name()] = true
			}
		}
	}
	return sorted(found)
}

// files returns the paths that begin with word, directories with a slash at the end. With programs
// set, only directories and executable files.
func (s *shell) files(word string, programs bool) []string {
	dir, base := word[:strings.LastIndexByte(word, '/')+1], word[strings.LastIndexByte(word, '/')+1:]
	where := dir
	if rest, ok := strings.CutPrefix(where, "~/"); ok {
		home, _ := s.lookup("HOME")
		where = filepath.Join(home, rest)
	}
	if !filepath.IsAbs(where) {
		where = filepath.Join(s.runner.Dir, where)
	}
	entries, _ := os.ReadDir(where)
	var found []string
	for _, entry := range entries {
		name := entry.Name()
		if !strings.HasPrefix(name, base) || name[0] == '.' && base == "" {
			continue
		}
		path := filepath.Join(where, name)
		info, err := os.Stat(path) // a link to a directory is completed as one
		isDir := err == nil && info.IsDir()
		if programs && !isDir && unix.Access(path, unix.X_OK) != nil {
			continue
		}
		if isDir {
			name += "/"
		}
		found = append(found, dir+name)
	}
	return found
}

// variables returns the variables whose names begin with prefix.
func (s *shell) variables(prefix string) []string {
	found := map[string]bool{}
	add := func(name string) {
		if strings.HasPrefix(name, prefix) && name != lastKey && name != thisKey && isName(name) {
			found[name] = true
		}
	}
	for name := range s.runner.Env.Each {
		add(name)
	}
	for name := range s.runner.Vars {
		add(name)
	}
	return sorted(found)
}

func sorted(set map[string]bool) []string {
	list := make([]string, 0, len(set))
	for name := range set {
		list = append(list, name)
	}
	slices.Sort(list)
	return list
}

func isName(s string) bool {
	for i, c := range s {
		if c != '_' && (c < 'a' || c > 'z') && (c < 'A' || c > 'Z') && (i == 0 || c < '0' || c > '9') {
			return false
		}
	}
	return true
}

// special are the characters that mean something to the language.
const special = " \t\\'\"$&|;<>()*?[]#`!{}"

// escape puts a backslash before special characters; a leading "~" keeps its meaning.
func escape(s string) string {
	var out strings.Builder
	for i := 0; i < len(s); i++ {
		if strings.IndexByte(special, s[i]) >= 0 {
			out.WriteByte('\\')
		}
		out.WriteByte(s[i])
	}
	return out.String()
}

// unescape takes the backslashes away.
func unescape(s string) string {
	var out strings.Builder
	for i := 0; i < len(s); i++ {
		if s[i] == '\\' && i+1 < len(s) {
			i++
		}
		out.WriteByte(s[i])
	}
	return out.String()
}
