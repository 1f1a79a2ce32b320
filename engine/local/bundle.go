package local

import (
	"crypto/sha256"
	"encoding/hex"
	"os"
	"path/filepath"
	"strings"

	"berth/engine"
	"berth/engine/internal/bundle"
	"berth/engine/internal/idmap"
	"berth/engine/internal/seccomp"
	"berth/engine/internal/state"
)

// bundle prepares what the shim needs for one start.
func (e *Engine) bundle(op *operation, rec *state.Record, dir string) (*bundle.Bundle, error) {
	cfg := &rec.Config
	spec, err := makeSpec(rec, dir, e.ids)
	if err != nil {
		return nil, err
	}
	filter, err := e.seccompFilter(cfg, spec.Process.Capabilities.Bounding)
	if err != nil {
		return nil, err
	}
	sig, timeout, err := stopSettings(rec, engine.StopOptions{})
	if err != nil {
		return nil, err
	}
	return &bundle.Bundle{
		Version:  bundle.Version,
		ID:       rec.ID,
		Name:     rec.Name,
		Image:    cfg.Image,
		Labels:   cfg.Labels,
		EventLog: e.eventDir(),
		Spec:     spec,
		Rootfs: bundle.Rootfs{
			Lower:     rec.LowerDirs,
			Upper:     filepath.Join(dir, upperDir),
			Work:      filepath.Join(dir, workDir),
			UserXattr: e.ids.Mode != idmap.Host,
		},
		User:        cfg.User,
		Seccomp:     filter,
		IDMap:       e.ids,
		Init:        cfg.Init,
		Stdin:       cfg.OpenStdin,
		StopSignal:  int(sig),
		StopTimeout: timeout,
		AutoRemove:  cfg.AutoRemove,
		Restart:     restart(cfg.Restart),
		Log:         bundle.Log{Path: filepath.Join(dir, logFile), MaxSize: e.opts.LogMaxSize, MaxFile: e.opts.LogMaxFile},
		Op:          op.id,
		OpName:      op.name,
		StepOffset:  op.seq,
	}, nil
}

func restart(p engine.RestartPolicy) bundle.Restart {
	return bundle.Restart{Name: p.Name, MaxRetry: p.MaxRetry}
}

// seccompFilter returns the compiled filter of a container. Compiling the default
// profile takes longer than starting a process, so the result is kept in the state
// directory under the hash of all that it depends on.
func (e *Engine) seccompFilter(cfg *engine.ContainerConfig, caps []string) ([]byte, error) {
	sec, err := parseSecurity(cfg.SecurityOpts)
	if err != nil {
		return nil, err
	}
	if sec.unconfined {
		return nil, nil
	}
	h := sha256.New()
	h.Write([]byte(seccomp.Version() + "\x00" + strings.Join(caps, " ") + "\x00"))
	h.Write(sec.profile)
	file := filepath.Join(e.opts.Root, "cache", "seccomp-"+hex.EncodeToString(h.Sum(nil)[:16]))
	if data, err := os.ReadFile(file); err == nil && len(data) > 0 && len(data)%8 == 0 {
		return data, nil
	}
	filter, err := seccomp.Compile(sec.profile, caps)
	if err != nil {
		return nil, err
	}
	e.keep(file, filter)
	return filter, nil
}

// keep writes a cache file; that it can't be written has no consequence but time.
func (e *Engine) keep(file string, data []byte) {
	if os.MkdirAll(filepath.Dir(file), 0o700) != nil {
		return
	}
	f, err := os.CreateTemp(filepath.Dir(file), ".tmp*")
	if err != nil {
		return
	}
	defer os.Remove(f.Name())
	_, err = f.Write(data)
	if f.Close() == nil && err == nil {
		os.Rename(f.Name(), file)
	}
}
