package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"time"
)

// A tool is a container engine with Docker's grammar, on state of its own.
type tool struct {
	name   string
	argv   []string // the program and its global flags
	env    []string
	limits []string // flags of run and create that this host needs
	daemon int      // the daemon's process ID, 0 without
}

func (t tool) command(ctx context.Context, args ...string) *exec.Cmd {
	cmd := exec.CommandContext(ctx, t.argv[0], append(slices.Clone(t.argv[1:]), args...)...)
	cmd.Env = append(os.Environ(), t.env...)
	cmd.Cancel = func() error { return cmd.Process.Signal(syscall.SIGTERM) }
	cmd.WaitDelay = 5 * time.Second
	return cmd
}

// runArgs are the arguments of a container without network.
func (t tool) runArgs(flags string, image string, args ...string) []string {
	all := append(strings.Fields(flags), "--network", "none")
	return slices.Concat(all, t.limits, []string{image, "/payload"}, args)
}

// do runs a command of the tool. Its error holds the last line that the tool wrote.
func (t tool) do(ctx context.Context, args ...string) error { return quietly(t.command(ctx, args...)) }

// timed does the same, and returns how long it took, in milliseconds.
func (t tool) timed(ctx context.Context, args ...string) (float64, error) {
	took, err := clocked(t.command(ctx, args...))
	return ms(took), err
}

// output returns what a command prints.
func (t tool) output(ctx context.Context, args ...string) (string, error) {
	cmd := t.command(ctx, args...)
	out, err := cmd.Output()
	if err != nil {
		return "", fmt.Errorf("%s: %w", args[0], err)
	}
	return strings.TrimSpace(string(out)), nil
}

// removeAll removes all containers, which ends their processes.
func (t tool) removeAll(ctx context.Context) error {
	ids, err := t.output(ctx, "ps", "-aq")
	if err != nil || ids == "" {
		return err
	}
	return t.do(ctx, append([]string{"rm", "-f"}, strings.Fields(ids)...)...)
}

func quietly(cmd *exec.Cmd) error {
	_, err := clocked(cmd)
	return err
}

// clocked runs a command and returns how long it took. What it prints goes to a file:
// with pipes, half a millisecond would be the reading of them.
func clocked(cmd *exec.Cmd) (time.Duration, error) {
	out, err := os.CreateTemp("", "berth-bench-output-")
	if err != nil {
		return 0, err
	}
	defer out.Close()
	if err := os.Remove(out.Name()); err != nil {
		return 0, err
	}
	cmd.Stdout, cmd.Stderr = out, out
	start := time.Now()
	err = cmd.Run()
	took := time.Since(start)
	if err == nil {
		return took, nil
	}
	if errors.Is(err, exec.ErrNotFound) {
		return took, errors.New("not installed")
	}
	said := make([]byte, 64<<10)
	n, _ := out.ReadAt(said, 0) // as much as there is
	lines := strings.Split(strings.TrimSpace(string(said[:n])), "\n")
	return took, fmt.Errorf("%s: %w: %s", filepath.Base(cmd.Path), err, lines[len(lines)-1])
}

func ms(d time.Duration) float64 { return float64(d.Microseconds()) / 1000 }
