package ui

import (
	"flag"
	"os"
	"strings"
	"testing"

	"berth/ui/internal/keymap"
)

var update = flag.Bool("update", false, "write the list of keys in README.md anew")

// The list of keys in the documentation is that of the table.
func TestReadmeListsTheKeys(t *testing.T) {
	const begin, end = "<!-- keys: go test ./ui -update -->\n", "<!-- end of keys -->"
	data, err := os.ReadFile("README.md")
	if err != nil {
		t.Fatal(err)
	}
	head, rest, ok := strings.Cut(string(data), begin)
	old, tail, closed := strings.Cut(rest, end)
	if !ok || !closed {
		t.Fatal("README.md has no place for the keys")
	}
	want := keymap.Default().Markdown()
	if *update {
		if err := os.WriteFile("README.md", []byte(head+begin+want+end+tail), 0o644); err != nil {
			t.Fatal(err)
		}
		return
	}
	if old != want {
		t.Error("the keys in README.md are not those of the table: run go test ./ui -update")
	}
}
