// Package runspec reads the flags of `run`, `create` and `update` in Docker's
// grammar and makes the engine's configuration of them. What Docker offers and
// Berth does not yet is refused by name, from a table in refused.go, so that no
// flag is ever silently without effect. It runs in berth only and does not touch
// the engine.
package runspec

import (
	"os"
	"strings"

	"berth/cmd/internal/cli/refuse"
	"berth/engine"

	"github.com/spf13/pflag"
)

// Options are the flags that describe a container. Make them with [New].
type Options struct {
	name, hostname, user, workdir string
	entrypoint, platform, network string
	stopSignal, restart           string
	stopTimeout                   int
	tty, interactive              bool
	readOnly, init                bool
	rm                            bool
	attach                        list
	env, envFiles                 list
	labels, labelFiles            list
	tmpfs, volumes                list
	mounts                        mounts
	capAdd, capDrop, security     list
	hosts, dns                    list
	ulimits                       ulimits
	shmSize                       size
	limits                        Limits
	refused                       *refuse.Given

	flags   *pflag.FlagSet
	lookup  func(string) (string, bool)
	getwd   func() (string, error)
	selinux func() bool // whether the host labels files
}

// New returns options that take -e NAME from the process's environment.
func New() *Options { return &Options{lookup: os.LookupEnv, getwd: os.Getwd, selinux: hasSELinux} }

// AddFlags defines the flags in fs.
func (o *Options) AddFlags(fs *pflag.FlagSet) {
	o.flags = fs
	fs.StringVar(&o.name, "name", "", "Assign a name to the container")
	fs.StringVarP(&o.hostname, "hostname", "h", "", "Container host name")
	fs.StringVarP(&o.user, "user", "u", "", "Username or UID (format: <name|uid>[:<group|gid>])")
	fs.StringVarP(&o.workdir, "workdir", "w", "", "Working directory inside the container")
	fs.StringVar(&o.entrypoint, "entrypoint", "", "Overwrite the default ENTRYPOINT of the image")
	fs.StringVar(&o.platform, "platform", "", "Pull and run the image for this platform (\"linux/arm64\")")
	fs.StringVar(&o.network, "network", "none", "Network of the container (\"none\", \"host\")")
	fs.StringVar(&o.network, "net", "none", "")
	_ = fs.MarkHidden("net")
	fs.StringVar(&o.stopSignal, "stop-signal", "", "Signal to stop the container")
	fs.IntVar(&o.stopTimeout, "stop-timeout", 0, "Timeout (in seconds) to stop a container")
	fs.StringVar(&o.restart, "restart", "no", "Restart policy to apply when a container exits")
	fs.BoolVarP(&o.tty, "tty", "t", false, "Allocate a pseudo-TTY")
	fs.BoolVarP(&o.interactive, "interactive", "i", false, "Keep STDIN open even if not attached")
	fs.BoolVar(&o.readOnly, "read-only", false, "Mount the container's root filesystem as read only")
	fs.BoolVar(&o.init, "init", false, "Run an init inside the container that forwards signals and reaps processes")
	fs.BoolVar(&o.rm, "rm", false, "Automatically remove the container when it exits")
	o.attach.check = checkStream
	fs.VarP(&o.attach, "attach", "a", "Attach to STDIN, STDOUT or STDERR")
	o.env.check = checkEnv
	fs.VarP(&o.env, "env", "e", "Set environment variables")
	fs.Var(&o.envFiles, "env-file", "Read in a file of environment variables")
	o.labels.check = checkLabel
	fs.VarP(&o.labels, "label", "l", "Set meta data on a container")
	fs.Var(&o.labelFiles, "label-file", "Read in a line delimited file of labels")
	o.tmpfs.check = checkTmpfs
	fs.Var(&o.tmpfs, "tmpfs", "Mount a tmpfs directory")
	fs.VarP(&o.volumes, "volume", "v", "Bind mount a host directory or file (/host/path:/container/path[:ro])")
	fs.Var(&o.mounts, "mount", "Attach a filesystem mount to the container")
	fs.Var(&o.capAdd, "cap-add", "Add Linux capabilities")
	fs.Var(&o.capDrop, "cap-drop", "Drop Linux capabilities")
	fs.Var(&o.security, "security-opt", "Security options")
	o.hosts.check = checkHost
	fs.Var(&o.hosts, "add-host", "Add a custom host-to-IP mapping (host:ip)")
	o.dns.check = checkIP
	fs.Var(&o.dns, "dns", "Set custom DNS servers")
	fs.Var(&o.ulimits, "ulimit", "Ulimit options")
	fs.Var(&o.shmSize, "shm-size", "Size of /dev/shm")
	o.limits.AddFlags(fs)
	o.limits.AddBlockIO(fs)
	fs.BoolVar(&o.limits.res.OomKillDisable, "oom-kill-disable", false, "Disable OOM Killer")
	fs.IntVar(&o.limits.res.OomScoreAdj, "oom-score-adj", 0, "Tune host's OOM preferences (-1000 to 1000)")
	o.refused = refuse.Add(fs, refused)
}

