package local

import (
	"context"
	"testing"

	"berth/engine"
)

// TestContainerFilters asks one container that has nothing special.
func TestContainerFilters(t *testing.T) {
	c := engine.Container{ID: "0123", Name: "web", State: engine.StateRunning, Network: "none", Labels: map[string]string{"k": "v"}}
	for filter, want := range map[[2]string]bool{
		{"name", "web"}: true, {"name", "^/web$"}: true, {"name", "/we"}: true, {"name", "^eb"}: false,
		{"health", "none"}: true, {"health", "healthy"}: false, {"publish", "80"}: false, {"expose", "80/tcp"}: false,
		{"isolation", "default"}: true, {"isolation", "hyperv"}: false, {"is-task", "true"}: false, {"is-task", "false"}: true,
		{"label", "k=v"}: true, {"label", "k=w"}: false, {"network", "host"}: false, {"status", "running"}: true,
	} {
		match, err := (&Engine{}).containerFilter(context.Background(), engine.Filters{filter[0]: {filter[1]}}, []engine.Container{c})
		if err != nil {
			t.Errorf("%s=%s: %v", filter[0], filter[1], err)
			continue
		}
		if match(&c) != want {
			t.Errorf("%s=%s fits: %v", filter[0], filter[1], !want)
		}
	}
	for _, filter := range [][2]string{{"health", "sick"}, {"is-task", "maybe"}, {"status", "lost"}, {"exited", "x"}, {"colour", "red"}, {"name", "("}} {
		_, err := (&Engine{}).containerFilter(context.Background(), engine.Filters{filter[0]: {filter[1]}}, nil)
		if engine.ClassOf(err) != engine.ClassInvalid {
			t.Errorf("%s=%s: %v, want an invalid argument", filter[0], filter[1], err)
		}
	}
}
