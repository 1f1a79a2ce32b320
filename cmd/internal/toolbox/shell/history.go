package shell

import (
	"bufio"
	"os"
	"strings"
)

// maxHistory is how many lines are remembered.
const maxHistory = 1000

// A history is the lines that were typed. It satisfies x/term's History: index 0 is the newest.
type history struct {
	lines []string // oldest first
	file  string   // where they are kept; empty for nowhere
}

// openHistory reads the file of an earlier shell. Without one, or without the right to read it, the history starts empty.
func openHistory(file string) *history {
	h := &history{file: file}
	f, err := os.Open(file)
	if err != nil {
		return h
	}
	defer f.Close()
	for scanner := bufio.NewScanner(f); scanner.Scan(); {
		h.remember(scanner.Text())
	}
	return h
}

func (h *history) remember(line string) bool {
	if strings.TrimSpace(line) == "" || strings.HasPrefix(line, " ") || h.Len() > 0 && h.At(0) == line {
		return false
	}
	h.lines = append(h.lines, line)
	if len(h.lines) > maxHistory {
		h.lines = h.lines[1:]
	}
	return true
}

// Add remembers a line, unless it is blank, starts with a space, or repeats the newest.
func (h *history) Add(line string) {
	if !h.remember(line) || h.file == "" {
		return
	}
	f, err := os.OpenFile(h.file, os.O_APPEND|os.O_CREATE|os.O_WRONLY, 0o600)
	if err != nil {
		h.file = "" // a read-only root, for instance: the lines live as long as the shell
		return
	}
	_, _ = f.WriteString(line + "\n")
	_ = f.Close()
}

// Len returns the number of lines.
func (h *history) Len() int { return len(h.lines) }

// At returns a line, the newest for 0.
func (h *history) At(i int) string { return h.lines[len(h.lines)-1-i] }

// search returns the index of the newest line from index on that contains text, or -1.
func (h *history) search(text string, from int) int {
	for i := from; i < h.Len(); i++ {
		if strings.Contains(h.At(i), text) {
			return i
		}
	}
	return -1
}
