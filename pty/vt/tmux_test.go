package vt

import (
	"bytes"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"
)

// tmux is a tmux server of our own, with one pane whose program is a pipe that
// the test writes to.
type tmux struct {
	t          *testing.T
	socket     string
	pipe       *os.File
	cols, rows int
	n          int
}

// startTmux skips the test where there is no tmux.
func startTmux(t *testing.T, cols, rows int) *tmux {
	t.Helper()
	if _, err := exec.LookPath("tmux"); err != nil {
		if strings.Contains(os.Getenv("BERTH_TEST_MUST"), "tmux") {
			t.Fatal("missing ability: tmux")
		}
		t.Skip("missing ability: tmux")
	}
	dir := t.TempDir()
	fifo := filepath.Join(dir, "out")
	if err := syscall.Mkfifo(fifo, 0o600); err != nil {
		t.Fatal(err)
	}
	m := &tmux{t: t, socket: filepath.Join(dir, "tmux"), cols: cols, rows: rows}
	m.run("-f", "/dev/null", "new-session", "-d", "-x", fmt.Sprint(cols), "-y", fmt.Sprint(rows),
		"stty raw -echo; exec cat "+fifo)
	t.Cleanup(func() { exec.Command("tmux", "-S", m.socket, "kill-server").Run() })
	m.run("set", "-g", "status", "off")
	m.run("resize-window", "-x", fmt.Sprint(cols), "-y", fmt.Sprint(rows))
	pipe, err := os.OpenFile(fifo, os.O_WRONLY, 0)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { pipe.Close() })
	m.pipe = pipe
	return m
}

func (m *tmux) run(args ...string) string {
	m.t.Helper()
	cmd := exec.Command("tmux", append([]string{"-S", m.socket, "-u"}, args...)...)
	cmd.Env = append(os.Environ(), "LC_ALL=C.UTF-8", "TERM=xterm-256color", "TMUX=")
	out, err := cmd.CombinedOutput()
	if err != nil {
		m.t.Fatalf("tmux %q: %v: %s", args, err, out)
	}
	return string(out)
}

// show resets the pane, writes in, and returns what the pane shows, as
// capture-pane -e writes it, and the cursor.
func (m *tmux) show(in string) (screen, cursor string) {
	m.t.Helper()
	m.n++
	// The title is how the pane tells that it has read everything.
	mark := fmt.Sprintf("mark-%d", m.n)
	// RIS does not leave the alternate screen in tmux.
	if _, err := fmt.Fprintf(m.pipe, "\x1b[?1049l\x1bc%s\x1b\\\x1b]2;%s\x1b\\", in, mark); err != nil {
		m.t.Fatal(err)
	}
	deadline := time.Now().Add(10 * time.Second)
	for {
		v := strings.Fields(m.run("display-message", "-p", "#{pane_title} #{cursor_x},#{cursor_y}"))
		if len(v) == 2 && v[0] == mark {
			return m.run("capture-pane", "-e", "-N", "-p"), v[1]
		}
		if time.Now().After(deadline) {
			m.t.Fatalf("tmux does not finish reading %q", in)
		}
	}
}

// canonical writes rows as text with styles in one notation: of blank cells
// only the background and what is drawn over it counts, as a terminal shows it.
//
// Blanks at the end are left out with their colour: capture-pane does not tell
// how far a line was erased in a colour.
func canonical(s *Screen) []string {
	var rows []string
	var cells []Cell
	for y := range s.rows {
		cells, _ = s.Line(cells[:0], y)
		for n := len(cells); n > 0 && (cells[n-1].Rune == 0 || cells[n-1].Rune == ' ') &&
			cells[n-1].Cluster == "" && cells[n-1].Width == 1; n-- {
			cells = cells[:n-1]
		}
		var b bytes.Buffer
		last := Style{}
		blank := 0
		for _, c := range cells {
			if c.Width == 0 {
				continue
			}
			st := c.Style
			st.Attrs &^= Protected
			st.Link = 0
			if c.Rune == 0 || c.Rune == ' ' {
				c.Rune = ' '
				if st.Attrs&(Inverse|Strikeout|Overline) == 0 && st.Underline == 0 {
					st = Style{Bg: st.Bg}
				}
			}
			if st == (Style{}) && c.Rune == ' ' && c.Cluster == "" {
				blank++
				continue
			}
			if blank > 0 {
				if last != (Style{}) {
					b.WriteString("<>")
					last = Style{}
				}
				b.WriteString(strings.Repeat(" ", blank))
				blank = 0
			}
			if st != last {
				fmt.Fprintf(&b, "<%s>", appendSGR(nil, st))
				last = st
			}
			b.Write(c.AppendText(nil))
		}
		rows = append(rows, b.String())
	}
	return rows
}

// parseCapture turns the output of capture-pane -e into a screen.
func parseCapture(capture string, cols, rows int) *Screen {
	s := New(Options{Cols: cols, Rows: rows})
	lines := strings.Split(strings.TrimSuffix(capture, "\n"), "\n")
	for y, line := range lines[:min(rows, len(lines))] {
		// Styles and shifts to line drawing carry over from line to line.
		fmt.Fprintf(s, "\x1b[%d;1H\x1b)0%s", y+1, line)
	}
	return s
}
