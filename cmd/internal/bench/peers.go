package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"time"

	"golang.org/x/sys/unix"
)

// docker starts a daemon for this run alone. Networks, which it would set up for the whole machine, are off.
func (l *lab) docker(ctx context.Context) (tool, error) {
	dir := filepath.Join(l.dir, "docker")
	t := tool{name: "docker", argv: []string{"docker"}, env: []string{"DOCKER_HOST=unix://" + dir + "/sock", "DOCKER_CONFIG=" + dir + "/config"}}
	if _, err := exec.LookPath("docker"); err != nil {
		return t, errors.New("not installed")
	}
	if _, err := exec.LookPath("dockerd"); err != nil {
		return t, errors.New("dockerd is not installed")
	}
	if os.Geteuid() != 0 {
		return t, errors.New("its daemon needs root")
	}
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return t, err
	}
	log, err := os.Create(dir + "/log")
	if err != nil {
		return t, err
	}
	defer log.Close()
	// Not bound to ctx: it ends in the clean-up, behind its containers.
	daemon := exec.Command("dockerd", "--host=unix://"+dir+"/sock", "--data-root="+dir+"/data", "--exec-root="+dir+"/exec", "--pidfile="+dir+"/pid",
		"--config-file="+dir+"/daemon.json", "--cgroup-parent=/"+cgroupName, "--bridge=none", "--iptables=false", "--ip6tables=false")
	daemon.Stdout, daemon.Stderr = log, log
	daemon.SysProcAttr = &syscall.SysProcAttr{Setsid: true} // Ctrl-C is for the bench, which ends it in order
	if err := os.WriteFile(dir+"/daemon.json", []byte("{}"), 0o600); err != nil {
		return t, err
	}
	if err := daemon.Start(); err != nil {
		return t, err
	}
	t.daemon = daemon.Process.Pid
	ended := make(chan struct{})
	go func() { _ = daemon.Wait(); close(ended) }()
	l.cleanup = append(l.cleanup, func() error { return stopDaemon(t, ended) })
	for deadline := time.Now().Add(30 * time.Second); ; time.Sleep(100 * time.Millisecond) {
		if err = t.do(ctx, "version"); err == nil {
			return t, nil
		}
		select {
		case <-ended:
			text, _ := os.ReadFile(log.Name())
			lines := strings.Split(strings.TrimSpace(string(text)), "\n")
			return t, fmt.Errorf("its daemon ended: %s", lines[len(lines)-1])
		case <-ctx.Done():
			return t, ctx.Err()
		default:
			if time.Now().After(deadline) {
				return t, err
			}
		}
	}
}

// stopDaemon ends the containers, the daemon and what it started.
func stopDaemon(t tool, ended <-chan struct{}) error {
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()
	if ids, err := t.output(ctx, "ps", "-q"); err == nil && ids != "" {
		_ = t.do(ctx, append([]string{"kill"}, strings.Fields(ids)...)...) // one that just ended can't be killed
	}
	tree := processTree(t.daemon)
	_ = unix.Kill(t.daemon, unix.SIGTERM)
	select {
	case <-ended:
		return nil
	case <-time.After(20 * time.Second):
	}
	for _, pid := range tree {
		_ = unix.Kill(pid, unix.SIGKILL)
	}
	<-ended
	return errors.New("dockerd did not end by itself and was killed")
}

// podman keeps all it has in the lab's directory. It raises limits of processes by default, which fails where raising is
// not allowed, and prefers crun, which refuses some layouts of cgroups: the first runtime that starts a container is taken.
func (l *lab) podman(ctx context.Context) (tool, error) {
	dir := filepath.Join(l.dir, "podman")
	t := tool{name: "podman", argv: []string{"podman", "--root", dir + "/root", "--runroot", dir + "/run", "--tmpdir", dir + "/tmp", "--cgroup-manager", "cgroupfs"},
		env:    []string{"CONTAINERS_CONF=" + dir + "/containers.conf", "CONTAINERS_REGISTRIES_CONF=" + dir + "/registries.conf"},
		limits: []string{"--cgroup-parent", "/" + cgroupName}}
	if os.Geteuid() != 0 {
		t.limits = nil // no cgroup to make there
	}
	if _, err := exec.LookPath("podman"); err != nil {
		return t, errors.New("not installed")
	}
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return t, err
	}
	registries := fmt.Sprintf("[[registry]]\nlocation = %q\ninsecure = true\n", l.images.address)
	if err := os.WriteFile(dir+"/registries.conf", []byte(registries), 0o600); err != nil {
		return t, err
	}
	var failures []error
	for _, runtime := range []string{"crun", "runc"} {
		conf := fmt.Sprintf("[containers]\ndefault_ulimits = [\"nofile=1024:1024\", \"nproc=1024:1024\"]\n[engine]\nlock_type = \"file\"\nruntime = %q\n", runtime)
		if err := os.WriteFile(dir+"/containers.conf", []byte(conf), 0o600); err != nil {
			return t, err
		}
		err := t.do(ctx, t.runArgs("run --rm", l.images.ref("hello"), "true")...)
		if err == nil {
			l.cleanup = append(l.cleanup, func() error { return t.killAll(context.Background()) })
			return t, nil
		}
		failures = append(failures, err)
	}
	return t, errors.Join(failures...)
}

// killAll ends the containers that run. Their files go with the lab's directory.
func (t tool) killAll(ctx context.Context) error {
	ids, err := t.output(ctx, "ps", "-q")
	if err != nil || ids == "" {
		return err
	}
	return t.do(ctx, append([]string{"rm", "-f", "-t", "0"}, strings.Fields(ids)...)...)
}
