package local

import (
	"slices"
	"testing"

	"berth/engine"
	"berth/engine/enginetest/ability"
	"berth/engine/internal/demo"
	"berth/engine/internal/idmap"
	"berth/engine/internal/pull"
)

// What a single user id means is said with the first container, and not again.
func TestOneIDIsExplainedOnce(t *testing.T) {
	ability.Need(t, ability.UserNS, ability.Overlay)
	root := t.TempDir()
	for i, want := range [][]string{{"mend it"}, nil} {
		e, err := Open(Options{Root: root, Registries: func(c RegistryConfig) engine.Registries {
			return pull.New(c.Images, pull.Config{Hub: demo.New(demo.Options{})})
		}})
		if err != nil {
			t.Fatal(err)
		}
		if _, err := e.Pull(t.Context(), engine.PullRequest{Ref: "hello-world"}); err != nil {
			t.Fatal(err)
		}
		e.ids.Mode, e.ids.Hint = idmap.Single, "mend it"
		got, err := e.CreateContainer(t.Context(), engine.ContainerConfig{Image: "hello-world"})
		if err != nil {
			t.Fatal(err)
		}
		if !slices.Equal(got.Warnings, want) {
			t.Errorf("container %d: warnings %q, want %q", i, got.Warnings, want)
		}
		if err := e.Close(); err != nil {
			t.Error(err)
		}
	}
}
