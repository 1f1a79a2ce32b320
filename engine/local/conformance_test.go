package local_test

import (
	"testing"

	"berth/engine"
	"berth/engine/enginetest"
)

func TestConformance(t *testing.T) {
	enginetest.Conformance(t, func(t *testing.T) engine.Engine { return open(t) }, enginetest.ConformanceOptions{})
}
