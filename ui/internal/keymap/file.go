package keymap

import (
	"bytes"
	"errors"
	"fmt"
	"slices"
	"strings"
	"unicode/utf8"

	toml "github.com/pelletier/go-toml/v2"
	"github.com/pelletier/go-toml/v2/unstable"
)

// Load returns the built-in table with the keys of a TOML file:
//
//	[images]
//	run = "enter"
//	remove-image = ["d", "ctrl+x"]
//
// A table is a scope, a line an action; an empty list leaves it without a key. An
// error names the file and the line, and the built-in table comes with it.
func Load(file string, data []byte) (*Map, error) {
	lines, err := entries(data)
	if err != nil {
		var de *toml.DecodeError
		if errors.As(err, &de) {
			row, col := de.Position()
			return Default(), fmt.Errorf("%s:%d:%d: %s", file, row, col, strings.TrimPrefix(de.Error(), "toml: "))
		}
		var at *lineError
		if errors.As(err, &at) {
			return Default(), fmt.Errorf("%s:%d: %w", file, at.line, at.err)
		}
		return Default(), fmt.Errorf("%s: %w", file, err)
	}
	actions := slices.Clone(table)
	line := make(map[string]int) // scope and key → where the file gives it
	for _, e := range lines {
		i := slices.IndexFunc(actions, func(a Action) bool { return string(a.Scope) == e.scope && string(a.ID) == e.action })
		if i < 0 {
			return Default(), fmt.Errorf("%s:%d: there is no action %q in %q", file, e.line, e.action, e.scope)
		}
		actions[i].Keys = e.keys
		for _, k := range e.keys {
			line[e.scope+" "+k] = e.line
		}
	}
	m, err := build(actions)
	if err == nil {
		return m, nil
	}
	at := 0
	for _, a := range actions { // the clash is on a line of the file, for the built-in table has none
		for _, b := range actions {
			if a.ID != b.ID && a.Scope == b.Scope {
				for _, k := range a.Keys {
					if slices.Contains(b.Keys, k) {
						at = max(at, line[string(a.Scope)+" "+k])
					}
				}
			}
		}
	}
	return Default(), fmt.Errorf("%s:%d: %w", file, at, err)
}

// An entry is one line of a key file.
type entry struct {
	scope, action string
	keys          []string
	line          int
}

// A lineError is what is wrong on a line.
type lineError struct {
	line int
	err  error
}

func (e *lineError) Error() string { return e.err.Error() }

// entries reads the file twice: go-toml's decoder for its errors, its parser for the lines.
func entries(data []byte) ([]entry, error) {
	var doc map[string]map[string]any
	if err := toml.Unmarshal(data, &doc); err != nil {
		return nil, err
	}
	var out []entry
	p := unstable.Parser{}
	p.Reset(data)
	scope := ""
	for p.NextExpression() {
		e := p.Expression()
		switch e.Kind {
		case unstable.Table:
			scope = path(e)
		case unstable.KeyValue:
			action := path(e)
			keys, err := keyList(doc[scope][action])
			row := 1 + bytes.Count(data[:keyOffset(e)], []byte("\n"))
			if err != nil {
				return nil, &lineError{row, fmt.Errorf("%q: %w", action, err)}
			}
			out = append(out, entry{scope, action, keys, row})
		}
	}
	return out, p.Error()
}

func path(n *unstable.Node) string {
	var parts []string
	for it := n.Key(); it.Next(); {
		parts = append(parts, string(it.Node().Data))
	}
	return strings.Join(parts, ".")
}

func keyOffset(n *unstable.Node) int {
	it := n.Key()
	if !it.Next() {
		return 0
	}
	return int(it.Node().Raw.Offset)
}

func keyList(v any) ([]string, error) {
	switch v := v.(type) {
	case string:
		return []string{v}, checkKey(v)
	case []any:
		out := make([]string, 0, len(v))
		for _, k := range v {
			s, ok := k.(string)
			if !ok {
				return nil, fmt.Errorf("%v is not a key", k)
			}
			if err := checkKey(s); err != nil {
				return nil, err
			}
			out = append(out, s)
		}
		return out, nil
	}
	return nil, fmt.Errorf("want a key or a list of keys, not %v", v)
}

// checkKey refuses names that no key has: an action on one would never be reached.
func checkKey(name string) error {
	key := name
	for {
		mod, rest, ok := strings.Cut(key, "+")
		if !ok || rest == "" || !slices.Contains(modifiers, mod) {
			break
		}
		key = rest
	}
	if utf8.RuneCountInString(key) == 1 && key != " " || slices.Contains(keyNames, key) {
		return nil
	}
	if lower := strings.ToLower(name); lower != name && checkKey(lower) == nil {
		return fmt.Errorf("no key is called %q; write %q", name, lower)
	}
	return fmt.Errorf("no key is called %q; keys are written as in a, A, ctrl+a, f5, space, enter, pgup", name)
}

var modifiers = []string{"ctrl", "alt", "shift", "meta", "super", "hyper"}

// keyNames are the keys that are not called by their character, as Bubble Tea spells them.
var keyNames = []string{
	"enter", "tab", "backspace", "esc", "space", "up", "down", "left", "right", "home", "end", "pgup", "pgdown", "insert", "delete", "begin",
	"f1", "f2", "f3", "f4", "f5", "f6", "f7", "f8", "f9", "f10", "f11", "f12",
	"f13", "f14", "f15", "f16", "f17", "f18", "f19", "f20",
}
