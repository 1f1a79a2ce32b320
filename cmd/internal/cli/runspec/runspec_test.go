package runspec

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"berth/engine"

	"github.com/google/go-cmp/cmp"
	"github.com/spf13/pflag"
)

// labelled is whether the host that parse imagines has SELinux.
var labelled bool

// parse reads a command line as `run` does.
func parse(t *testing.T, line ...string) (engine.ContainerConfig, error) {
	t.Helper()
	o := New()
	o.lookup = func(name string) (string, bool) {
		v, ok := map[string]string{"FROM_HOST": "yes", "EMPTY": ""}[name]
		return v, ok
	}
	o.getwd = func() (string, error) { return "/home/ada", nil }
	o.selinux = func() bool { return labelled }
	fs := pflag.NewFlagSet("run", pflag.ContinueOnError)
	fs.SetInterspersed(false)
	o.AddFlags(fs)
	if err := fs.Parse(line); err != nil {
		return engine.ContainerConfig{}, err
	}
	args := fs.Args()
	if len(args) == 0 {
		args = []string{"img"}
	}
	return o.Config(args[0], args[1:])
}

// base is what no flag at all gives.
func base(change func(*engine.ContainerConfig)) engine.ContainerConfig {
	c := engine.ContainerConfig{Image: "img", Network: "none", Restart: engine.RestartPolicy{Name: "no"}}
	if change != nil {
		change(&c)
	}
	return c
}

func TestConfig(t *testing.T) {
	five := 5
	for _, c := range []struct {
		line string
		want func(*engine.ContainerConfig)
	}{
		{"", nil},
		{"img sh -c true", func(c *engine.ContainerConfig) { c.Cmd = []string{"sh", "-c", "true"} }},
		{"-it img -v x", func(c *engine.ContainerConfig) { c.TTY, c.OpenStdin, c.Cmd = true, true, []string{"-v", "x"} }},
		{"--entrypoint sh img -c true", func(c *engine.ContainerConfig) {
			c.Entrypoint, c.Cmd = []string{"sh"}, []string{"-c", "true"}
		}},
		{"--entrypoint= img ls", func(c *engine.ContainerConfig) { c.Entrypoint, c.Cmd = []string{}, []string{"ls"} }},
		{"--name n -h host -u 1:2 -w /w --platform linux/arm64", func(c *engine.ContainerConfig) {
			c.Name, c.Hostname, c.User, c.WorkingDir, c.Platform = "n", "host", "1:2", "/w", "linux/arm64"
		}},
		{"-e A=1 --env=B=x=y,z -e FROM_HOST -e EMPTY -e UNSET", func(c *engine.ContainerConfig) {
			c.Env = []string{"A=1", "B=x=y,z", "FROM_HOST=yes", "EMPTY=", "UNSET"}
		}},
		{"-l a=b=c --label x", func(c *engine.ContainerConfig) { c.Labels = map[string]string{"a": "b=c", "x": ""} }},
		{"-m 1.5g --memory-swap -1 --memory-reservation 512m --cpus .5 --pids-limit 100", func(c *engine.ContainerConfig) {
			c.Resources = engine.Resources{Memory: 3 << 29, MemorySwap: -1, MemoryReservation: 512 << 20, NanoCPUs: 5e8, PidsLimit: 100}
		}},
		{"-c 512 --cpu-period 1000 --cpu-quota 500 --cpuset-cpus 0-1 --blkio-weight 300 --oom-score-adj -500 --oom-kill-disable", func(c *engine.ContainerConfig) {
			c.Resources = engine.Resources{CPUShares: 512, CPUPeriod: 1000, CPUQuota: 500, CpusetCpus: "0-1", BlkioWeight: 300,
				OomScoreAdj: -500, OomKillDisable: true}
		}},
		{"--ulimit nofile=10:20 --ulimit core=-1 --ulimit nofile=30", func(c *engine.ContainerConfig) {
			c.Ulimits = []engine.Ulimit{{Name: "nofile", Soft: 30, Hard: 30}, {Name: "core", Soft: -1, Hard: -1}}
		}},
		{"-v /a:/b -v ./c:/d:ro,rslave -v /e/../f/:/g:cached", func(c *engine.ContainerConfig) {
			c.Mounts = []engine.Mount{
				{Type: "bind", Source: "/a", Target: "/b", Recursive: true, Create: true},
				{Type: "bind", Source: "/home/ada/c", Target: "/d", Recursive: true, Create: true, ReadOnly: true, Propagation: "rslave"},
				{Type: "bind", Source: "/f", Target: "/g", Recursive: true, Create: true},
			}
		}},
		{`--mount type=bind,src=/a,dst=/b,readonly --mount type=tmpfs,target=/t,tmpfs-size=1m,tmpfs-mode=1770 --mount type=bind,"source=/c,d",target=/e,bind-recursive=disabled`, func(c *engine.ContainerConfig) {
			c.Mounts = []engine.Mount{
				{Type: "bind", Source: "/a", Target: "/b", ReadOnly: true, Recursive: true},
				{Type: "tmpfs", Target: "/t", Size: 1 << 20, Mode: 0o1770},
				{Type: "bind", Source: "/c,d", Target: "/e"},
			}
		}},
		{"--tmpfs /run --tmpfs /tmp:size=1m,mode=1777 --shm-size 128m", func(c *engine.ContainerConfig) {
			c.Tmpfs, c.ShmSize = map[string]string{"/run": "", "/tmp": "size=1m,mode=1777"}, 128<<20
		}},
		{"--cap-add NET_ADMIN --cap-drop ALL --security-opt no-new-privileges --security-opt seccomp:unconfined --security-opt no-new-privileges=false", func(c *engine.ContainerConfig) {
			c.CapAdd, c.CapDrop, c.SecurityOpts = []string{"NET_ADMIN"}, []string{"ALL"}, []string{"no-new-privileges", "seccomp=unconfined"}
		}},
		{"--restart on-failure:3 --stop-signal INT --stop-timeout 5 --init --read-only", func(c *engine.ContainerConfig) {
			c.Restart = engine.RestartPolicy{Name: "on-failure", MaxRetry: 3}
			c.StopSignal, c.StopTimeout, c.Init, c.ReadOnly = "INT", &five, true, true
		}},
		{"--rm --network host --add-host db:10.0.0.1 --add-host six=[::1] --dns 1.1.1.1", func(c *engine.ContainerConfig) {
			c.AutoRemove, c.Network, c.ExtraHosts, c.DNS = true, "host", []string{"db:10.0.0.1", "six:::1"}, []string{"1.1.1.1"}
		}},
		{"--privileged=false --log-driver json-file --ipc private --no-healthcheck --disable-content-trust", nil},
	} {
		got, err := parse(t, strings.Fields(c.line)...)
		if err != nil {
			t.Errorf("%s: %v", c.line, err)
			continue
		}
		if diff := cmp.Diff(base(c.want), got); diff != "" {
			t.Errorf("%s (-want +got):\n%s", c.line, diff)
		}
	}
}

