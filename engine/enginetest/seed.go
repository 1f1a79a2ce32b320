package enginetest

import (
	"context"
	"fmt"
	"time"

	"berth/engine"
)

// A ContainerSeed is a container with a past.
type ContainerSeed struct {
	Config   engine.ContainerConfig
	Created  time.Duration // ago
	Started  time.Duration // ago; 0 if never
	Finished time.Duration // ago, of one that exited
	State    engine.ContainerState
	ExitCode int
	Restarts int
	Error    string
}

// AddContainer makes a container as it would be by now. One that is alive runs its program.
func (f *Fake) AddContainer(s ContainerSeed) (string, error) {
	ctx := context.Background()
	res, err := f.CreateContainer(ctx, s.Config)
	if err != nil {
		return "", err
	}
	if s.State.Alive() {
		if _, err := f.StartContainer(ctx, res.ID, nil); err != nil {
			return "", err
		}
	}
	if s.State == engine.StatePaused {
		if err := f.PauseContainer(ctx, res.ID); err != nil {
			return "", err
		}
	}
	return res.ID, f.with(ctx, "AddContainer", res.ID, func(c *container) error {
		now := f.clock.Now()
		c.rec.Created, c.rec.RestartCount, c.rec.Error = now.Add(-s.Created), s.Restarts, s.Error
		if s.Started > 0 {
			c.rec.Started = now.Add(-s.Started)
		}
		if s.State != "" && !s.State.Alive() {
			c.rec.State, c.rec.ExitCode = s.State, s.ExitCode
			c.rec.Finished = now.Add(-s.Finished)
			c.exit = engine.ExitStatus{Code: s.ExitCode, At: c.rec.Finished}
		}
		f.publishContainer("update", c, nil)
		return nil
	})
}

// SeedMany fills the cache with images of shared layers, and makes containers, every
// third of them running, to see how a front end bears a large state.
func (f *Fake) SeedMany(images, containers int) error {
	now := f.clock.Now()
	repos := []string{"alpine", "debian", "node", "python", "postgres", "redis", "nginx", "golang", "ghcr.io/acme/api", "ghcr.io/acme/worker"}
	for i := range images {
		name := repos[i%len(repos)]
		r := &Repository{
			Ref: fmt.Sprintf("%s:%d.%d", name, i/len(repos)/10+1, i/len(repos)%10), Created: now.Add(-time.Duration(i*7+1) * time.Hour),
			Config: engine.ImageConfig{Cmd: []string{"serve", name}, WorkingDir: "/"},
			Layers: []RemoteLayer{
				{Content: "base " + name, Size: 28e6, Unpacked: 77e6, CreatedBy: "ADD rootfs.tar / # buildkit"},
				{Content: fmt.Sprintf("app %d", i), Size: int64(1e5 + i*7919%9000*1000), Unpacked: int64(3e5 + i*7919%9000*2500), CreatedBy: "COPY . /app # buildkit"},
			},
		}
		if i%17 == 16 {
			r.Ref = ""
		}
		f.AddImage(r, now.Add(-time.Duration(i)*time.Hour))
	}
	f.AddImage(f.registry["toolbox:latest"], now)
	for i := range containers {
		s := ContainerSeed{
			Config:  engine.ContainerConfig{Name: fmt.Sprintf("worker-%03d", i), Image: "toolbox", Cmd: []string{"serve", fmt.Sprint(8000 + i)}},
			Created: time.Duration(i*13+5) * time.Minute, Started: time.Duration(i*13+4) * time.Minute, State: engine.StateExited,
			Finished: time.Duration(i*5+1) * time.Minute, ExitCode: i % 4,
		}
		if i%3 == 0 {
			s.State, s.ExitCode = engine.StateRunning, 0
		}
		if _, err := f.AddContainer(s); err != nil {
			return err
		}
	}
	return nil
}

