// Command bench measures berth beside the container tools that are installed, in one run and on one
// machine, for only ratios taken that way mean anything. It is `make bench`, no part of the product.
//
// Every tool gets the same image, one static program, and does the same work without network. A tool that is not
// installed, or can't do the work here, is left out with its reason.
package main

import (
	"bytes"
	"errors"
	"flag"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"time"
)

// A work is one row of the table: what each tool runs for it. The first tool's time is what the others are compared with.
type work struct {
	name  string
	tools []tool
}

// A tool is one way to do a work. prepare and clean are not measured.
type tool struct {
	name    string
	prepare [][]string
	command []string
	clean   [][]string
}

func main() {
	berth := flag.String("berth", "bin/berth", "the program to measure, with its companions beside it")
	rounds := flag.Int("n", 15, "how often each command runs")
	flag.Parse()
	if err := run(*berth, *rounds); err != nil {
		fmt.Fprintln(os.Stderr, "bench:", err)
		os.Exit(1)
	}
}

func run(berth string, rounds int) error {
	berth, err := filepath.Abs(berth)
	if err != nil {
		return err
	}
	dir, err := os.MkdirTemp("", "berth-bench-")
	if err != nil {
		return err
	}
	defer os.RemoveAll(dir)
	if err := os.Setenv("BERTH_ROOT", filepath.Join(dir, "berth")); err != nil {
		return err
	}
	defer func() { _ = exec.Command(berth, "rm", "-f", "bench").Run() }() // if a measurement broke off
	for _, w := range works(berth, filepath.Join(dir, "rootfs"), filepath.Join(dir, "rootfs.tar")) {
		fmt.Printf("\n%s, median of %d (fastest)\n", w.name, rounds)
		var first time.Duration
		for _, t := range w.tools {
			times, err := t.measure(rounds)
			if err != nil {
				fmt.Printf("  %-10s left out: %v\n", t.name, err)
				continue
			}
			median := times[len(times)/2]
			ratio := ""
			if first == 0 {
				first = median
			} else {
				ratio = fmt.Sprintf("  %5.1fx", float64(median)/float64(first))
			}
			fmt.Printf("  %-10s %8.1f ms (%.1f)%s\n", t.name, ms(median), ms(times[0]), ratio)
		}
	}
	return nil
}

// works is the table. The peers' image is made of the program of berth's own toolbox image.
func works(berth, rootfs, archive string) []work {
	toolbox := filepath.Join(filepath.Dir(berth), "berth-toolbox")
	unpack := [][]string{
		{"mkdir", "-p", filepath.Join(rootfs, "bin"), filepath.Join(rootfs, "proc"), filepath.Join(rootfs, "dev")},
		{"cp", toolbox, filepath.Join(rootfs, "bin/toolbox")},
		{"ln", "-sf", "toolbox", filepath.Join(rootfs, "bin/true")},
		{"ln", "-sf", "toolbox", filepath.Join(rootfs, "bin/sleep")},
		{"tar", "-cf", archive, "-C", rootfs, "."},
	}
	imported := func(name string) [][]string {
		return append(slices.Clone(unpack), []string{name, "import", archive, "berth-bench"})
	}
	forget := func(name string) [][]string { return [][]string{{name, "rmi", "-f", "berth-bench"}} }
	started := func(name string, limits ...string) [][]string {
		run := append([]string{name, "run", "-d", "--network", "none", "--name", "berth-bench"}, limits...)
		return append(imported(name), append(run, "berth-bench", "/bin/sleep", "1000"))
	}
	stopped := func(name string) [][]string {
		return append([][]string{{name, "rm", "-f", "berth-bench"}}, forget(name)...)
	}
	peer := func(name string, args ...string) []string { return append([]string{name}, args...) }
	runArgs := []string{"run", "--rm", "--network", "none", "berth-bench", "/bin/true"}
	// podman raises the limits by default, which fails where the hard limits are low.
	podmanArgs := slices.Insert(slices.Clone(runArgs), 2, "--ulimit", "host")
	return []work{
		{"run --rm of a static program, no network", []tool{
			{"berth", [][]string{{berth, "--demo", "pull", "-q", "toolbox"}}, peer(berth, "--demo", "run", "--rm", "toolbox", "true"), nil},
			{"podman", imported("podman"), peer("podman", podmanArgs...), forget("podman")},
			{"docker", imported("docker"), peer("docker", runArgs...), forget("docker")},
			{"bwrap", unpack, peer("bwrap", "--unshare-all", "--bind", rootfs, "/", "--proc", "/proc", "--dev", "/dev", "/bin/true"), nil},
		}},
		{"exec of a static program", []tool{
			{"berth", [][]string{{berth, "--demo", "run", "-d", "--name", "bench", "toolbox", "sleep", "1000"}}, peer(berth, "exec", "bench", "true"), [][]string{{berth, "rm", "-f", "bench"}}},
			{"podman", started("podman", "--ulimit", "host"), peer("podman", "exec", "berth-bench", "/bin/true"), stopped("podman")},
			{"docker", started("docker"), peer("docker", "exec", "berth-bench", "/bin/true"), stopped("docker")},
		}},
		{"images", []tool{
			{"berth", nil, peer(berth, "images"), nil},
			{"podman", nil, peer("podman", "images"), nil},
			{"docker", nil, peer("docker", "images"), nil},
		}},
	}
}

// measure runs the command, once for warmth and then rounds times, and returns the times in order.
func (t tool) measure(rounds int) ([]time.Duration, error) {
	if _, err := exec.LookPath(t.command[0]); err != nil {
		return nil, errors.New("not installed")
	}
	defer func() {
		for _, command := range t.clean {
			_ = exec.Command(command[0], command[1:]...).Run() // what was not made can't be removed
		}
	}()
	for _, command := range append(t.prepare, t.command) {
		if err := quietly(command); err != nil {
			return nil, err
		}
	}
	times := make([]time.Duration, rounds)
	for i := range times {
		start := time.Now()
		if err := quietly(t.command); err != nil {
			return nil, err
		}
		times[i] = time.Since(start)
	}
	slices.Sort(times)
	return times, nil
}

// quietly runs a command; its error holds the last line that it wrote.
func quietly(command []string) error {
	cmd := exec.Command(command[0], command[1:]...)
	var out bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &out
	if err := cmd.Run(); err != nil {
		lines := strings.Split(strings.TrimSpace(out.String()), "\n")
		return fmt.Errorf("%s: %w: %s", filepath.Base(command[0]), err, lines[len(lines)-1])
	}
	return nil
}

func ms(d time.Duration) float64 { return float64(d.Microseconds()) / 1000 }
