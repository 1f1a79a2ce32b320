// Package jsontree is a JSON document as rows that can be folded and searched. It
// keeps the order of the document's keys. It draws nothing: a screen renders the rows.
package jsontree

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"slices"
	"strconv"
	"strings"
)

// A Kind is what a row's value is.
type Kind uint8

// The kinds of values.
const (
	Null Kind = iota
	Bool
	Number
	String
	Object
	Array
)

// A node is one value with its place in the tree.
type node struct {
	key      string // of its parent object; empty in an array and at the root
	index    int    // in its parent array
	kind     Kind
	value    string // of a scalar, as JSON
	children []*node
	parent   *node
	folded   bool
}

// A Row is one visible line.
type Row struct {
	Depth    int
	Key      string // with an array's element, its index in brackets
	Kind     Kind
	Value    string // a scalar as JSON; a summary of what is folded; empty if unfolded
	Foldable bool
	Folded   bool
	node     *node
}

// A Tree is a document with a cursor. It is not safe for concurrent use.
type Tree struct {
	root   *node
	rows   []Row
	cursor int
}

// maxDepth bounds the nesting: what Berth shows has a handful of levels.
const maxDepth = 256

// New parses a document. Objects and arrays deeper than open levels are folded.
func New(data []byte, open int) (*Tree, error) {
	dec := json.NewDecoder(bytes.NewReader(data))
	dec.UseNumber()
	root, err := parse(dec, 0, open)
	if err != nil {
		return nil, fmt.Errorf("read JSON: %w", err)
	}
	if _, err := dec.Token(); err != io.EOF {
		return nil, fmt.Errorf("read JSON: more than one value")
	}
	t := &Tree{root: root}
	t.layout()
	return t, nil
}

func parse(dec *json.Decoder, depth, open int) (*node, error) {
	tok, err := dec.Token()
	if err != nil {
		return nil, err
	}
	if depth > maxDepth {
		return nil, fmt.Errorf("nested deeper than %d levels", maxDepth)
	}
	n := &node{folded: depth >= open}
	switch v := tok.(type) {
	case nil:
		n.kind, n.value = Null, "null"
	case bool:
		n.kind, n.value = Bool, strconv.FormatBool(v)
	case json.Number:
		n.kind, n.value = Number, v.String()
	case string:
		n.kind, n.value = String, quote(v)
	case json.Delim:
		n.kind = Object
		if v == '[' {
			n.kind = Array
		}
		for dec.More() {
			key := ""
			if n.kind == Object {
				k, err := dec.Token()
				if err != nil {
					return nil, err
				}
				key, _ = k.(string)
			}
			child, err := parse(dec, depth+1, open)
			if err != nil {
				return nil, err
			}
			child.key, child.index, child.parent = key, len(n.children), n
			n.children = append(n.children, child)
		}
		if _, err := dec.Token(); err != nil {
			return nil, err
		}
	}
	return n, nil
}

// quote returns a string as JSON. Control characters come out escaped, so a document
// can't send any to the terminal.
func quote(s string) string {
	var b bytes.Buffer
	enc := json.NewEncoder(&b)
	enc.SetEscapeHTML(false)
	if enc.Encode(s) != nil {
		return strconv.Quote(s)
	}
	return escapeControls(strings.TrimSuffix(b.String(), "\n"))
}

// escapeControls replaces the control characters that JSON leaves as they are: DEL and C1.
func escapeControls(s string) string {
	if !strings.ContainsFunc(s, isControl) {
		return s
	}
	var b strings.Builder
	for _, r := range s {
		if isControl(r) {
			fmt.Fprintf(&b, `\u%04x`, r)
			continue
		}
		b.WriteRune(r)
	}
	return b.String()
}

func isControl(r rune) bool { return r < 0x20 || r >= 0x7f && r < 0xa0 }

// layout makes the rows anew and keeps the cursor on its node, or on the nearest
// ancestor that still shows.
func (t *Tree) layout() {
	var at *node
	if t.cursor < len(t.rows) {
		at = t.rows[t.cursor].node
	}
	t.rows = t.rows[:0]
	t.add(t.root, 0)
	for ; at != nil; at = at.parent {
		if i := slices.IndexFunc(t.rows, func(r Row) bool { return r.node == at }); i >= 0 {
			t.cursor = i
			return
		}
	}
	t.cursor = 0
}

func (t *Tree) add(n *node, depth int) {
	row := Row{Depth: depth, Key: escapeControls(n.key), Kind: n.kind, Value: n.value, Foldable: len(n.children) > 0, node: n}
	if n.parent != nil && n.parent.kind == Array {
		row.Key = "[" + strconv.Itoa(n.index) + "]"
	}
	container := n.kind == Object || n.kind == Array
	row.Folded = row.Foldable && n.folded
	if container && (row.Folded || !row.Foldable) {
		row.Value = summary(n)
	}
	t.rows = append(t.rows, row)
	if row.Folded {
		return
	}
	for _, c := range n.children {
		t.add(c, depth+1)
	}
}

