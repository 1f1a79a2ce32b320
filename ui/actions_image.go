package ui

import (
	"context"
	"slices"
	"strings"

	"berth/engine"
	"berth/ui/internal/display"
	"berth/ui/internal/layout"
	"berth/ui/internal/screen"

	tea "charm.land/bubbletea/v2"
)

// image returns the selected image.
func (m *Model) image() (engine.Image, bool) { return m.images.Selected() }

// runImage runs an image's own command. It gets a terminal, so that one which wants a
// shell does not end at once.
func (m *Model) runImage() tea.Cmd {
	i, ok := m.image()
	if !ok {
		return m.tell("No image is selected.")
	}
	return m.run(engine.ContainerConfig{Image: screen.ImageRef(i), TTY: true, OpenStdin: true})
}

// run makes a container and starts it, in a pane if it has a terminal.
func (m *Model) run(cfg engine.ContainerConfig) tea.Cmd {
	ctx, eng := m.ctx, m.eng
	return func() tea.Msg {
		res, err := eng.CreateContainer(ctx, cfg)
		if err != nil {
			return acted{errs: []error{err}}
		}
		if cfg.TTY {
			return created{res.ID, cfg.Image}
		}
		if _, err := eng.StartContainer(ctx, res.ID, nil); err != nil {
			return acted{errs: []error{err}, id: res.ID}
		}
		return acted{verb: "Started", what: "a container of " + cfg.Image, id: res.ID}
	}
}

// askRun asks for a command line.
func (m *Model) askRun() tea.Cmd {
	i, ok := m.image()
	if !ok {
		return m.tell("No image is selected.")
	}
	commands := new([]string)
	return tea.Batch(m.commandsOf(i, commands), m.show(newPrompt(promptConfig{
		title: "Run a container", label: "berth", text: "run -it --rm " + screen.ImageRef(i) + " ", history: m.past,
		hint:     "tab completes " + m.look.style.Icons.Dot + " up recalls",
		complete: m.completeRun(i, commands),
		done: func(m *Model, line string) tea.Cmd {
			cfg, err := m.parseRun(line)
			if err != nil {
				return m.complain(err, "")
			}
			m.past = append(slices.DeleteFunc(m.past, func(s string) bool { return s == line }), line)
			return m.run(cfg)
		},
	})))
}

// imageCommands are what an image is made to run, for the line that is being typed.
type imageCommands struct {
	to       *[]string
	commands []string
}

// commandsOf asks for the image's own command, and what is left of it behind its entrypoint.
func (m *Model) commandsOf(i engine.Image, to *[]string) tea.Cmd {
	ctx, eng := m.ctx, m.eng
	return func() tea.Msg {
		d, err := eng.InspectImage(ctx, string(i.ID))
		if err != nil || len(d.Config.Cmd) == 0 {
			return nil // there is nothing to offer
		}
		return imageCommands{to, []string{screen.CommandLine(d.Config.Cmd)}}
	}
}

func (m *Model) parseRun(line string) (engine.ContainerConfig, error) {
	args, err := splitLine(line)
	if err != nil {
		return engine.ContainerConfig{}, err
	}
	if len(args) > 0 && args[0] == "berth" {
		args = args[1:]
	}
	if len(args) == 0 || args[0] != "run" {
		return engine.ContainerConfig{}, engine.Errorf(engine.ClassInvalid, "read the command line: it must begin with run")
	}
	if m.opts.ParseRun != nil {
		return m.opts.ParseRun(args[1:])
	}
	return parseRun(args[1:])
}

