package cgroup

import (
	"fmt"
	"os"
	"testing"

	"berth/engine/enginetest/ability"
)

func BenchmarkCreate(b *testing.B) {
	ability.Need(b, ability.CgroupFreezer)
	h := Detect()
	path := h.Path(fmt.Sprintf("bench-%d", os.Getpid()))
	for b.Loop() {
		g, err := h.Create(path, nil)
		if err != nil {
			b.Fatal(err)
		}
		b.StopTimer()
		if err := g.Remove(); err != nil {
			b.Fatal(err)
		}
		b.StartTimer()
	}
}

func BenchmarkDetect(b *testing.B) {
	for b.Loop() {
		DetectAt(Paths{MountInfo: "/proc/self/mountinfo", Self: "/proc/self/cgroup"})
	}
}

func BenchmarkStats(b *testing.B) {
	ability.Need(b, ability.CgroupFreezer)
	g := newGroup(b, Detect(), nil)
	for b.Loop() {
		if _, err := g.Stats(); err != nil {
			b.Fatal(err)
		}
	}
}

// BenchmarkMeter is what a workstation does every two seconds for each container.
func BenchmarkMeter(b *testing.B) {
	ability.Need(b, ability.CgroupFreezer)
	m := newGroup(b, Detect(), nil).Meter()
	defer m.Close()
	for b.Loop() {
		if _, err := m.Stats(); err != nil {
			b.Fatal(err)
		}
	}
}
