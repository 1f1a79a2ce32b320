package ui

import (
	"slices"
	"strings"

	"berth/engine"
)

// runFlags are the flags of run that parseRun understands, for completion.
var runFlags = []string{
	"-it", "-d", "--rm", "--name", "--hostname", "--env", "--workdir", "--user", "--entrypoint", "--network", "--read-only", "--init", "--label", "--restart",
}

// splitLine splits a command line as a shell does: quotes and backslashes, and nothing else.
func splitLine(line string) ([]string, error) {
	var out []string
	var word strings.Builder
	in, quote := false, rune(0)
	escaped := false
	for _, r := range line {
		switch {
		case escaped:
			word.WriteRune(r)
			escaped = false
		case r == '\\' && quote != '\'':
			escaped, in = true, true
		case quote != 0:
			if r == quote {
				quote = 0
			} else {
				word.WriteRune(r)
			}
		case r == '\'' || r == '"':
			quote, in = r, true
		case r == ' ' || r == '\t':
			if in {
				out = append(out, word.String())
				word.Reset()
			}
			in = false
		default:
			word.WriteRune(r)
			in = true
		}
	}
	if quote != 0 || escaped {
		return nil, engine.Errorf(engine.ClassInvalid, "read the command line: a quote is not closed")
	}
	if in {
		out = append(out, word.String())
	}
	return out, nil
}

// parseRun reads the common flags of run. What it does not know it refuses.
func parseRun(args []string) (engine.ContainerConfig, error) {
	var cfg engine.ContainerConfig
	for len(args) > 0 && strings.HasPrefix(args[0], "-") {
		flag := args[0]
		args = args[1:]
		if flag == "--" {
			break
		}
		name, value, given := strings.Cut(flag, "=")
		if set := runValue(&cfg, name); set != nil {
			if !given {
				if len(args) == 0 {
					return cfg, engine.Errorf(engine.ClassInvalid, "read the command line: %s needs a value", name)
				}
				value, args = args[0], args[1:]
			}
			set(value)
			continue
		}
		if !runSwitch(&cfg, flag) {
			return cfg, engine.Errorf(engine.ClassInvalid, "read the command line: unknown flag %q", flag).
				WithHint("These are known here: %s.", strings.Join(runFlags, " "))
		}
	}
	if len(args) == 0 {
		return cfg, engine.Errorf(engine.ClassInvalid, "read the command line: no image is named")
	}
	cfg.Image = args[0]
	if len(args) > 1 {
		cfg.Cmd = args[1:]
	}
	return cfg, nil
}

// runValue returns what a flag with a value sets, nil if there is no such flag.
func runValue(cfg *engine.ContainerConfig, name string) func(string) {
	switch name {
	case "--name":
		return func(v string) { cfg.Name = v }
	case "--hostname", "-h":
		return func(v string) { cfg.Hostname = v }
	case "--env", "-e":
		return func(v string) { cfg.Env = append(cfg.Env, v) }
	case "--workdir", "-w":
		return func(v string) { cfg.WorkingDir = v }
	case "--user", "-u":
		return func(v string) { cfg.User = v }
	case "--entrypoint":
		return func(v string) { cfg.Entrypoint = []string{v} }
	case "--network", "--net":
		return func(v string) { cfg.Network = v }
	case "--restart":
		return func(v string) { cfg.Restart.Name = v }
	case "--label", "-l":
		return func(v string) {
			if cfg.Labels == nil {
				cfg.Labels = make(map[string]string)
			}
			k, val, _ := strings.Cut(v, "=")
			cfg.Labels[k] = val
		}
	}
	return nil
}

// runSwitch sets what flags without a value mean: long ones, or several letters together.
func runSwitch(cfg *engine.ContainerConfig, flag string) bool {
	switch flag {
	case "--interactive":
		flag = "-i"
	case "--tty":
		flag = "-t"
	case "--detach":
		flag = "-d"
	case "--rm":
		cfg.AutoRemove = true
		return true
	case "--read-only":
		cfg.ReadOnly = true
		return true
	case "--init":
		cfg.Init = true
		return true
	}
	if strings.HasPrefix(flag, "--") || slices.ContainsFunc([]byte(flag[1:]), func(c byte) bool { return !strings.ContainsRune("itd", rune(c)) }) {
		return false
	}
	cfg.OpenStdin = cfg.OpenStdin || strings.Contains(flag, "i")
	cfg.TTY = cfg.TTY || strings.Contains(flag, "t")
	return true
}