// TTY reports -t.
func (o *Options) TTY() bool { return o.tty }

// Interactive reports -i.
func (o *Options) Interactive() bool { return o.interactive }

// Remove reports --rm.
func (o *Options) Remove() bool { return o.rm }

// Platform returns --platform.
func (o *Options) Platform() string { return o.platform }

// Streams returns what -a names; all false if there was no -a.
func (o *Options) Streams() (stdin, stdout, stderr bool) {
	for _, s := range o.attach.values {
		switch strings.ToLower(s) {
		case "stdin":
			stdin = true
		case "stdout":
			stdout = true
		case "stderr":
			stderr = true
		}
	}
	return stdin, stdout, stderr
}

// Config returns the configuration for image, with args as its command. Flags that
// contradict each other, or that Berth does not know how to honour, are errors.
func (o *Options) Config(image string, args []string) (engine.ContainerConfig, error) {
	cfg := engine.ContainerConfig{
		Name: strings.TrimPrefix(o.name, "/"), Image: image, Platform: o.platform, Hostname: o.hostname,
		User: o.user, WorkingDir: o.workdir, TTY: o.tty, OpenStdin: o.interactive,
		StopSignal: o.stopSignal, ReadOnly: o.readOnly, Init: o.init, AutoRemove: o.rm,
		CapAdd: o.capAdd.values, CapDrop: o.capDrop.values,
		DNS: o.dns.values, ShmSize: int64(o.shmSize), Ulimits: o.ulimits,
	}
	if err := o.refused.Err(); err != nil {
		return cfg, err
	}
	if len(args) > 0 {
		cfg.Cmd = args
	}
	if o.flags.Changed("entrypoint") {
		cfg.Entrypoint = []string{}
		if o.entrypoint != "" {
			cfg.Entrypoint = []string{o.entrypoint}
		}
	}
	if o.flags.Changed("stop-timeout") {
		cfg.StopTimeout = &o.stopTimeout
	}
	for _, fill := range []func(*engine.ContainerConfig) error{
		o.fillNetwork, o.fillRestart, o.fillEnv, o.fillLabels, o.fillMounts, o.fillSecurity, o.fillLimits,
	} {
		if err := fill(&cfg); err != nil {
			return cfg, err
		}
	}
	for _, h := range o.hosts.values {
		cfg.ExtraHosts = append(cfg.ExtraHosts, normalHost(h))
	}
	return cfg, nil
}

func (o *Options) fillRestart(cfg *engine.ContainerConfig) (err error) {
	cfg.Restart, err = ParseRestart(o.restart)
	if err == nil && o.rm && cfg.Restart.Name != "no" {
		err = engine.Errorf(engine.ClassInvalid, "conflicting options: --restart and --rm")
	}
	return err
}

func (o *Options) fillLimits(cfg *engine.ContainerConfig) (err error) {
	cfg.Resources, err = o.limits.Resources()
	return err
}

func (o *Options) fillNetwork(cfg *engine.ContainerConfig) error {
	switch o.network {
	case "none", "host":
		cfg.Network = o.network
		return nil
	}
	return engine.Errorf(engine.ClassUnsupported, "--network %q is not supported yet", o.network).
		WithHint("Use --network host to share the host's network, or --network none (the default).")
}
