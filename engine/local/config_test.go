package local

import (
	"slices"
	"testing"

	"berth/engine"

	"github.com/google/go-cmp/cmp"
)

func TestCommandFollowsDockersTable(t *testing.T) {
	// Dockerfile reference, "Understand how CMD and ENTRYPOINT interact".
	image := engine.ImageConfig{Entrypoint: []string{"ep"}, Cmd: []string{"dflt"}}
	for _, c := range []struct {
		name            string
		entrypoint, cmd []string
		img             engine.ImageConfig
		want            []string
	}{
		{"image's own", nil, nil, image, []string{"ep", "dflt"}},
		{"arguments replace the image's", nil, []string{"x", "y"}, image, []string{"ep", "x", "y"}},
		{"an entrypoint drops the image's arguments", []string{"sh"}, nil, image, []string{"sh"}},
		{"both", []string{"sh"}, []string{"-c"}, image, []string{"sh", "-c"}},
		{"an empty entrypoint takes the image's away", []string{}, []string{"ls"}, image, []string{"ls"}},
		{"no entrypoint in the image", nil, nil, engine.ImageConfig{Cmd: []string{"bash"}}, []string{"bash"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			cfg := engine.ContainerConfig{Entrypoint: c.entrypoint, Cmd: c.cmd}
			if err := complete(&cfg, c.img, "0123456789abcdef"); err != nil {
				t.Fatal(err)
			}
			if d := cmp.Diff(c.want, command(&cfg)); d != "" {
				t.Errorf("command differs (-want +got):\n%s", d)
			}
		})
	}
	var none engine.ContainerConfig
	if err := complete(&none, engine.ImageConfig{}, "id"); engine.ClassOf(err) != engine.ClassInvalid {
		t.Errorf("an image without command: %v", err)
	}
}

func TestImageDefaultsAreFilledIn(t *testing.T) {
	cfg := engine.ContainerConfig{Labels: map[string]string{"a": "mine"}, TTY: true}
	img := engine.ImageConfig{
		User: "web", WorkingDir: "srv//www/", StopSignal: "SIGQUIT", Cmd: []string{"x"},
		Labels: map[string]string{"a": "image", "b": "image"},
	}
	if err := complete(&cfg, img, "0123456789abcdef"); err != nil {
		t.Fatal(err)
	}
	if cfg.User != "web" || cfg.WorkingDir != "/srv/www" || cfg.StopSignal != "SIGQUIT" || cfg.Hostname != "0123456789ab" || cfg.Network != "none" {
		t.Errorf("completed to %+v", cfg)
	}
	if d := cmp.Diff(map[string]string{"a": "mine", "b": "image"}, cfg.Labels); d != "" {
		t.Errorf("labels differ (-want +got):\n%s", d)
	}
	if img.Labels["a"] != "image" {
		t.Error("the image's labels were changed")
	}
}

func TestEnvironment(t *testing.T) {
	cfg := engine.ContainerConfig{
		Hostname: "box", TTY: true, Cmd: []string{"x"},
		Env: []string{"A=mine", "GONE", "EMPTY="},
	}
	got := mergeEnv(&cfg, []string{"PATH=/image", "A=image", "GONE=1", "KEEP=1=2"})
	want := []string{"PATH=/image", "HOSTNAME=box", "TERM=xterm", "A=mine", "KEEP=1=2", "EMPTY="}
	if d := cmp.Diff(want, got); d != "" {
		t.Errorf("environment differs (-want +got):\n%s", d)
	}
	own := ownEnv([]string{"A=1", "GONE", "A=2", "B=3"}, []string{"PATH=/image", "GONE=1", "B=image", "C=4"})
	if want := []string{"A=2", "GONE", "B=3", "PATH=/image", "C=4"}; !slices.Equal(own, want) {
		t.Errorf("the record keeps %q, want %q", own, want)
	}
	if plain := mergeEnv(&engine.ContainerConfig{}, nil); !slices.Contains(plain, defaultPath) {
		t.Errorf("no PATH in %v", plain)
	}
}

