package engine_test

import (
	"encoding/json"
	"errors"
	"io"
	"os/exec"
	"slices"
	"strings"
	"testing"
)

// levels orders the packages: one may import what lies lower, and its neighbours on the same level as far as Go
// allows (no loops). The longest prefix counts; a package that no line names is a failure, so that
// whoever adds one thinks of where it belongs.
var levels = []struct {
	prefix string
	level  int
}{
	{"cmd", 60},
	{"screenshots", 60},
	{"ui", 50},
	{"engine/local", 40},
	{"engine/registries", 40},
	{"engine/shimproc", 40},
	{"engine/enginetest", 40},
	{"engine/internal/shim", 30},
	{"engine/internal/runtime", 30},
	{"engine/internal/pull", 30},
	{"engine/internal", 20},
	{"engine/footprint", 0},
	{"pty/session", 10},
	{"engine", 10},
	{"pty/vt", 0},
	{"pty", 0},
	{"themes", 0},
}

// bans are what the order alone does not say. They hold for everything that a package
// reaches, directly or not.
var bans = []struct {
	who  string // prefix; with a "." in front that package alone
	what []string
	why  string
}{
	{"ui", []string{"berth/engine/internal", "berth/engine/local", "berth/engine/shimproc"}, "the workstation stands on the contract alone, as every other client does"},
	{"ui", []string{"github.com/google/go-containerregistry", "github.com/spf13"}, "no mechanism and no command line in the workstation"},
	{"cmd/internal/cli", []string{"berth/engine/internal", "berth/engine/local"}, "the command line stands on the contract alone; cmd/berth hands it an engine"},
	{"cmd/internal/toolbox", []string{"berth/engine", "berth/ui", "berth/pty"}, "it runs inside containers, where nothing of the engine may be"},
	{"cmd/berth-shim", []string{"berth/ui", "charm.land", "github.com/spf13", "github.com/google/go-containerregistry", "net/http"}, "a shim must start in milliseconds and stay small"},
	{"cmd/berth", []string{"github.com/distribution/reference"}, "what it does before main, every command of berth waits for; only tests compare with it"},
	{".cmd/berth", []string{"berth/ui", "charm.land", "github.com/google/go-containerregistry", "github.com/klauspost", "net/http", "crypto/tls"}, "every command waits for what such packages do before main; berth-full has them"},
	{"engine", []string{"charm.land", "github.com/charmbracelet/bubbletea", "berth/ui", "berth/themes", "berth/cmd"}, "the engine knows no screen"},
	{"pty", []string{"charm.land", "berth/engine", "berth/ui"}, "a terminal is useful without an engine"},
	{"themes", []string{"charm.land", "berth/engine", "berth/ui"}, "a theme is data"},
}

// contract is the package that must not reach anything but the standard library.
const contract = "berth/engine"

type listedPackage struct {
	ImportPath    string
	Imports, Deps []string
	CgoFiles      []string
}

func TestImportPolicy(t *testing.T) {
	for _, p := range listPackages(t) {
		name := strings.TrimPrefix(p.ImportPath, "berth/")
		own, ok := levelOf(name)
		if !ok {
			t.Errorf("%s has no level: add it to the table in this test", name)
			continue
		}
		for _, imported := range p.Imports {
			other, mine := strings.CutPrefix(imported, "berth/")
			if !mine {
				continue
			}
			if level, ok := levelOf(other); ok && level > own {
				t.Errorf("%s (level %d) imports %s (level %d): arrows only point down", name, own, other, level)
			}
		}
		for _, ban := range bans {
			if alone, ok := strings.CutPrefix(ban.who, "."); ok && name != alone || !ok && !within(name, ban.who) {
				continue
			}
			for _, dep := range p.Deps {
				if slices.ContainsFunc(ban.what, func(prefix string) bool { return within(dep, prefix) }) {
					t.Errorf("%s reaches %s: %s", name, dep, ban.why)
				}
			}
		}
		if len(p.CgoFiles) > 0 {
			t.Errorf("%s has cgo files %v: all of Berth is built without", name, p.CgoFiles)
		}
		if p.ImportPath != contract {
			continue
		}
		for _, dep := range p.Deps {
			if first, _, _ := strings.Cut(dep, "/"); strings.Contains(first, ".") || first == "berth" {
				t.Errorf("the contract reaches %s: it is types and interfaces, no mechanism", dep)
			}
		}
	}
}

// levelOf returns the level of the longest prefix that fits.
func levelOf(name string) (level int, ok bool) {
	longest := -1
	for _, l := range levels {
		if within(name, l.prefix) && len(l.prefix) > longest {
			longest, level, ok = len(l.prefix), l.level, true
		}
	}
	return level, ok
}

// within reports whether a path is the prefix or lies below it.
func within(path, prefix string) bool {
	return path == prefix || strings.HasPrefix(path, strings.TrimSuffix(prefix, "/")+"/") || strings.HasPrefix(path, prefix+"-")
}

func listPackages(t *testing.T) []listedPackage {
	t.Helper()
	goTool, err := exec.LookPath("go")
	if err != nil {
		t.Skip("missing ability: go (the go command is not in PATH)")
	}
	cmd := exec.Command(goTool, "list", "-json=ImportPath,Imports,Deps,CgoFiles", "berth/...")
	out, err := cmd.Output()
	var exit *exec.ExitError
	if errors.As(err, &exit) {
		t.Fatalf("go list: %v\n%s", err, exit.Stderr)
	} else if err != nil {
		t.Fatal(err)
	}
	var all []listedPackage
	for decoder := json.NewDecoder(strings.NewReader(string(out))); ; {
		var p listedPackage
		if err := decoder.Decode(&p); errors.Is(err, io.EOF) {
			break
		} else if err != nil {
			t.Fatal(err)
		}
		all = append(all, p)
	}
	if len(all) < 10 {
		t.Fatalf("go list shows %d packages only", len(all))
	}
	return all
}
