package shim

import (
	"testing"

	"berth/engine/internal/jsonfields"
	"berth/engine/internal/jsonfields/fieldstest"
)

func TestFieldsAreThoseOfPackageJSON(t *testing.T) {
	for _, o := range []jsonfields.Object{&wireHello{}, &wireRequest{}, &wireResponse{}, &wireExit{}, &wireSize{}, &Status{}} {
		fieldstest.Same(t, o)
	}
}