func TestInvalidConfigurationsAreRefused(t *testing.T) {
	bind := func(src, dst string) []engine.Mount { return []engine.Mount{{Type: "bind", Source: src, Target: dst}} }
	for name, cfg := range map[string]engine.ContainerConfig{
		"name":                {Name: "no spaces"},
		"hostname":            {Hostname: "under_score!"},
		"env without name":    {Env: []string{"=x"}},
		"env with NUL":        {Env: []string{"A=\x00"}},
		"relative workdir":    {WorkingDir: "here"},
		"signal":              {StopSignal: "SIGNOPE"},
		"signal number":       {StopSignal: "65"},
		"memory too small":    {Resources: engine.Resources{Memory: 1 << 20}},
		"swap without memory": {Resources: engine.Resources{MemorySwap: 1 << 30}},
		"swap below memory":   {Resources: engine.Resources{Memory: 1 << 30, MemorySwap: 1 << 29}},
		"cpus and quota":      {Resources: engine.Resources{NanoCPUs: 1e9, CPUQuota: 1000}},
		"negative cpus":       {Resources: engine.Resources{NanoCPUs: -1}},
		"ulimit":              {Ulimits: []engine.Ulimit{{Name: "nofiles", Soft: 1, Hard: 1}}},
		"ulimit order":        {Ulimits: []engine.Ulimit{{Name: "nofile", Soft: 2, Hard: 1}}},
		"mount over root":     {Mounts: bind("/a", "/.")},
		"relative target":     {Mounts: bind("/a", "b")},
		"relative source":     {Mounts: bind("a", "/b")},
		"same target twice":   {Mounts: bind("/a", "/b"), Tmpfs: map[string]string{"/b/": ""}},
		"propagation":         {Mounts: []engine.Mount{{Type: "bind", Source: "/a", Target: "/b", Propagation: "loud"}}},
		"restart policy":      {Restart: engine.RestartPolicy{Name: "sometimes"}},
		"restart count":       {Restart: engine.RestartPolicy{Name: "always", MaxRetry: 3}},
		"rm and restart":      {AutoRemove: true, Restart: engine.RestartPolicy{Name: "always"}},
	} {
		if err := validate(&cfg); engine.ClassOf(err) != engine.ClassInvalid {
			t.Errorf("%s: got %v", name, err)
		}
	}
	ok := engine.ContainerConfig{
		Name: "web", Hostname: "web.local", Env: []string{"A=1", "B"}, WorkingDir: "/srv", StopSignal: "RTMIN+3",
		Resources: engine.Resources{Memory: 64 << 20, MemorySwap: -1, NanoCPUs: 15e8, PidsLimit: -1},
		Ulimits:   []engine.Ulimit{{Name: "nofile", Soft: 10, Hard: -1}}, Mounts: bind("/a", "/b"),
		Restart: engine.RestartPolicy{Name: "on-failure", MaxRetry: 3},
	}
	if err := validate(&ok); err != nil {
		t.Errorf("a sound configuration is refused: %v", err)
	}
}

func TestSignals(t *testing.T) {
	for in, want := range map[string]int{
		"SIGTERM": 15, "term": 15, "9": 9, "KILL": 9, "SIGRTMIN": 34, "RTMIN+3": 37, "SIGRTMAX-1": 63, "64": 64, "WINCH": 28,
	} {
		if sig, err := parseSignal(in); err != nil || int(sig) != want {
			t.Errorf("parseSignal(%q) = %d, %v; want %d", in, sig, err, want)
		}
	}
	for _, in := range []string{"", "0", "65", "99999999999999999999", "-9", "SIGRTMIN+99", "RTMIN+", "RTMAX+1", "KILLER"} {
		if sig, err := parseSignal(in); err == nil {
			t.Errorf("parseSignal(%q) = %d, want an error", in, sig)
		}
	}
}
