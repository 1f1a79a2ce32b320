package local_test

import (
	"strings"
	"testing"

	"berth/engine"
)

func TestStopAsksThenKills(t *testing.T) {
	e := pulled(t)
	polite := start(t, e, sh("echo up; sleep 600")) // the toolbox's shell obeys SIGTERM as process 1
	var log strings.Builder
	until(t, "the shell to be up", func() bool {
		e.Logs(testContext(t), polite, engine.LogOptions{Stdout: true, Tail: -1}, func(l engine.LogEntry) error {
			log.Write(l.Line)
			return nil
		})
		return log.Len() > 0
	}, log.String)
	deaf := start(t, e, engine.ContainerConfig{Image: "toolbox", Entrypoint: []string{}, Cmd: []string{"sleep", "600"}, StopSignal: "WINCH"})
	if err := e.StopContainer(testContext(t), polite, engine.StopOptions{}); err != nil {
		t.Fatal(err)
	}
	if d := inspect(t, e, polite); d.State != engine.StateExited || d.ExitCode != 143 {
		t.Errorf("the polite one is %s with %d", d.State, d.ExitCode)
	}
	now := 0
	if err := e.StopContainer(testContext(t), deaf, engine.StopOptions{Timeout: &now}); err != nil {
		t.Fatal(err)
	}
	if d := inspect(t, e, deaf); d.State != engine.StateExited || d.ExitCode != 137 {
		t.Errorf("the deaf one is %s with %d", d.State, d.ExitCode)
	}
	if err := e.StopContainer(testContext(t), deaf, engine.StopOptions{}); err != nil {
		t.Errorf("stopping a stopped container: %v", err)
	}
}
