package local

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"time"

	"berth/engine"
	"berth/engine/internal/cgroup"
	"berth/engine/internal/idmap"
	"berth/engine/internal/image"
	"berth/engine/internal/state"

	"golang.org/x/sys/unix"
)

// The writable layer's two directories: overlay's upperdir and workdir.
const (
	upperDir = "upper"
	workDir  = "work"
)

// CreateContainer implements engine.Containers.
func (e *Engine) CreateContainer(ctx context.Context, cfg engine.ContainerConfig) (engine.CreateResult, error) {
	if err := ctx.Err(); err != nil {
		return engine.CreateResult{}, err
	}
	if err := validate(&cfg); err != nil {
		return engine.CreateResult{}, err
	}
	rec := &state.Record{ID: e.spare.newID(), Created: time.Now(), Config: cfg}
	made := false
	defer func() {
		if !made {
			e.spare.giveBack(rec.ID)
		}
	}()
	op := e.begin("create", rec.ID)
	var lease *image.Lease
	err := op.step("resolve image", "The name is looked up in the image cache, and the image is held until the container's record keeps it.",
		map[string]string{"image": cfg.Image}, func() (err error) {
			if lease, err = e.Store.Acquire(ctx, cfg.Image); err != nil {
				return err
			}
			if want := cfg.Platform; want != "" && want != lease.Platform.String() {
				lease.Release()
				return engine.Errorf(engine.ClassNotFound, "image %q was found but its platform is %s, not %s", cfg.Image, lease.Platform, want).
					WithHint("Pull it with `berth pull --platform %s %s`.", want, cfg.Image)
			}
			return nil
		})
	if err != nil {
		return engine.CreateResult{}, err
	}
	defer lease.Release()
	img := lease.Resolved
	if err := e.create(ctx, op, rec, img); err != nil {
		return engine.CreateResult{}, err
	}
	made = true
	limits, err := cgroup.Resources(rec.Config.Resources)
	if err != nil {
		return engine.CreateResult{}, err
	}
	_, warnings := feasible(limits, cgroup.Detect().Limits())
	warnings = append(warnings, e.ulimitWarnings(rec.Config.Ulimits)...)
	c := container(rec)
	if err := e.publish("create", &c, nil); err != nil {
		return engine.CreateResult{}, err
	}
	if e.ids.Mode == idmap.Single && e.firstTime("told-one-id") {
		warnings = append(warnings, e.ids.Hint)
	}
	return engine.CreateResult{ID: rec.ID, Warnings: warnings}, nil
}

// firstTime reports whether this is called for the first time with this name in the
// state directory, in any process: some things are worth saying once only.
func (e *Engine) firstTime(name string) bool {
	f, err := os.OpenFile(filepath.Join(e.opts.Root, name), os.O_CREATE|os.O_EXCL|os.O_WRONLY, 0o600)
	return err == nil && f.Close() == nil
}

// create completes the record and stores it with its snapshot.
func (e *Engine) create(ctx context.Context, op *operation, rec *state.Record, img image.Resolved) error {
	rec.ImageID, rec.ImageConfig = img.ID, img.Config
	err := op.step("complete configuration", "What the user did not say is taken from the image's configuration.",
		state.Config(&rec.Config), func() (err error) {
			if err := complete(&rec.Config, img.Config, rec.ID); err != nil {
				return err
			}
			if _, err := makeSpec(rec, "", e.ids); err != nil {
				return err
			}
			if rec.LowerDirs, err = e.Store.LowerDirs(ctx, img.ID); err != nil {
				return err
			}
			rec.CgroupPath = cgroup.Detect().Path(rec.ID)
			return checkSources(&rec.Config)
		})
	if err != nil {
		return err
	}
	return op.step("prepare snapshot", "A writable layer is laid beside the image's read-only ones; the name is claimed and the record written.",
		map[string]any{"lower": rec.LowerDirs, "directory": e.state.Dir(rec.ID)}, func() error {
			return e.store(rec)
		})
}

