// Package dockerjson turns the engine's values into the JSON of Docker's API
// (Engine API v1.50, docs.docker.com/reference/api/engine), with the same keys in
// the same order. `berth inspect` prints it; anything else that speaks Docker's
// API can send it. It converts only: it asks the engine nothing and prints nothing.
package dockerjson

import (
	"encoding/json"
	"maps"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"berth/engine"
)

// A Container is ContainerInspect's answer.
type Container struct {
	ID              string `json:"Id"`
	Created         string
	Path            string
	Args            []string
	State           State
	Image           string
	ResolvConfPath  string
	HostnamePath    string
	HostsPath       string
	LogPath         string
	Name            string
	RestartCount    int
	Driver          string
	Platform        string
	MountLabel      string
	ProcessLabel    string
	AppArmorProfile string
	ExecIDs         []string
	HostConfig      HostConfig
	GraphDriver     GraphDriver
	SizeRw          *int64 `json:",omitempty"`
	SizeRootFs      *int64 `json:",omitempty"`
	Mounts          []MountPoint
	Config          Config
	NetworkSettings NetworkSettings
}

// State is a container's state.
type State struct {
	Status     string
	Running    bool
	Paused     bool
	Restarting bool
	OOMKilled  bool
	Dead       bool
	Pid        int
	ExitCode   int
	Error      string
	StartedAt  string
	FinishedAt string
	Health     *Health `json:",omitempty"` // always nil: health checks are not run
}

// Health is what a health check found.
type Health struct {
	Status        string
	FailingStreak int
}

// GraphDriver says where the layers lie.
type GraphDriver struct {
	Data map[string]string
	Name string
}

// MountPoint is one mount as the container sees it.
type MountPoint struct {
	Type        string
	Source      string
	Destination string
	Mode        string
	RW          bool
	Propagation string
}

// Config is the part of a container's configuration that does not depend on the host.
type Config struct {
	Hostname     string
	Domainname   string
	User         string
	AttachStdin  bool
	AttachStdout bool
	AttachStderr bool
	ExposedPorts map[string]struct{} `json:",omitempty"`
	Tty          bool
	OpenStdin    bool
	StdinOnce    bool
	Env          []string
	Cmd          []string
	Healthcheck  json.RawMessage `json:",omitempty"`
	Image        string
	Volumes      map[string]struct{}
	WorkingDir   string
	Entrypoint   []string
	OnBuild      []string
	Labels       map[string]string
	StopSignal   string   `json:",omitempty"`
	StopTimeout  *int     `json:",omitempty"`
	Shell        []string `json:",omitempty"`
}

// FromContainer converts d. Sizes are left out unless withSize.
func FromContainer(d engine.ContainerDetail, withSize bool) Container {
	c := Container{
		ID:           d.ID,
		Created:      Time(d.Created),
		Args:         []string{},
		State:        state(d.Container),
		Image:        string(d.ImageID),
		LogPath:      d.LogPath,
		Name:         "/" + d.Name,
		RestartCount: d.RestartCount,
		Driver:       "overlay2",
		Platform:     "linux",
		ExecIDs:      d.Execs,
		HostConfig:   hostConfig(d),
		GraphDriver:  graphDriver(d),
		Mounts:       mountPoints(d.Config.Mounts),
		Config:       config(d),
		NetworkSettings: NetworkSettings{
			SandboxKey: sandboxKey(d),
			Ports:      map[string][]PortBinding{},
			Networks:   map[string]Endpoint{d.Config.Network: {}},
		},
	}
	if len(d.Command) > 0 {
		c.Path, c.Args = d.Command[0], append(c.Args, d.Command[1:]...)
	}
	if d.RootDir != "" {
		c.ResolvConfPath = filepath.Join(d.RootDir, "resolv.conf")
		c.HostnamePath = filepath.Join(d.RootDir, "hostname")
		c.HostsPath = filepath.Join(d.RootDir, "hosts")
	}
	if withSize {
		c.SizeRw, c.SizeRootFs = &d.SizeRw, &d.SizeRootFs
	}
	return c
}

func state(c engine.Container) State {
	return State{
		Status:     string(c.State),
		Running:    c.State.Alive(),
		Paused:     c.State == engine.StatePaused,
		Restarting: c.State == engine.StateRestarting,
		OOMKilled:  c.OOMKilled,
		Dead:       c.State == engine.StateDead,
		Pid:        c.Pid,
		ExitCode:   c.ExitCode,
		Error:      c.Error,
		StartedAt:  Time(c.Started),
		FinishedAt: Time(c.Finished),
	}
}

// Time is Docker's form: RFC 3339 with nanoseconds, UTC; the zero time is year 1.
func Time(t time.Time) string { return t.UTC().Format(time.RFC3339Nano) }

func graphDriver(d engine.ContainerDetail) GraphDriver {
	g := GraphDriver{Name: "overlay2", Data: map[string]string{}}
	if d.UpperDir != "" {
		g.Data["UpperDir"] = d.UpperDir
		g.Data["LowerDir"] = strings.Join(d.LowerDirs, ":")
	}
	return g
}

func mountPoints(mounts []engine.Mount) []MountPoint {
	points := make([]MountPoint, 0, len(mounts))
	for _, m := range mounts {
		p := MountPoint{Type: m.Type, Source: m.Source, Destination: m.Target, RW: !m.ReadOnly, Propagation: m.Propagation}
		if p.Propagation == "" && m.Type == "bind" {
			p.Propagation = "rprivate"
		}
		if m.ReadOnly && m.Create { // the mode is what stood behind -v; --mount has none
			p.Mode = "ro"
		}
		points = append(points, p)
	}
	return points
}

func config(d engine.ContainerDetail) Config {
	cfg := d.Config
	hostname := d.Hostname
	if hostname == "" {
		hostname = cfg.Hostname
	}
	return Config{
		Hostname: hostname, User: cfg.User, AttachStdout: true, AttachStderr: true,
		AttachStdin: cfg.OpenStdin, OpenStdin: cfg.OpenStdin, StdinOnce: cfg.OpenStdin, Tty: cfg.TTY,
		ExposedPorts: set(d.ImageConfig.ExposedPorts), Env: orEmpty(cfg.Env), Cmd: cfg.Cmd, Image: cfg.Image,
		Healthcheck: d.ImageConfig.Healthcheck, Volumes: set(d.ImageConfig.Volumes),
		WorkingDir: cfg.WorkingDir, Entrypoint: cfg.Entrypoint, Labels: orEmptyMap(cfg.Labels),
		StopSignal: cfg.StopSignal, StopTimeout: cfg.StopTimeout, Shell: d.ImageConfig.Shell,
	}
}

// set makes the JSON object with empty values that Docker uses for sets; nil for none.
func set(keys []string) map[string]struct{} {
	if len(keys) == 0 {
		return nil
	}
	m := make(map[string]struct{}, len(keys))
	for _, k := range keys {
		m[k] = struct{}{}
	}
	return m
}

func orEmpty(s []string) []string {
	if s == nil {
		return []string{}
	}
	return s
}

func orEmptyMap(m map[string]string) map[string]string {
	if m == nil {
		return map[string]string{}
	}
	return m
}

func sortedKeys(m map[string]string) []string { return slices.Sorted(maps.Keys(m)) }
