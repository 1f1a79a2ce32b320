package cli

import (
	"context"
	"testing"

	"berth/engine"
	"berth/engine/enginetest"
)

// BenchmarkVersion is the price of a command line that does nothing: all commands are
// made and one is found.
func BenchmarkVersion(b *testing.B) {
	bench := &bench{clock: enginetest.NewManualClock(noon), fake: enginetest.New()}
	for b.Loop() {
		a, _, _ := bench.app()
		a.Run(context.Background(), []string{"version"})
	}
}

// BenchmarkPs1000 prints as many containers as `ps -a` must manage in 20 ms, without
// the engine's part.
func BenchmarkPs1000(b *testing.B) {
	fake := enginetest.New()
	if err := fake.SeedMany(10, 1000); err != nil {
		b.Fatal(err)
	}
	list, err := fake.ListContainers(context.Background(), engine.ContainerListOptions{All: true})
	if err != nil {
		b.Fatal(err)
	}
	bench := &bench{clock: enginetest.NewManualClock(noon), fake: fake}
	b.ReportAllocs()
	for b.Loop() {
		a, out, _ := bench.app()
		a.out = out
		if err := a.printContainers(list, &psFlags{}); err != nil {
			b.Fatal(err)
		}
	}
}