func TestConfigRefuses(t *testing.T) {
	for _, line := range []string{
		"-m x", "-m -1", "--memory-swap 1g", "-m 1g --memory-swap 512m", "-m 1g --memory-reservation 2g", "--shm-size 1q",
		"--cpus 1e9", "--cpus -1", "--cpus 0.0000000001", "--cpus 99999999999999999999", "--cpus 1 --cpu-quota 5",
		"--blkio-weight 5", "--oom-score-adj 2000", "--ulimit nofile", "--ulimit nonsense=1", "--ulimit nofile=5:3",
		"-v relative:/x", "-v name:/x", "-v /only", "-v /a:/b:/c:/d", "-v :/b", "-v /a:b", "-v /a:/b:nonsense", "-v /a:/b:ro,rw",
		"--mount type=bind,src=/a", "--mount type=bind,dst=/a", "--mount src=/a,dst=/b", "--mount type=nfs,dst=/a", "--mount type=bind,src=/a,dst=/b,colour=red",
		"--mount type=bind,src=/a,dst=/b,ro=perhaps", "--mount type=tmpfs,dst=/a,tmpfs-mode=99", "--mount type=tmpfs,src=/a,dst=/b", "--mount type=bind,src=/a,dst=/b,tmpfs-size=1",
		"-v /a:/x --tmpfs /x/", "-v /a:/x -v /b:/x", "--tmpfs relative",
		"-e =x", "-l =x", "-a nonsense", "--add-host x", "--add-host x:y", "--add-host h:host-gateway", "--dns x",
		"--restart sometimes", "--restart always:3", "--restart on-failure:x", "--restart on-failure:-1", "--rm --restart always",
		"--network bridge", "--network container:x", "--network none2", "--security-opt nonsense", "--security-opt seccomp=", "--security-opt no-new-privileges=2",
		"--env-file /nonexistent", "--label-file /nonexistent",
	} {
		if cfg, err := parse(t, strings.Fields(line)...); err == nil {
			t.Errorf("%s was accepted: %+v", line, cfg)
		}
	}
}