// completeRun offers earlier lines, the cache's images, and what the image runs by default.
func (m *Model) completeRun(i engine.Image, commands *[]string) func(string) []string {
	var names []string
	for _, im := range m.state.Images {
		names = append(names, im.RepoTags...)
	}
	slices.Sort(names)
	return func(line string) (out []string) {
		for _, past := range slices.Backward(m.past) {
			if strings.HasPrefix(past, line) && past != line {
				out = append(out, past)
			}
		}
		head, word := "", line
		if k := strings.LastIndexByte(line, ' '); k >= 0 {
			head, word = line[:k+1], line[k+1:]
		}
		if fields := strings.Fields(head); slices.Contains(fields, screen.ImageRef(i)) { // behind the image: a command
			for _, c := range append(slices.Clone(*commands), "sh", "bash", "ls", "env", "ps") {
				if !slices.Contains(out, head+c) && strings.HasPrefix(c, word) && word != c {
					out = append(out, head+c)
				}
			}
			return out
		}
		for _, n := range append(slices.Clone(runFlags), names...) {
			if word != "" && strings.HasPrefix(n, word) && n != word {
				out = append(out, head+n)
			}
		}
		return out
	}
}

// removeImages deletes the marked images, or the selected one, after a while in which
// that can be taken back.
func (m *Model) removeImages() tea.Cmd {
	targets := m.images.Targets()
	if len(targets) == 0 {
		return m.tell("No image is selected.")
	}
	if targets = slices.DeleteFunc(targets, func(i engine.Image) bool { return m.doomed(string(i.ID)) }); len(targets) == 0 {
		return m.tell("That waits to be deleted already.")
	}
	refs := make(map[string]string)
	p := pending{what: imagesName(targets), pane: layout.Images}
	for _, i := range targets {
		switch {
		case i.Running > 0:
			return m.complain(engine.Errorf(engine.ClassConflict, "delete image %q: a running container uses it", screen.ImageRef(i)).
				WithHint("Stop and delete the container first."), "")
		case i.Containers > 0:
			return m.complain(engine.Errorf(engine.ClassConflict, "delete image %q: a stopped container uses it", screen.ImageRef(i)).
				WithHint("Delete the container first."), "")
		}
		p.keys = append(p.keys, string(i.ID))
		refs[string(i.ID)] = screen.ImageRef(i)
	}
	eng, tags := m.eng, make(map[string][]string)
	for _, i := range targets {
		tags[string(i.ID)] = i.RepoTags
	}
	p.run = func(ctx context.Context, id string) error {
		if len(tags[id]) > 1 { // exactly the names that showed: one that came since keeps the image
			for _, t := range tags[id] {
				if _, err := eng.RemoveImage(ctx, t, engine.RemoveImageOptions{}); err != nil {
					return err
				}
			}
			return nil
		}
		_, err := eng.RemoveImage(ctx, refs[id], engine.RemoveImageOptions{})
		return err
	}
	m.images.Unmark()
	return m.later(p)
}

func (m *Model) askTag() tea.Cmd {
	i, ok := m.image()
	if !ok {
		return m.tell("No image is selected.")
	}
	eng, ref := m.eng, screen.ImageRef(i)
	return m.show(newPrompt(promptConfig{
		title: "Name " + display.Clean(ref), label: "New name", text: repositoryOf(ref) + ":",
		hint: "berth tag " + display.Clean(ref) + " NAME",
		done: func(m *Model, name string) tea.Cmd {
			ctx := m.ctx
			return func() tea.Msg {
				if err := eng.TagImage(ctx, ref, name); err != nil {
					return acted{errs: []error{err}}
				}
				return acted{verb: "Named", what: ref + " " + name}
			}
		},
	}))
}

func repositoryOf(ref string) string {
	if k := strings.LastIndexByte(ref, ':'); k > strings.LastIndexByte(ref, '/') {
		return ref[:k]
	}
	return ref
}

// pin protects the marked images, or the selected one, from every prune. If all are, it ends that.
func (m *Model) pin() tea.Cmd {
	targets := m.images.Targets()
	if len(targets) == 0 {
		return m.tell("No image is selected.")
	}
	on := slices.ContainsFunc(targets, func(i engine.Image) bool { return !i.Pinned })
	verb := "Unpinned"
	if on {
		verb = "Pinned"
	}
	ctx, eng := m.ctx, m.eng
	return func() tea.Msg {
		a := acted{verb: verb, what: imagesName(targets)}
		for _, i := range targets {
			if err := eng.PinImage(ctx, string(i.ID), on); err != nil {
				a.errs = append(a.errs, err)
			}
		}
		return a
	}
}
