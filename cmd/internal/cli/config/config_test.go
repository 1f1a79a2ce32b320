package config

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"berth/engine"

	"github.com/google/go-cmp/cmp"
)

func env(values map[string]string) func(string) string {
	return func(name string) string { return values[name] }
}

func write(t *testing.T, file, text string) {
	t.Helper()
	if err := os.MkdirAll(filepath.Dir(file), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
}

func TestLoad(t *testing.T) {
	home := t.TempDir()
	write(t, filepath.Join(home, ".config/berth/config.toml"), `
root = "/srv/berth"
demo = true
mirrors = ["mirror.local:5000"]
insecure-registries = ["10.0.0.1"]
detach-keys = "ctrl-a,d"
[log]
max-size = "1m"
max-file = 2
[ui]
theme = "nord"
`)
	got, err := Load(env(map[string]string{"HOME": home}))
	if err != nil {
		t.Fatal(err)
	}
	want := Settings{Root: "/srv/berth", Demo: true, Mirrors: []string{"mirror.local:5000"}, Insecure: []string{"10.0.0.1"},
		DetachKeys: "ctrl-a,d", Log: Log{MaxSize: "1m", MaxFile: 2}, UI: UI{Theme: "nord"}}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
	if n, err := got.Log.MaxBytes(); n != 1<<20 || err != nil {
		t.Errorf("max-size is %d, %v", n, err)
	}
	got, err = Load(env(map[string]string{"HOME": home, "BERTH_ROOT": "/other", "BERTH_DEMO": "0"}))
	if err != nil || got.Root != "/other" || got.Demo {
		t.Errorf("the environment does not win: %+v, %v", got, err)
	}
	if got, err := Load(env(nil)); err != nil || !cmp.Equal(got, Settings{}) {
		t.Errorf("without a home: %+v, %v", got, err)
	}
}

func TestLoadNamesMistakes(t *testing.T) {
	for text, want := range map[string]string{
		"root = 5":                      "line 1",
		"\n\nroot =":                    "line 3",
		"demo = true\ncolour = \"red\"": `line 2: unknown key "colour"`,
		"[log]\nsize = 1":               `unknown key "log.size"`,
	} {
		dir := t.TempDir()
		write(t, filepath.Join(dir, "berth/config.toml"), text)
		_, err := Load(env(map[string]string{"XDG_CONFIG_HOME": dir}))
		if engine.ClassOf(err) != engine.ClassInvalid || !strings.Contains(err.Error(), want) || strings.Contains(err.Error(), "\n") {
			t.Errorf("%q: %v, want one line with %q", text, err, want)
		}
	}
	if _, err := Load(env(map[string]string{"BERTH_DEMO": "perhaps"})); engine.ClassOf(err) != engine.ClassInvalid {
		t.Errorf("BERTH_DEMO=perhaps: %v", err)
	}
	for _, size := range []string{"x", "-1", "0"} {
		if _, err := (Log{MaxSize: size}).MaxBytes(); engine.ClassOf(err) != engine.ClassInvalid {
			t.Errorf("max-size %q: %v", size, err)
		}
	}
}

func TestDockerDetachKeys(t *testing.T) {
	dir := t.TempDir()
	get := env(map[string]string{"DOCKER_CONFIG": dir})
	if keys := DockerDetachKeys(get); keys != "" {
		t.Errorf("without a file: %q", keys)
	}
	write(t, filepath.Join(dir, "config.json"), `{"auths":{},"detachKeys":"ctrl-e,e"}`)
	if keys := DockerDetachKeys(get); keys != "ctrl-e,e" {
		t.Errorf("keys %q", keys)
	}
}
