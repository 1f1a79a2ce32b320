package local

import (
	"testing"

	"berth/engine/internal/jsonfields/fieldstest"
)

func TestFieldsAreThoseOfPackageJSON(t *testing.T) { fieldstest.Same(t, &containerObject{}) }
