// Package keymap is the one table of what can be done and with which keys. It feeds
// the dispatch of keys, the hints in the footer, the help, the palette and the list
// of keys in the documentation. A file may give actions other keys; two actions of one
// place on one key are an error that names both.
package keymap

import (
	"fmt"
	"slices"
	"strings"

	"charm.land/bubbles/v2/key"
)

// An ID names an action.
type ID string

// A Scope is where an action's keys count. The narrower one goes before Lists, and
// Lists before Global.
type Scope string

// The scopes.
const (
	Global     Scope = "global"
	Lists      Scope = "lists" // images, containers and pulls
	Images     Scope = "images"
	Containers Scope = "containers"
	Pulls      Scope = "pulls"
	LogView    Scope = "logs"
	TreeView   Scope = "tree"
	TableView  Scope = "tables" // processes, changes

	ShellView  Scope = "shell"          // a program has the keys
	ShellKeys  Scope = "shell-commands" // behind the prefix
	CopyMode   Scope = "copy-mode"
	ShellEnded Scope = "shell-ended"
	ShellList  Scope = "shells" // none is attached
)

// scopes are all of them, in the order of the help, with their headings.
var scopes = []struct {
	Scope Scope
	Title string
}{
	{Images, "Images"}, {Containers, "Containers"}, {Pulls, "Pulls"}, {LogView, "Logs"}, {TreeView, "Inspect"},
	{ShellView, "A shell"}, {ShellKeys, "A shell, behind the prefix"}, {CopyMode, "Copy mode"}, {ShellEnded, "A shell that has ended"},
	{ShellList, "Shells"}, {TableView, "Processes and changes"}, {Lists, "Every list"}, {Global, "Everywhere"},
}

// An Action is one thing that can be done in one scope.
type Action struct {
	ID      ID
	Scope   Scope
	Keys    []string // as Bubble Tea spells them
	Short   string   // for the footer
	Long    string   // one sentence for the help
	Command string   // the command line that does the same; {image} and the like stand for the selection
	Hint    int      // place in the footer, from 1; 0 for none
}

// Binding returns the action as Bubbles' widgets know one: its keys, and the first of
// them with a word for the footer. An action without keys is a disabled binding.
func (a Action) Binding() key.Binding {
	if len(a.Keys) == 0 {
		return key.NewBinding(key.WithDisabled())
	}
	return key.NewBinding(key.WithKeys(a.Keys...), key.WithHelp(Show(a.Keys[0]), a.Short))
}

// A Map is the table with the user's keys.
type Map struct {
	actions []Action
	byKey   map[Scope]map[string]ID
}

// Default returns the table as it is built in.
func Default() *Map {
	m, err := build(table)
	if err != nil {
		panic(err) // a test proves that the built-in table has no clash
	}
	return m
}

func build(actions []Action) (*Map, error) {
	m := &Map{actions: slices.Clone(actions), byKey: make(map[Scope]map[string]ID)}
	for _, a := range m.actions {
		keys := m.byKey[a.Scope]
		if keys == nil {
			keys = make(map[string]ID)
			m.byKey[a.Scope] = keys
		}
		for _, k := range a.Keys {
			if other, taken := keys[k]; taken {
				return nil, fmt.Errorf("key %q is given to both %q and %q in %q", k, other, a.ID, a.Scope)
			}
			keys[k] = a.ID
		}
	}
	return m, nil
}

// chain returns the scopes that count where the focus is, narrowest first.
func chain(s Scope) []Scope {
	switch s {
	case Images, Containers, Pulls:
		return []Scope{s, Lists, Global}
	case Global, ShellView, ShellKeys, CopyMode:
		return []Scope{s}
	}
	return []Scope{s, Global}
}

// Lookup returns what a key does in a scope, "" if nothing.
func (m *Map) Lookup(s Scope, pressed string) ID {
	for _, c := range chain(s) {
		if id, ok := m.byKey[c][pressed]; ok {
			return id
		}
	}
	return ""
}

// Actions returns the whole table in its order.
func (m *Map) Actions() []Action { return m.actions }

// Hints returns the actions that the footer shows in a scope, most useful first. In a
// tab, the ways to the next one and out come before what is useful everywhere.
func (m *Map) Hints(s Scope, tab bool) []Action {
	var out []Action
	for _, c := range chain(s) {
		if tab && c == Lists {
			continue
		}
		for _, a := range m.actions {
			if c == Global && tab && (a.ID == NextTab || a.ID == Back) {
				a.Hint = 5
			}
			if a.Scope == c && a.Hint > 0 && len(a.Keys) > 0 {
				out = append(out, a)
			}
		}
	}
	slices.SortStableFunc(out, func(a, b Action) int { return a.Hint - b.Hint })
	return out
}

// Key returns the first key of an action in a scope as it is shown, "" if it has none.
func (m *Map) Key(s Scope, id ID) string {
	for _, c := range chain(s) {
		for _, a := range m.actions {
			if a.Scope == c && a.ID == id && len(a.Keys) > 0 {
				return Show(a.Keys[0])
			}
		}
	}
	return ""
}

// A Group is the actions of one scope with a heading.
type Group struct {
	Scope   Scope
	Title   string
	Actions []Action
}

// Groups returns the table by scope, in the order of the help. Scopes that count at
// the focus come first.
func (m *Map) Groups(focus Scope) []Group {
	var out []Group
	near := chain(focus)
	if focus == ShellView || focus == ShellKeys {
		near = []Scope{ShellView, ShellKeys, CopyMode}
	}
	for _, s := range scopes {
		g := Group{Scope: s.Scope, Title: s.Title}
		for _, a := range m.actions {
			if a.Scope == s.Scope {
				g.Actions = append(g.Actions, a)
			}
		}
		out = append(out, g)
	}
	slices.SortStableFunc(out, func(a, b Group) int { return rank(near, a.Scope) - rank(near, b.Scope) })
	return out
}

func rank(near []Scope, s Scope) int {
	if i := slices.Index(near, s); i >= 0 {
		return i
	}
	return len(near)
}

// Show writes a key as people read it: "space", "^c", "↑".
func Show(name string) string {
	switch name {
	case "up":
		return "↑"
	case "down":
		return "↓"
	case "left":
		return "←"
	case "right":
		return "→"
	case "shift+tab":
		return "⇧tab"
	}
	return strings.Replace(name, "ctrl+", "^", 1)
}

// Markdown returns the list of keys for the documentation.
func (m *Map) Markdown() string {
	var b strings.Builder
	for _, g := range m.Groups(Images) {
		fmt.Fprintf(&b, "### %s\n\n| Keys | Action | What it does | On the command line |\n|---|---|---|---|\n", g.Title)
		for _, a := range g.Actions {
			keys := make([]string, len(a.Keys))
			for i, k := range a.Keys {
				keys[i] = "`" + strings.ReplaceAll(k, "|", `\|`) + "`" // a bar would end the column
			}
			cmd := a.Command
			if cmd != "" {
				cmd = "`" + cmd + "`"
			}
			fmt.Fprintf(&b, "| %s | `%s` | %s | %s |\n", strings.Join(keys, " "), a.ID, a.Long, cmd)
		}
		b.WriteByte('\n')
	}
	return b.String()
}
