package registry

import (
	"encoding/json"
	"mime"

	"github.com/google/go-containerregistry/pkg/v1/types"
)

// manifestType prefers what the document says of itself: some registries send
// a general Content-Type. OCI documents may leave the field out; then the shape decides.
func manifestType(header string, raw []byte) types.MediaType {
	var doc struct {
		SchemaVersion int             `json:"schemaVersion"`
		MediaType     types.MediaType `json:"mediaType"`
		Manifests     json.RawMessage `json:"manifests"`
		FSLayers      json.RawMessage `json:"fsLayers"`
	}
	if err := json.Unmarshal(raw, &doc); err == nil {
		switch {
		case doc.SchemaVersion == 1 || doc.FSLayers != nil:
			return types.DockerManifestSchema1
		case doc.MediaType != "":
			return doc.MediaType
		}
	}
	mt, _, err := mime.ParseMediaType(header)
	if err != nil || !(types.MediaType(mt).IsImage() || types.MediaType(mt).IsIndex()) {
		if doc.Manifests != nil {
			return types.OCIImageIndex
		}
		return types.OCIManifestSchema1
	}
	return types.MediaType(mt)
}
