package local

import (
	"fmt"
	"testing"
	"time"

	"berth/engine"
	"berth/engine/internal/state"

	"github.com/google/go-cmp/cmp"
)

func atRest(id string) engine.Container {
	return engine.Container{
		ID: id, Name: "web", Image: "nginx:1.29", ImageID: "sha256:ab", Command: []string{"nginx", "-g", ""},
		Created: time.Unix(1700000000, 5), Started: time.Unix(1700000001, 0), Finished: time.Unix(1700000002, 0),
		State: engine.StateExited, ExitCode: 137, OOMKilled: true, Error: "x", RestartCount: 3,
		Labels: map[string]string{"a": "1", "b": ""}, TTY: true, OpenStdin: true, AutoRemove: true, Network: "none",
		Mounts: []engine.Mount{{Type: "bind", Source: "/s", Target: "/t", ReadOnly: true, Propagation: "rslave", Recursive: true, Create: true, Size: 7, Mode: 0o1777}},
	}
}

func TestSummariesComeBackWhole(t *testing.T) {
	for _, c := range []engine.Container{atRest(state.NewID()), {ID: state.NewID(), State: engine.StateCreated, Labels: map[string]string{}}} {
		data := encodeSummary(&c)
		var got engine.Container
		if err := decodeSummary(data, &got); err != nil {
			t.Fatal(err)
		}
		if d := cmp.Diff(c, got); d != "" {
			t.Errorf("differs (-put +got):\n%s", d)
		}
		for n := range len(data) {
			if decodeSummary(data[:n], new(engine.Container)) == nil {
				t.Errorf("%d of %d bytes were understood", n, len(data))
			}
		}
	}
}

func FuzzSummary(f *testing.F) {
	c := atRest(state.NewID())
	f.Add(encodeSummary(&c))
	f.Fuzz(func(t *testing.T, data []byte) {
		var c engine.Container
		if decodeSummary(data, &c) == nil && len(c.Command)+len(c.Mounts) > len(data) {
			t.Errorf("%d bytes made %d arguments and %d mounts", len(data), len(c.Command), len(c.Mounts))
		}
	})
}

func BenchmarkListContainers1000(b *testing.B) {
	e, err := Open(Options{Root: b.TempDir()})
	if err != nil {
		b.Fatal(err)
	}
	defer e.Close()
	for i := range 1000 {
		rec := &state.Record{
			ID: state.NewID(), Name: fmt.Sprint("c", i), Created: time.Now(),
			Config: engine.ContainerConfig{Name: fmt.Sprint("c", i), Image: "toolbox", Cmd: []string{"sh"}, AutoRemove: true},
		}
		if err := e.state.Create(rec, func(string) error { return nil }); err != nil {
			b.Fatal(err)
		}
	}
	time.Sleep(200 * time.Millisecond) // what changed a moment ago is not cached
	for b.Loop() {
		all, err := e.containers()
		if err != nil || len(all) != 1000 {
			b.Fatal(len(all), err)
		}
	}
}
