package shell

import (
	"errors"
	"io"
	"os"
	"os/signal"
	"sort"
	"strings"
	"unicode/utf8"

	"golang.org/x/sys/unix"
	"golang.org/x/term"
)

// errInterrupted is ^C while a line is edited.
var errInterrupted = errors.New("interrupted")

// The keys that x/term leaves to its callback.
const (
	keyInterrupt = 3
	keyTab       = '\t'
	keySearch    = 18 // ^R
)

// An editor reads lines with x/term, and adds completion and a search through the history.
type editor struct {
	terminal *terminal
	history  *history
	// complete returns the words that may stand for what is before the cursor, and where that begins.
	complete func(before string) (start int, words []string)

	line   *term.Terminal
	search search
}

// A search is ^R pressed once or more: each time it goes further back to lines with the same text.
type search struct {
	text  string
	at    int
	shown string
}

// readLine shows the prompt and returns the line typed. The error is errInterrupted for ^C, else io.EOF for
// ^D on an empty line or when the terminal has gone.
func (e *editor) readLine(prompt string) (string, error) {
	defer e.terminal.raw()()
	in := &keys{r: byteReader{os.Stdin}}
	// A terminal of its own for each line: after ^C x/term keeps what was typed.
	e.line = term.NewTerminal(struct {
		io.Reader
		io.Writer
	}{in, os.Stderr}, prompt)
	e.line.History = e.history
	e.line.AutoCompleteCallback = e.key
	e.search = search{}
	e.resize()
	defer e.follow()()
	e.line.SetBracketedPasteMode(true)
	defer e.line.SetBracketedPasteMode(false)
	line, err := e.line.ReadLine()
	switch {
	case err == nil || errors.Is(err, term.ErrPasteIndicator):
		return line, nil
	case in.interrupted:
		_, _ = os.Stderr.WriteString("^C\n")
		return "", errInterrupted
	}
	_, _ = os.Stderr.WriteString("\n")
	return "", io.EOF
}

// keys notes whether the last key was ^C, which x/term reports as an end of file.
type keys struct {
	r           io.Reader
	interrupted bool
}

func (k *keys) Read(p []byte) (int, error) {
	n, err := k.r.Read(p)
	k.interrupted = n > 0 && p[n-1] == keyInterrupt
	return n, err
}

// follow keeps the line's width that of the window, until the returned function is called.
func (e *editor) follow() (stop func()) {
	changes := make(chan os.Signal, 1)
	done := make(chan struct{})
	ended := make(chan struct{})
	signal.Notify(changes, unix.SIGWINCH)
	go func() {
		defer close(ended)
		for {
			select {
			case <-changes:
				e.resize()
			case <-done:
				return
			}
		}
	}()
	return func() { signal.Stop(changes); close(done); <-ended }
}

func (e *editor) resize() {
	// A terminal that does not know its size, as over a serial line, is taken for 80 columns.
	width, height, err := term.GetSize(e.terminal.fd)
	if err != nil || width == 0 {
		width, height = 80, 24
	}
	_ = e.line.SetSize(width, height) // it can fail in writing to the terminal only
}

// key handles the keys that x/term does not.
func (e *editor) key(line string, pos int, key rune) (newLine string, newPos int, ok bool) {
	switch key {
	case keyTab:
		return e.tab(line, pos)
	case keySearch:
		if line != e.search.shown || e.search.shown == "" {
			e.search = search{text: line, at: -1}
		}
		at := e.history.search(e.search.text, e.search.at+1)
		if at < 0 {
			return line, pos, true
		}
		e.search.at, e.search.shown = at, e.history.At(at)
		return e.search.shown, len(e.search.shown), true
	}
	return "", 0, false
}

// tab completes the word before the cursor as far as it is certain, and lists the candidates if it is not at all.
func (e *editor) tab(line string, pos int) (string, int, bool) {
	before := line[:pos]
	start, words := e.complete(before)
	if len(words) == 0 {
		return line, pos, true
	}
	sure := commonPrefix(words)
	if len(sure) > pos-start || len(words) == 1 {
		if len(words) == 1 && !strings.HasSuffix(sure, "/") {
			sure += " "
		}
		return line[:start] + sure + line[pos:], start + len(sure), true
	}
	width, _, err := term.GetSize(e.terminal.fd)
	if err != nil || width == 0 {
		width = 80
	}
	_, _ = e.line.Write([]byte(columns(words, width)))
	return line, pos, true
}

// commonPrefix returns the longest text with which all words begin.
func commonPrefix(words []string) string {
	prefix := words[0]
	for _, word := range words[1:] {
		for !strings.HasPrefix(word, prefix) {
			_, size := utf8.DecodeLastRuneInString(prefix)
			prefix = prefix[:len(prefix)-size]
		}
	}
	return prefix
}

// columns sets words in as many columns as fit, sorted downwards. Of a path the last element is shown.
func columns(words []string, width int) string {
	shown := make([]string, len(words))
	widest := 0
	for i, word := range words {
		base := strings.TrimSuffix(word, "/")
		shown[i] = word[strings.LastIndexByte(base, '/')+1:]
		widest = max(widest, utf8.RuneCountInString(shown[i]))
	}
	sort.Strings(shown)
	perRow := max(1, width/(widest+2))
	rows := (len(shown) + perRow - 1) / perRow
	var out strings.Builder
	for row := range rows {
		for i := row; i < len(shown); i += rows {
			out.WriteString(shown[i])
			if i+rows < len(shown) {
				out.WriteString(strings.Repeat(" ", widest+2-utf8.RuneCountInString(shown[i])))
			}
		}
		out.WriteByte('\n')
	}
	return out.String()
}
