package local

import (
	"cmp"
	"maps"
	"os"
	"path"
	"slices"
	"strings"

	"berth/engine"
)

// defaultPath is the PATH of containers whose image sets none; Docker's value.
const defaultPath = "PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"

// complete fills cfg with the image's defaults, as Docker does, so that what is
// stored can be run without looking at the image again.
func complete(cfg *engine.ContainerConfig, img engine.ImageConfig, id string) error {
	if cfg.Entrypoint == nil {
		cfg.Entrypoint = img.Entrypoint
		if len(cfg.Cmd) == 0 {
			cfg.Cmd = img.Cmd
		}
	}
	if len(cfg.Entrypoint) == 0 && len(cfg.Cmd) == 0 {
		return invalid("no command specified").
			WithHint("The image %q has no default command: name one behind the image.", cfg.Image)
	}
	if cfg.Hostname == "" && cfg.Network == "host" {
		cfg.Hostname, _ = os.Hostname()
	}
	cfg.Hostname = cmp.Or(cfg.Hostname, engine.ShortID(id))
	if cfg.User == "" {
		cfg.User = img.User
	}
	if cfg.WorkingDir == "" {
		cfg.WorkingDir = img.WorkingDir
	}
	if !path.IsAbs(cfg.WorkingDir) {
		cfg.WorkingDir = "/" + cfg.WorkingDir // an image may say "app"; Docker reads that so
	}
	cfg.WorkingDir = path.Clean(cfg.WorkingDir)
	if cfg.StopSignal == "" {
		cfg.StopSignal = img.StopSignal
	}
	if cfg.Network == "" {
		cfg.Network = "none"
	}
	if cfg.Restart.Name == "" {
		cfg.Restart.Name = "no"
	}
	cfg.Env = ownEnv(cfg.Env, img.Env)
	labels := maps.Clone(img.Labels)
	if labels == nil {
		labels = map[string]string{}
	}
	maps.Copy(labels, cfg.Labels)
	cfg.Labels = labels
	return nil
}

// ownEnv is what a container's record keeps, as Docker's inspect shows it: the caller's
// variables, one that is to be taken away as its name alone, and behind them what else
// the image sets. The defaults are added at the start.
func ownEnv(caller, image []string) []string {
	env := make([]string, 0, len(caller)+len(image))
	at := map[string]int{}
	for i, e := range slices.Concat(caller, image) {
		key, _, _ := strings.Cut(e, "=")
		j, known := at[key]
		switch {
		case !known:
			at[key] = len(env)
			env = append(env, e)
		case i < len(caller):
			env[j] = e // the last one counts
		}
	}
	return env
}

// mergeEnv puts the caller's variables over the image's, and both over the defaults.
// An entry without an equals sign takes the image's variable away.
func mergeEnv(cfg *engine.ContainerConfig, image []string) []string {
	env := []string{defaultPath, "HOSTNAME=" + cfg.Hostname}
	if cfg.TTY {
		env = append(env, "TERM=xterm")
	}
	for _, e := range slices.Concat(image, cfg.Env) {
		key, _, set := strings.Cut(e, "=")
		i := slices.IndexFunc(env, func(have string) bool {
			return strings.HasPrefix(have, key+"=")
		})
		switch {
		case !set && i >= 0:
			env = slices.Delete(env, i, i+1)
		case set && i >= 0:
			env[i] = e
		case set:
			env = append(env, e)
		}
	}
	return env
}

// command returns what the container executes.
func command(cfg *engine.ContainerConfig) []string {
	return slices.Concat(cfg.Entrypoint, cfg.Cmd)
}
