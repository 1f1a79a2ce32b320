package cli

import (
	"testing"
	"time"

	"berth/engine"
	"berth/engine/enginetest"
)

func TestMain(m *testing.M) {
	time.Local = time.UTC // ages and dates are in the user's zone
	m.Run()
}

// seeded returns a bench with images and containers in every state.
func seeded(t *testing.T) *bench {
	t.Helper()
	b := newBench(t)
	b.must("pull", "-q", "toolbox")
	b.must("pull", "-q", "hello-world")
	b.must("tag", "toolbox", "ghcr.io/acme/tools:1.2")
	for _, s := range []enginetest.ContainerSeed{
		{Config: engine.ContainerConfig{Name: "made", Image: "toolbox"}, Created: 26 * time.Hour, State: engine.StateCreated},
		{
			Config:  engine.ContainerConfig{Name: "failed", Image: "toolbox", Cmd: []string{"sh", "-c", "echo a long command"}},
			Created: 3 * time.Hour, Started: 3 * time.Hour, Finished: 2 * time.Hour, State: engine.StateExited, ExitCode: 3,
		},
		{
			Config: engine.ContainerConfig{
				Name: "web", Image: "toolbox", Cmd: []string{"sleep", "1000"}, Network: "host",
				Labels: map[string]string{"tier": "front", "com.example.owner": "ada, grace"},
				Mounts: []engine.Mount{{Type: "bind", Source: "/srv/a/long/path", Target: "/data"}},
			},
			Created: 10 * time.Minute, Started: 9 * time.Minute, State: engine.StateRunning,
		},
		{
			Config:  engine.ContainerConfig{Name: "frozen", Image: "toolbox", Cmd: []string{"sleep", "1000"}},
			Created: time.Minute, Started: 40 * time.Second, State: engine.StatePaused,
		},
	} {
		if _, err := b.fake.AddContainer(s); err != nil {
			t.Fatal(err)
		}
	}
	return b
}

func TestGolden(t *testing.T) {
	for _, c := range []struct {
		name  string
		bench func(*testing.T) *bench
		lines []string
	}{
		{"tutorial", func(t *testing.T) *bench { return newBench(t) }, []string{
			"run hello-world", "images", "ps -a", "run hello-world", "pull hello-world", "pull -q hello-world",
		}},
		{"images", seeded, []string{
			"images", "images -q", "images --no-trunc", "images --digests", "images toolbox", "images --format json",
			`images --format 'table {{.Repository}}:{{.Tag}}\t{{.UniqueSize}}\t{{.Containers}}'`,
			"images --format '{{.ID}} {{upper .Repository}}'", "images --filter dangling=true", "image ls --filter reference=hello*",
			"images --filter nonsense=1", "images --filter nonsense", "images --tree",
		}},
		{"ps", seeded, []string{
			"ps", "ps -a", "ps -aq", "ps -n 2", "ps -l", "ps -a -s", "ps -a --no-trunc", "ps -a --format json",
			`ps --format 'table {{.Names}}\t{{.Status}}\t{{.Label "tier"}}\t{{.Mounts}}'`,
			"ps -a --format '{{.Names}}: {{.State}}'", "ps --format raw", "ps -a --filter status=exited", "ps --filter name=web -q", "container ls -aq",
			"ps --format '{{.Nope}}'", "ps --format '{{.Names'", "ps --filter what=ever", "ps extra",
		}},
		{"inspect", seeded, []string{
			"inspect web", "inspect hello-world", "inspect -f '{{.State.Status}} {{.Config.Labels.tier}}' web",
			"inspect -f '{{json .Config.Cmd}} {{.Id}}' web", "inspect --type image web", "inspect --type volume x",
			"inspect --format json made nothing", "container inspect -s failed --format '{{.SizeRw}}'", "inspect -f '{{.Nope}}' web",
		}},
		{"history", seeded, []string{
			"history hello-world", "history -q hello-world", "history --no-trunc --human=false toolbox", "history nothing",
			"history --format '{{.CreatedBy}}' hello-world",
		}},
		{"lifecycle", seeded, []string{
			"stop -t 0 web", "start web", "kill -s TERM web nothing", "wait failed web", "rm web failed", "rm -f frozen nothing", "rename made was-made",
			"ps -a --format '{{.Names}}'", "container prune -f", "rmi toolbox", "rmi -f ghcr.io/acme/tools:1.2", "image prune -af", "system df",
		}},
		{"exitcodes", seeded, []string{
			"run toolbox sh -c 'exit 7'", "run toolbox nonesuch", "run nonesuch", "run --pull never nonesuch", "exec web sh -c 'exit 5'",
			"exec web nonesuch", "exec made true", "start -a failed", "logs nothing", "attach made", "create --name web toolbox",
		}},
		{"usage", seeded, []string{
			"run", "run --nonesuch toolbox", "run --memory 1x toolbox", "run --cpus lots toolbox", "rm", "psx", "image lsx", "rename a", "tag a b c",
			"run -p 80:80 toolbox", "run --privileged toolbox", "run --gpus all toolbox", "run --network mine toolbox", "run -v data:/data toolbox",
			"run -v /data toolbox", "run -v /a:b toolbox", "run -v /a:/b:ro,rw toolbox", "run --mount type=volume,src=a,dst=/a toolbox", "run -it toolbox sh",
			"run -d -a stdout toolbox", "run --rm --restart always toolbox", "run --pull sometimes toolbox", "run --restart maybe toolbox",
			"logs --tail many web", "logs --since yesterday web", "attach --detach-keys ctrl-alt-x web", "cp a b", "cp a:b c:d", "pull -a toolbox",
			"events --filter colour=red", "kill -s NONESUCH web", "login -u ada", "top web -o nonesuch", "top web -z",
			"push -q toolbox", "build -t x .", "image save -o x toolbox", "network ls", "strat web", "run --memroy 1m toolbox", "ps -f name", "update web",
			"ps -q --format '{{.Names}}' -f name=web", "ps --format 'table {{.Names' ", "inspect -f '{{' web",
		}},
		{"host", seeded, []string{"info", "info -f '{{.NCPU}}'", "doctor", "doctor --format json", "version -f '{{.Client.Os}}'"}},
		{"diff", seeded, []string{"diff web", "port web", "port web 80", "top web", "top web -o pid,cpid=INNER,args", "top web aux", "top web axo pid,stat,comm", "stats --no-stream made"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			golden(t, c.name+".txt", c.bench(t).transcript(c.lines...))
		})
	}
}

// TestHelp keeps the help texts, which are the documentation, from changing unnoticed.
func TestHelp(t *testing.T) {
	b := newBench(t)
	golden(t, "help.txt", b.transcript("--help", "run --help", "cp --help", "events --help", "container --help", "help ps", "image --help"))
}
