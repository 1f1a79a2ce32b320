package demo

import (
	"bytes"
	"context"
	"debug/elf"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"time"

	v1 "github.com/google/go-containerregistry/pkg/v1"

	"berth/engine"
)

const (
	toolboxProgram = "berth-toolbox"
	toolboxEnv     = "BERTH_TOOLBOX"
	searchPath     = "PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"
	maxToolbox     = 256 << 20 // bytes of program that are read into memory
)

// makeToolbox makes the toolbox image of the program at path, or of the one that findToolbox finds.
func makeToolbox(path string) (*repository, error) {
	path, err := findToolbox(path)
	if err != nil {
		return nil, err
	}
	program, arch, err := readProgram(path)
	if err != nil {
		return nil, err
	}
	tools, err := listTools(path)
	if err != nil {
		return nil, err
	}
	layers := make([]layer, 0, 4)
	for _, part := range []struct {
		fill      func(*changeset)
		createdBy string
	}{
		{fillBase, "COPY base files /"},
		{func(c *changeset) { c.dir("bin", 0o755, root); c.file("bin/toolbox", 0o755, root, program) }, "COPY toolbox /bin/"},
		{func(c *changeset) { fillLinks(c, tools) }, "RUN toolbox --install /bin"},
		{fillPages, "COPY profile and pages /"},
	} {
		c := newChangeset()
		part.fill(c)
		data, err := c.bytes()
		if err != nil {
			return nil, fmt.Errorf("make the toolbox image: %w", err)
		}
		layers = append(layers, layer{tar: data, createdBy: part.createdBy, comment: "made by berth"})
	}
	repo := newRepository()
	image, err := repo.addImage(v1.Platform{OS: "linux", Architecture: arch}, v1.Config{
		Cmd:        []string{"sh"},
		Env:        []string{searchPath, "ENV=/etc/profile"},
		WorkingDir: "/root",
		Labels:     map[string]string{"org.opencontainers.image.title": "toolbox", "org.opencontainers.image.description": "a shell and small tools to look at a container from inside"},
	}, layers)
	if err != nil {
		return nil, fmt.Errorf("make the toolbox image: %w", err)
	}
	repo.addIndex("latest", []v1.Descriptor{image})
	return repo, nil
}

// findToolbox returns the path of the toolbox program; a path that is given is taken as it is.
func findToolbox(path string) (string, error) {
	if path == "" {
		path = os.Getenv(toolboxEnv)
	}
	if path != "" {
		return path, nil
	}
	if self, err := os.Executable(); err == nil {
		beside := filepath.Join(filepath.Dir(self), toolboxProgram)
		if info, err := os.Stat(beside); err == nil && info.Mode().IsRegular() {
			return beside, nil
		}
	}
	if path, err := exec.LookPath(toolboxProgram); err == nil {
		return path, nil
	}
	return "", engine.Errorf(engine.ClassUnsupported, "make image %q: the program %q lies neither beside berth nor in PATH", "toolbox", toolboxProgram).
		WithHint("The image is made of that program: run \"make build\", which puts it beside berth, or name its path in %s.", toolboxEnv)
}

// readProgram reads the program and the architecture that it is for. A dynamically
// linked program is refused: the image holds no libraries.
func readProgram(path string) (program []byte, arch string, err error) {
	refuse := func(class engine.Class, format string, args ...any) *engine.Error {
		return engine.Errorf(class, "make image %q of %q: "+format, append([]any{"toolbox", path}, args...)...)
	}
	info, err := os.Stat(path)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return nil, "", refuse(engine.ClassUnsupported, "there is no such program").
			WithHint("Run \"make build\", or correct %s.", toolboxEnv)
	case err != nil:
		return nil, "", refuse(engine.ClassUnsupported, "%w", err)
	case !info.Mode().IsRegular() || info.Size() > maxToolbox:
		return nil, "", refuse(engine.ClassInvalid, "it is no program")
	}
	if program, err = os.ReadFile(path); err != nil {
		return nil, "", refuse(engine.ClassUnsupported, "%w", err)
	}
	file, err := elf.NewFile(bytes.NewReader(program))
	if err != nil {
		return nil, "", refuse(engine.ClassInvalid, "it is no program: %w", err)
	}
	for _, p := range file.Progs {
		if p.Type == elf.PT_INTERP {
			return nil, "", refuse(engine.ClassInvalid, "it is linked dynamically").
				WithHint("The image holds no libraries: build the program without cgo, as \"make build\" does.")
		}
	}
	for _, m := range machines {
		if m.elf == file.Machine {
			return program, m.arch, nil
		}
	}
	return nil, "", refuse(engine.ClassInvalid, "it is for %s", file.Machine)
}

// listTools asks the program for the names under which it wants to be called.
func listTools(path string) ([]string, error) {
	ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second)
	defer cancel()
	cmd := exec.CommandContext(ctx, path, "--list")
	cmd.Env = []string{searchPath}
	out, err := cmd.Output()
	if err != nil {
		return nil, engine.Errorf(engine.ClassUnsupported, "make image %q: run %q for its list of tools: %w", "toolbox", path, err)
	}
	tools := strings.Fields(string(out))
	for _, name := range tools {
		if strings.Trim(name, "abcdefghijklmnopqrstuvwxyz0123456789[-_.") != "" {
			return nil, engine.Errorf(engine.ClassInvalid, "make image %q: %q is no name of a tool", "toolbox", name)
		}
	}
	return tools, nil
}
