package toolbox

import (
	"fmt"
	"io"
	"os"
	"strings"

	"golang.org/x/sys/unix"
	"golang.org/x/term"
)

// maxPaged is how much text the pager reads.
const maxPaged = 64 << 20

// runLess shows text screen by screen: space and b for pages, j and k or the arrows for lines, g and G for the
// ends, / and n to search, q to leave. Without a terminal it copies.
func runLess(c *call) error {
	if err := c.parse(c.flags()); err != nil {
		return err
	}
	if !term.IsTerminal(1) {
		return runCat(c)
	}
	p := &pager{call: c}
	if err := c.each(func(_ string, r io.Reader) error { return p.load(r) }); err != nil && len(p.rows) == 0 {
		return err
	}
	// The text may come through standard input, so keys come from the terminal itself.
	tty, err := os.OpenFile("/dev/tty", os.O_RDONLY, 0)
	if err != nil {
		tty = os.Stdin
	}
	old, err := term.MakeRaw(int(tty.Fd()))
	if err != nil {
		return short(err)
	}
	defer func() { _ = term.Restore(int(tty.Fd()), old) }()
	fmt.Fprint(c.out, "\x1b[?1049h")
	defer fmt.Fprint(c.out, "\x1b[?1049l")
	for {
		if err := p.draw(); err != nil {
			return err
		}
		key := make([]byte, 8)
		n, err := tty.Read(key)
		if err == unix.EINTR {
			continue
		}
		if err != nil || n == 0 {
			return nil
		}
		for _, one := range splitKeys(string(key[:n])) {
			if !p.key(one) {
				return nil
			}
		}
	}
}

// splitKeys divides what was read at once: an escape sequence comes as a whole, and by itself.
func splitKeys(s string) []string {
	if s[0] == '\x1b' {
		return []string{s}
	}
	return strings.Split(s, "")
}

// A pager shows rows from top on.
type pager struct {
	*call
	rows          []string
	top           int
	width, height int
	query         string
	asking        bool
}

// load reads text; what would move the cursor is shown instead.
func (p *pager) load(r io.Reader) error {
	return lines(io.LimitReader(r, maxPaged), func(line string) error {
		line = strings.ReplaceAll(strings.TrimSuffix(line, "\r"), "\t", "        ")
		p.rows = append(p.rows, printable(line))
		return nil
	})
}

func (p *pager) draw() error {
	var err error
	if p.width, p.height, err = term.GetSize(1); err != nil || p.height < 2 {
		p.width, p.height = 80, 24
	}
	p.top = max(0, min(p.top, len(p.rows)-(p.height-1)))
	fmt.Fprint(p.out, "\x1b[H")
	for i := range p.height - 1 {
		row := "~"
		if p.top+i < len(p.rows) {
			row = p.rows[p.top+i]
		}
		runes := []rune(row)
		if len(runes) > p.width {
			runes = runes[:p.width]
		}
		fmt.Fprint(p.out, string(runes), "\x1b[K\r\n")
	}
	foot := fmt.Sprintf("%d-%d of %d  q leaves", min(p.top+1, len(p.rows)), min(p.top+p.height-1, len(p.rows)), len(p.rows))
	if p.asking {
		foot = "/" + p.query
	}
	fmt.Fprintf(p.out, "\x1b[7m%s\x1b[m\x1b[K", foot)
	return p.out.Flush()
}

// key acts on a key and reports whether to go on.
func (p *pager) key(key string) bool {
	if p.asking {
		switch key {
		case "\r", "\n":
			p.asking = false
			p.search(p.top)
		case "\x7f", "\b":
			runes := []rune(p.query)
			p.query = string(runes[:max(0, len(runes)-1)])
		case "\x1b", "\x03":
			p.asking = false
		default:
			p.query += key
		}
		return true
	}
	page := p.height - 1
	switch key {
	case "q", "Q", "\x03", "\x04":
		return false
	case " ", "f", "\x1b[6~":
		p.top += page
	case "b", "\x1b[5~":
		p.top -= page
	case "j", "\r", "\n", "\x1b[B", "\x1bOB":
		p.top++
	case "k", "\x1b[A", "\x1bOA":
		p.top--
	case "g", "\x1b[H":
		p.top = 0
	case "G", "\x1b[F":
		p.top = len(p.rows)
	case "/":
		p.asking, p.query = true, ""
	case "n":
		p.search(p.top + 1)
	}
	return true
}

// search moves to the next row that holds the query.
func (p *pager) search(from int) {
	for i := from; i < len(p.rows) && p.query != ""; i++ {
		if strings.Contains(p.rows[i], p.query) {
			p.top = i
			return
		}
	}
}
