// Package config reads Berth's own settings: the file config.toml in the user's
// configuration directory, the environment, and from Docker's config file the
// detach keys alone. It runs in berth only and writes nothing.
package config

import (
	"bytes"
	"encoding/json"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strconv"

	"berth/engine"

	units "github.com/docker/go-units"
	"github.com/pelletier/go-toml/v2"
)

// Settings are what the user may decide once for all commands.
type Settings struct {
	// Root is the state directory; empty for the default.
	Root string `toml:"root"`
	// Demo serves the built-in images instead of Docker Hub.
	Demo bool `toml:"demo"`
	// Mirrors are tried before Docker Hub, in order.
	Mirrors []string `toml:"mirrors"`
	// Insecure names registries that are spoken to over plain HTTP.
	Insecure []string `toml:"insecure-registries"`
	// DetachKeys replace the default prefix, in Docker's notation.
	DetachKeys string `toml:"detach-keys"`
	Log        Log    `toml:"log"`
	UI         UI     `toml:"ui"`
}

// UI says how the workstation looks.
type UI struct {
	Theme   string `toml:"theme"` // by name; empty: dark or light as the terminal is
	ASCII   bool   `toml:"ascii"`
	NoMouse bool   `toml:"no-mouse"`
}

// Log bounds the log of each container.
type Log struct {
	MaxSize string `toml:"max-size"` // "10m"; empty for the default
	MaxFile int    `toml:"max-file"` // 0 for the default
}

// MaxBytes returns MaxSize as a number; 0 if it is not set.
func (l Log) MaxBytes() (int64, error) {
	if l.MaxSize == "" {
		return 0, nil
	}
	n, err := units.RAMInBytes(l.MaxSize)
	if err != nil || n <= 0 {
		return 0, engine.Errorf(engine.ClassInvalid, "config: log.max-size %q is not a size", l.MaxSize).
			WithHint("Write a number with a unit, as in \"10m\".")
	}
	return n, nil
}

// Dir returns the directory of Berth's own files, which need not exist, or "" if the
// user has no home (XDG Base Directory Specification).
func Dir(getenv func(string) string) string {
	if dir := getenv("XDG_CONFIG_HOME"); filepath.IsAbs(dir) {
		return filepath.Join(dir, "berth")
	}
	if home := getenv("HOME"); home != "" {
		return filepath.Join(home, ".config", "berth")
	}
	return ""
}

// Load reads the file, if there is one, and then the environment: BERTH_ROOT,
// BERTH_DEMO. A mistake in the file is ClassInvalid and names the line.
func Load(getenv func(string) string) (Settings, error) {
	var s Settings
	path := ""
	if dir := Dir(getenv); dir != "" {
		path = filepath.Join(dir, "config.toml")
	}
	data, err := readFile(path)
	if err != nil {
		return s, err
	}
	if len(data) > 0 {
		if err := decode(path, data, &s); err != nil {
			return s, err
		}
	}
	if v := getenv("BERTH_ROOT"); v != "" {
		s.Root = v
	}
	if v := getenv("BERTH_DEMO"); v != "" {
		on, err := strconv.ParseBool(v)
		if err != nil {
			return s, engine.Errorf(engine.ClassInvalid, "BERTH_DEMO=%q: the value is 1 or 0", v)
		}
		s.Demo = on
	}
	return s, nil
}

func readFile(path string) ([]byte, error) {
	if path == "" {
		return nil, nil
	}
	data, err := os.ReadFile(path)
	switch {
	case err == nil:
		return data, nil
	case errors.Is(err, fs.ErrNotExist), errors.Is(err, fs.ErrPermission):
		// Under sudo or su, HOME may be a directory of someone else: not a reason to stop.
		return nil, nil
	}
	return nil, engine.Errorf(engine.ClassInvalid, "read the configuration: %w", err)
}

func decode(path string, data []byte, s *Settings) error {
	err := toml.NewDecoder(bytes.NewReader(data)).DisallowUnknownFields().Decode(s)
	var strict *toml.StrictMissingError
	var broken *toml.DecodeError
	switch {
	case err == nil:
		return nil
	case errors.As(err, &strict) && len(strict.Errors) > 0:
		row, _ := strict.Errors[0].Position()
		key := ""
		for i, k := range strict.Errors[0].Key() {
			if i > 0 {
				key += "."
			}
			key += k
		}
		return engine.Errorf(engine.ClassInvalid, "%s, line %d: unknown key %q", path, row, key).
			WithHint("The keys are root, demo, mirrors, insecure-registries, detach-keys, log.max-size, log.max-file," +
				" ui.theme, ui.ascii and ui.no-mouse.")
	case errors.As(err, &broken):
		row, col := broken.Position()
		return engine.Errorf(engine.ClassInvalid, "%s, line %d, column %d: %s", path, row, col, broken.Error())
	}
	return engine.Errorf(engine.ClassInvalid, "%s: %w", path, err)
}

// DockerDetachKeys returns the detachKeys of Docker's config file, or "". Who has
// set them there has those keys in the fingers; Docker's default is not taken over.
func DockerDetachKeys(getenv func(string) string) string {
	dir := getenv("DOCKER_CONFIG")
	if dir == "" {
		home := getenv("HOME")
		if home == "" {
			return ""
		}
		dir = filepath.Join(home, ".docker")
	}
	data, err := os.ReadFile(filepath.Join(dir, "config.json"))
	if err != nil {
		return ""
	}
	var c struct {
		DetachKeys string `json:"detachKeys"`
	}
	if json.Unmarshal(data, &c) != nil {
		return ""
	}
	return c.DetachKeys
}