// SeedHarbour fills the fake with a small, varied state such as a developer has
// after some weeks: what goldens and pictures show.
func (f *Fake) SeedHarbour() error {
	now := f.clock.Now()
	day := 24 * time.Hour
	base := RemoteLayer{Content: "ubuntu noble", Size: 29_700_000, Unpacked: 78_100_000, CreatedBy: "ADD ubuntu-noble.tar.xz / # buildkit"}
	slim := RemoteLayer{Content: "debian trixie slim", Size: 28_200_000, Unpacked: 74_800_000, CreatedBy: "ADD debian-trixie-slim.tar.xz / # buildkit"}
	add := func(ref string, age time.Duration, cmd []string, layers ...RemoteLayer) {
		f.AddImage(&Repository{
			Ref: ref, Created: now.Add(-age), Layers: layers,
			Config: engine.ImageConfig{
				Cmd: cmd, Env: []string{"PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"}, WorkingDir: "/",
				ExposedPorts: ports(ref), Labels: map[string]string{"org.opencontainers.image.version": "1"},
			},
		}, now.Add(-age/2))
	}
	add("ubuntu:24.04", 2*day, []string{"bash"}, base)
	add("redis:8", 5*day, []string{"redis-server"}, slim,
		RemoteLayer{Content: "redis deps", Size: 1_100_000, Unpacked: 3_900_000, CreatedBy: "RUN apt-get install -y ca-certificates # buildkit"},
		RemoteLayer{Content: "redis bin", Size: 18_400_000, Unpacked: 54_200_000, CreatedBy: "RUN make -C /usr/src/redis install # buildkit"})
	add("nginx:1.29", 6*day, []string{"nginx", "-g", "daemon off;"}, slim,
		RemoteLayer{Content: "nginx bin", Size: 43_600_000, Unpacked: 112_900_000, CreatedBy: "RUN apt-get install -y nginx # buildkit"},
		RemoteLayer{Content: "nginx conf", Size: 1_200, Unpacked: 4_600, CreatedBy: "COPY docker-entrypoint.sh / # buildkit"})
	add("postgres:18", 12*day, []string{"postgres"}, slim,
		RemoteLayer{Content: "postgres bin", Size: 121_000_000, Unpacked: 358_000_000, CreatedBy: "RUN apt-get install -y postgresql-18 # buildkit"})
	add("ghcr.io/acme/api:2026.11", 30*time.Hour, []string{"serve", ":8080"}, base,
		RemoteLayer{Content: "acme api", Size: 12_800_000, Unpacked: 34_500_000, CreatedBy: "COPY api /usr/local/bin/ # buildkit"})
	add("alpine:3.22", 21*day, []string{"sh"}, RemoteLayer{Content: "alpine 3.22", Size: 3_800_000, Unpacked: 8_300_000, CreatedBy: "ADD alpine-minirootfs.tar.gz / # buildkit"})
	add("", 9*day, []string{"serve"}, base, RemoteLayer{Content: "acme api old", Size: 12_600_000, Unpacked: 133_900_000, CreatedBy: "COPY api /usr/local/bin/ # buildkit"})
	for _, ref := range []string{"hello-world:latest", "toolbox:latest"} {
		f.AddImage(f.registry[ref], now.Add(-4*day))
	}
	f.AddRepository(&Repository{
		Ref: "python:3.14", Created: now.Add(-3 * day), Config: engine.ImageConfig{Cmd: []string{"python3"}},
		Layers: []RemoteLayer{slim,
			{Content: "python deps", Size: 29_700_000, Unpacked: 91_000_000, CreatedBy: "RUN apt-get install -y libssl-dev # buildkit"},
			{Content: "python bin", Size: 49_500_000, Unpacked: 168_000_000, CreatedBy: "RUN ./configure && make install # buildkit"},
			{Content: "python pip", Size: 6_100_000, Unpacked: 21_000_000, CreatedBy: "RUN pip install --upgrade pip # buildkit"},
			{Content: "python links", Size: 250, Unpacked: 900, CreatedBy: "RUN ln -s python3 python # buildkit"}},
	})
	for _, s := range []ContainerSeed{
		{Config: engine.ContainerConfig{Name: "hello", Image: "hello-world"}, Created: 7 * time.Minute, Started: 7 * time.Minute, Finished: 7 * time.Minute, State: engine.StateExited},
		{Config: engine.ContainerConfig{Name: "migrate", Image: "postgres:18", Cmd: []string{"serve"}}, Created: 3 * time.Hour, Started: 3 * time.Hour, Finished: 179 * time.Minute, State: engine.StateExited, ExitCode: 1},
		{Config: engine.ContainerConfig{Name: "db", Image: "postgres:18"}, Created: 2 * day, Started: 2 * day, State: engine.StateRunning},
		{Config: engine.ContainerConfig{Name: "cache", Image: "redis:8"}, Created: 2 * day, Started: 26 * time.Hour, State: engine.StateRunning, Restarts: 2},
		{Config: engine.ContainerConfig{Name: "web-2", Image: "nginx:1.29"}, Created: 40 * time.Minute, Started: 40 * time.Minute, State: engine.StatePaused},
		{Config: engine.ContainerConfig{Name: "web-1", Image: "nginx:1.29"}, Created: 40 * time.Minute, Started: 2 * time.Minute, State: engine.StateRunning},
		{Config: engine.ContainerConfig{Name: "api", Image: "ghcr.io/acme/api:2026.11"}, Created: 30 * time.Minute, State: engine.StateCreated},
		{Config: engine.ContainerConfig{Name: "shell", Image: "ubuntu:24.04", TTY: true, OpenStdin: true}, Created: 14 * time.Second, Started: 14 * time.Second, State: engine.StateRunning},
	} {
		if _, err := f.AddContainer(s); err != nil {
			return err
		}
	}
	return f.PinImage(context.Background(), "alpine:3.22", true)
}

func ports(ref string) []string {
	name, _ := repository(ref)
	return map[string][]string{"redis": {"6379/tcp"}, "nginx": {"80/tcp"}, "postgres": {"5432/tcp"}, "ghcr.io/acme/api": {"8080/tcp"}}[name]
}