func summary(n *node) string {
	open, shut, unit := "{", "}", "key"
	if n.kind == Array {
		open, shut, unit = "[", "]", "item"
	}
	switch len(n.children) {
	case 0:
		return open + shut
	case 1:
		return open + "1 " + unit + shut
	}
	return fmt.Sprintf("%s%d %ss%s", open, len(n.children), unit, shut)
}

// Rows returns the visible rows. They are valid until the next change.
func (t *Tree) Rows() []Row { return t.rows }

// Cursor returns the index of the row under the cursor.
func (t *Tree) Cursor() int { return t.cursor }

// Move moves the cursor by n rows and stops at the ends.
func (t *Tree) Move(n int) { t.cursor = min(max(t.cursor+n, 0), len(t.rows)-1) }

// Toggle folds or unfolds the row under the cursor.
func (t *Tree) Toggle() {
	if n := t.rows[t.cursor].node; len(n.children) > 0 {
		n.folded = !n.folded
		t.layout()
	}
}

// Close folds the row under the cursor, or goes to its parent if there is nothing to fold.
func (t *Tree) Close() {
	n := t.rows[t.cursor].node
	if len(n.children) > 0 && !n.folded {
		t.Toggle()
		return
	}
	if n.parent != nil {
		t.cursor = slices.IndexFunc(t.rows, func(r Row) bool { return r.node == n.parent })
	}
}

// Open unfolds the row under the cursor, or goes to its first child if it is unfolded.
func (t *Tree) Open() {
	n := t.rows[t.cursor].node
	switch {
	case len(n.children) == 0:
	case n.folded:
		t.Toggle()
	default:
		t.cursor++
	}
}

// FoldAll folds or unfolds everything below the root.
func (t *Tree) FoldAll(folded bool) {
	t.root.each(func(n *node) bool {
		n.folded = folded && n != t.root
		return true
	})
	t.layout()
}

// each calls f for n and all below it, in the document's order, until f says no.
func (n *node) each(f func(*node) bool) bool {
	if !f(n) {
		return false
	}
	for _, c := range n.children {
		if !c.each(f) {
			return false
		}
	}
	return true
}

// Search moves the cursor to the next value, in the given direction, whose key or
// scalar satisfies match, unfolding what hides it; it goes on at the other end. With
// from set the present row counts too. It reports whether anything was found.
func (t *Tree) Search(match func(text string) bool, backward, from bool) bool {
	var all []*node
	t.root.each(func(n *node) bool { all = append(all, n); return true })
	start := slices.Index(all, t.rows[t.cursor].node)
	step := 1
	if backward {
		step = -1
	}
	first := 1
	if from {
		first = 0
	}
	for i := first; i <= len(all); i++ {
		n := all[((start+i*step)%len(all)+len(all))%len(all)]
		if !match(n.key) && !(len(n.children) == 0 && match(n.value)) {
			continue
		}
		for p := n.parent; p != nil; p = p.parent {
			p.folded = false
		}
		t.layout()
		t.cursor = slices.IndexFunc(t.rows, func(r Row) bool { return r.node == n })
		return true
	}
	return false
}

// Path returns the place of the row under the cursor as a jq expression, ".Config.Env[0]".
func (t *Tree) Path() string {
	var parts []string
	for n := t.rows[t.cursor].node; n.parent != nil; n = n.parent {
		switch {
		case n.parent.kind == Array:
			parts = append(parts, "["+strconv.Itoa(n.index)+"]")
		case plainKey(n.key):
			parts = append(parts, "."+n.key)
		default:
			parts = append(parts, "["+quote(n.key)+"]")
		}
	}
	slices.Reverse(parts)
	path := strings.Join(parts, "")
	if !strings.HasPrefix(path, ".") {
		path = "." + path
	}
	return path
}

func plainKey(s string) bool {
	return s != "" && strings.Trim(s, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ_0123456789") == "" && (s[0] < '0' || s[0] > '9')
}

// Text returns the value under the cursor for copying: a string without its quotes,
// anything else as indented JSON.
func (t *Tree) Text() string {
	n := t.rows[t.cursor].node
	if n.kind == String {
		var s string
		if json.Unmarshal([]byte(n.value), &s) == nil {
			return s
		}
	}
	var b strings.Builder
	n.write(&b, "")
	return b.String()
}

func (n *node) write(b *strings.Builder, indent string) {
	if n.kind != Object && n.kind != Array {
		b.WriteString(n.value)
		return
	}
	open, shut := "{", "}"
	if n.kind == Array {
		open, shut = "[", "]"
	}
	b.WriteString(open)
	for i, c := range n.children {
		if i > 0 {
			b.WriteString(",")
		}
		b.WriteString("\n" + indent + "  ")
		if n.kind == Object {
			b.WriteString(quote(c.key) + ": ")
		}
		c.write(b, indent+"  ")
	}
	if len(n.children) > 0 {
		b.WriteString("\n" + indent)
	}
	b.WriteString(shut)
}