// store writes the record under its name, or under made-up ones until one is free.
func (e *Engine) store(rec *state.Record) error {
	fill := func(dir string) error { return e.fillSnapshot(rec, dir) }
	if rec.Config.Name != "" {
		rec.Name = rec.Config.Name
		return e.state.Create(rec, fill)
	}
	for try := 0; ; try++ {
		rec.Name = state.RandomName()
		if try >= 8 { // thousands of names are taken: number them
			rec.Name += "_" + rec.ID[:4]
		}
		rec.Config.Name = rec.Name
		err := e.state.Create(rec, fill)
		if err == nil || engine.ClassOf(err) != engine.ClassConflict || try > 16 {
			return err
		}
	}
}

// fillSnapshot makes the writable layer and the files that are bound over /etc.
func (e *Engine) fillSnapshot(rec *state.Record, dir string) error {
	upper := filepath.Join(dir, upperDir)
	for _, d := range []string{upper, filepath.Join(dir, workDir)} {
		if err := os.Mkdir(d, 0o755); err != nil {
			return hostError(err, "make writable layer")
		}
	}
	// The root directory of an overlay has the attributes of its upper directory.
	if len(rec.LowerDirs) > 0 {
		var st unix.Stat_t
		if err := unix.Stat(rec.LowerDirs[0], &st); err != nil {
			return hostError(err, "read image layer %q", rec.LowerDirs[0])
		}
		if err := os.Chmod(upper, os.FileMode(st.Mode&0o777)); err != nil {
			return hostError(err, "make writable layer")
		}
		if e.ids.Mode == idmap.Host {
			if err := os.Chown(upper, int(st.Uid), int(st.Gid)); err != nil {
				return hostError(err, "make writable layer")
			}
		}
	}
	for name, text := range etcContent(&rec.Config) {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o644); err != nil {
			return hostError(err, "write %q", name)
		}
	}
	return nil
}

// etcContent returns the files that name the container and its resolvers.
func etcContent(cfg *engine.ContainerConfig) map[string]string {
	hosts := "127.0.0.1\tlocalhost\n::1\tlocalhost ip6-localhost ip6-loopback\n" +
		"fe00::0\tip6-localnet\nff00::0\tip6-mcastprefix\nff02::1\tip6-allnodes\nff02::2\tip6-allrouters\n"
	for _, h := range cfg.ExtraHosts {
		if name, addr, ok := strings.Cut(h, ":"); ok {
			hosts += addr + "\t" + name + "\n"
		}
	}
	hosts += "127.0.1.1\t" + cfg.Hostname + "\n"
	return map[string]string{
		"hostname":    cfg.Hostname + "\n",
		"hosts":       hosts,
		"resolv.conf": resolvConf(cfg),
	}
}

func resolvConf(cfg *engine.ContainerConfig) string {
	if len(cfg.DNS) == 0 {
		if cfg.Network != "host" {
			return "" // nothing is reachable
		}
		data, err := os.ReadFile("/etc/resolv.conf")
		if err != nil {
			return ""
		}
		return string(data)
	}
	var b strings.Builder
	for _, addr := range cfg.DNS {
		fmt.Fprintf(&b, "nameserver %s\n", addr)
	}
	return b.String()
}

// checkSources sees to it that the sources of bind mounts exist.
func checkSources(cfg *engine.ContainerConfig) error {
	for _, m := range cfg.Mounts {
		if m.Type != "bind" {
			continue
		}
		_, err := os.Stat(m.Source)
		if os.IsNotExist(err) && m.Create {
			err = os.MkdirAll(m.Source, 0o755)
		}
		if os.IsNotExist(err) {
			return invalid("invalid mount config for type \"bind\": bind source path does not exist: %s", m.Source).
				WithHint("Make it first, or use -v, which makes a directory that is missing.")
		}
		if err != nil {
			return hostError(err, "mount %q", m.Source)
		}
	}
	return nil
}
