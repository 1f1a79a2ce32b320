// Package eventlog is the append-only log of events that every berth and every shim
// on one state directory shares.
package eventlog

import (
	"encoding/json"
	"time"
)

// A Record is one line of the log.
type Record struct {
	Time   time.Time         `json:"t"`
	Kind   string            `json:"k"` // engine.EventKind
	Action string            `json:"a"`
	ID     string            `json:"i"`
	Attrs  map[string]string `json:"m,omitempty"`
	Data   json.RawMessage   `json:"d,omitempty"` // the step or the pull's progress
}
