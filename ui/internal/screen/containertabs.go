package screen

import (
	"cmp"
	"context"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"

	"berth/engine"
	"berth/ui/internal/display"
	"berth/ui/internal/style"

	tea "charm.land/bubbletea/v2"
)

// ContainerReader is what the tabs of a container read.
type ContainerReader interface {
	InspectContainer(ctx context.Context, id string, opts engine.InspectOptions) (engine.ContainerDetail, error)
	Processes(ctx context.Context, id string) ([]engine.ProcessInfo, error)
	DiffContainer(ctx context.Context, id string) ([]engine.Change, error)
	Stats(ctx context.Context, id string) (engine.Stats, error)
	Logs(ctx context.Context, id string, opts engine.LogOptions, f func(engine.LogEntry) error) error
}

// A settings tab tells a container's configuration in words.
type settings struct {
	sheet
	eng    ContainerReader
	gen    int
	id     string
	detail *engine.ContainerDetail
	err    error
}

// NewSettings returns the tab of a container's configuration.
func NewSettings(eng ContainerReader, gen int, id string) Tab {
	return &settings{eng: eng, gen: gen, id: id}
}

func (t *settings) Name() string { return "Config" }

func (t *settings) Open(ctx context.Context) tea.Cmd {
	return inspectContainer(ctx, t.eng, t.gen, t.id)
}

func inspectContainer(ctx context.Context, eng ContainerReader, gen int, id string) tea.Cmd {
	return func() tea.Msg {
		d, err := eng.InspectContainer(ctx, id, engine.InspectOptions{Size: true})
		if err != nil {
			return Loaded{gen, Failure{err}}
		}
		return Loaded{gen, d}
	}
}

func (t *settings) Receive(data any) tea.Cmd {
	switch d := data.(type) {
	case engine.ContainerDetail:
		t.detail = &d
	case Failure:
		t.err = d.Err
	}
	return nil
}

func (t *settings) Draw(env Env, w, h int, _ bool) []string {
	st := env.Style
	if t.detail == nil {
		return waiting(st, w, h, t.err)
	}
	d := t.detail
	t.clear()
	t.heading(st, "Container")
	t.fact(st, w, "Name", d.Name)
	t.fact(st, w, "ID", d.ID)
	t.fact(st, w, "Image", d.Image+"  "+d.ImageID.Short())
	t.fact(st, w, "Command", CommandLine(d.Command))
	t.fact(st, w, "Directory", or(d.Config.WorkingDir, "/"))
	t.fact(st, w, "User", or(d.User, "root"))
	t.fact(st, w, "Hostname", d.Hostname)
	t.fact(st, w, "Network", d.Network)
	t.fact(st, w, "Terminal", yesNo(d.TTY))
	t.fact(st, w, "Input", map[bool]string{true: "open", false: "closed"}[d.OpenStdin])
	t.fact(st, w, "Restart", restartWords(d.Config.Restart))
	t.fact(st, w, "At its end", map[bool]string{true: "removed by itself", false: "kept until it is deleted"}[d.AutoRemove])
	t.fact(st, w, "Written", display.Bytes(d.SizeRw))
	if d.Error != "" {
		t.fact(st, w, "Last error", d.Error)
	}
	t.limits(st, w, d.Config.Resources)
	t.mounts(st, w, d.Mounts)
	if len(d.Namespaces) > 0 {
		t.heading(st, "Namespaces")
		for _, name := range slices.Sorted(maps.Keys(d.Namespaces)) {
			t.fact(st, w, name, strconv.FormatUint(d.Namespaces[name], 10))
		}
	}
	environment(&t.sheet, st, w, d.Config.Env)
	labels(&t.sheet, st, w, d.Labels)
	return t.draw(st, w, h)
}

func (t *settings) limits(st *style.Styles, w int, r engine.Resources) {
	if r == (engine.Resources{}) {
		return
	}
	t.heading(st, "Limits")
	if r.Memory > 0 {
		t.fact(st, w, "Memory", display.Memory(r.Memory))
	}
	if r.NanoCPUs > 0 {
		t.fact(st, w, "Processors", strconv.FormatFloat(float64(r.NanoCPUs)/1e9, 'f', -1, 64))
	}
	if r.PidsLimit > 0 {
		t.fact(st, w, "Processes", strconv.FormatInt(r.PidsLimit, 10))
	}
}

func (t *settings) mounts(st *style.Styles, w int, mounts []engine.Mount) {
	if len(mounts) == 0 {
		return
	}
	t.heading(st, "Mounts")
	for _, m := range mounts {
		s := m.Source + " → " + m.Target
		if m.ReadOnly {
			s += " (read-only)"
		}
		t.fact(st, w, cmp.Or(m.Type, "bind"), s)
	}
}

func restartWords(p engine.RestartPolicy) string {
	switch p.Name {
	case "", "no":
		return "never"
	case "on-failure":
		if p.MaxRetry > 0 {
			return fmt.Sprintf("after a failure, at most %d times", p.MaxRetry)
		}
		return "after a failure"
	case "unless-stopped":
		return "always, unless it was stopped"
	}
	return p.Name
}

func yesNo(b bool) string {
	if b {
		return "yes"
	}
	return "no"
}

func environment(s *sheet, st *style.Styles, w int, env []string) {
	if len(env) == 0 {
		return
	}
	s.heading(st, "Environment")
	for _, kv := range env {
		k, v, _ := strings.Cut(kv, "=")
		pair(s, st, w, k, v)
	}
}

func labels(s *sheet, st *style.Styles, w int, labels map[string]string) {
	if len(labels) == 0 {
		return
	}
	s.heading(st, "Labels")
	for _, k := range slices.Sorted(maps.Keys(labels)) {
		pair(s, st, w, k, labels[k])
	}
}

// pair appends key and value, on one line if the key fits among the facts.
func pair(s *sheet, st *style.Styles, w int, key, value string) {
	key = display.Clean(key)
	if display.Width(key) <= factWidth-1 {
		s.fact(st, w, key, or(value, " "))
		return
	}
	s.add(span{"  " + key + "  ", &st.Muted}, span{display.Clean(value), &st.Text})
}
