package main

import (
	"strings"
	"syscall"
	"testing"
)

// waits is a container that says something and ends when it is asked to.
const waits = `echo ahoy; while :; do sleep 0.1; done`

// The way of a newcomer, with the keyboard alone, who reads nothing but the screen.
func TestNewcomerAtTheWorkstation(t *testing.T) {
	s := emptySeat(t)
	d := s.workstation()
	d.shown("Welcome aboard.", "p pull")
	d.types("p")
	d.shown("Pull an image")
	d.types("toolb\t")
	d.shown("berth pull toolbox")
	d.types("\r")
	d.shown("Pulled toolbox.")
	d.row("✓", "toolbox:latest", "done")
	d.row("✓", "done", "MB of") // one of its layers
	d.types("1")
	d.row("▌", "toolbox:latest", "MB")
	d.types("R")
	d.shown("run -it --rm toolbox:latest")
	d.types("\x15run -d --name watch toolbox sh -c '" + waits + "'\r")
	d.row("▶", "watch", "up")
	d.row("ahoy") // in its log
	d.types("x")
	d.row("■", "watch", "exit 143")
	d.types("d")
	d.shown("Deleting watch in")
	d.types("q")
	d.leaves()
	if left := s.berth("ps", "-aq"); left != "" {
		t.Errorf("left: %s", left)
	}
}

func TestOthersShowInTheWorkstation(t *testing.T) {
	s := newSeat(t)
	d := s.workstation()
	d.row("toolbox:latest")
	s.berth("pull", "-q", "hello-world")
	d.row("hello-world:latest", "kB")  // an image
	d.row("✓", "hello-world:", "done") // and the pull
	s.berth("run", "-d", "--name", "elsewhere", "toolbox", "sh", "-c", waits)
	d.row("▶", "elsewhere", "up")
	s.berth("stop", "elsewhere")
	d.row("■", "elsewhere", "exit 143")
	s.berth("rm", "elsewhere")
	d.until("elsewhere to go", func(shown string) bool { return !strings.Contains(shown, "elsewhere") })
	d.types("q")
	d.leaves()
}

// Whatever ends the workstation, its containers and those of others run on.
func TestContainersSurviveTheWorkstation(t *testing.T) {
	s := newSeat(t)
	s.berth("run", "-d", "--name", "other", "toolbox", "sh", "-c", waits)
	d := s.workstation()
	d.row("▶", "other", "up")
	d.types("1R")
	d.shown("run -it --rm toolbox:latest")
	d.types("\x15run -d --name own toolbox sh -c '" + waits + "'\r")
	d.row("▶", "own", "up")
	if err := d.cmd.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	d.exits(137)
	for i, sig := range []syscall.Signal{0, syscall.SIGTERM, syscall.SIGHUP} {
		if got := s.berth("inspect", "-f", "{{.State.Status}}", "own", "other"); got != "running\nrunning" {
			t.Fatalf("after end %d they are %q", i, got)
		}
		d = s.workstation()
		d.row("▶", "other", "up")
		d.row("▶", "own", "up")
		if sig == 0 {
			d.types("q")
		} else if err := d.cmd.Process.Signal(sig); err != nil {
			t.Fatal(err)
		}
		d.returned()
	}
}
