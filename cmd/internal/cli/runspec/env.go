package runspec

import (
	"bufio"
	"bytes"
	"fmt"
	"os"
	"strings"
	"unicode"
	"unicode/utf8"

	"berth/engine"
)

func checkEnv(s string) error {
	if name, _, _ := strings.Cut(s, "="); name == "" {
		return fmt.Errorf("a variable needs a name")
	}
	return nil
}

func checkLabel(s string) error {
	if key, _, _ := strings.Cut(s, "="); strings.TrimSpace(key) == "" {
		return fmt.Errorf("a label needs a key")
	}
	return nil
}

func (o *Options) fillEnv(cfg *engine.ContainerConfig) (err error) {
	cfg.Env, err = Environment(o.env.values, o.envFiles.values, o.lookup)
	return err
}

// Environment joins env files and -e values, the latter last so that they win.
// NAME alone takes its value from lookup; if that has none, an env file's line is
// dropped and an -e value stays NAME, which removes the image's variable.
func Environment(values, files []string, lookup func(string) (string, bool)) ([]string, error) {
	var env []string
	for _, f := range files {
		lines, err := readLines(f)
		if err != nil {
			return nil, err
		}
		for _, line := range lines {
			name, _, hasValue := strings.Cut(line, "=")
			if name == "" || strings.ContainsFunc(name, unicode.IsSpace) {
				return nil, engine.Errorf(engine.ClassInvalid, "env file %q: %q is not a variable's name", f, name)
			}
			if !hasValue {
				v, ok := lookup(name)
				if !ok {
					continue
				}
				line = name + "=" + v
			}
			env = append(env, line)
		}
	}
	for _, v := range values {
		if !strings.Contains(v, "=") {
			if value, ok := lookup(v); ok {
				v += "=" + value
			}
		}
		env = append(env, v)
	}
	return env, nil
}

func (o *Options) fillLabels(cfg *engine.ContainerConfig) error {
	var all []string
	for _, f := range o.labelFiles.values {
		lines, err := readLines(f)
		if err != nil {
			return err
		}
		for _, line := range lines {
			if err := checkLabel(line); err != nil {
				return engine.Errorf(engine.ClassInvalid, "label file %q: %q: %w", f, line, err)
			}
		}
		all = append(all, lines...)
	}
	all = append(all, o.labels.values...)
	if len(all) == 0 {
		return nil
	}
	cfg.Labels = make(map[string]string, len(all))
	for _, l := range all {
		k, v, _ := strings.Cut(l, "=")
		cfg.Labels[k] = v
	}
	return nil
}

// maxFile bounds an env or label file: one that is larger is not what was meant.
const maxFile = 4 << 20

// readLines returns a file's lines without comments, blank lines and leading space.
func readLines(name string) ([]string, error) {
	data, err := os.ReadFile(name)
	if err != nil {
		return nil, engine.Errorf(engine.ClassInvalid, "read flags from a file: %w", err)
	}
	if len(data) > maxFile {
		return nil, engine.Errorf(engine.ClassInvalid, "file %q is larger than %d bytes", name, maxFile)
	}
	data = bytes.TrimPrefix(data, []byte("\xef\xbb\xbf"))
	var lines []string
	sc := bufio.NewScanner(bytes.NewReader(data))
	sc.Buffer(nil, maxFile+1)
	for n := 1; sc.Scan(); n++ {
		if !utf8.Valid(sc.Bytes()) {
			return nil, engine.Errorf(engine.ClassInvalid, "file %q, line %d is not valid UTF-8", name, n)
		}
		line := strings.TrimLeftFunc(sc.Text(), unicode.IsSpace)
		if line != "" && line[0] != '#' {
			lines = append(lines, line)
		}
	}
	return lines, sc.Err()
}
