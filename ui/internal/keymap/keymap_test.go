package keymap

import (
	"strings"
	"testing"
)

func TestTableHasNoClashAndIsComplete(t *testing.T) {
	if _, err := build(table); err != nil {
		t.Fatal(err)
	}
	for _, a := range table {
		if len(a.Keys) == 0 || a.Short == "" || !strings.HasSuffix(a.Long, ".") {
			t.Errorf("action %q in %q: keys %q, short %q, long %q", a.ID, a.Scope, a.Keys, a.Short, a.Long)
		}
		if a.Command != "" && !strings.HasPrefix(a.Command, "berth ") {
			t.Errorf("action %q: command line %q", a.ID, a.Command)
		}
	}
}

// An action of a list must not hide a key that moves the cursor or leaves.
func TestNarrowScopesKeepTheWayOut(t *testing.T) {
	m := Default()
	for _, s := range []Scope{Images, Containers, Pulls, LogView, TreeView, TableView} {
		for key, want := range map[string]ID{
			"q": Quit, "?": Help, ":": Palette, "esc": Back, "up": Up, "down": Down, "j": Down, "k": Up, "tab": FocusNext, "/": Filter, "z": Zoom, "1": FocusImages,
		} {
			if got := m.Lookup(s, key); got != want {
				t.Errorf("%q in %q is %q, want %q", key, s, got, want)
			}
		}
	}
}

func TestEveryActionIsReachableAndInTheHelp(t *testing.T) {
	m := Default()
	shown := make(map[ID]bool)
	for _, g := range m.Groups(Images) {
		for _, a := range g.Actions {
			shown[a.ID] = true
			if got := m.Lookup(a.Scope, a.Keys[0]); got != a.ID {
				t.Errorf("%q in %q does %q, want %q", a.Keys[0], a.Scope, got, a.ID)
			}
		}
	}
	for _, a := range m.Actions() {
		if !shown[a.ID] {
			t.Errorf("action %q is not in the help", a.ID)
		}
	}
}

// What every list can do must be reachable with its first key in each of them.
func TestListsDoNotHideWhatTheyShare(t *testing.T) {
	m := Default()
	for _, s := range []Scope{Images, Containers, Pulls} {
		for _, a := range table {
			if a.Scope == Lists && m.Lookup(s, a.Keys[0]) != a.ID {
				t.Errorf("%q in %q is %q, want %q", a.Keys[0], s, m.Lookup(s, a.Keys[0]), a.ID)
			}
		}
	}
}

func TestLoadRebinds(t *testing.T) {
	m, err := Load("keys.toml", []byte("[images]\nrun = \"f5\"\nremove-image = [\"ctrl+x\", \"D\"]\n"))
	if err != nil {
		t.Fatal(err)
	}
	if m.Lookup(Images, "f5") != Run || m.Lookup(Images, "D") != RemoveImage || m.Lookup(Images, "r") != "" {
		t.Error("the file's keys are not in force")
	}
	if got := m.Key(Images, Run); got != "f5" {
		t.Errorf("run is shown with %q", got)
	}
}

func TestBrokenFilesNameTheLineAndKeepTheDefaults(t *testing.T) {
	for data, want := range map[string]string{
		"[images]\nrun = \"x\"\ntag = \"x\"\n":    `keys.toml:3: key "x" is given to both`,
		"[images]\n\nrun = \"t\"\n":               `keys.toml:3: key "t" is given to both`,
		"[images]\nfly = \"x\"\n":                 `keys.toml:2: there is no action "fly" in "images"`,
		"[images]\nrun = \n":                      `keys.toml:2:`,
		"[images]\nrun = \"F5\"\n":                `keys.toml:2: "run": no key is called "F5"; write "f5"`,
		"[images]\n\nrun = [\"r\", \"return\"]\n": `keys.toml:3: "run": no key is called "return"`,
		"[images]\nrun = 7\n":                     `keys.toml:2: "run": want a key`,
		"[nowhere]\nrun = \"x\"\n":                `keys.toml:2: there is no action "run" in "nowhere"`,
	} {
		m, err := Load("keys.toml", []byte(data))
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%q: error %v, want %q", data, err, want)
		}
		if m.Lookup(Images, "r") != Run {
			t.Errorf("%q: the built-in keys are not in force", data)
		}
	}
}