// TestRelabel asks for SELinux labels, which only a host with SELinux has.
func TestRelabel(t *testing.T) {
	defer func() { labelled = false }()
	for _, labelled = range []bool{false, true} {
		if _, err := parse(t, "-v", "/a:/b:ro,Z"); (err != nil) != labelled {
			t.Errorf("SELinux %v: %v", labelled, err)
		}
	}
}

// TestRefusedFlags gives every flag of the table and expects its own name in the answer.
func TestRefusedFlags(t *testing.T) {
	for _, f := range refused {
		if f.Remedy == "" && !f.Bool {
			t.Errorf("--%s has no remedy", f.Name)
		}
		if f.Remedy != "" && !strings.HasSuffix(f.Remedy, ".") {
			t.Errorf("--%s: remedy %q is not a sentence", f.Name, f.Remedy)
		}
		line := []string{"--" + f.Name}
		if !f.Bool {
			line = append(line, "some-value")
		} else if slices.Contains(f.Harmless, "true") {
			line[0] += "=false"
			if slices.Contains(f.Harmless, "false") {
				continue
			}
		}
		_, err := parse(t, line...)
		if engine.ClassOf(err) != engine.ClassUnsupported || !strings.Contains(err.Error(), "--"+f.Name) || engine.HintOf(err) == "" {
			t.Errorf("%v: %v, hint %q", line, err, engine.HintOf(err))
		}
		if f.Short != "" {
			if _, err := parse(t, "-"+f.Short, "x"); err == nil {
				t.Errorf("-%s was accepted", f.Short)
			}
		}
	}
}

func TestFiles(t *testing.T) {
	dir := t.TempDir()
	write := func(name, text string) string {
		p := filepath.Join(dir, name)
		if err := os.WriteFile(p, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		return p
	}
	env := write("env", "\xef\xbb\xbf# comment\n\n  A=1\nB=with space \r\nFROM_HOST\nUNSET\nA=2\n")
	labels := write("labels", "one=1\n#no\ntwo\n")
	cfg, err := parse(t, "--env-file", env, "-e", "C=3", "--label-file", labels, "-l", "one=other")
	if err != nil {
		t.Fatal(err)
	}
	if want := []string{"A=1", "B=with space ", "FROM_HOST=yes", "A=2", "C=3"}; !slices.Equal(cfg.Env, want) {
		t.Errorf("environment %q, want %q", cfg.Env, want)
	}
	if diff := cmp.Diff(map[string]string{"one": "other", "two": ""}, cfg.Labels); diff != "" {
		t.Error(diff)
	}
	for name, text := range map[string]string{"blank": "A B=1\n", "empty": "=1\n", "binary": "A=\xff\xfe\n"} {
		if _, err := parse(t, "--env-file", write(name, text)); err == nil {
			t.Errorf("env file %q was accepted", text)
		}
	}
}

// FuzzMount looks for command lines that break the parsers rather than being refused.
func FuzzMount(f *testing.F) {
	f.Add("type=bind,src=/a,dst=/b,readonly")
	f.Add("\"a=b")
	f.Fuzz(func(t *testing.T, s string) {
		m, err := parseMount(s)
		if err == nil && (m.Target == "" || m.Type != "bind" && m.Type != "tmpfs") {
			t.Errorf("%q gave %+v", s, m)
		}
		o := New()
		if v, err := o.parseVolume(s); err == nil && (!filepath.IsAbs(v.Source) || !strings.HasPrefix(v.Target, "/")) {
			t.Errorf("-v %q gave %+v", s, v)
		}
		var c cpus
		if c.Set(s) == nil && c < 0 {
			t.Errorf("--cpus %q gave %d", s, c)
		}
	})
}
