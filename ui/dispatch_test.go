package ui

import (
	"testing"

	"berth/engine/enginetest"
	"berth/ui/internal/keymap"
	"berth/ui/internal/screen"
)

// Every action of the key table does something: a handler of the root, or a tab.
func TestEveryActionHasAHandler(t *testing.T) {
	f := enginetest.New()
	defer f.Close()
	m := New(t.Context(), f, Options{})
	tabs := make(map[keymap.Scope][]screen.Tab)
	for _, kind := range []screen.Kind{screen.AnImage, screen.AContainer, screen.APull} {
		for _, tab := range m.buildTabs(0, screen.Subject{Kind: kind, ID: "x"}) {
			tabs[tab.Scope()] = append(tabs[tab.Scope()], tab)
		}
	}
	for _, a := range m.look.keys.Actions() {
		if handlers[a.ID] != nil {
			continue
		}
		if len(tabs[a.Scope]) == 0 {
			t.Errorf("nothing carries %q of %q out", a.ID, a.Scope)
		}
	}
}

func TestSplitLine(t *testing.T) {
	for line, want := range map[string][]string{
		"run -it  toolbox":         {"run", "-it", "toolbox"},
		`sh -c 'echo "a b"; exit'`: {"sh", "-c", `echo "a b"; exit`},
		`a\ b "c 'd'" ''`:          {"a b", "c 'd'", ""},
		"":                         nil,
	} {
		got, err := splitLine(line)
		if err != nil || len(got) != len(want) {
			t.Errorf("%q splits into %q, %v", line, got, err)
			continue
		}
		for i := range got {
			if got[i] != want[i] {
				t.Errorf("%q splits into %q", line, got)
			}
		}
	}
	if _, err := splitLine("a 'b"); err == nil {
		t.Error("an open quote is taken")
	}
}

func TestParseRun(t *testing.T) {
	cfg, err := parseRun([]string{"-it", "--rm", "--name", "x", "-e", "A=1", "--env=B=2", "toolbox", "sh", "-c", "ls -l"})
	if err != nil {
		t.Fatal(err)
	}
	if !cfg.TTY || !cfg.OpenStdin || !cfg.AutoRemove || cfg.Name != "x" || len(cfg.Env) != 2 || cfg.Image != "toolbox" || len(cfg.Cmd) != 3 {
		t.Errorf("config %+v", cfg)
	}
	for _, bad := range [][]string{{"--fly", "x"}, {"-z", "x"}, {"--name"}, {}, {"-it"}} {
		if _, err := parseRun(bad); err == nil {
			t.Errorf("%q is taken", bad)
		}
	}
}
